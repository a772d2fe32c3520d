//! LemonLDAP::NG, which knows people from a directory: tokens of another make, and what it says otherwise.

use super::app::{App, Extra};
use crate::world::browser::Browser;
use crate::world::company::group_dn;
use crate::world::database::Backend;
use crate::world::ldap_edit::Edited as _;
use crate::world::lemonldap::LemonLdap;
use crate::world::slapd::{SUFFIX, Slapd};
use crate::world::{free_port, wait_until};
use serde_json::{Value, json};

/// Groups are a list, whatever is in it.
const LISTS: &str = "groups;string;always";
/// As it comes: one group is a text, and none is no claim.
const AS_IT_COMES: &str = "groups;string;auto";

const RENEWED: &str = r#"client_secret = { file = "client" }
code_flow = { scopes = ["profile", "email", "groups", "offline_access"], renew = "1s" }"#;

/// A portal, its directory, somebody's browser, and an application.
#[derive(Debug)]
struct Portal {
    slapd: Slapd,
    lemonldap: LemonLdap,
    browser: Browser,
    app: App,
}

impl Portal {
    fn open(client: &Value, groups: &str, extra: &Extra<'_>) -> Self {
        Self::at(free_port(), client, groups, extra)
    }

    /// With rosterd on this port.
    fn at(port: u16, client: &Value, groups: &str, extra: &Extra<'_>) -> Self {
        let person = |name: &str| {
            format!(
                "dn: {}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name} of Example\nsn: {name}\n\
                 mail: {name}@example.org\nuserPassword: {name}\n\n",
                dn(name)
            )
        };
        let group = |name: &str, member: &str| {
            format!(
                "dn: {}\nobjectClass: groupOfNames\ncn: {name}\nmember: {member}\nmember: {}\n\n",
                group_dn(name),
                dn("nobody")
            )
        };
        let entries = [
            person("ann"),
            person("bob"),
            group("devs", &dn("ann")),
            // Nested, as the portal resolves it.
            group("staff", &group_dn("devs")),
            group("admins", &dn("root")),
        ];
        let slapd = Slapd::start(&entries.concat());
        let lemonldap = LemonLdap::start(&slapd, client, groups);
        let app = App::at(port, Backend::Sqlite, &lemonldap.issuer(), extra);
        Self { slapd, lemonldap, browser: Browser::start(), app }
    }

    /// Somebody logs in to the application; the tokens, and what came of them.
    #[track_caller]
    fn login(&self, person: &str) -> (Value, Value) {
        let tokens = self.lemonldap.login(&self.browser, person);
        let answer = self.app.accepted(&tokens);
        (tokens, answer)
    }

    /// People log in with rosterd itself, and are renewed each second.
    fn browsed(oidc: &str) -> Self {
        let port = free_port();
        let here = format!("http://127.0.0.1:{port}");
        let client = json!({
            "oidcRPMetaDataOptionsRedirectUris": format!("{here}/login/sso/callback"),
            "oidcRPMetaDataOptionsPostLogoutRedirectUris": format!("{here}/login"),
        });
        Self::at(port, &client, LISTS, &Extra::oidc(oidc))
    }

    /// Somebody logs in at rosterd, in a browser of their own, up to their session.
    #[track_caller]
    fn browse(&self, person: &str) {
        let (browser, here) = (&self.browser, format!("http://127.0.0.1:{}", self.app.port));
        browser.fresh();
        browser.go(&format!("{here}/login/sso"));
        browser.fill("user", person);
        browser.fill("password", person);
        browser.press("Connect");
        browser.wait_for_url(&format!("{here}/session"));
        browser.wait_for_text(&format!("{person} of Example"));
    }

    #[track_caller]
    fn comes_to(&self, login: &str, role: Option<&str>) {
        let there = wait_until(30, || self.app.role(login).as_deref() == role);
        assert!(there, "{:?} instead of {role:?}\n{}", self.app.role(login), self.app.said());
    }

    #[track_caller]
    fn is_a_dev(&self) -> bool {
        self.app.site.tables().team_role("devs", "ann").is_some()
    }
}

fn dn(name: &str) -> String {
    format!("uid={name},ou=people,{SUFFIX}")
}

#[test]
fn groups_of_another_makes_tokens_are_in_the_tables() {
    let client = json!({ "oidcRPMetaDataOptionsIDTokenForceClaims": 1 });
    let portal = Portal::open(&client, LISTS, &Extra::default());
    let (tokens, answer) = portal.login("ann");
    assert_eq!(answer["finding"], "applied", "{answer}\n{}", portal.app.said());
    assert_eq!((portal.app.role("ann").as_deref(), portal.is_a_dev()), (Some("Editor"), true));
    let explained = portal.app.site.run(&["explain", "user", "ann"]).expect(0).stdout;
    assert!(explained.contains("devs") && explained.contains("staff"), "{explained}");

    // A refresh token asks the directory again: what it says is as good as a login.
    portal.slapd.leave(&group_dn("devs"), &dn("ann"));
    portal.slapd.join(&group_dn("admins"), &dn("ann"));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let renewed = portal.lemonldap.renew(&tokens);
    let answer = portal.app.accepted(&renewed);
    assert_eq!(answer["finding"], "applied", "{answer}\n{}", portal.app.said());
    assert_eq!((portal.app.role("ann").as_deref(), portal.is_a_dev()), (Some("Admin"), false));
    portal.app.close();
}

/// Nothing in its introspection says when a token was made (RFC 7662 §2.2 leaves it open): it speaks of now.
#[test]
fn o27_an_access_token_of_which_nobody_says_how_old_it_is() {
    let portal = Portal::open(&json!({}), LISTS, &Extra::oidc("client_secret = { file = \"client\" }"));
    let tokens = portal.lemonldap.login(&portal.browser, "ann");
    let said = portal.lemonldap.introspect(tokens["access_token"].as_str().unwrap());
    assert!(said["active"] == true && said.get("iat").is_none() && said.get("aud").is_none(), "{said}");
    let answer = portal.app.accepted(&json!({ "access_token": tokens["access_token"] }));
    assert_eq!(answer["finding"], "applied", "{answer}\n{}", portal.app.said());
    assert!(portal.is_a_dev());
    // What another login says later counts more.
    portal.slapd.leave(&group_dn("devs"), &dn("ann"));
    portal.slapd.join(&group_dn("admins"), &dn("ann"));
    portal.login("ann");
    assert_eq!((portal.app.role("ann").as_deref(), portal.is_a_dev()), (Some("Admin"), false));
    let (status, answer) = portal.app.hand_on(&json!({ "access_token": "another" }));
    assert_eq!(status, 401, "{answer}");
    portal.app.close();
}

/// Whoever is in no group has no such claim, not even where it is to be a list always. That is unknown, unless the
/// configuration says that it is none; but what could not be asked is unknown all the same.
#[test]
fn o20_no_groups_are_no_claim() {
    for (groups, absent, left) in [(LISTS, "unknown", true), (AS_IT_COMES, "none", false)] {
        let provider = format!("claims.absent = {absent:?}");
        let mut portal = Portal::open(&json!({}), groups, &Extra { provider: &provider, ..Extra::default() });
        portal.slapd.leave(&group_dn("staff"), &group_dn("devs"));
        let (_, answer) = portal.login("ann");
        assert_eq!((&answer["finding"], portal.is_a_dev()), (&json!("applied"), true), "{answer}");
        // Somebody else is in the team, which nobody may empty unasked.
        portal.slapd.join(&group_dn("devs"), &dn("bob"));
        portal.login("bob");
        portal.slapd.leave(&group_dn("devs"), &dn("ann"));
        let (_, answer) = portal.login("ann");
        let finding = if left { "incomplete" } else { "applied" };
        assert_eq!((&answer["finding"], portal.is_a_dev()), (&json!(finding), left), "{absent}: {answer}");
        // The ID token says no groups, and UserInfo, which would, is not there.
        let tokens = portal.lemonldap.login(&portal.browser, "bob");
        portal.lemonldap.stop();
        let answer = portal.app.accepted(&tokens);
        assert_eq!(answer["finding"], "incomplete", "{absent}: {answer}");
        assert!(portal.app.site.tables().team_role("devs", "bob").is_some());
        portal.app.close();
    }
}

/// Its UserInfo is signed, and so are its access tokens (RFC 9068), which are for an application of ours besides.
#[test]
fn all_that_it_signs_is_believed() {
    let client = json!({
        "oidcRPMetaDataOptionsUserInfoSignAlg": "RS512",
        "oidcRPMetaDataOptionsIDTokenSignAlg": "RS384",
        "oidcRPMetaDataOptionsAccessTokenJWT": 1,
        "oidcRPMetaDataOptionsAccessTokenSignAlg": "RS256",
        "oidcRPMetaDataOptionsAdditionalAudiences": "urn:example:api",
    });
    let oidc = "audiences = [\"urn:example:api\"]\nalgorithms = [\"RS256\", \"RS384\", \"RS512\"]";
    let portal = Portal::open(&client, LISTS, &Extra::oidc(oidc));
    let (tokens, answer) = portal.login("ann");
    assert_eq!(answer["finding"], "applied", "{answer}\n{}", portal.app.said());
    assert!(portal.is_a_dev(), "of the signed UserInfo");
    assert_eq!(tokens["access_token"].as_str().unwrap().split('.').count(), 3);
    let answer = portal.app.accepted(&json!({ "access_token": tokens["access_token"] }));
    assert_eq!(answer["finding"], "applied", "{answer}");
    // The ID token is for that application, too.
    assert_eq!(portal.app.hand_on(&json!({ "access_token": tokens["id_token"] })).0, 401);
    portal.app.close();
}

/// Through its pages to a session; then its directory changes, and nobody logs in. Of logging out, version 2.16 knows
/// the way through a frame of the browser and not the provider's own message.
#[test]
fn who_logs_in_here_through_its_pages_is_kept_true_to_its_directory() {
    let portal = Portal::browsed(RENEWED);
    // Somebody has to be left.
    portal.slapd.join(&group_dn("admins"), &dn("bob"));
    portal.browse("bob");
    portal.browse("ann");
    assert_eq!(portal.app.role("ann").as_deref(), Some("Editor"));
    assert!(portal.is_a_dev(), "{}", portal.app.said());
    let page = portal.browser.text();
    assert!(page.contains("devs") && page.contains("Editor"), "{page}");
    portal.slapd.join(&group_dn("admins"), &dn("ann"));
    portal.comes_to("ann", Some("Admin"));
    portal.slapd.leave(&group_dn("admins"), &dn("ann"));
    portal.comes_to("ann", Some("Editor"));
    // Out by the button: it asks whether it is meant, and leads back.
    portal.browser.press("Log out");
    portal.browser.wait_for_url("/oauth2/logout");
    portal.browser.press("Accept");
    portal.browser.wait_for_url(&format!("http://127.0.0.1:{}/login", portal.app.port));
    assert_eq!(portal.app.role("ann").as_deref(), Some("Editor"), "logging out is not leaving");
    // Deleted there.
    let ann = dn("ann");
    portal.slapd.delete([ann.as_str()]);
    portal.comes_to("ann", None);
    assert_eq!(portal.app.role("bob").as_deref(), Some("Admin"), "nobody else");
    portal.app.close();
}

/// It says the same of everybody while its directory is down as of somebody who was deleted (`invalid_grant`). Where that
/// is to mean nothing there is `refused = "keep"`.
#[test]
fn a_portal_without_its_directory_takes_nothing_where_a_refusal_is_to_mean_nothing() {
    let mut portal = Portal::browsed(&RENEWED.replace("renew = ", "refused = \"keep\", renew = "));
    portal.browse("ann");
    portal.slapd.stop();
    let tokens = || portal.app.site.database.value("SELECT count(*) FROM refresh_tokens");
    assert!(wait_until(60, || tokens() == "0"), "it refuses: {}", portal.app.said());
    assert_eq!(portal.app.role("ann").as_deref(), Some("Editor"));
    portal.slapd.start_again();
    portal.browse("ann");
    assert_eq!((portal.app.role("ann").as_deref(), tokens().as_str()), (Some("Editor"), "1"));
    portal.app.close();
}
