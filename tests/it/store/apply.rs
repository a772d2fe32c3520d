//! Applies and observes: what is written is what is read, all of it or nothing of it.

use super::fixture::{
    AWKWARD, COMPANY_ROWS, NOW, company, empty, group, identity, lines, org, org_member, team_member, user,
};
use super::{Site, on_both};
use rosterd::store::{Access, StoreError};
use rosterd_core::audit::{Record, START, link};
use rosterd_core::entitlements::{EntitlementRow, HolderWrite};
use rosterd_core::ids::{
    EntitlementId, GroupId, IdentityId, Maybe, OrgId, ProviderId, RoleId, TeamId, Timestamp, UserId,
};
use rosterd_core::observed::{Grant, LastIds, Observed, Right, UserState};
use rosterd_core::plan::Change;
use rosterd_core::rights::{OrgRole, TeamRole};
use rosterd_core::writes::Writes;
use std::sync::Arc;

on_both!(
    an_empty_database_is_observed_as_empty,
    what_is_applied_is_observed,
    changes_replace_what_was_there,
    logins_and_team_names_can_be_swapped,
    n3_what_a_person_gave_stays,
    a_plan_on_an_older_state_is_refused_and_writes_nothing,
    a_row_inserted_by_hand_meanwhile_is_no_disaster,
    a_failed_apply_leaves_nothing,
    n5_the_audit_chain_goes_on_and_verifies,
    other_providers_are_kept_apart,
    a_large_first_load_leaves_the_same_tables,
    a_large_load_that_points_nowhere_is_refused,
    a_reader_sees_one_state_during_a_write,
);

async fn an_empty_database_is_observed_as_empty(site: Site) {
    let observed = site.store().await.observe("corp", Timestamp(0)).await.unwrap();
    let nothing = Observed { last: LastIds::default(), ..Observed::default() };
    assert_eq!(lines(&observed), lines(&nothing));
}

async fn what_is_applied_is_observed(site: Site) {
    let store = site.store().await;
    let applied = store.apply(Arc::new(company()), NOW).await.unwrap();
    assert_eq!((applied.run, applied.rows), (1, COMPANY_ROWS));
    let observed = store.observe("corp", NOW).await.unwrap();
    let awkward = format!("{AWKWARD:?}");
    let names = |login: &str| {
        format!("{:?}", (format!("{login:?}"), awkward.clone(), format!("{:?}", format!("{login}@Example.org"))))
    };
    let seen = |id: u32| {
        let text = |what: &str| format!("{:?}", format!("{what}{id}"));
        format!("{:?}", (text("subject"), text("login"), text("Name "), text("mail")))
    };
    let digests = |id: i64| format!("{:?}", (i64::MIN + id, i64::MAX - id));
    let expected = vec![
        "generation 1 provider Some(ProviderRow { id: ProviderId(1), applied_at: Some(Timestamp(1000000)), base: None })"
            .to_owned(),
        "org 1 \"Platform\" \"\"".to_owned(),
        "org 2 \"Sales\" \"s-2\"".to_owned(),
        "team 1 in 1 \"sre\" Some(GroupId(3))".to_owned(),
        format!("team 2 in 2 {awkward} None"),
        format!("user 1 Active {} true false", names("ana")),
        format!("user 2 Active {} false false", names("bob")),
        format!("user 3 Suspended {} false false", names("cy")),
        "org member OrgMemberRow { user: UserId(1), org: OrgId(1), synced: Some(Admin), manual: None }".to_owned(),
        "org member OrgMemberRow { user: UserId(1), org: OrgId(2), synced: Some(None), manual: None }".to_owned(),
        "org member OrgMemberRow { user: UserId(2), org: OrgId(1), synced: Some(Viewer), manual: None }".to_owned(),
        "team member TeamMemberRow { user: UserId(1), team: TeamId(1), synced: Some(Admin), manual: None }".to_owned(),
        "team member TeamMemberRow { user: UserId(1), team: TeamId(2), synced: Some(Member), manual: None }".to_owned(),
        "team member TeamMemberRow { user: UserId(2), team: TeamId(1), synced: Some(Member), manual: None }".to_owned(),
        format!("identity 1 of 1 {} [GroupId(1), GroupId(3)] {} None", seen(1), digests(1)),
        format!("identity 2 of 2 {} [GroupId(13)] {} None", seen(2), digests(2)),
        format!("identity 3 of 3 {} [] {} Some(Timestamp(1000000))", seen(3), digests(3)),
        "group 1 \"g1\" \"cn=Group 1,dc=x\" \"Group 1\" [] None".to_owned(),
        "group 2 \"g2\" \"cn=Group 2,dc=x\" \"Group 2\" [GroupId(1)] None".to_owned(),
        "group 3 \"g3\" \"cn=Group 3,dc=x\" \"Group 3\" [GroupId(1), GroupId(2)] None".to_owned(),
        "suspended 3 by \"corp\" Timestamp(77)".to_owned(),
        "rule 1 \"engineers\"".to_owned(),
        "rule 2 \"everybody\"".to_owned(),
        "removed RecentRemoval { class: Memberships, org: Some(OrgId(2)), removed: 5 }".to_owned(),
        "removed RecentRemoval { class: Users, org: None, removed: 2 }".to_owned(),
        "LastIds { org: 2, team: 2, user: 3, provider: 1, group: 3, identity: 3, rule: 2, entitlement: 0 }".to_owned(),
    ];
    assert_eq!(lines(&observed), expected);
    // A window that begins later counts nothing.
    assert!(store.observe("corp", NOW.plus_millis(1)).await.unwrap().recent_removals.is_empty());
    // What an application reads.
    assert_eq!(
        site.by_hand("SELECT user_id, role FROM org_members WHERE org_id = 1 ORDER BY 1"),
        "1|Admin\n2|Viewer\n"
    );
    assert_eq!(site.by_hand("SELECT login, server_admin FROM users ORDER BY id"), "ana|1\nbob|0\ncy|0\n");
    assert_eq!(
        site.by_hand(
            "SELECT user_id, kind, org_id, team_id, role, provider, rule, provider_group FROM grants ORDER BY kind"
        ),
        "1|org|1||Admin|corp|engineers|Group 1\n1|server_admin||||corp|everybody|\n\
         1|team||1|admin|corp|engineers|Group 3\n"
    );
}

async fn changes_replace_what_was_there(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    let mut w = empty(1);
    let changed = user(&mut w, 2, "robert", UserState::Archived);
    w.changed_users = vec![changed];
    w.renamed_teams = vec![(TeamId(1), w.texts.push("SRE"))];
    let (gone, mut again) = (group(&mut w, 3, &[]), identity(&mut w, 1, &[2], &[]));
    w.groups = vec![rosterd_core::writes::GroupWrite { gone_at: Some(Timestamp(9)), ..gone }];
    again.new = false;
    again.user = UserId(2);
    w.identities = vec![again];
    w.org_members = vec![org_member(1, 1, Some(OrgRole::Editor), true), org_member(2, 1, None, true)];
    w.team_members = vec![team_member(1, 1, None, true), team_member(1, 2, Some(TeamRole::Admin), true)];
    w.unsuspend = vec![(UserId(3), w.texts.push("corp"))];
    let rows = store.apply(Arc::new(w), Timestamp(2_000_000)).await.unwrap().rows;
    assert_eq!(rows, 1 + 1 + 1 + 1 + 2 + 2 + 1 + 1 + 1, "and the run, and providers.applied_at");
    let o = store.observe("corp", NOW).await.unwrap();
    assert_eq!(o.texts.get(o.users[1].login), "robert");
    assert_eq!(o.users[1].state, UserState::Archived);
    assert_eq!(o.texts.get(o.teams[0].name), "SRE");
    assert_eq!((o.groups[2].gone_at, o.groups[2].parents.len()), (Some(Timestamp(9)), 0));
    assert_eq!((o.identities[0].user, &*o.identities[0].groups), (UserId(2), &[GroupId(2)][..]));
    let orgs: Vec<_> = o.org_members.iter().map(|m| (m.user.0, m.org.0, m.synced)).collect();
    assert_eq!(orgs, [(1, 1, Some(OrgRole::Editor)), (2, 1, Some(OrgRole::Viewer))]);
    let teams: Vec<_> = o.team_members.iter().map(|m| (m.user.0, m.team.0, m.synced)).collect();
    assert_eq!(teams, [(1, 2, Some(TeamRole::Member)), (2, 1, Some(TeamRole::Admin))]);
    assert!(o.suspensions.is_empty());
    assert_eq!(site.by_hand("SELECT created_at, updated_at FROM users WHERE id = 2"), "1000000|2000000\n");
}

async fn logins_and_team_names_can_be_swapped(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    let mut w = empty(1);
    // ana and bob swap; a new person takes the login that cy gives up.
    w.changed_users = vec![
        user(&mut w, 1, "bob", UserState::Active),
        user(&mut w, 2, "ana", UserState::Active),
        user(&mut w, 3, "cyril", UserState::Active),
    ];
    w.new_users = vec![user(&mut w, 4, "cy", UserState::Active)];
    w.new_teams = vec![rosterd_core::writes::NewTeam {
        id: TeamId(3),
        org: OrgId(1),
        name: w.texts.push("sre"),
        named_after: None,
    }];
    w.renamed_teams = vec![(TeamId(1), w.texts.push("old sre"))];
    store.apply(Arc::new(w), NOW).await.unwrap();
    assert_eq!(site.by_hand("SELECT id, login FROM users ORDER BY id"), "1|bob\n2|ana\n3|cyril\n4|cy\n");
    assert_eq!(site.by_hand("SELECT id, name FROM teams WHERE org_id = 1 ORDER BY id"), "1|old sre\n3|sre\n");
}

async fn n3_what_a_person_gave_stays(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    site.by_hand("UPDATE org_members SET manual_role = 'Editor' WHERE org_id = 1 AND user_id = 2");
    site.by_hand("INSERT INTO team_members (team_id, user_id, manual_role) VALUES (2, 2, 'admin')");
    assert_eq!(site.by_hand("SELECT role FROM org_members WHERE org_id = 1 AND user_id = 2"), "Editor\n");
    let mut w = empty(1);
    w.org_members = vec![org_member(1, 2, None, true)];
    w.team_members = vec![team_member(1, 2, None, true), team_member(2, 2, Some(TeamRole::Member), true)];
    store.apply(Arc::new(w), NOW).await.unwrap();
    let mut w = empty(2);
    w.team_members = vec![team_member(2, 2, None, true)];
    assert_eq!(store.apply(Arc::new(w), NOW).await.unwrap().rows, 1 + 2);
    let o = store.observe("corp", NOW).await.unwrap();
    let bob: Vec<_> = o.org_members.iter().filter(|m| m.user == UserId(2)).map(|m| (m.synced, m.manual)).collect();
    assert_eq!(bob, [(None, Some(OrgRole::Editor))]);
    let bob: Vec<_> =
        o.team_members.iter().filter(|m| m.user == UserId(2)).map(|m| (m.team.0, m.synced, m.manual)).collect();
    assert_eq!(bob, [(2, None, Some(TeamRole::Admin))]);
}

/// Every table's rows, counted.
fn row_counts(site: &Site) -> String {
    site.by_hand(
        "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM org_members), (SELECT count(*) FROM identities),
                (SELECT count(*) FROM runs), (SELECT count(*) FROM audit), (SELECT generation FROM state)",
    )
}

async fn a_plan_on_an_older_state_is_refused_and_writes_nothing(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    let before = row_counts(&site);
    for generation in [0, 2, -1] {
        let mut w = empty(generation);
        w.new_users = vec![user(&mut w, 9, "dan", UserState::Active)];
        let refused = store.apply(Arc::new(w), NOW).await.unwrap_err();
        assert!(matches!(refused, StoreError::Moved) && refused.retry(), "{refused:?}");
    }
    assert_eq!(row_counts(&site), before);
}

async fn a_row_inserted_by_hand_meanwhile_is_no_disaster(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    site.by_hand("INSERT INTO org_members (org_id, user_id, manual_role) VALUES (2, 2, 'Viewer')");
    let before = row_counts(&site);
    let mut w = empty(1);
    w.org_members = vec![org_member(2, 2, Some(OrgRole::Editor), false)];
    match store.apply(Arc::new(w), NOW).await {
        Ok(_) => {
            let both =
                site.by_hand("SELECT synced_role, manual_role FROM org_members WHERE org_id = 2 AND user_id = 2");
            assert_eq!(both, "Editor|Viewer\n");
        }
        Err(refused) => {
            assert!(matches!(refused, StoreError::Moved), "{refused:?}");
            assert_eq!(row_counts(&site), before);
        }
    }
    // A login that somebody took by hand: plan again.
    let generation = store.observe("corp", NOW).await.unwrap().generation;
    site.by_hand("INSERT INTO users (id, login, name, email, state, created_at, updated_at) VALUES (50, 'dan', '', '', 'active', 0, 0)");
    let mut w = empty(generation);
    w.new_users = vec![user(&mut w, 60, "dan", UserState::Active)];
    let refused = store.apply(Arc::new(w), NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::Moved), "{refused:?}");
}

async fn a_failed_apply_leaves_nothing(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    let before = row_counts(&site);
    // Late in the order, a membership of a team that is not there.
    let mut w = empty(1);
    w.new_users = vec![user(&mut w, 9, "dan", UserState::Active)];
    w.team_members = vec![team_member(99, 9, Some(TeamRole::Member), false)];
    let refused = store.apply(Arc::new(w), NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::Database(_)) && !refused.retry(), "{refused:?}");
    assert_eq!(row_counts(&site), before);
    // A row that the plan saw and that is gone.
    let mut w = empty(1);
    w.changed_users = vec![user(&mut w, 98, "eve", UserState::Active)];
    assert!(matches!(store.apply(Arc::new(w), NOW).await, Err(StoreError::Moved)));
    let mut w = empty(1);
    let unknown = identity(&mut w, 97, &[], &[]);
    w.identities = vec![rosterd_core::writes::IdentityWrite { new: false, user: UserId(1), ..unknown }];
    assert!(matches!(store.apply(Arc::new(w), NOW).await, Err(StoreError::Moved)));
    assert_eq!(row_counts(&site), before);
    // And the connection is good for the next.
    assert_eq!(store.apply(Arc::new(empty(1)), NOW).await.unwrap().run, 2);
}

async fn n5_the_audit_chain_goes_on_and_verifies(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    let mut w = empty(1);
    let two = [Change::Link { user: UserId(2) }, Change::Resume { user: UserId(2) }];
    w.changes = two.into_iter().chain([Change::Archive { user: UserId(3) }]).collect();
    store.apply(Arc::new(w), Timestamp(2_000_000)).await.unwrap();
    let records = store.audit(0, 100).await.unwrap();
    let facts: Vec<_> =
        records.iter().map(|r| (r.seq, r.run, r.at.0, r.actor.as_str(), r.user, r.body.as_str())).collect();
    assert_eq!(
        facts,
        [
            (1, Some(1), 1_000_000, "corp", None, r#"{"changes":[["create_team",2]]}"#),
            (2, Some(1), 1_000_000, "corp", Some(1), r#"{"changes":[["create_user"]]}"#),
            (3, Some(2), 2_000_000, "corp", Some(2), r#"{"changes":[["link_user","corp"],["resume_user"]]}"#),
            (4, Some(2), 2_000_000, "corp", Some(3), r#"{"changes":[["archive_user"]]}"#),
        ]
    );
    let mut last = START;
    for r in &records {
        let user = r.user.map(|user| UserId(u32::try_from(user).unwrap()));
        last = link(&last, &Record { seq: r.seq, run: r.run, at: r.at, actor: &r.actor, user, body: &r.body });
        assert_eq!(r.hash, last, "record {}", r.seq);
    }
    assert_eq!(store.audit(2, 1).await.unwrap().iter().map(|r| r.seq).collect::<Vec<_>>(), [3]);
    let runs = store.runs(1).await.unwrap();
    let run = runs.first().unwrap();
    assert_eq!((run.id, run.provider.as_str(), run.trigger.as_str(), run.complete), (2, "corp", "command", true));
    assert_eq!((run.started_at, run.finished_at), (Timestamp(5), Timestamp(2_000_000)));
    assert_eq!((run.added, run.changed, run.removed, run.withheld), (1, 2, 3, 4));
}

async fn other_providers_are_kept_apart(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    let mut w = Writes { new_provider: None, ..empty(1) };
    w.new_provider = Some((ProviderId(2), w.texts.push("partners")));
    w.provider = Some(ProviderId(2));
    let mut seen = identity(&mut w, 4, &[], &[]);
    seen.user = UserId(2);
    // The same subject at another provider is another identity.
    seen.subject = w.texts.push("subject1");
    w.identities = vec![seen];
    store.apply(Arc::new(w), NOW).await.unwrap();
    let o = store.observe("partners", Timestamp(0)).await.unwrap();
    assert_eq!(o.identities.iter().map(|i| i.id).collect::<Vec<_>>(), [IdentityId(4)]);
    assert!(o.groups.is_empty() && o.recent_removals.is_empty());
    let others: Vec<_> = o.other_identities.iter().map(|i| (i.user.0, o.texts.get(i.provider), i.gone)).collect();
    assert_eq!(others, [(1, "corp", false), (2, "corp", false), (3, "corp", true)]);
    let grants: Vec<_> = o.other_grants.iter().map(|(user, grant)| (user.0, grant.right, grant.via.get())).collect();
    assert_eq!(
        grants,
        [
            (1, Right::Org(OrgId(1), OrgRole::Admin), Some(GroupId(1))),
            (1, Right::Team(TeamId(1), TeamRole::Admin), Some(GroupId(3))),
            (1, Right::ServerAdmin, None),
        ]
    );
    let nobody = store.observe("never seen", Timestamp(0)).await.unwrap();
    assert!(nobody.provider.is_none() && nobody.identities.is_empty());
    assert_eq!(nobody.other_identities.len(), 4);
}

/// Enough rows for a first load that takes indexes and foreign keys away and gives them back.
fn crowd(people: u32) -> Writes {
    let mut w = empty(0);
    w.new_provider = Some((ProviderId(1), w.texts.push("corp")));
    w.new_orgs = vec![org(&mut w, 1, "", "Platform")];
    let name = w.texts.push("t");
    w.new_teams = vec![rosterd_core::writes::NewTeam { id: TeamId(1), org: OrgId(1), name, named_after: None }];
    w.new_rules = vec![(rosterd_core::ids::RuleId(1), w.texts.push("r"))];
    let grant = Grant { right: Right::ServerAdmin, rule: rosterd_core::ids::RuleId(1), via: Maybe::default() };
    for id in 1..=people {
        let new = user(&mut w, id, &format!("u{id}"), UserState::Active);
        w.new_users.push(new);
        let seen = identity(&mut w, id, &[id], &[grant]);
        w.identities.push(seen);
        w.org_members.push(org_member(1, id, Some(OrgRole::Viewer), false));
        w.team_members.push(team_member(1, id, Some(TeamRole::Member), false));
    }
    let (scope, parameters) = (w.texts.push("*"), w.texts.push("{}"));
    let (org, role) = (OrgId(1).into(), RoleId(2).into());
    let (id, for_user) = (EntitlementId(1), Maybe::default());
    w.new_entitlements = vec![EntitlementRow { id, org, role, for_user, scope, parameters }];
    w.holders = (1..=people).map(|user| holder(1, user, true, false)).collect();
    w
}

fn holder(entitlement: u32, user: u32, give: bool, exists: bool) -> HolderWrite {
    HolderWrite { entitlement: EntitlementId(entitlement), user: UserId(user), give, exists }
}

async fn a_large_first_load_leaves_the_same_tables(site: Site) {
    let store = site.store().await;
    let before = super::schema::definitions(&site);
    let people = 20_001;
    store.apply(Arc::new(crowd(people)), NOW).await.unwrap();
    assert_eq!(super::schema::definitions(&site), before);
    let o = store.observe("corp", NOW).await.unwrap();
    let counts = [o.users.len(), o.identities.len(), o.org_members.len(), o.team_members.len(), o.holders.len()];
    assert_eq!(counts, [people as usize; 5]);
    // The keys still hold.
    let mut w = empty(1);
    w.org_members = vec![org_member(2, 1, Some(OrgRole::Viewer), false)];
    assert!(matches!(store.apply(Arc::new(w), NOW).await, Err(StoreError::Database(_))));
    let mut w = empty(1);
    let twice = identity(&mut w, 1, &[], &[]);
    w.identities = vec![rosterd_core::writes::IdentityWrite { id: IdentityId(people + 1), ..twice }];
    assert!(matches!(store.apply(Arc::new(w), NOW).await, Err(StoreError::Moved)));
}

async fn a_large_load_that_points_nowhere_is_refused(site: Site) {
    let store = site.store().await;
    let before = row_counts(&site);
    for break_it in [
        |w: &mut Writes| w.org_members.push(org_member(7, 1, Some(OrgRole::Viewer), false)),
        |w: &mut Writes| w.org_members.push(org_member(1, 70_000, Some(OrgRole::Viewer), false)),
        |w: &mut Writes| w.team_members.push(team_member(7, 1, Some(TeamRole::Member), false)),
        |w: &mut Writes| w.holders.push(holder(7, 1, true, false)),
        |w: &mut Writes| w.holders.push(holder(1, 70_000, true, false)),
        |w: &mut Writes| w.new_entitlements[0].role = RoleId(70).into(),
        |w: &mut Writes| w.new_entitlements[0].org = OrgId(70).into(),
        |w: &mut Writes| w.identities[3].user = UserId(70_000),
        |w: &mut Writes| w.new_teams[0].org = OrgId(7),
        |w: &mut Writes| w.new_provider = None,
    ] {
        let mut w = crowd(20_001);
        break_it(&mut w);
        let refused = store.apply(Arc::new(w), NOW).await.unwrap_err();
        assert!(matches!(refused, StoreError::Database(_)), "{refused:?}");
        assert_eq!(row_counts(&site), before);
    }
    // Nothing of it lingers in the connection.
    store.apply(Arc::new(crowd(10)), NOW).await.unwrap();
    let mut w = empty(1);
    w.org_members = vec![org_member(7, 1, Some(OrgRole::Viewer), false)];
    assert!(matches!(store.apply(Arc::new(w), NOW).await, Err(StoreError::Database(_))));
}

async fn a_reader_sees_one_state_during_a_write(site: Site) {
    let writer = site.store().await;
    writer.apply(Arc::new(crowd(2_000)), NOW).await.unwrap();
    let reader = site.open(Access::Read).await.unwrap();
    let work = tokio::spawn(async move {
        // Everybody leaves the team and comes back, again and again, always in one transaction.
        for generation in 1..20 {
            let mut w = empty(generation);
            let role = (generation % 2 == 0).then_some(TeamRole::Member);
            w.team_members = (1..=2_000).map(|id| team_member(1, id, role, role.is_none())).collect();
            writer.apply(Arc::new(w), NOW).await.unwrap();
        }
    });
    let mut seen = std::collections::BTreeSet::new();
    while !work.is_finished() {
        let o = reader.observe("corp", NOW).await.unwrap();
        let expected = if o.generation % 2 == 1 { 2_000 } else { 0 };
        assert_eq!(o.team_members.len(), expected, "generation {}", o.generation);
        seen.insert(o.generation);
    }
    work.await.unwrap();
    assert!(seen.len() > 1, "the reader looked at different moments: {seen:?}");
}
