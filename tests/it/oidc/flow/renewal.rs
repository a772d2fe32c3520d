//! Between logins: what a login said is said again, or ends.

use super::super::person;
use super::{Backend, Extra, FLOW, RENEWED, SignOn, open};
use crate::world::agent::Agent;
use crate::world::wait_until;
use serde_json::json;

crate::world::on_both!(
    groups_that_change_at_the_provider_change_the_tables_without_a_login,
    whoever_is_gone_at_the_provider_loses_what_their_login_gave,
    a_provider_that_is_down_takes_nothing_and_is_asked_again,
    whoever_has_nothing_to_renew_with_keeps_it_until_the_lease_ends
);

fn groups_that_change_at_the_provider_change_the_tables_without_a_login(backend: Backend) {
    let sign_on = open(backend, RENEWED);
    // Somebody has to be left.
    sign_on.login("root");
    sign_on.browse(&mut Agent::default(), "ann");
    sign_on.comes_to("ann", Some("Editor"));
    // Several times, so that each token is used that took another one's place.
    for (groups, role) in [(&["admins"][..], "Admin"), (&["elsewhere"], "Viewer"), (&["devs"], "Editor")] {
        sign_on.openid.person("ann", &person("ann", groups));
        sign_on.comes_to("ann", Some(role));
    }
    // Nothing has changed: nothing is written, however often it is renewed.
    let records = || sign_on.site.database.value("SELECT count(*) FROM audit");
    let version = || sign_on.site.database.value("SELECT version FROM refresh_tokens").parse::<i64>().unwrap();
    let (before, renewed) = (records(), version());
    assert!(wait_until(30, || version() >= renewed + 2), "{}", sign_on.said());
    assert_eq!(records(), before);
    sign_on.close();
}

fn whoever_is_gone_at_the_provider_loses_what_their_login_gave(backend: Backend) {
    let sign_on = open(backend, RENEWED);
    let mut agent = Agent::default();
    sign_on.browse(&mut agent, "ann");
    sign_on.browse(&mut Agent::default(), "root");
    sign_on.openid.dismiss("ann");
    sign_on.comes_to("ann", None);
    assert_eq!(sign_on.role("root").as_deref(), Some("Admin"), "nobody else");
    assert_eq!(sign_on.me(&mut agent).0, 401, "nor is there a session");
    // Back, and logged in again: all is as it was.
    sign_on.openid.person("ann", &person("ann", &["devs"]));
    sign_on.browse(&mut agent, "ann");
    sign_on.comes_to("ann", Some("Editor"));
    sign_on.close();
}

fn a_provider_that_is_down_takes_nothing_and_is_asked_again(backend: Backend) {
    let mut sign_on = open(backend, RENEWED);
    sign_on.browse(&mut Agent::default(), "ann");
    sign_on.openid.stop();
    let failures = || sign_on.site.database.value("SELECT failures FROM refresh_tokens").parse::<i64>().unwrap();
    assert!(wait_until(30, || failures() > 0), "{}", sign_on.said());
    assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"));
    sign_on.stop();
    sign_on.start();
    assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"));
    sign_on.close();
}

fn whoever_has_nothing_to_renew_with_keeps_it_until_the_lease_ends(backend: Backend) {
    let oidc = format!("{FLOW}\nlease = \"6s\"");
    let extra = Extra { oidc: &oidc, provider: "every = \"1s\"", ..Extra::default() };
    let sign_on = SignOn::with(backend, &json!({}), &extra);
    let mut agent = Agent::default();
    sign_on.browse(&mut agent, "ann");
    sign_on.openid.dismiss("ann");
    assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"));
    sign_on.comes_to("ann", None);
    assert_eq!(sign_on.me(&mut agent).0, 401, "nor is there a session");
    assert_eq!(sign_on.site.database.value("SELECT state FROM users WHERE login = 'ann'"), "suspended");
    sign_on.close();
}

/// `refused = "keep"`: tokens that end with a session at the provider say nothing about who is there.
#[test]
fn where_a_refusal_means_nothing_the_lease_goes_on() {
    let sign_on = open(Backend::Sqlite, &RENEWED.replace("renew = ", "refused = \"keep\", renew = "));
    sign_on.browse(&mut Agent::default(), "ann");
    sign_on.openid.dismiss("ann");
    let tokens = || sign_on.site.database.value("SELECT count(*) FROM refresh_tokens");
    assert!(wait_until(30, || tokens() == "0"), "{}", sign_on.said());
    assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"));
    sign_on.close();
}
