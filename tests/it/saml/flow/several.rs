//! One person of a directory and of a SAML identity provider.

use super::{Backend, SignOn, With, person};
use crate::world::agent::Agent;
use crate::world::company::group_dn;
use crate::world::site::slapd_provider;
use crate::world::slapd::{SUFFIX, Slapd};
use crate::world::wait_until;

/// Somebody in a directory, in the group `operators`.
fn directory() -> (Slapd, String) {
    let dn = format!("uid=ann,ou=people,{SUFFIX}");
    let slapd = Slapd::start(&format!(
        "dn: {dn}\nobjectClass: inetOrgPerson\nuid: ann\ncn: Ann\nsn: Ann\nmail: Ann@example.org\n\n\
         dn: {}\nobjectClass: groupOfNames\ncn: operators\nmember: {dn}\n\n",
        group_dn("operators")
    ));
    let linked = "[providers.corp]\nevery = \"1s\"\nlink.by = [\"email\", \"login\"]\n";
    let provider = slapd_provider("corp", &slapd.url(), "").replace("[providers.corp]\n", linked);
    let rule = "[[rules]]\nid = \"operators\"\nmatch.group = \"operators\"\norg = \"Main\"\nteam = \"operators\"\n";
    (slapd, provider + rule)
}

/// One user, who has what both give; a login takes nothing that the directory gives.
fn one_user(by: &str, saml: &str) {
    let (_slapd, more) = directory();
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
    let (_slapd, more) = directory();
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
