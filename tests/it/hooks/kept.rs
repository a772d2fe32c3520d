//! `/hooks/v1/NAME`: kept before it is acknowledged, done once, whatever stops in between.

use super::{Call, KEY, Mood, STANDARD, World};
use crate::store::{Site, on_both};
use rosterd::hooks::{Asked, Finding, PersonKey};
use serde_json::json;
use std::time::{Duration, Instant};

on_both!(
    a_delivery_is_kept_then_looked_at,
    w03_the_same_again_does_nothing_also_on_another_replica_and_after_a_restart,
    w04_the_same_id_with_another_body_is_refused_also_on_another_replica_and_after_a_restart,
    what_was_kept_when_the_daemon_died_is_done_by_the_next,
    while_the_provider_is_down_deliveries_wait,
    okta_brings_several_events_each_counts_once,
    w10_a_thousand_about_one_person_are_few_looks,
    of_two_things_a_signed_source_says_the_later_counts,
);

async fn a_delivery_is_kept_then_looked_at(site: Site) {
    let mut world = World::new(&site, STANDARD).await;
    let (status, body) = world.send(&world.call("portal", "ann", "msg_1")).await;
    assert_eq!((status, body), (202, json!({ "accepted": 1, "repeated": 0, "ignored": 0 })));
    assert_eq!((world.looks(), world.deliveries().await[0].state.as_str()), (0, "pending"));
    world.work();
    world.until_done().await;
    let asked = world.script.asked.lock().unwrap().clone();
    assert_eq!(asked, [("corp".to_owned(), Asked::Key(PersonKey::Login("ann".to_owned())))]);
    let kept = world.deliveries().await.remove(0);
    assert_eq!((kept.state.as_str(), kept.person.as_str(), kept.sender_id.as_str()), ("done", "login:ann", "msg_1"));
    assert!(kept.outcome.unwrap().starts_with(r#"{"finding":"applied""#));
    world.rest().await;
}

async fn w03_the_same_again_does_nothing_also_on_another_replica_and_after_a_restart(site: Site) {
    let call = {
        let mut world = World::new(&site, STANDARD).await;
        let call = world.call("portal", "ann", "msg_1");
        assert_eq!(world.send(&call).await.0, 202);
        assert_eq!(world.send(&call).await, (200, json!({ "accepted": 0, "repeated": 1, "ignored": 0 })));
        world.work();
        world.until_done().await;
        world.rest().await;
        assert_eq!(world.looks(), 1);
        call
    };
    let mut other = World::new(&site, STANDARD).await;
    assert_eq!(other.send(&call).await.0, 200);
    other.work();
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.rest().await;
    assert_eq!((other.looks(), other.deliveries().await.len()), (0, 1));
}

/// By a sender that signs as it should: an id is for one thing, whoever says it for another is not heard.
async fn w04_the_same_id_with_another_body_is_refused_also_on_another_replica_and_after_a_restart(site: Site) {
    let first = World::new(&site, STANDARD).await;
    assert_eq!(first.send(&first.call("portal", "ann", "msg_1")).await.0, 202);
    let refused = async |world: &World| {
        for call in [world.call("portal", "ben", "msg_1"), world.call("portal", "ben", "msg_1").inline()] {
            let (status, body) = world.send(&call).await;
            assert_eq!((status, body["code"].as_str()), (409, Some("other-body")), "{}", call.path);
            assert!(body.get("person").is_none(), "{body}");
        }
    };
    refused(&first).await;
    // A SQLite file is one daemon's.
    if !site.is_sqlite() {
        refused(&World::new(&site, STANDARD).await).await;
    }
    drop(first);
    let mut next = World::new(&site, STANDARD).await;
    refused(&next).await;
    // What was kept is what was said first.
    next.work();
    next.until_done().await;
    next.rest().await;
    refused(&next).await;
    let kept = next.deliveries().await;
    assert_eq!((kept.len(), kept[0].person.as_str()), (1, "login:ann"));
}

async fn what_was_kept_when_the_daemon_died_is_done_by_the_next(site: Site) {
    {
        let world = World::new(&site, STANDARD).await;
        for n in 0..5 {
            let call = world.call("portal", &format!("p{n}"), &format!("msg_{n}"));
            assert_eq!(world.send(&call).await.0, 202);
        }
        // Acknowledged, never worked on: the process is gone.
    }
    let mut next = World::new(&site, STANDARD).await;
    next.work();
    next.until_done().await;
    next.rest().await;
    assert_eq!(next.looks(), 5);
}

async fn while_the_provider_is_down_deliveries_wait(site: Site) {
    let mut world = World::new(&site, STANDARD).await;
    world.mood(Mood::Down);
    world.work();
    assert_eq!(world.send(&world.call("portal", "ann", "msg_1")).await.0, 202);
    let tried = || async { world.deliveries().await[0].outcome.is_some() };
    for _ in 0..200 {
        if tried().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let waiting = world.deliveries().await.remove(0);
    assert!(waiting.outcome.as_deref().unwrap_or_default().contains("unreachable"), "{waiting:?}");
    assert_eq!(waiting.state, "pending");
    world.mood(Mood::Says(Finding::Unchanged));
    world.until_done().await;
    assert!(world.deliveries().await[0].attempts >= 2);
    world.rest().await;
}

async fn okta_brings_several_events_each_counts_once(site: Site) {
    let world = World::new(&site, "[hooks.okta]\nsender = \"okta\"\nprovider = \"corp\"\n$secrets\n").await;
    let event = |n: u32| {
        json!({ "uuid": format!("u{n}"), "eventType": "user.session.start", "published": "2026-01-01T00:00:00Z",
                "actor": { "type": "User", "id": n.to_string(), "alternateId": format!("p{n}") } })
    };
    let call = |numbers: &[u32]| {
        let events: Vec<_> = numbers.iter().map(|n| event(*n)).collect();
        let body = json!({ "eventType": "com.okta.event_hook", "data": { "events": events } });
        Call { body: body.to_string().into_bytes(), ..world.call("okta", "x", "x") }
    };
    assert_eq!(world.send(&call(&[1, 2, 3])).await, (202, json!({ "accepted": 3, "repeated": 0, "ignored": 0 })));
    // Out of order, again, in other company.
    assert_eq!(world.send(&call(&[4, 2])).await, (202, json!({ "accepted": 1, "repeated": 1, "ignored": 0 })));
    let challenge = Call { method: "GET", body: Vec::new(), ..call(&[]) }.with("x-okta-verification-challenge", "c-1");
    assert_eq!(world.send(&challenge).await, (200, json!({ "verification": "c-1" })));
    assert_eq!(world.send(&challenge.with("authorization", "wrong")).await.0, 401);
}

async fn w10_a_thousand_about_one_person_are_few_looks(site: Site) {
    let mut world = World::new(&site, STANDARD).await;
    let mut slowest = Duration::ZERO;
    for n in 0..1000 {
        let call = world.call("portal", "ann", &format!("msg_{n}"));
        let before = Instant::now();
        assert_eq!(world.send(&call).await.0, 202);
        slowest = slowest.max(before.elapsed());
    }
    world.work();
    world.until_done().await;
    world.rest().await;
    // A batch is one look; the daemon's own queue makes fewer of them still.
    assert!(world.looks() <= 10, "{}", world.looks());
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

async fn of_two_things_a_signed_source_says_the_later_counts(site: Site) {
    let hook = "[hooks.sso]\nsender = \"hmac\"\nprovider = \"sso\"\n$secrets\nid = \"/id\"\ntime = \"/at\"\n\
                person = { subject = \"/sub\" }\ngroups = \"/groups\"\n";
    let mut world = World::new(&site, hook).await;
    let call = |id: &str, at: i64, group: &str| {
        let body = json!({ "id": id, "at": at, "sub": "s-1", "groups": [group] }).to_string().into_bytes();
        let key = hmac::Hmac::<sha2::Sha256>::new_from_slice(KEY.as_bytes());
        let mut mac = key.unwrap();
        mac.update(&body);
        let signature = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Call { body, ..world.call("sso", "x", "x") }.with("X-Signature-256", &signature)
    };
    use hmac::{KeyInit as _, Mac as _};
    assert_eq!(world.send(&call("b", 2000, "new")).await.0, 202);
    assert_eq!(world.send(&call("a", 1000, "old")).await.0, 202);
    world.work();
    world.until_done().await;
    world.rest().await;
    let asked = world.script.asked.lock().unwrap().clone();
    let [(provider, Asked::Said(said))] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((provider.as_str(), said.subject.as_str()), ("sso", "s-1"));
    assert_eq!(said.groups, Some(vec!["new".to_owned()]));
    assert_eq!(said.at.map(|at| at.0), Some(2_000_000), "when it was, not when it came");
    let outcomes: Vec<_> =
        world.deliveries().await.into_iter().map(|one| (one.sender_id, one.outcome.unwrap())).collect();
    let a = outcomes.iter().find(|(id, _)| id == "a").unwrap();
    assert_eq!(a.1, r#"{"finding":"superseded"}"#);
}
