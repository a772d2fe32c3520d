//! One person of several providers.

use super::app::Extra;
use super::{SignOn, person};
use crate::world::database::Backend;
use crate::world::site::operators;
use crate::world::wait_until;
use serde_json::json;

/// One user, who has what both give; a login takes nothing that the directory gives.
#[test]
fn o23_one_person_of_a_directory_and_an_openid_provider_is_one_user() {
    let (_slapd, more) = operators();
    let extra = Extra { provider: "link.by = [\"email\"]", more: &more, ..Extra::default() };
    let sign_on = SignOn::with(Backend::Sqlite, &json!({}), &extra);
    let operates = || sign_on.site.tables().team_role("operators", "ann") == Some("member");
    assert!(wait_until(60, operates), "{}", sign_on.said());
    let answer = sign_on.login("ann");
    assert_eq!(answer["finding"], "applied", "{answer}\n{}", sign_on.said());
    let tables = sign_on.site.tables();
    assert_eq!(tables.users.len(), 1, "{:?}", tables.users);
    assert_eq!((tables.team_role("devs", "ann"), tables.org_role("Main", "ann")), (Some("member"), Some("Editor")));
    let told = sign_on.site.run(&["explain", "user", "ann"]).expect(0).stdout;
    for why in ["operators", "devs", "sso", "corp"] {
        assert!(told.contains(why), "{why}: {told}");
    }
    sign_on.openid.person("ann", &person("ann", &[]));
    sign_on.login("ann");
    let tables = sign_on.site.tables();
    assert_eq!((tables.team_role("devs", "ann"), operates()), (None, true));
    sign_on.close();
}

/// An address that nobody has verified makes nobody somebody else.
#[test]
fn o23_an_unverified_address_links_nobody() {
    let (_slapd, more) = operators();
    let extra = Extra { provider: "link.by = [\"email\"]", more: &more, ..Extra::default() };
    let sign_on = SignOn::with(Backend::Sqlite, &json!({}), &extra);
    let operates = || sign_on.site.tables().team_role("operators", "ann") == Some("member");
    assert!(wait_until(60, operates), "{}", sign_on.said());
    let mut claims = person("ann", &["admins"]);
    claims["email_verified"] = json!(false);
    sign_on.openid.person("stranger", &claims);
    let answer = sign_on.login("stranger");
    assert_eq!(answer["finding"], "applied", "{answer}\n{}", sign_on.said());
    let tables = sign_on.site.tables();
    assert_eq!(tables.users.len(), 2, "{:?}", tables.users);
    assert_eq!(tables.org_role("Main", "ann"), Some("Viewer"));
    sign_on.close();
}
