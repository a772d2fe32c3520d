//! One person of a directory and of a SAML identity provider.

use super::{Backend, SignOn, With, person};
use crate::world::agent::Agent;
use crate::world::site::operators;
use crate::world::wait_until;

/// One user, who has what both give; a login takes nothing that the directory gives.
fn one_user(by: &str, saml: &str) {
    let (_slapd, more) = operators();
    let provider = format!("link.by = [{by:?}]");
    let sign_on = SignOn::with(Backend::Sqlite, &With { provider: &provider, saml, more: &more });
    let operates = || sign_on.site.tables().team_role("operators", "ann") == Some("member");
    assert!(wait_until(60, operates), "{}", sign_on.said());
    sign_on.browse(&mut Agent::default(), "ann");
    let tables = sign_on.site.tables();
    assert_eq!(tables.users.len(), 1, "{:?}", tables.users);
    assert_eq!((tables.team_role("devs", "ann"), tables.org_role("Main", "ann")), (Some("member"), Some("Editor")));
    let told = sign_on.site.run(&["explain", "user", "ann"]).expect(0).stdout;
    for why in ["operators", "devs", "sso", "corp"] {
        assert!(told.contains(why), "{why}: {told}");
    }
    sign_on.idp.person("ann", &person("ann", &["elsewhere"]));
    sign_on.browse(&mut Agent::default(), "ann");
    let tables = sign_on.site.tables();
    assert_eq!((tables.team_role("devs", "ann"), operates()), (None, true));
    sign_on.close();
}

#[test]
fn an_address_that_the_provider_verifies_links_one_user() {
    one_user("email", "trust_email = true");
}

#[test]
fn a_login_name_links_one_user() {
    one_user("login", "");
}

/// An address that nobody vouches for makes nobody somebody else.
#[test]
fn an_address_links_nobody_unless_the_provider_is_said_to_verify_it() {
    let (_slapd, more) = operators();
    let sign_on = SignOn::with(Backend::Sqlite, &With { provider: "link.by = [\"email\"]", more: &more, saml: "" });
    let operates = || sign_on.site.tables().team_role("operators", "ann") == Some("member");
    assert!(wait_until(60, operates), "{}", sign_on.said());
    let mut claims = person("stranger", &["admins"]);
    claims["mail"] = serde_json::json!(["ann@example.org"]);
    sign_on.idp.person("stranger", &claims);
    sign_on.browse(&mut Agent::default(), "stranger");
    let tables = sign_on.site.tables();
    assert_eq!((tables.users.len(), tables.org_role("Main", "ann")), (2, Some("Viewer")), "{:?}", tables.users);
    sign_on.close();
}
