//! Sessions: what they let somebody do, and until when.

use super::super::person;
use super::{Backend, COOKIE, Extra, FLOW, PEOPLE, SignOn, open};
use crate::world::agent::Agent;
use serde_json::{Value, json};

#[test]
fn what_somebody_may_do_is_what_they_have_at_that_moment() {
    let sign_on = open(Backend::Sqlite, FLOW);
    let mut agent = Agent::default();
    // Somebody has to be left.
    sign_on.openid.person("eve", &person("eve", &["admins"]));
    sign_on.browse(&mut Agent::default(), "eve");
    sign_on.browse(&mut agent, "root");
    assert_eq!(sign_on.api(&mut agent, "/api/v1/people").status, 200);
    // A login elsewhere says that it is less now: this session may do less at once.
    sign_on.openid.person("root", &person("root", &["devs"]));
    sign_on.login("root");
    assert_eq!(sign_on.api(&mut agent, "/api/v1/people").status, 403);
    assert_eq!(sign_on.api(&mut agent, "/api/v1/status").status, 200);
    sign_on.openid.person("root", &person("root", &[]));
    sign_on.login("root");
    assert_eq!(sign_on.api(&mut agent, "/api/v1/status").status, 403);
    sign_on.close();
}

#[test]
fn w16_a_page_of_another_site_does_nothing_with_a_session() {
    let sign_on = open(Backend::Sqlite, FLOW);
    let mut agent = Agent::default();
    sign_on.browse(&mut agent, "root");
    let other = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    for (method, path) in [("POST", "/api/v1/reload"), ("POST", "/logout")] {
        let answer = agent.ask(method, &sign_on.at(path), &other, "");
        assert_eq!(answer.status, 403, "{path}: {}", answer.body);
    }
    assert_eq!(sign_on.me(&mut agent).0, 200, "nobody was logged out");
    let own = [("sec-fetch-site", "same-origin")];
    assert_eq!(agent.ask("POST", &sign_on.at("/api/v1/reload"), &own, "").status, 202);
    sign_on.close();
}

#[test]
fn a_session_ends_when_it_is_idle_when_it_is_old_and_by_hand() {
    let more = format!("{PEOPLE}[http.sessions]\nlasts = \"3s\"\n");
    let sign_on = SignOn::with(Backend::Sqlite, &json!({}), &Extra { oidc: FLOW, more: &more, ..Extra::default() });
    let (mut old, mut fresh) = (Agent::default(), Agent::default());
    sign_on.browse(&mut old, "ann");
    assert_eq!(sign_on.me(&mut old).0, 200);
    assert!(crate::world::wait_until(30, || sign_on.me(&mut old).0 == 401));
    assert!(sign_on.api(&mut old, "/session").body.contains("session has ended"));
    // Another one, ended by an administrator.
    sign_on.browse(&mut fresh, "root");
    let sessions: Value = serde_json::from_str(&sign_on.api(&mut fresh, "/api/v1/sessions").body).unwrap();
    let id = sessions[0]["id"].as_str().unwrap();
    let end = |agent: &mut Agent| {
        let url = sign_on.at(&format!("/api/v1/sessions/{id}"));
        agent.ask("DELETE", &url, &[("sec-fetch-site", "same-origin")], "").status
    };
    assert_eq!(end(&mut fresh), 204);
    assert_eq!(end(&mut fresh), 401, "it was its own");
    let ended = "SELECT count(*) FROM audit WHERE body LIKE '%end_session%'";
    assert_eq!(sign_on.site.database.value(ended), "1");
    sign_on.close();
}

#[test]
fn a_cookie_that_is_none_is_nobody() {
    let sign_on = open(Backend::Sqlite, FLOW);
    let mut agent = Agent::default();
    assert_eq!(sign_on.me(&mut agent).0, 401);
    for bad in ["x", &"a".repeat(43), &"a".repeat(5000)] {
        agent.set_cookie(sign_on.port, COOKIE, bad);
        assert_eq!(sign_on.me(&mut agent).0, 401, "{bad:.50}");
    }
    sign_on.close();
}

#[test]
fn whoever_is_purged_leaves_no_session_and_no_token() {
    let sign_on = open(Backend::Sqlite, super::RENEWED);
    let mut agent = Agent::default();
    sign_on.browse(&mut agent, "ann");
    let rows = |table: &str| sign_on.site.database.value(&format!("SELECT count(*) FROM {table}"));
    assert_eq!((rows("sessions"), rows("refresh_tokens")), ("1".to_owned(), "1".to_owned()));
    sign_on.site.database.execute("UPDATE users SET state = 'archived'");
    assert_eq!(sign_on.me(&mut agent).0, 401, "who is archived is logged in nowhere");
    sign_on.app.close_keeping(|site| {
        site.run(&["purge", "ann", "--yes"]).expect(0);
        let rows = |table: &str| site.database.value(&format!("SELECT count(*) FROM {table}"));
        assert_eq!((rows("sessions"), rows("refresh_tokens"), rows("users")), ("0".into(), "0".into(), "0".into()));
    });
}
