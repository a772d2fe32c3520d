//! The life of a hold.

use super::fixture::{NOW, company, empty};
use super::{Site, on_both};
use rosterd::store::{Hold, HoldDecision, HoldState, NewHold, Store, StoreError};
use rosterd_core::ids::Timestamp;
use std::sync::Arc;

on_both!(
    an_equal_hold_is_returned_and_nothing_written,
    a_newer_plan_supersedes_only_pending_ones_of_its_provider,
    a_decision_names_the_plan_and_is_made_once,
    a_hold_expires,
    an_approved_hold_is_used_once,
);

fn new(provider: &str, plan_hash: &str) -> NewHold {
    NewHold {
        provider: provider.to_owned(),
        plan_hash: plan_hash.to_owned(),
        reasons: vec!["5 of 9 memberships would go".to_owned(), "it's \"Platform\"".to_owned()],
        plan: "{\"changes\":[]}".to_owned(),
        expires_at: NOW.plus_millis(1000),
        epoch: None,
    }
}

fn decision(hold: &Hold, approve: bool) -> HoldDecision {
    HoldDecision { id: hold.id, plan_hash: hold.plan_hash.clone(), approve, by: "eve".to_owned() }
}

async fn states(store: &Arc<dyn Store>, now: Timestamp) -> Vec<(i64, HoldState)> {
    store.holds(now).await.unwrap().iter().map(|hold| (hold.id, hold.state)).collect()
}

async fn an_equal_hold_is_returned_and_nothing_written(site: Site) {
    let store = site.store().await;
    let hold = store.hold(&new("corp", "aa"), NOW).await.unwrap();
    assert_eq!((hold.id, hold.state, hold.created_at), (1, HoldState::Pending, NOW));
    assert_eq!((hold.reasons.clone(), hold.plan.clone()), (new("corp", "aa").reasons, new("corp", "aa").plan));
    let later = NOW.plus_millis(5);
    assert_eq!(store.hold(&new("corp", "aa"), later).await.unwrap().created_at, NOW);
    store.decide(&decision(&hold, false), later).await.unwrap();
    let again = store.hold(&new("corp", "aa"), later).await.unwrap();
    assert_eq!((again.id, again.state), (1, HoldState::Rejected));
    let bodies: Vec<_> = store.audit(0, 9).await.unwrap().into_iter().map(|r| (r.actor, r.body)).collect();
    let expected = [
        ("corp".to_owned(), r#"{"op":"hold","id":1,"plan":"aa"}"#.to_owned()),
        ("eve".to_owned(), r#"{"op":"reject","id":1,"plan":"aa"}"#.to_owned()),
    ];
    assert_eq!(bodies, expected);
    // A hold is no change of rights: plans still rest on the same state.
    assert_eq!(store.observe("corp", NOW).await.unwrap().generation, 0);
}

async fn a_newer_plan_supersedes_only_pending_ones_of_its_provider(site: Site) {
    let store = site.store().await;
    store.hold(&new("corp", "aa"), NOW).await.unwrap();
    store.hold(&new("partners", "aa"), NOW).await.unwrap();
    let rejected = store.hold(&new("corp", "bb"), NOW).await.unwrap();
    store.decide(&decision(&rejected, false), NOW).await.unwrap();
    store.hold(&new("corp", "cc"), NOW).await.unwrap();
    let expected =
        [(4, HoldState::Pending), (3, HoldState::Rejected), (2, HoldState::Pending), (1, HoldState::Superseded)];
    assert_eq!(states(&store, NOW).await, expected);
    assert_eq!(store.counts().await.unwrap().holds_pending, 2);
}

async fn a_decision_names_the_plan_and_is_made_once(site: Site) {
    let store = site.store().await;
    let hold = store.hold(&new("corp", "aa"), NOW).await.unwrap();
    let wrong = [
        HoldDecision { plan_hash: "bb".to_owned(), ..decision(&hold, true) },
        HoldDecision { id: 2, ..decision(&hold, true) },
    ];
    for wrong in wrong {
        let refused = store.decide(&wrong, NOW).await.unwrap_err();
        assert!(matches!(refused, StoreError::Refused(_)), "{refused:?}");
    }
    let approved = store.decide(&decision(&hold, true), NOW.plus_millis(1)).await.unwrap();
    assert_eq!((approved.state, approved.decided_by.as_deref()), (HoldState::Approved, Some("eve")));
    assert_eq!(store.holds(NOW).await.unwrap().first().unwrap().decided_at, Some(NOW.plus_millis(1)));
    for approve in [true, false] {
        let refused = store.decide(&decision(&hold, approve), NOW).await.unwrap_err();
        assert!(matches!(refused, StoreError::Refused(_)), "{refused:?}");
    }
    assert_eq!(store.audit(0, 9).await.unwrap().len(), 2);
}

async fn a_hold_expires(site: Site) {
    let store = site.store().await;
    let hold = store.hold(&new("corp", "aa"), NOW).await.unwrap();
    let last = hold.expires_at.plus_millis(-1);
    assert_eq!(states(&store, last).await, [(1, HoldState::Pending)]);
    assert_eq!(states(&store, hold.expires_at).await, [(1, HoldState::Expired)]);
    let refused = store.decide(&decision(&hold, true), hold.expires_at).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused(_)), "{refused:?}");
    // The same plan later is a new question.
    let again = NewHold { expires_at: NOW.plus_millis(9000), ..new("corp", "aa") };
    assert_eq!(store.hold(&again, hold.expires_at).await.unwrap().id, 2);
}

async fn an_approved_hold_is_used_once(site: Site) {
    let store = site.store().await;
    let hold = store.hold(&new("corp", "aa"), NOW).await.unwrap();
    let mut early = company();
    early.used_hold = Some(hold.id);
    let early = Arc::new(early);
    let refused = store.apply(Arc::clone(&early), NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused(_)), "{refused:?}");
    store.decide(&decision(&hold, true), NOW).await.unwrap();
    // An approval ends with the hold's time.
    assert!(matches!(store.apply(Arc::clone(&early), hold.expires_at).await, Err(StoreError::Refused(_))));
    store.apply(early, NOW).await.unwrap();
    assert_eq!(states(&store, NOW).await, [(1, HoldState::Applied)]);
    let mut again = empty(1);
    again.used_hold = Some(hold.id);
    assert!(matches!(store.apply(Arc::new(again), NOW).await, Err(StoreError::Refused(_))));
}
