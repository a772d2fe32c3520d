//! Events that are pushed (RFC 8935), about people of a directory: it is read once a day, and followed by events alone.

use super::{BY_LOGIN, comes_to, deliveries};
use crate::world::database::Backend;
use crate::world::ldap_edit::Edited as _;
use crate::world::portal::{KEY, Portal, dn};
use crate::world::transmitter::{CHANGED, DISABLED, ENABLED, REVOKED, Transmitter, now, push, push_with};
use crate::world::wait_until;
use serde_json::json;

crate::world::on_both!(
    the_tables_follow_an_event_before_the_next_schedule,
    o26_an_event_never_gives_what_the_provider_does_not,
    o26_an_event_counts_once
);

fn open(backend: Backend, transmitter: &Transmitter) -> Portal {
    Portal::with(backend, "24h", &transmitter.section("corp", BY_LOGIN))
}

fn the_tables_follow_an_event_before_the_next_schedule(backend: Backend) {
    let transmitter = Transmitter::start();
    let portal = open(backend, &transmitter);
    // She leaves a group, joins another, and is gone. Each time the directory is asked, and says so.
    portal.slapd.leave(&dn("groups", "staff"), &dn("people", "ann"));
    portal.slapd.join(&dn("groups", "red"), &dn("people", "ann"));
    // Nobody speaks of him.
    portal.slapd.leave(&dn("groups", "staff"), &dn("people", "ben"));
    let answer = push(portal.port, &transmitter.event(CHANGED, &transmitter.person("ann")));
    assert_eq!((answer.status, answer.body.as_str()), (202, ""), "{}", portal.said());
    let team = || portal.site.tables().team_role("red", "ann").map(str::to_owned);
    assert!(wait_until(60, || team().as_deref() == Some("member")), "{}", portal.said());
    assert_eq!(portal.site.tables().org_role("Main", "ben"), Some("Viewer"), "an event says nothing of anybody else");
    let records = "SELECT count(*) FROM runs WHERE trigger = 'feed'";
    assert_ne!(portal.site.database.value(records), "0");

    // A look finds nobody any more: everybody is read.
    portal.slapd.leave(&dn("groups", "red"), &dn("people", "ann"));
    portal.slapd.delete([dn("people", "ann").as_str()]);
    let account = json!({ "format": "account", "uri": "acct:ann@example.org" });
    assert_eq!(push(portal.port, &transmitter.event(DISABLED, &account)).status, 202);
    let state = || portal.site.database.value("SELECT state FROM users WHERE login = 'ann'");
    assert!(wait_until(60, || state() != "active"), "{}", portal.said());
    comes_to(&portal, "ben", None);
    portal.close();
}

fn o26_an_event_never_gives_what_the_provider_does_not(backend: Backend) {
    let transmitter = Transmitter::start();
    let portal = open(backend, &transmitter);
    let before = portal.site.tables();
    let said = json!({
        "claims": { "groups": ["admins", "red"], "role": "Admin" }, "user": { "server_admin": true },
    });
    for (event, person) in [(ENABLED, "ann"), (CHANGED, "ben"), (REVOKED, "cleo"), (ENABLED, "nobody")] {
        let mut claims = transmitter.claims(event, &transmitter.person(person));
        claims["groups"] = json!(["red"]);
        claims["events"].as_object_mut().unwrap().values_mut().for_each(|event| *event = said.clone());
        assert_eq!(push(portal.port, &transmitter.token(&claims)).status, 202);
    }
    assert!(wait_until(60, || deliveries(&portal) == (4, 0)), "{}", portal.said());
    assert_eq!(portal.site.tables(), before);
    portal.close();
}

fn o26_an_event_counts_once(backend: Backend) {
    let transmitter = Transmitter::start();
    let portal = open(backend, &transmitter);
    let token = transmitter.event(CHANGED, &transmitter.person("ann"));
    for _ in 0..3 {
        // The transmitter may not have heard the answer: it is the same each time.
        assert_eq!(push(portal.port, &token).status, 202);
    }
    // Another text with the same id is the same event.
    let mut claims = transmitter.claims(CHANGED, &transmitter.person("ben"));
    claims["jti"] = json!("event-0");
    assert_eq!(push(portal.port, &transmitter.token(&claims)).status, 202);
    assert!(wait_until(60, || deliveries(&portal) == (1, 0)), "{}", portal.said());
    portal.close();
}

/// What says nothing of anybody, and what is not known, is acknowledged, or it would be sent for ever.
#[test]
fn what_nothing_follows_from_is_acknowledged() {
    let transmitter = Transmitter::start();
    let more = format!("{BY_LOGIN}\nverification_state = \"as asked\"");
    let portal = Portal::with(Backend::Sqlite, "24h", &transmitter.section("corp", &more));
    let nobody = json!({ "format": "opaque", "id": "a stream" });
    let person = transmitter.person("ann");
    let stranger = json!({ "format": "iss_sub", "iss": "https://elsewhere.example", "sub": "ann" });
    for (event, subject) in [
        ("ssf/event-type/verification", &nobody),
        ("ssf/event-type/stream-updated", &nobody),
        ("caep/event-type/session-established", &person),
        ("caep/event-type/something-new", &person),
        (CHANGED, &stranger),
        (CHANGED, &json!({ "format": "phone_number", "phone_number": "+1 201 555 0123" })),
    ] {
        let answer = push(portal.port, &transmitter.event(event, subject));
        assert_eq!(answer.status, 202, "{event}: {}", answer.body);
    }
    assert_eq!(deliveries(&portal).0, 0);
    // A state that was not asked for says that somebody else has asked (SSF 1.0 §8.1.4).
    for (state, status) in [("as asked", 202), ("another", 400)] {
        let mut claims = transmitter.claims("ssf/event-type/verification", &nobody);
        claims["events"].as_object_mut().unwrap().values_mut().for_each(|event| *event = json!({ "state": state }));
        let answer = push(portal.port, &transmitter.token(&claims));
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    portal.close();
}

/// The secret comes besides the signature, and `exp` counts where it is.
#[test]
fn whoever_pushes_shows_the_secret() {
    let transmitter = Transmitter::start();
    let more = format!("{BY_LOGIN}\nsecrets = [{{ file = \"key\" }}]");
    let portal = Portal::with(Backend::Sqlite, "24h", &transmitter.section("corp", &more));
    let mut claims = transmitter.claims(CHANGED, &transmitter.person("ann"));
    claims["exp"] = json!(now() + 60);
    let token = transmitter.token(&claims);
    for wrong in ["", "Bearer", "Bearer another", "Basic YTpi"] {
        let answer = push_with(portal.port, &token, &[("authorization", wrong)]);
        let said: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((answer.status, &said["err"]), (400, &json!("authentication_failed")), "{wrong}");
    }
    assert_eq!(deliveries(&portal).0, 0);
    let answer = push_with(portal.port, &token, &[("authorization", &format!("Bearer {KEY}"))]);
    assert_eq!(answer.status, 202, "{}", answer.body);
    assert!(wait_until(60, || deliveries(&portal) == (1, 0)), "{}", portal.said());
    // Its keys can be tried beforehand.
    portal.site.run(&["check", "signals", "idp"]).expect(0).says("1 that can verify a signature");
    portal.site.run(&["check", "signals", "other"]).expect(64).says("idp");
    portal.close();
}
