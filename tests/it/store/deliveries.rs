//! Deliveries of login hooks: kept once, taken once, finished, forgotten.

use super::fixture::NOW;
use super::{Site, on_both};
use rosterd::store::{Delivery, DeliveryResult, Kept, NewDelivery, Store, Then};
use rosterd_core::ids::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

on_both!(
    w03_an_id_counts_once_also_after_a_restart,
    w04_an_id_with_another_body_is_told_apart_also_after_a_restart,
    many_who_take_at_once_get_different_ones,
    what_was_taken_and_not_finished_is_taken_again_when_its_time_has_come,
    of_two_things_said_of_somebody_the_later_counts,
    a_later_event_is_done_again_when_an_older_one_ends_after_it,
    a_failed_try_waits_and_is_counted,
    old_ones_are_forgotten_but_none_of_the_last_day,
);

fn new(id: &str, hook: &str, sender_id: &str, body: u8) -> NewDelivery {
    NewDelivery {
        id: id.to_owned(),
        hook: hook.to_owned(),
        sender_id: sender_id.to_owned(),
        body_hash: [body; 32],
        event: "login".to_owned(),
        provider: "corp".to_owned(),
        person: "login:ann".to_owned(),
        login: r#"{"by":"login","key":"ann"}"#.to_owned(),
        event_at: None,
        not_before: NOW,
    }
}

fn said(id: &str, at: i64) -> NewDelivery {
    NewDelivery { event_at: Some(Timestamp(at)), ..new(id, "portal", id, 0) }
}

async fn keep(store: &Arc<dyn Store>, new: NewDelivery) -> Kept {
    store.keep_deliveries(vec![new], NOW).await.unwrap()[0]
}

async fn take(store: &Arc<dyn Store>, now: Timestamp) -> Vec<Delivery> {
    store.take_deliveries(100, now, now.plus_millis(60_000)).await.unwrap()
}

fn ids(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|one| one.id.as_str()).collect()
}

async fn finish(store: &Arc<dyn Store>, id: &str, then: Then) {
    let result = DeliveryResult { id: id.to_owned(), outcome: r#"{"finding":"x"}"#.to_owned(), signed: true, then };
    store.finish_deliveries(vec![result], NOW.plus_millis(9)).await.unwrap();
}

async fn state(store: &Arc<dyn Store>, id: &str) -> (String, i64) {
    let all = store.deliveries(None, 100).await.unwrap();
    let one = all.into_iter().find(|one| one.id == id).unwrap();
    (one.state, one.attempts)
}

async fn w03_an_id_counts_once_also_after_a_restart(site: Site) {
    let store = site.store().await;
    let both = vec![new("1", "okta", "a", 1), new("2", "okta", "a", 1)];
    assert_eq!(store.keep_deliveries(both, NOW).await.unwrap(), [Kept::New, Kept::Again]);
    finish(&store, "1", Then::Done).await;
    drop(store);
    let store = site.store().await;
    assert_eq!(keep(&store, new("3", "okta", "a", 1)).await, Kept::Again);
    // Another sender's ids are its own.
    assert_eq!(keep(&store, new("5", "auth0", "a", 2)).await, Kept::New);
    let all = store.deliveries(None, 9).await.unwrap();
    assert_eq!(ids(&all).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(["1", "5"]));
    assert_eq!(ids(&store.deliveries(Some("auth0"), 9).await.unwrap()), ["5"]);
    assert_eq!(store.pending_deliveries().await.unwrap(), 1);
}

async fn w04_an_id_with_another_body_is_told_apart_also_after_a_restart(site: Site) {
    let store = site.store().await;
    let both = vec![new("1", "okta", "a", 1), new("2", "okta", "a", 2)];
    assert_eq!(store.keep_deliveries(both, NOW).await.unwrap(), [Kept::New, Kept::OtherBody]);
    finish(&store, "1", Then::Done).await;
    drop(store);
    let store = site.store().await;
    assert_eq!(keep(&store, new("3", "okta", "a", 2)).await, Kept::OtherBody);
    assert_eq!(keep(&store, new("4", "okta", "a", 1)).await, Kept::Again);
    assert_eq!(ids(&store.deliveries(None, 9).await.unwrap()), ["1"]);
}

async fn many_who_take_at_once_get_different_ones(site: Site) {
    let store = site.store().await;
    let all = (0..200).map(|n| new(&format!("{n:03}"), "okta", &n.to_string(), 0)).collect();
    store.keep_deliveries(all, NOW).await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                let some = store.take_deliveries(7, NOW, NOW.plus_millis(60_000)).await.unwrap();
                if some.is_empty() {
                    return taken;
                }
                taken.extend(some.into_iter().map(|one| one.id));
            }
        }));
    }
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await.unwrap());
    }
    let different: BTreeSet<&String> = taken.iter().collect();
    assert_eq!((taken.len(), different.len()), (taken.len(), taken.len()));
    // Somebody who finds all rows locked goes away before the others are done.
    taken.extend(take(&store, NOW).await.into_iter().map(|one| one.id));
    assert_eq!(taken.len(), 200);
}

async fn what_was_taken_and_not_finished_is_taken_again_when_its_time_has_come(site: Site) {
    let store = site.store().await;
    keep(&store, new("1", "okta", "a", 1)).await;
    assert_eq!(ids(&take(&store, NOW).await), ["1"]);
    // Whoever took it is gone.
    drop(store);
    let store = site.store().await;
    assert!(take(&store, NOW.plus_millis(59_999)).await.is_empty());
    let again = take(&store, NOW.plus_millis(60_000)).await;
    assert_eq!((ids(&again), again[0].attempts), (vec!["1"], 2));
    finish(&store, "1", Then::Done).await;
    assert!(take(&store, NOW.plus_millis(999_999)).await.is_empty());
    assert!(store.replay_delivery("1").await.unwrap() && !store.replay_delivery("2").await.unwrap());
    assert_eq!(ids(&take(&store, NOW).await), ["1"]);
}

async fn of_two_things_said_of_somebody_the_later_counts(site: Site) {
    let store = site.store().await;
    assert_eq!(keep(&store, said("b", 200)).await, Kept::New);
    assert_eq!(keep(&store, said("a", 100)).await, Kept::Superseded);
    assert_eq!(keep(&store, said("c", 300)).await, Kept::New);
    let other = NewDelivery { person: "login:ben".to_owned(), ..said("d", 1) };
    assert_eq!(keep(&store, other).await, Kept::New);
    let all = store.deliveries(None, 9).await.unwrap();
    let a = all.iter().find(|one| one.id == "a").unwrap();
    assert_eq!((a.state.as_str(), a.outcome.as_deref()), ("done", Some(r#"{"finding":"superseded"}"#)));
    // b was overtaken before it was taken.
    assert_eq!(ids(&take(&store, NOW).await), ["c", "d"]);
    assert_eq!(state(&store, "b").await.0, "done");
    // One that failed said nothing.
    finish(&store, "c", Then::Failed).await;
    assert_eq!(keep(&store, said("e", 250)).await, Kept::New);
}

async fn a_later_event_is_done_again_when_an_older_one_ends_after_it(site: Site) {
    let store = site.store().await;
    keep(&store, said("a", 100)).await;
    assert_eq!(ids(&take(&store, NOW).await), ["a"]);
    keep(&store, said("b", 200)).await;
    assert_eq!(ids(&take(&store, NOW).await), ["b"]);
    finish(&store, "b", Then::Done).await;
    assert!(take(&store, NOW).await.is_empty());
    // What a wrote may have come after what b wrote.
    finish(&store, "a", Then::Done).await;
    assert_eq!(ids(&take(&store, NOW).await), ["b"]);
    finish(&store, "b", Then::Done).await;
    assert!(take(&store, NOW.plus_millis(999_999)).await.is_empty());
}

async fn a_failed_try_waits_and_is_counted(site: Site) {
    let store = site.store().await;
    keep(&store, new("1", "okta", "a", 1)).await;
    for tries in 1..4 {
        assert_eq!(take(&store, NOW).await[0].attempts, tries);
        finish(&store, "1", Then::Again(NOW.plus_millis(5))).await;
        assert!(take(&store, NOW.plus_millis(4)).await.is_empty());
        finish(&store, "1", Then::Again(NOW)).await;
    }
    take(&store, NOW).await;
    finish(&store, "1", Then::Wait(NOW)).await;
    assert_eq!(state(&store, "1").await, ("pending".to_owned(), 3));
    finish(&store, "1", Then::Failed).await;
    assert_eq!(state(&store, "1").await.0, "failed");
}

async fn old_ones_are_forgotten_but_none_of_the_last_day(site: Site) {
    let store = site.store().await;
    for n in 0..10 {
        let one = new(&n.to_string(), "okta", &n.to_string(), 0);
        store.keep_deliveries(vec![one], NOW.plus_millis(n)).await.unwrap();
        if n != 1 {
            finish(&store, &n.to_string(), Then::Done).await;
        }
    }
    // Too old: 0; 1 still waits.
    assert_eq!(store.prune_deliveries(NOW.plus_millis(2), NOW.plus_millis(2), 100).await.unwrap(), 1);
    // Too many: of the nine that are left five may stay, but only those before 4 may go.
    assert_eq!(store.prune_deliveries(NOW, NOW.plus_millis(4), 5).await.unwrap(), 2);
    let all = store.deliveries(None, 99).await.unwrap();
    assert_eq!(ids(&all), ["9", "8", "7", "6", "5", "4", "1"]);
}
