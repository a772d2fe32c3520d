//! Several replicas on one database: a login begins at one and ends at another, and a response counts once at all.

use super::{Backend, ENTITY, SignOn, With, at};
use crate::world::agent::{Agent, Visit};

/// Brings the response to that replica, from a page of rosterd's own.
fn bring(agent: &mut Agent, sent: &Visit, port: u16) -> u16 {
    let url = format!("http://127.0.0.1:{port}/login/sso/callback");
    let answer = agent.post(&url, &url, sent.form.as_ref().unwrap());
    agent.go_on(&url, answer, "nobody", |url| url.ends_with("/session")).answer.status
}

#[test]
fn s41_a_login_ends_at_any_replica_and_a_response_counts_at_one() {
    if !Backend::Postgres.is_there() {
        return;
    }
    let sign_on = SignOn::with(Backend::Postgres, &With::saml("idp_initiated = true"));
    let (other, running) = sign_on.replica();
    let mut agent = Agent::default();
    let sent = sign_on.until_sent(&mut agent, &at(&sign_on, "/login/sso"), "ann");
    let browser = agent.cookie(sign_on.port, "rosterd-login").unwrap().to_owned();
    agent.set_cookie(other, "rosterd-login", &browser);
    assert_eq!(bring(&mut agent, &sent, other), 303, "{}", running.stderr_so_far());
    assert_eq!(bring(&mut agent, &sent, sign_on.port), 403);
    // One that began at the provider.
    let mut agent = Agent::default();
    let sent = sign_on.until_sent(&mut agent, &sign_on.idp.begin_there(ENTITY, ""), "root");
    assert_eq!(bring(&mut agent, &sent, sign_on.port), 303, "{}", sign_on.said());
    assert_eq!(bring(&mut agent, &sent, other), 403);
    running.signal("TERM");
    running.wait().expect(0);
    let (third, running) = sign_on.replica();
    assert_eq!(bring(&mut agent, &sent, third), 403, "nor after a restart");
    running.signal("TERM");
    running.wait().expect(0);
    sign_on.close();
}
