//! The end of a session, here and at the provider.

use super::{Backend, COOKIE, FLOW, RENEWED, open};
use crate::world::agent::Agent;
use crate::world::wait_until;

const OWN: &[(&str, &str)] = &[("sec-fetch-site", "same-origin")];

#[test]
fn logging_out_ends_both_sessions() {
    let sign_on = open(Backend::Sqlite, FLOW);
    let mut agent = Agent::default();
    sign_on.browse(&mut agent, "ann");
    let cookie = agent.cookie(sign_on.port, COOKIE).unwrap().to_owned();
    let answer = agent.ask("POST", &sign_on.at("/logout"), OWN, "");
    let away = answer.header("location").unwrap().to_owned();
    assert!(away.starts_with(&sign_on.openid.issuer()) && away.contains("id_token_hint="), "{away}");
    // The cookie is gone, and whoever has kept it has nothing.
    assert!(agent.cookie(sign_on.port, COOKIE).is_none());
    agent.set_cookie(sign_on.port, COOKIE, &cookie);
    assert_eq!(sign_on.me(&mut agent).0, 401);
    // The provider asks whether it is meant, and knows where to send them then.
    let page = agent.ask("GET", &away, &[], "");
    assert!(page.status == 200 && page.body.contains("/session/end/confirm"), "{}", page.body);
    // Nothing that the login said is taken: logging out is not leaving.
    assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"));
    sign_on.close();
}

/// The provider's own logout, of a session of one browser.
fn log_out_at_the_provider(sign_on: &super::SignOn, agent: &mut Agent) {
    let page = agent.ask("GET", &format!("{}/session/end", sign_on.openid.issuer()), &[], "");
    let between = |before: &str| page.body.split_once(before).unwrap().1.split_once('"').unwrap().0.to_owned();
    let (action, xsrf) = (between("action=\""), between("name=\"xsrf\" value=\""));
    let answer = agent.ask("POST", &action, &[], &format!("xsrf={xsrf}&logout=yes"));
    assert!(matches!(answer.status, 302 | 303), "{answer:?}");
}

#[test]
fn o25_the_provider_s_word_ends_the_sessions_that_it_names() {
    let sign_on = open(Backend::Sqlite, FLOW);
    let (mut one, mut other) = (Agent::default(), Agent::default());
    sign_on.browse(&mut one, "ann");
    sign_on.browse(&mut other, "root");
    log_out_at_the_provider(&sign_on, &mut one);
    let ended = wait_until(30, || sign_on.me(&mut one).0 == 401);
    assert!(ended, "{}\n{}", sign_on.said(), sign_on.openid.said());
    assert_eq!(sign_on.me(&mut other).0, 200, "nobody else");
    assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"), "logging out is not leaving");
    sign_on.close();
}

/// Somebody who was deleted there, and whose session the provider then ends, loses what their login gave at once: not
/// because of the logout, but because their login is not renewed any more.
#[test]
fn a_logout_of_somebody_who_is_gone_takes_what_their_login_gave() {
    let hourly = RENEWED.replace("1s", "1h");
    let sign_on = open(Backend::Sqlite, &hourly);
    let (mut one, mut other) = (Agent::default(), Agent::default());
    sign_on.browse(&mut one, "ann");
    sign_on.browse(&mut other, "root");
    sign_on.openid.dismiss("ann");
    log_out_at_the_provider(&sign_on, &mut one);
    sign_on.comes_to("ann", None);
    assert_eq!(sign_on.role("root").as_deref(), Some("Admin"));
    sign_on.close();
}
