//! Logins that begin at the identity provider, and what else comes unasked.

use super::{Backend, ENTITY, SignOn, With, at, me};
use crate::world::agent::Agent;

#[test]
fn s40_a_login_that_nobody_began_here_is_refused() {
    let sign_on = SignOn::open(Backend::Sqlite);
    let mut agent = Agent::default();
    let visit = agent.go(&sign_on.idp.begin_there(ENTITY, "/session"), "ann", |_| false);
    sign_on.refused(&visit, &mut agent, "login-unknown");
    assert_eq!(sign_on.role("ann"), None);
    sign_on.close();
}

crate::world::on_both!(s41_a_response_counts_once);

fn s41_a_response_counts_once(backend: Backend) {
    let mut sign_on = SignOn::with(backend, &With::saml("idp_initiated = true"));
    for begin in [at(&sign_on, "/login/sso"), sign_on.idp.begin_there(ENTITY, "")] {
        let mut agent = Agent::default();
        let sent = sign_on.until_sent(&mut agent, &begin, "ann");
        let mut thief = agent.clone();
        assert_eq!(sign_on.send(&mut agent, &sent, "ann").url, at(&sign_on, "/session"), "{}", sign_on.said());
        assert_eq!(me(&sign_on, &mut agent).0, 200);
        for restart in [false, true] {
            if restart {
                sign_on.stop();
                sign_on.start();
            }
            let visit = sign_on.send(&mut thief, &sent, "ann");
            assert_eq!((visit.answer.status, me(&sign_on, &mut thief).0), (403, 401), "{visit:?}");
        }
    }
    sign_on.close();
}

/// What answers a login of ours counts in that login, and in that browser, alone.
#[test]
fn s40_an_answer_is_no_login_that_began_there() {
    let sign_on = SignOn::with(Backend::Sqlite, &With::saml("idp_initiated = true"));
    let mut agent = Agent::default();
    let mut sent = sign_on.until_sent(&mut agent, &at(&sign_on, "/login/sso"), "ann");
    let mut victim = Agent::default();
    let visit = sign_on.send(&mut victim, &sent, "ann");
    assert_eq!((visit.answer.status, me(&sign_on, &mut victim).0), (403, 401), "{visit:?}");
    // Nor without its state.
    sent = sign_on.until_sent(&mut agent, &at(&sign_on, "/login/sso"), "ann");
    sent.form.as_mut().unwrap().set("RelayState", "");
    let visit = sign_on.send(&mut victim, &sent, "ann");
    assert_eq!((visit.answer.status, me(&sign_on, &mut victim).0), (403, 401), "{visit:?}");
    sign_on.close();
}

#[test]
fn s53_where_it_leads_is_where_a_login_may_lead() {
    let more = "[http.sessions]\nreturn_to = [\"http://127.0.0.1:9\"]\n";
    let sign_on = SignOn::with(Backend::Sqlite, &With { saml: "idp_initiated = true", more, ..With::default() });
    let own = at(&sign_on, "");
    for (relay_state, leads) in [
        ("", "/session"),
        ("/api/v1/me", "/api/v1/me"),
        ("https://evil.example/", "/session"),
        ("//evil.example", "/session"),
        ("/\\evil.example", "/session"),
        ("javascript:alert(1)", "/session"),
        ("http://127.0.0.1:9.evil.example", "/session"),
        ("\"><script>alert(1)</script>", "/session"),
        ("http://127.0.0.1:9/d?x=1", "http://127.0.0.1:9/d?x=1"),
    ] {
        let mut agent = Agent::default();
        let begin = sign_on.idp.begin_there(ENTITY, relay_state);
        let callback = at(&sign_on, "/login/sso/callback");
        let visit = agent.go(&begin, "ann", |url| url.starts_with(&own) && url != callback || url.contains(":9"));
        let expected = if leads.starts_with('/') { format!("{own}{leads}") } else { leads.to_owned() };
        assert_eq!(visit.url, expected, "{relay_state}: {visit:?}\n{}", sign_on.said());
        assert_eq!(me(&sign_on, &mut agent).0, 200);
    }
    assert!(sign_on.is_in("ann", "devs"));
    sign_on.close();
}
