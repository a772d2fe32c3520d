//! Runs that somebody asked for.

use super::fixture::NOW;
use super::{Site, on_both};
use rosterd::store::{Access, NewRequest, RunRequest, Store};
use std::sync::Arc;

on_both!(asking_twice_is_asking_once, a_request_is_open_until_it_is_finished);

fn new(id: &str, provider: &str) -> NewRequest {
    NewRequest {
        id: id.to_owned(),
        provider: provider.to_owned(),
        trigger: "api".to_owned(),
        asked_by: "eve".to_owned(),
    }
}

fn ids(requests: &[RunRequest]) -> Vec<&str> {
    requests.iter().map(|request| request.id.as_str()).collect()
}

async fn asking_twice_is_asking_once(site: Site) {
    let store = site.store().await;
    let first = store.ask(&new("1", "corp"), NOW).await.unwrap();
    assert_eq!((first.id.as_str(), first.asked_at, first.started_at), ("1", NOW, None));
    assert_eq!(store.ask(&new("2", "corp"), NOW.plus_millis(5)).await.unwrap(), first);
    assert_eq!(store.ask(&new("3", "partners"), NOW).await.unwrap().id, "3");
    // What has begun may have read before this was asked.
    store.start_request("1", NOW.plus_millis(6)).await.unwrap();
    assert_eq!(store.ask(&new("4", "corp"), NOW.plus_millis(7)).await.unwrap().id, "4");
    assert_eq!(ids(&store.open_requests("corp").await.unwrap()), ["1", "4"]);
    assert_eq!(store.request("2").await.unwrap(), None);
}

async fn a_request_is_open_until_it_is_finished(site: Site) {
    let store = site.store().await;
    store.ask(&new("1", "corp"), NOW).await.unwrap();
    store.start_request("1", NOW.plus_millis(1)).await.unwrap();
    // Whoever started it died: the next one starts it again.
    store.start_request("1", NOW.plus_millis(5)).await.unwrap();
    store.finish_request("1", r#"{"outcome":"unchanged"}"#, NOW.plus_millis(9)).await.unwrap();
    store.finish_request("1", "{}", NOW.plus_millis(10)).await.unwrap();
    let done = store.request("1").await.unwrap().unwrap();
    assert_eq!((done.started_at, done.finished_at), (Some(NOW.plus_millis(5)), Some(NOW.plus_millis(9))));
    assert_eq!(done.outcome.as_deref(), Some(r#"{"outcome":"unchanged"}"#));
    assert!(store.open_requests("corp").await.unwrap().is_empty());
    store.ask(&new("2", "corp"), NOW.plus_millis(20)).await.unwrap();
    assert_eq!(ids(&store.requests(9).await.unwrap()), ["2", "1"]);
    assert_eq!(store.forget_requests(NOW.plus_millis(9)).await.unwrap(), 0);
    assert_eq!(store.forget_requests(NOW.plus_millis(99)).await.unwrap(), 1);
    assert_eq!(ids(&store.requests(9).await.unwrap()), ["2"]);
}

/// Two replicas that are asked at one moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_ask_at_once_are_answered_with_the_same_request() {
    let Some(site) = Site::postgres() else { return };
    let stores = [site.store().await, site.open(Access::Write).await.unwrap()];
    let mut asking = tokio::task::JoinSet::new();
    for n in 0..20 {
        let store: Arc<dyn Store> = Arc::clone(&stores[n % 2]);
        asking.spawn(async move { store.ask(&new(&n.to_string(), "corp"), NOW).await.unwrap().id });
    }
    let mut answered: Vec<String> = asking.join_all().await;
    answered.dedup();
    assert_eq!(answered.len(), 1, "{answered:?}");
}
