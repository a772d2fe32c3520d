//! Several replicas on one database: a login begins at one and ends at another.

use super::{Backend, COOKIE, RENEWED, SignOn, open};
use crate::world::agent::Agent;
use crate::world::wait_until;

/// The same address at the other replica.
fn at(port: u16, sign_on: &SignOn, url: &str) -> String {
    url.replacen(&format!("127.0.0.1:{}/", sign_on.port), &format!("127.0.0.1:{port}/"), 1)
}

#[test]
fn a_login_begins_at_one_replica_and_ends_at_another() {
    if !Backend::Postgres.is_there() {
        return;
    }
    let sign_on = open(Backend::Postgres, RENEWED);
    let (other, running) = sign_on.replica();
    let mut agent = Agent::default();
    let callback = sign_on.until_callback(&mut agent, "ann");
    let browser = agent.cookie(sign_on.port, "rosterd-login").unwrap().to_owned();
    agent.set_cookie(other, "rosterd-login", &browser);
    let answer = agent.ask("GET", &at(other, &sign_on, &callback), &[], "");
    assert_eq!(answer.status, 303, "{}\n{}", answer.body, running.stderr_so_far());
    // It was taken there: not again, at whichever of them.
    assert_eq!(agent.ask("GET", &callback, &[], "").status, 403);
    // The session is one at both, and ends at both.
    let session = agent.cookie(other, COOKIE).unwrap().to_owned();
    agent.set_cookie(sign_on.port, COOKIE, &session);
    assert_eq!(sign_on.me(&mut agent).0, 200);
    // Of two who renew, each token is used by one: none is refused.
    let version = || sign_on.site.database.value("SELECT version FROM refresh_tokens").parse::<i64>().unwrap();
    let before = version();
    assert!(wait_until(60, || version() >= before + 4), "{}", sign_on.said());
    assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"));
    let own = [("sec-fetch-site", "same-origin")];
    assert_eq!(agent.ask("POST", &at(other, &sign_on, &sign_on.at("/logout")), &own, "").status, 303);
    assert_eq!(sign_on.me(&mut agent).0, 401);
    running.signal("TERM");
    running.wait().expect(0);
    sign_on.close();
}
