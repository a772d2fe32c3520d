//! The SAML identity providers of the world: they say who somebody is, to a service provider that only listens.

use crate::world::agent::Agent;
use crate::world::browser::Browser;
use crate::world::company::group_dn;
use crate::world::lemonldap::LemonLdap;
use crate::world::scripted_http::{Reply, ScriptedHttp};
use crate::world::simplesaml::{SimpleSaml, service};
use crate::world::slapd::{SUFFIX, Slapd};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const SERVICE: &str = "urn:example:listener";

fn listener() -> ScriptedHttp {
    ScriptedHttp::start(|_| Reply::new(200, "text/html", "<p>Welcome back</p>"))
}

fn metadata(at: &str) -> String {
    service(SERVICE, &format!("{at}/back"))
}

fn attributes(groups: &[&str]) -> Value {
    json!({ "uid": ["ann"], "displayName": ["Ann & <Co>"], "groups": groups })
}

/// What is sent back in the end, and where.
#[track_caller]
fn log_in(url: &str, listener: &ScriptedHttp) -> (String, String) {
    let back = format!("{}/back", listener.url());
    let visit = Agent::default().go(url, "ann", |url| url == back);
    let form = visit.form.unwrap_or_else(|| panic!("{} shows {}", visit.url, visit.answer.body));
    let response = form.value("SAMLResponse").unwrap().replace(['\r', '\n'], "");
    let response = String::from_utf8(STANDARD.decode(response).unwrap()).unwrap();
    (response, form.value("RelayState").unwrap_or_default().to_owned())
}

/// The first certificate in there.
fn certificate(xml: &str) -> String {
    let (_, rest) = xml.split_once("X509Certificate>").unwrap();
    rest.split('<').next().unwrap().split_whitespace().collect()
}

#[test]
fn simplesamlphp_says_who_somebody_is_at_each_login() {
    let (saml, listener) = (SimpleSaml::start(), listener());
    saml.trust("listener", &metadata(&listener.url()), &json!({ "saml20.sign.response": true }));
    saml.person("ann", &attributes(&["devs", "staff"]));
    let begin = saml.begin_there(SERVICE, "there");
    let (said, relay_state) = log_in(&begin, &listener);
    assert_eq!(relay_state, "there", "{}", saml.log());
    for part in [&saml.entity_id(), "Ann &amp; &lt;Co&gt;", ">devs<", ">staff<", ">ann<", SERVICE] {
        assert!(said.contains(part), "{part} is missing: {said}");
    }
    assert_eq!(said.matches("<ds:Signature ").count(), 2, "response and assertion: {said}");
    let first = certificate(&saml.metadata());
    assert_eq!(certificate(&said), first);
    // Who changes is somebody else at the next login, and a key is announced before it signs.
    saml.person("ann", &attributes(&[]));
    saml.announce_key();
    let (said, _) = log_in(&begin, &listener);
    assert!(!said.contains(">devs<") && certificate(&said) == first, "{said}");
    let both = Agent::default().ask("GET", &saml.metadata_url(), &[], "").body;
    assert!(both.contains(&first) && both.matches("<md:KeyDescriptor use=\"signing\"").count() == 2, "{both}");
    saml.turn_keys();
    let (said, _) = log_in(&begin, &listener);
    assert!(both.contains(&certificate(&said)) && certificate(&said) != first && !saml.metadata().contains(&first));
    // Gone, and nobody else.
    saml.dismiss("ann");
    let visit = Agent::default().go(&begin, "ann", |url| url.starts_with(&listener.url()));
    assert!(visit.form.is_none(), "{visit:?}");
}

#[test]
fn lemonldap_says_who_somebody_of_the_directory_is() {
    let dn = format!("uid=ann,ou=people,{SUFFIX}");
    let slapd = Slapd::start(&format!(
        "dn: {dn}\nobjectClass: inetOrgPerson\nuid: ann\ncn: Ann\nsn: Ann\nmail: ann@example.org\nuserPassword: ann\n\n\
         dn: {}\nobjectClass: groupOfNames\ncn: devs\nmember: {dn}\n\n",
        group_dn("devs")
    ));
    let (mut lemonldap, listener) = (LemonLdap::start_saml(&slapd), listener());
    lemonldap.trust("listener", &metadata(&listener.url()), &json!({}));
    let begin = lemonldap.begin_there("listener");
    let (said, _) = log_in(&begin, &listener);
    for part in [&lemonldap.entity_id(), ">devs<", ">ann<", ">ann@example.org<", SERVICE] {
        assert!(said.contains(part), "{part} is missing: {said}\n{}", lemonldap.log());
    }
    assert_eq!(certificate(&lemonldap.metadata()), certificate(&said));

    let browser = Browser::start();
    browser.go(&begin);
    browser.fill("user", "ann");
    browser.fill("password", "ann");
    browser.press("Connect");
    browser.wait_for_url(&format!("{}/back", listener.url()));
    browser.wait_for_text("Welcome back");
    // Whoever has logged out there is asked again.
    browser.go(&lemonldap.log_out_there());
    browser.go(&begin);
    browser.wait_for_text("Connect");
}

#[test]
fn somebody_logs_in_through_simplesamlphp_s_page_in_a_real_browser() {
    let (saml, listener) = (SimpleSaml::start(), listener());
    saml.trust("listener", &metadata(&listener.url()), &json!({}));
    saml.person("ann", &attributes(&["devs"]));
    let browser = Browser::start();
    browser.go(&saml.begin_there(SERVICE, "there"));
    browser.fill("username", "ann");
    browser.fill("password", "ann");
    browser.press("Login");
    browser.wait_for_url(&format!("{}/back", listener.url()));
    browser.wait_for_text("Welcome back");
    let posted = listener.asked().into_iter().find(|asked| asked.method == "POST").unwrap().form();
    assert!(posted.contains_key("SAMLResponse") && posted["RelayState"] == "there", "{posted:?}");
    // Known there already: nobody is asked again.
    browser.go(&saml.begin_there(SERVICE, "there"));
    browser.wait_for_text("Welcome back");
    // Whoever has logged out there is.
    browser.go(&saml.log_out_there(&listener.url()));
    browser.wait_for_text("Welcome back");
    browser.go(&saml.begin_there(SERVICE, "there"));
    browser.wait_for_text("Enter your username");
}
