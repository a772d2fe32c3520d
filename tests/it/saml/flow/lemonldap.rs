//! LemonLDAP::NG, which knows people from a directory: messages of another make (Lasso).

use super::{Backend, With, at, beside, described, me};
use crate::world::agent::{Agent, Visit};
use crate::world::app::App;
use crate::world::browser::Browser;
use crate::world::company::group_dn;
use crate::world::ldap_edit::Edited as _;
use crate::world::lemonldap::LemonLdap;
use crate::world::slapd::{SUFFIX, Slapd};
use serde_json::{Value, json};

/// A portal, its directory, and rosterd, each with the other's metadata.
#[derive(Debug)]
struct Portal {
    slapd: Slapd,
    lemonldap: LemonLdap,
    app: App,
}

impl Portal {
    /// `said`: what the portal knows of rosterd besides, in its own words.
    fn open(said: &Value, saml: &str) -> Self {
        let person = |name: &str| {
            format!(
                "dn: {}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name} of Example\nsn: {name}\n\
                 mail: {name}@example.org\nuserPassword: {name}\n\n",
                dn(name)
            )
        };
        let group = |name: &str, members: &[&str]| {
            let members: String = members.iter().map(|member| format!("member: {member}\n")).collect();
            format!("dn: {}\nobjectClass: groupOfNames\ncn: {name}\n{members}\n", group_dn(name))
        };
        let entries = [
            person("ann"),
            person("bob"),
            group("devs", &[&dn("ann"), &dn("nobody")]),
            // Nested, as the portal resolves it.
            group("staff", &[&group_dn("devs")]),
            group("admins", &[&dn("bob"), &dn("nobody")]),
        ];
        let slapd = Slapd::start(&entries.concat());
        let mut lemonldap = LemonLdap::start_saml(&slapd);
        let saml = format!("name = \"name\"\n{saml}");
        let files = [("idp.xml", &*lemonldap.metadata())];
        let app = beside(Backend::Sqlite, "metadata_file = \"idp.xml\"", &files, &With::saml(&saml));
        lemonldap.trust("rosterd", &described(&app), said);
        Self { slapd, lemonldap, app }
    }

    #[track_caller]
    fn browse(&self, begin: &str, person: &str) -> (Agent, Visit) {
        let mut agent = Agent::default();
        let visit = agent.go(begin, person, |_| false);
        let there = (visit.answer.status, visit.url.as_str());
        assert_eq!(
            there,
            (200, at(&self.app, "/session").as_str()),
            "{visit:?}\n{}\n{}",
            self.app.said(),
            self.lemonldap.log()
        );
        (agent, visit)
    }

    /// Through its page to the session, in a real browser.
    #[track_caller]
    fn log_in(&self, browser: &Browser, begin: &str, person: &str) {
        browser.go(begin);
        browser.fill("user", person);
        browser.fill("password", person);
        browser.press("Connect");
        browser.wait_for_url(&at(&self.app, "/session"));
        browser.wait_for_text(&format!("{person} of Example"));
    }

    fn begin(&self) -> String {
        at(&self.app, "/login/sso")
    }

    fn is_a_dev(&self) -> bool {
        self.app.site.tables().team_role("devs", "ann").is_some()
    }
}

fn dn(name: &str) -> String {
    format!("uid={name},ou=people,{SUFFIX}")
}

#[test]
fn groups_of_its_directory_are_in_the_tables_and_change_at_the_next_login() {
    for binding in ["redirect", "post"] {
        let portal = Portal::open(&json!({}), &format!("binding = {binding:?}\nsigned = \"both\""));
        // Somebody has to be left.
        portal.browse(&portal.begin(), "bob");
        let (mut agent, visit) = portal.browse(&portal.begin(), "ann");
        assert!(visit.answer.body.contains("ann of Example"), "{visit:?}");
        assert_eq!(me(&portal.app, &mut agent).1["person"]["login"], "ann");
        assert_eq!((portal.app.role("ann").as_deref(), portal.is_a_dev()), (Some("Editor"), true));
        let explained = portal.app.site.run(&["explain", "user", "ann"]).expect(0).stdout;
        assert!(explained.contains("devs") && explained.contains("staff"), "{explained}");
        portal.slapd.leave(&group_dn("devs"), &dn("ann"));
        portal.slapd.join(&group_dn("admins"), &dn("ann"));
        portal.browse(&portal.begin(), "ann");
        assert_eq!((portal.app.role("ann").as_deref(), portal.is_a_dev()), (Some("Admin"), false));
        assert_eq!(portal.app.site.tables().users.len(), 2, "the same person, by the same name");
        portal.app.close();
    }
}

#[test]
fn what_it_encrypts_is_opened() {
    for (mode, saml) in [("assertion", "cbc = true"), ("nameid", "cbc = true")] {
        let portal = Portal::open(&json!({ "EncryptionMode": mode }), saml);
        portal.browse(&portal.begin(), "ann");
        assert!(portal.is_a_dev(), "{mode}");
        portal.app.close();
    }
}

#[test]
fn somebody_logs_in_from_either_side_and_out_in_a_real_browser() {
    let portal = Portal::open(&json!({}), "idp_initiated = true");
    let browser = Browser::start();
    portal.log_in(&browser, &portal.begin(), "ann");
    assert!(portal.is_a_dev());
    // Out by the button: round by the portal, and back.
    browser.press("Log out");
    browser.wait_for_url(&at(&portal.app, "/login"));
    browser.go(&portal.begin());
    browser.wait_for_text("Connect");
    // From the portal, and out there: it tells rosterd in a frame.
    browser.fresh();
    portal.log_in(&browser, &portal.lemonldap.begin_there("rosterd"), "bob");
    let sessions = || portal.app.site.database.value("SELECT count(*) FROM sessions WHERE ended_at IS NULL");
    assert_eq!(sessions(), "1");
    browser.go(&portal.lemonldap.log_out_there());
    assert!(crate::world::wait_until(30, || sessions() == "0"), "{}\n{}", portal.app.said(), portal.lemonldap.log());
    browser.go(&at(&portal.app, "/session"));
    browser.wait_for_text("session has ended");
    portal.app.close();
}
