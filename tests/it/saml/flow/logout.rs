//! Single logout: the end of a session, here and at the provider, wherever it begins.

use super::{Backend, COOKIE, SignOn, at, log_out, me};
use crate::world::agent::Agent;
use crate::world::browser::parameter;
use serde_json::json;

/// Whether the provider knows who it is, and asks no more.
fn known_there(sign_on: &SignOn, agent: &mut Agent) -> bool {
    let visit = agent.go(&at(sign_on, "/login/sso"), "nobody", |url| url.contains("/login/sso/callback"));
    visit.form.is_some()
}

crate::world::on_both!(logging_out_here_ends_both_sessions, logging_out_there_ends_both_sessions);

fn logging_out_here_ends_both_sessions(backend: Backend) {
    let sign_on = SignOn::open(backend);
    let (mut agent, mut other) = (Agent::default(), Agent::default());
    sign_on.browse(&mut agent, "ann");
    sign_on.browse(&mut other, "root");
    let cookie = agent.cookie(sign_on.port, COOKIE).unwrap().to_owned();
    assert!(known_there(&sign_on, &mut agent));
    let answer = log_out(&sign_on, &mut agent);
    let away = answer.header("location").unwrap().to_owned();
    assert!(parameter(&away, "SAMLRequest").is_some() && parameter(&away, "Signature").is_some(), "{away}");
    // Here it is over at once, for whoever has kept the cookie, too.
    assert!(agent.cookie(sign_on.port, COOKIE).is_none());
    agent.set_cookie(sign_on.port, COOKIE, &cookie);
    assert_eq!(me(&sign_on, &mut agent).0, 401);
    let visit = agent.go(&away, "ann", |_| false);
    assert_eq!((visit.url, visit.answer.status), (at(&sign_on, "/login"), 200), "{}", sign_on.idp.log());
    assert!(!known_there(&sign_on, &mut agent), "nor is there a session at the provider");
    assert_eq!(me(&sign_on, &mut other).0, 200, "nobody else");
    assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"), "logging out is not leaving");
    sign_on.close();
}

fn logging_out_there_ends_both_sessions(backend: Backend) {
    let sign_on = SignOn::open(backend);
    for form in [false, true] {
        if form {
            let place = json!([{
                "Binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
                "Location": at(&sign_on, "/login/sso/logout"),
            }]);
            sign_on.trusted(&json!({ "SingleLogoutService": place }));
        }
        let [mut one, mut second, mut other] = [(); 3].map(|()| Agent::default());
        sign_on.browse(&mut one, "ann");
        sign_on.browse(&mut second, "ann");
        sign_on.browse(&mut other, "root");
        let back = at(&sign_on, "/login");
        let visit = one.go(&sign_on.idp.log_out_there(&back), "ann", |_| false);
        assert_eq!(visit.url, back, "{visit:?}\n{}\n{}", sign_on.said(), sign_on.idp.log());
        assert_eq!(me(&sign_on, &mut one).0, 401, "{form}: {}", sign_on.said());
        assert_eq!((me(&sign_on, &mut second).0, me(&sign_on, &mut other).0), (200, 200), "no other session");
        assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"), "logging out is not leaving");
    }
    sign_on.close();
}

/// The message that ends a session, before the browser brings it.
#[track_caller]
fn brought(sign_on: &SignOn, agent: &mut Agent) -> String {
    let place = at(sign_on, "/login/sso/logout");
    let visit = agent.go(&sign_on.idp.log_out_there(&at(sign_on, "/login")), "ann", |url| url.starts_with(&place));
    assert!(parameter(&visit.url, "SAMLRequest").is_some(), "{visit:?}");
    visit.url
}

#[test]
fn s52_a_logout_that_the_provider_has_not_signed_ends_nothing() {
    let sign_on = SignOn::open(Backend::Sqlite);
    let mut agent = Agent::default();
    sign_on.browse(&mut agent, "ann");
    let good = brought(&sign_on, &mut agent);
    let unsigned = good.split("&SigAlg=").next().unwrap().to_owned();
    let other_state = format!(
        "{}&RelayState=x&SigAlg={}",
        unsigned.split("&RelayState=").next().unwrap(),
        good.split("&SigAlg=").nth(1).unwrap()
    );
    let cut = good[..good.len() - 8].to_owned();
    for bad in [&unsigned, &other_state, &cut] {
        assert_ne!(*bad, good);
        let answer = Agent::default().ask("GET", bad, &[], "");
        assert_eq!(answer.status, 403, "{bad}: {}", answer.body);
        assert_eq!(me(&sign_on, &mut agent).0, 200);
    }
    // As it is, it counts; and once.
    let answer = Agent::default().ask("GET", &good, &[], "");
    assert!(answer.header("location").is_some_and(|to| to.contains("SAMLResponse=")), "{answer:?}\n{}", sign_on.said());
    assert_eq!(me(&sign_on, &mut agent).0, 401);
    sign_on.browse(&mut agent, "ann");
    assert_eq!(Agent::default().ask("GET", &good, &[], "").status, 403);
    assert_eq!(me(&sign_on, &mut agent).0, 200);
    sign_on.close();
}
