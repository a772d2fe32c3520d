//! Logging in.

use super::{Backend, COOKIE, SignOn, With, at, described, me, own_key, person};
use crate::world::agent::Agent;
use serde_json::json;
use std::fmt::Write as _;

crate::world::on_both!(a_login_becomes_memberships_and_a_session, the_next_login_says_what_is_so_then);

fn a_login_becomes_memberships_and_a_session(backend: Backend) {
    for binding in ["redirect", "post"] {
        let sign_on = SignOn::with(backend, &With::saml(&format!("binding = {binding:?}")));
        let mut agent = Agent::default();
        let visit = sign_on.browse(&mut agent, "ann");
        assert!(visit.answer.body.contains("ann of Example") && visit.answer.body.contains("devs"), "{visit:?}");
        assert_eq!((sign_on.role("ann").as_deref(), sign_on.is_in("ann", "devs")), (Some("Editor"), true));
        let (status, told) = me(&sign_on, &mut agent);
        assert_eq!((status, &told["scopes"]), (200, &json!(["read"])), "{told}");
        assert_eq!((&told["person"]["login"], &told["session"]["provider"]), (&json!("ann"), &json!("sso")));
        // Somebody else, in another browser.
        let mut other = Agent::default();
        sign_on.browse(&mut other, "root");
        assert_eq!(sign_on.role("root").as_deref(), Some("Admin"));
        assert_eq!(me(&sign_on, &mut agent).1["person"]["login"], "ann");
        let user = sign_on.site.tables().users["ann"].clone();
        assert_eq!((user.name.as_str(), user.email.as_str()), ("ann of Example", "ann@example.org"));
        sign_on.close();
    }
}

fn the_next_login_says_what_is_so_then(backend: Backend) {
    let sign_on = SignOn::open(backend);
    // Somebody has to be left.
    sign_on.idp.person("eve", &person("eve", &["devs", "admins"]));
    sign_on.browse(&mut Agent::default(), "eve");
    let mut agent = Agent::default();
    sign_on.browse(&mut agent, "ann");
    let first = agent.cookie(sign_on.port, COOKIE).unwrap().to_owned();
    for (groups, role, dev) in [
        (&["admins"][..], "Admin", false),
        (&["elsewhere"], "Viewer", false),
        (&["devs", "R&D <1>", "ou=a, dc=b"], "Editor", true),
    ] {
        sign_on.idp.person("ann", &person("ann", groups));
        // The provider keeps what it knew of somebody for as long as their session there.
        agent = Agent::default();
        sign_on.browse(&mut agent, "ann");
        assert_eq!((sign_on.role("ann").as_deref(), sign_on.is_in("ann", "devs")), (Some(role), dev), "{groups:?}");
    }
    assert_ne!(agent.cookie(sign_on.port, COOKIE), Some(first.as_str()));
    let explained = sign_on.site.run(&["explain", "user", "ann"]).expect(0).stdout;
    assert!(explained.contains("R&D <1>") && explained.contains("ou=a, dc=b"), "{explained}");
    // Nothing has changed: nothing is written.
    let records = || sign_on.site.database.value("SELECT count(*) FROM audit");
    let before = records();
    sign_on.browse(&mut Agent::default(), "ann");
    assert_eq!(records(), before);
    sign_on.close();
}

#[test]
fn groups_that_are_none_many_or_not_said() {
    let sign_on = SignOn::open(Backend::Sqlite);
    let many: Vec<String> = (0..1500).map(|n| format!("group {n:04}")).chain(["devs".to_owned()]).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    sign_on.idp.person("many", &person("many", &many));
    sign_on.browse(&mut Agent::default(), "many");
    assert_eq!((sign_on.role("many").as_deref(), sign_on.is_in("many", "devs")), (Some("Editor"), true));
    let groups = "SELECT count(*) FROM provider_groups";
    assert_eq!(sign_on.site.database.value(groups), "1501");
    // Nobody's attribute: nothing is known, and nothing taken.
    let mut silent = person("many", &[]);
    silent.as_object_mut().unwrap().remove("groups");
    sign_on.idp.person("many", &silent);
    sign_on.browse(&mut Agent::default(), "many");
    assert!(sign_on.is_in("many", "devs"), "{}", sign_on.said());
    // An attribute without values: there are none.
    sign_on.idp.person("eve", &person("eve", &["devs"]));
    sign_on.browse(&mut Agent::default(), "eve");
    sign_on.idp.person("many", &person("many", &[]));
    sign_on.browse(&mut Agent::default(), "many");
    assert_eq!((sign_on.role("many").as_deref(), sign_on.is_in("many", "devs")), (Some("Viewer"), false));
    sign_on.close();
}

/// The other side believes nothing that we have not signed: what it is told of us is what counts.
#[test]
fn the_provider_takes_no_request_of_another_key() {
    let sign_on = SignOn::open(Backend::Sqlite);
    let certificate = |pem: &str| {
        pem.lines().filter(|line| !line.contains('-')).fold(String::new(), |mut all, line| {
            write!(all, "{line}").unwrap();
            all
        })
    };
    let ours = certificate(&own_key().1);
    let said: String = described(&sign_on).split_whitespace().collect();
    assert!(said.contains(&ours), "{said}");
    sign_on.browse(&mut Agent::default(), "ann");
    let theirs = sign_on.idp.metadata();
    let (_, theirs) = theirs.split_once("X509Certificate>").unwrap();
    let theirs = theirs.split('<').next().unwrap();
    let start = described(&sign_on).find(&ours[..64]).unwrap();
    let end = start + described(&sign_on)[start..].find('<').unwrap();
    let mut other = described(&sign_on);
    let pem = other[start..end].to_owned();
    other = other.replace(&pem, theirs);
    sign_on.idp.trust("rosterd", &other, &json!({ "validate.authnrequest": true }));
    let visit = sign_on.visit(&mut Agent::default(), "ann");
    assert!(
        !visit.url.starts_with(&at(&sign_on, "/")) && visit.answer.body.contains("Unable to validate"),
        "{visit:?}"
    );
    sign_on.close();
}
