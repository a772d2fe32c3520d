//! What commands print of people, groups and numbers; and forgetting somebody.

use super::fixture::{NOW, company, empty, user};
use super::{Site, on_both};
use rosterd::store::StoreError;
use rosterd_core::ids::Timestamp;
use rosterd_core::observed::UserState;
use std::sync::Arc;

on_both!(
    a_person_is_found_and_shown_whole,
    a_group_shows_what_hangs_on_it,
    everything_is_counted,
    purging_forgets_but_for_the_number
);

async fn a_person_is_found_and_shown_whole(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    site.by_hand("UPDATE team_members SET manual_role = 'admin' WHERE team_id = 2 AND user_id = 1");
    site.by_hand("DELETE FROM org_members WHERE org_id = 2 AND user_id = 1");
    let people = store.people("ana").await.unwrap();
    assert_eq!(people.len(), 1);
    let ana = people.first().unwrap();
    assert_eq!((ana.id, ana.login.as_str(), ana.state.as_str()), (1, "ana", "active"));
    assert_eq!((ana.synced_admin, ana.manual_admin), (true, false));
    // Only a team in Sales: the organization is shown without a role.
    let orgs: Vec<_> = ana.orgs.iter().map(|o| (o.name.as_str(), o.synced_role.as_deref(), o.teams.len())).collect();
    assert_eq!(orgs, [("Platform", Some("Admin"), 1), ("Sales", None, 1)]);
    let team = ana.orgs[1].teams.first().unwrap();
    assert_eq!((team.synced_role.as_deref(), team.manual_role.as_deref()), (Some("member"), Some("admin")));
    let seen = ana.identities.first().unwrap();
    assert_eq!(
        (seen.provider.as_str(), seen.subject.as_str(), seen.direct.as_slice()),
        ("corp", "subject1", &[1, 3][..])
    );
    assert_eq!((seen.observed_at, seen.gone_at), (NOW, None));
    assert_eq!(
        seen.groups.iter().map(|g| (g.id, g.parents.clone())).collect::<Vec<_>>(),
        [(1, vec![]), (2, vec![1]), (3, vec![1, 2])]
    );
    let grants: Vec<_> = seen
        .grants
        .iter()
        .map(|g| (g.kind.as_str(), g.org_id, g.team_id, g.role.as_deref(), g.rule.as_str(), g.via))
        .collect();
    assert_eq!(
        grants,
        [
            ("org", Some(1), None, Some("Admin"), "engineers", Some(1)),
            ("team", None, Some(1), Some("admin"), "engineers", Some(3)),
            ("server_admin", None, None, None, "everybody", None),
        ]
    );
    assert_eq!(ana.history.iter().map(|r| r.seq).collect::<Vec<_>>(), [2]);

    let ids = async |query: &str| -> Vec<i64> { store.people(query).await.unwrap().iter().map(|p| p.id).collect() };
    assert_eq!(ids("#2").await, [2]);
    assert_eq!(ids("BOB@example.ORG").await, [2]);
    site.by_hand("UPDATE users SET email = 'bob@example.org' WHERE id = 3");
    assert_eq!(ids("bob@example.org").await, [2, 3]);
    // A login that looks like somebody's address is the login.
    site.by_hand("UPDATE users SET login = 'bob@example.org' WHERE id = 1");
    assert_eq!(ids("bob@example.org").await, [1]);
    for nobody in ["", "ANA", "#", "#9", "#x", "bob@example.or_"] {
        assert!(ids(nobody).await.is_empty(), "{nobody}");
    }
    let cy = store.people("cy").await.unwrap();
    let why = cy.first().unwrap().suspensions.clone();
    assert_eq!(why, [("corp".to_owned(), "gone from provider corp".to_owned(), Timestamp(77))]);
}

async fn a_group_shows_what_hangs_on_it(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    for query in ["group 3", "CN=GROUP 3,dc=x", "cn=Group 3,dc=x"] {
        let groups = store.groups(query).await.unwrap();
        assert_eq!(groups.len(), 1, "{query}");
        let three = groups.first().unwrap();
        assert_eq!((three.provider.as_str(), three.group.subject.as_str()), ("corp", "g3"));
        // Person 2 is in group 13, which is another one.
        assert_eq!((three.children.len(), three.direct_people), (0, 1));
        let gives = [("engineers".to_owned(), "team".to_owned(), "sre".to_owned(), 1)];
        assert_eq!(three.gives, gives);
    }
    let one = store.groups("Group 1").await.unwrap();
    assert_eq!(one.first().unwrap().children, ["Group 2", "Group 3"]);
    let gives = [("engineers".to_owned(), "org".to_owned(), "Platform".to_owned(), 1)];
    assert_eq!(one.first().unwrap().gives, gives);
    assert!(store.groups("nothing").await.unwrap().is_empty());
}

async fn everything_is_counted(site: Site) {
    let store = site.store().await;
    let empty = store.counts().await.unwrap();
    assert_eq!((empty.users_active, empty.audit_records, empty.providers.len()), (0, 0, 0));
    store.apply(Arc::new(company()), NOW).await.unwrap();
    let n = store.counts().await.unwrap();
    assert_eq!((n.users_active, n.users_suspended, n.users_archived), (2, 1, 0));
    assert_eq!((n.orgs, n.teams, n.org_members, n.team_members), (2, 2, 3, 3));
    assert_eq!((n.holds_pending, n.audit_records), (0, 2));
    assert_eq!(n.providers, [("corp".to_owned(), 2, 3, Some(NOW))]);
}

async fn purging_forgets_but_for_the_number(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    assert!(!store.purge("nobody", "root", NOW).await.unwrap());
    for login in ["ana", "cy"] {
        let refused = store.purge(login, "root", NOW).await.unwrap_err();
        assert!(matches!(refused, StoreError::Refused(_)), "{refused:?}");
    }
    let mut w = empty(1);
    w.changed_users = vec![user(&mut w, 3, "cy", UserState::Archived)];
    store.apply(Arc::new(w), NOW).await.unwrap();
    site.by_hand("INSERT INTO team_members (team_id, user_id, manual_role) VALUES (1, 3, 'member')");
    assert!(store.purge("cy", "root", NOW).await.unwrap());
    for table in
        ["users WHERE id", "identities WHERE user_id", "team_members WHERE user_id", "user_suspensions WHERE user_id"]
    {
        assert_eq!(site.by_hand(&format!("SELECT count(*) FROM {table} = 3")), "0\n", "{table}");
    }
    let last = store.audit(2, 9).await.unwrap();
    let facts: Vec<_> = last.iter().map(|r| (r.actor.as_str(), r.user, r.body.as_str())).collect();
    assert_eq!(facts, [("root", Some(3), "{\"op\":\"purge\"}")]);
    let o = store.observe("corp", NOW).await.unwrap();
    // Plans that saw the person are refused, and nobody gets the number again.
    assert_eq!((o.generation, o.last.user), (3, 3));
}
