//! Events that are polled for (RFC 8936): acknowledged when they are kept, reported when they are not believed.

use super::{BY_LOGIN, comes_to, deliveries};
use crate::world::database::Backend;
use crate::world::ldap_edit::Edited as _;
use crate::world::portal::{KEY, Portal, dn};
use crate::world::scripted_http::Reply;
use crate::world::transmitter::{CHANGED, Transmitter, push};
use crate::world::wait_until;
use serde_json::json;

crate::world::on_both!(what_is_polled_for_is_looked_at_and_acknowledged);

fn open(backend: Backend, transmitter: &Transmitter) -> Portal {
    Portal::with(backend, "24h", &transmitter.polled_section("corp", BY_LOGIN))
}

fn what_is_polled_for_is_looked_at_and_acknowledged(backend: Backend) {
    let transmitter = Transmitter::start();
    let portal = open(backend, &transmitter);
    portal.slapd.leave(&dn("groups", "staff"), &dn("people", "ann"));
    // More than one answer holds, and some that are not believed among them.
    let strangers: Vec<String> = (0..250)
        .map(|number| {
            transmitter.keep(&transmitter.claims(CHANGED, &transmitter.person(&format!("stranger-{number}"))))
        })
        .collect();
    let mut old = transmitter.claims(CHANGED, &transmitter.person("ben"));
    old["iat"] = json!(1);
    let old = transmitter.keep(&old);
    let mut renamed = transmitter.claims(CHANGED, &transmitter.person("ben"));
    renamed["jti"] = json!("another");
    transmitter.outbox.lock().unwrap().waiting.insert("one".to_owned(), transmitter.token(&renamed));
    let good = transmitter.keep(&transmitter.claims(CHANGED, &transmitter.person("ann")));
    comes_to(&portal, "ann", None);
    let done = || transmitter.outbox.lock().unwrap().waiting.is_empty();
    assert!(wait_until(60, done), "{}", portal.said());
    assert!(strangers.iter().chain([&good]).all(|id| transmitter.is_acknowledged(id)), "{}", portal.said());
    let refused = transmitter.outbox.lock().unwrap().refused.clone();
    assert_eq!(refused.keys().collect::<Vec<_>>(), [&old, "one"]);
    assert_eq!(refused[&old], json!({ "err": "invalid_request", "description": "token-time" }));
    let authorized = transmitter.http.asked();
    let authorized = authorized.iter().filter(|asked| asked.path() == "/poll");
    assert!(authorized.clone().count() >= 4);
    assert!(authorized.clone().all(|asked| asked.authorization == format!("Bearer {KEY}")));
    // What comes again although it was acknowledged does nothing more.
    assert!(wait_until(60, || deliveries(&portal) == (251, 0)), "{}", portal.said());
    // Where it is polled, nothing is pushed.
    assert_eq!(push(portal.port, &transmitter.event(CHANGED, &transmitter.person("ben"))).status, 404);
    portal.close();
}

/// Nothing is lost while the transmitter answers badly, and it is left alone for as long as it says.
#[test]
fn a_transmitter_that_answers_badly_is_asked_again_later() {
    let transmitter = Transmitter::start();
    let text = |status: u16, body: &str| Reply::new(status, "application/json", body.as_bytes());
    transmitter.outbox.lock().unwrap().instead = vec![
        text(429, "").with("retry-after", "3"),
        text(200, "{\"sets\": [1]}"),
        text(200, "not JSON"),
        text(500, ""),
    ];
    let portal = open(Backend::Sqlite, &transmitter);
    portal.slapd.leave(&dn("groups", "staff"), &dn("people", "ann"));
    let id = transmitter.keep(&transmitter.claims(CHANGED, &transmitter.person("ann")));
    comes_to(&portal, "ann", None);
    assert!(wait_until(60, || transmitter.is_acknowledged(&id)), "{}", portal.said());
    portal.close();
}

/// What is not acknowledged comes again after a crash, and counts once.
#[test]
fn o26_an_event_whose_acknowledgement_was_lost_counts_once() {
    let transmitter = Transmitter::start();
    let mut portal = open(Backend::Sqlite, &transmitter);
    let claims = transmitter.claims(CHANGED, &transmitter.person("ann"));
    let id = transmitter.keep(&claims);
    assert!(wait_until(60, || transmitter.is_acknowledged(&id)), "{}", portal.said());
    portal.stop();
    transmitter.outbox.lock().unwrap().acknowledged.clear();
    transmitter.keep(&claims);
    portal.start();
    assert!(wait_until(60, || transmitter.is_acknowledged(&id)), "{}", portal.said());
    assert!(wait_until(60, || deliveries(&portal) == (1, 0)), "{}", portal.said());
    portal.close();
}
