//! Logging in.

use super::super::person;
use super::{Backend, COOKIE, FLOW, RENEWED, open};
use crate::world::agent::Agent;
use serde_json::json;

crate::world::on_both!(a_login_in_a_browser_becomes_memberships_and_a_session);

fn a_login_in_a_browser_becomes_memberships_and_a_session(backend: Backend) {
    let sign_on = open(backend, FLOW);
    let mut agent = Agent::default();
    let page = sign_on.api(&mut agent, "/login");
    assert!(page.status == 200 && page.body.contains("href=\"/login/sso\""), "{}", page.body);
    let visit = sign_on.browse(&mut agent, "ann");
    assert!(visit.answer.body.contains("ann of Example") && visit.answer.body.contains("devs"), "{visit:?}");
    assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"));
    let (status, me) = sign_on.me(&mut agent);
    assert_eq!((status, &me["scopes"]), (200, &json!(["read"])), "{me}");
    assert_eq!(me["person"]["login"], "ann");
    assert_eq!(me["session"]["provider"], "sso");
    // Another login, of somebody else, in another browser.
    let mut other = Agent::default();
    sign_on.browse(&mut other, "root");
    assert_eq!(sign_on.me(&mut other).1["scopes"], json!(["read", "explain", "admin"]));
    assert_eq!(sign_on.me(&mut agent).1["person"]["login"], "ann");
    // The next login says what is so then; each has a session of its own.
    let first = agent.cookie(sign_on.port, COOKIE).unwrap().to_owned();
    sign_on.openid.person("ann", &person("ann", &["elsewhere"]));
    sign_on.browse(&mut agent, "ann");
    assert_ne!(agent.cookie(sign_on.port, COOKIE), Some(first.as_str()));
    assert_eq!(sign_on.role("ann").as_deref(), Some("Viewer"));
    sign_on.close();
}

#[test]
fn several_tabs_of_one_browser_log_in_and_each_comes_back_where_it_began() {
    let sign_on = open(Backend::Sqlite, FLOW);
    let mut agent = Agent::default();
    let callback = sign_on.at("/login/sso/callback?");
    let away = |agent: &mut Agent, to: &str| {
        let url = sign_on.at(&format!("/login/sso?return_to={to}"));
        agent.go(&url, "ann", |url| url.starts_with(&callback)).url
    };
    let (first, second) = (away(&mut agent, "/api/v1/me"), away(&mut agent, "/session"));
    let led = |agent: &mut Agent, url: &str| agent.ask("GET", url, &[], "").header("location").map(str::to_owned);
    assert_eq!(led(&mut agent, &first).as_deref(), Some("/api/v1/me"));
    assert_eq!(led(&mut agent, &second).as_deref(), Some("/session"));
    assert_eq!(sign_on.me(&mut agent).0, 200);
    sign_on.close();
}

#[test]
fn whom_the_rules_refuse_gets_no_session_and_is_told_so() {
    let more = "[[rules]]\nid = \"none\"\nmatch.group = \"nobody-has-this\"\norg = \"Other\"\nrole = \"Viewer\"\n";
    let extra = super::Extra { oidc: FLOW, provider: "allow = { group = \"devs\" }", more };
    let sign_on = super::SignOn::with(Backend::Sqlite, &json!({}), &extra);
    let mut agent = Agent::default();
    let visit = agent.go(&sign_on.at("/login/sso"), "root", |_| false);
    assert_eq!(visit.answer.status, 403, "{visit:?}");
    assert!(visit.answer.body.contains("no rule lets you in"), "{}", visit.answer.body);
    assert!(agent.cookie(sign_on.port, COOKIE).is_none() && sign_on.me(&mut agent).0 == 401);
    sign_on.close();
}

#[test]
fn o18_a_login_leads_to_no_other_site() {
    let more = "[http.sessions]\nreturn_to = [\"http://127.0.0.1:9\"]\n";
    let extra = super::Extra { oidc: FLOW, more, ..super::Extra::default() };
    let sign_on = super::SignOn::with(Backend::Sqlite, &json!({}), &extra);
    let mut agent = Agent::default();
    for bad in ["https://evil.example/", "//evil.example", "%2F%5Cevil.example", "http://127.0.0.1:9.evil.example"] {
        let answer = sign_on.api(&mut agent, &format!("/login/sso?return_to={bad}"));
        assert_eq!(answer.status, 400, "{bad}: {}", answer.body);
    }
    let url = sign_on.at("/login/sso?return_to=http://127.0.0.1:9/d%3Fx=1");
    let visit = agent.go(&url, "ann", |url| url.starts_with("http://127.0.0.1:9/"));
    assert_eq!(visit.url, "http://127.0.0.1:9/d?x=1");
    sign_on.close();
}

/// What a copy of the database holds lets nobody in, here or at the provider.
#[test]
fn nothing_that_lets_somebody_in_stands_in_the_database() {
    let sign_on = open(Backend::Sqlite, RENEWED);
    let mut agent = Agent::default();
    sign_on.browse(&mut agent, "ann");
    assert_eq!(sign_on.site.database.value("SELECT count(*) FROM refresh_tokens"), "1");
    let session = agent.cookie(sign_on.port, COOKIE).unwrap().to_owned();
    let dir = sign_on.site.dir().to_owned();
    sign_on.app.close_keeping(|_| {
        let files = std::fs::read_dir(&dir).unwrap().map(|file| file.unwrap().path());
        let database = files.filter(|file| file.file_name().unwrap().to_string_lossy().contains(".db"));
        let bytes: Vec<u8> = database.flat_map(|file| std::fs::read(file).unwrap()).collect();
        let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(holds("ann of Example"), "the files are the database");
        assert!(!holds(&session) && !holds("refresh_token\""));
        // An ID token begins so.
        assert!(!holds("eyJhbGciOi"));
    });
}
