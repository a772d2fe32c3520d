//! The provider changes its key, announced or not.

use super::{Backend, SignOn, With};
use crate::world::agent::Agent;
use crate::world::wait_until;

/// The metadata is read again as often as it can be.
const OFTEN: &str = "metadata_every = \"10s\"";

#[test]
fn s51_a_key_that_was_announced_takes_the_old_one_s_place_without_a_refusal() {
    let sign_on = SignOn::with(Backend::Sqlite, &With::saml(OFTEN));
    let (logins, new) = (|| sign_on.visit(&mut Agent::default(), "ann").answer.status, "metadata is new");
    assert_eq!(logins(), 200);
    let news = || sign_on.said().matches(new).count();
    let before = news();
    // Nobody has to log in for that.
    sign_on.idp.announce_key();
    assert!(wait_until(60, || news() == before + 1), "{}", sign_on.said());
    assert_eq!(logins(), 200);
    sign_on.idp.turn_keys();
    assert_eq!(logins(), 200, "{}", sign_on.said());
    assert!(wait_until(60, || logins() == 200 && news() == before + 2), "{}", sign_on.said());
    sign_on.close();
}

/// The metadata is read once an hour, unless the daemon is started.
#[test]
fn s18_a_key_that_nobody_announced_is_refused_until_the_metadata_has_it() {
    let mut sign_on = SignOn::open(Backend::Sqlite);
    let login = |sign_on: &SignOn| sign_on.visit(&mut Agent::default(), "ann").answer.status;
    assert_eq!(login(&sign_on), 200);
    sign_on.idp.announce_key();
    sign_on.idp.turn_keys();
    assert_eq!(login(&sign_on), 403, "{}", sign_on.said());
    sign_on.stop();
    sign_on.start();
    assert_eq!(login(&sign_on), 200, "{}", sign_on.said());
    sign_on.close();
}

/// What was known before counts while the metadata cannot be had.
#[test]
fn r01_a_provider_whose_metadata_is_gone_is_known_as_before() {
    let mut sign_on = SignOn::with(Backend::Sqlite, &With::saml(OFTEN));
    let (mut agent, begin) = (Agent::default(), super::at(&sign_on, "/login/sso"));
    let sent = sign_on.until_sent(&mut agent, &begin, "ann");
    sign_on.idp.stop();
    assert!(wait_until(60, || sign_on.said().contains("metadata cannot be read")), "{}", sign_on.said());
    assert_eq!(Agent::default().ask("GET", &begin, &[], "").status, 303);
    let answer = agent.post(&sign_on.idp.metadata_url(), &sent.url, sent.form.as_ref().unwrap());
    let visit = agent.go_on(&sent.url, answer, "ann", |_| false);
    assert_eq!(visit.answer.status, 200, "{visit:?}\n{}", sign_on.said());
    sign_on.close();
}
