//! Answers that are none to a login that this browser has begun: nobody gets in, and nothing is written.

use super::{Backend, COOKIE, Extra, FLOW, SignOn, open};
use crate::world::agent::Agent;
use crate::world::scripted_openid::ScriptedOpenId;
use serde_json::json;

/// What the browser is told, and that it has no session.
#[track_caller]
fn refused(sign_on: &SignOn, agent: &mut Agent, url: &str, code: &str) {
    let answer = agent.ask("GET", url, &[], "");
    assert_eq!(answer.status, 403, "{url}: {}", answer.body);
    assert!(answer.body.contains(&format!("<code>{code}</code>")), "{url}: {}", answer.body);
    assert!(agent.cookie(sign_on.port, COOKIE).is_none(), "{url}");
    assert_eq!(sign_on.site.database.value("SELECT count(*) FROM users"), "0");
}

/// With one parameter of the address changed, or left out.
fn with(url: &str, name: &str, value: Option<&str>) -> String {
    let (path, query) = url.split_once('?').unwrap();
    let mut pairs: Vec<String> =
        query.split('&').filter(|pair| !pair.starts_with(&format!("{name}="))).map(str::to_owned).collect();
    pairs.extend(value.map(|value| format!("{name}={value}")));
    format!("{path}?{}", pairs.join("&"))
}

#[test]
fn o18_the_state_is_known_once_and_to_the_browser_that_began() {
    let sign_on = open(Backend::Sqlite, FLOW);
    let mut agent = Agent::default();
    for bad in [None, Some(""), Some("guessed"), Some("a&state=b")] {
        let url = with(&sign_on.until_callback(&mut agent, "ann"), "state", bad);
        let code = if bad == Some("a&state=b") { "callback-form" } else { "login-unknown" };
        refused(&sign_on, &mut agent, &url, code);
    }
    // Somebody sends a link that would log others in as themselves: it is another browser.
    let mut attacker = Agent::default();
    let link = sign_on.until_callback(&mut attacker, "root");
    refused(&sign_on, &mut agent, &link, "login-unknown");
    // And it was taken with that: not even who began it can use it now.
    refused(&sign_on, &mut attacker, &link, "login-unknown");
    // One without any cookie.
    let link = sign_on.until_callback(&mut attacker, "root");
    refused(&sign_on, &mut Agent::default(), &link, "login-unknown");
    sign_on.close();
}

#[test]
fn o18_another_provider_s_answer_is_none_of_this_one() {
    let sign_on = open(Backend::Sqlite, FLOW);
    let mut agent = Agent::default();
    let url = sign_on.until_callback(&mut agent, "ann");
    assert!(url.contains("iss="), "this provider says who it is (RFC 9207): {url}");
    refused(&sign_on, &mut agent, &with(&url, "iss", Some("https://evil.example")), "token-issuer");
    let url = sign_on.until_callback(&mut agent, "ann");
    refused(&sign_on, &mut agent, &with(&url, "iss", None), "token-issuer");
    sign_on.close();
}

/// Two providers at once, one of which is not honest (RFC 9700 §4.4): whatever it makes of a login that has begun with
/// it, no code of the other comes to it, and none of its answers counts as the other's.
#[test]
fn o18_one_provider_s_answer_at_another_s_callback_is_none() {
    let evil = ScriptedOpenId::start();
    let more = format!(
        "[providers.evil]\n[providers.evil.oidc]\nissuer = {:?}\nclient_id = \"rosterd\"\n{FLOW}\n",
        evil.issuer()
    );
    let extra = Extra { oidc: FLOW, more: &more, ..Extra::default() };
    let sign_on = SignOn::with(Backend::Sqlite, &json!({}), &extra);
    let mut agent = Agent::default();
    let begun = |agent: &mut Agent, provider: &str| {
        let answer = agent.ask("GET", &sign_on.at(&format!("/login/{provider}")), &[], "");
        answer.header("location").unwrap().to_owned()
    };
    // It sends the browser on to the honest one, with the state of the login that was to be its own.
    let at_evil = begun(&mut agent, "evil");
    assert!(at_evil.starts_with(&evil.issuer()), "{at_evil}");
    let state = |url: &str| url.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let at_honest = with(&begun(&mut agent, "sso"), "state", Some(&state(&at_evil)));
    let callback = sign_on.at("/login/sso/callback?");
    let led = agent.go(&at_honest, "ann", |url| url.starts_with(&callback)).url;
    refused(&sign_on, &mut agent, &led, "login-unknown");
    // The honest one's answer is brought to the other's callback, which would show its code there.
    let honest = sign_on.until_callback(&mut agent, "ann");
    let moved = honest.replace("/login/sso/callback", "/login/evil/callback");
    refused(&sign_on, &mut agent, &moved, "login-unknown");
    // The same of a login that has begun at the other one: it says itself whose it is.
    let at_evil = begun(&mut agent, "evil");
    let honest = sign_on.until_callback(&mut agent, "ann").replace("/login/sso/callback", "/login/evil/callback");
    refused(&sign_on, &mut agent, &with(&honest, "state", Some(&state(&at_evil))), "token-issuer");
    assert_eq!(evil.asked("/token"), 0, "no code came to it");
    // And its own answer counts nowhere else.
    let at_evil = begun(&mut agent, "evil");
    let own = agent.ask("GET", &at_evil, &[], "").header("location").unwrap().to_owned();
    refused(&sign_on, &mut agent, &own.replace("/login/evil/callback", "/login/sso/callback"), "login-unknown");
    sign_on.browse(&mut agent, "ann");
    sign_on.close();
}

#[test]
fn o18_a_code_is_good_for_one_login() {
    let sign_on = open(Backend::Sqlite, FLOW);
    let mut agent = Agent::default();
    let first = sign_on.until_callback(&mut agent, "ann");
    let code = |url: &str| url.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    // The code of one login in the answer to another one: PKCE and nonce belong to the first.
    let second = sign_on.until_callback(&mut agent, "ann");
    refused(&sign_on, &mut agent, &with(&second, "code", Some(&code(&first))), "code-refused");
    let third = sign_on.until_callback(&mut agent, "ann");
    refused(&sign_on, &mut agent, &with(&third, "code", Some("guessed")), "code-refused");
    let fourth = sign_on.until_callback(&mut agent, "ann");
    refused(&sign_on, &mut agent, &with(&fourth, "code", None), "callback-form");
    // The same answer twice: the second finds nothing.
    let fifth = sign_on.until_callback(&mut agent, "ann");
    let answer = agent.ask("GET", &fifth, &[], "");
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(agent.ask("GET", &fifth, &[], "").status, 403);
    sign_on.close();
}

#[test]
fn what_the_provider_refuses_is_said_in_words_of_ours() {
    let sign_on = open(Backend::Sqlite, FLOW);
    let mut agent = Agent::default();
    for said in ["access_denied", "%3Cscript%3E"] {
        let url = sign_on.until_callback(&mut agent, "ann");
        let url = with(&with(&url, "code", None), "error", Some(said));
        refused(&sign_on, &mut agent, &url, "login-refused");
    }
    assert!(!sign_on.said().contains("script"), "{}", sign_on.said());
    sign_on.close();
}

#[test]
fn a_provider_that_is_down_lets_nobody_in_and_says_try_again() {
    let mut sign_on = open(Backend::Sqlite, FLOW);
    let mut agent = Agent::default();
    let url = sign_on.until_callback(&mut agent, "ann");
    sign_on.openid.stop();
    let answer = agent.ask("GET", &url, &[], "");
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(sign_on.site.database.value("SELECT count(*) FROM users"), "0");
    sign_on.openid.run();
    sign_on.openid.person("ann", &super::super::person("ann", &["devs"]));
    sign_on.browse(&mut agent, "ann");
    sign_on.close();
}
