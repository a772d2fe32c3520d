//! What the API keeps: tokens, answers by key; and its lists in parts.

use super::fixture::{NOW, company};
use super::{Site, on_both};
use rosterd::store::{KeyedAnswer, KeyedRequest, NewRequest, NewToken};
use std::sync::Arc;

on_both!(
    a_token_is_found_by_its_hash_until_it_is_revoked,
    an_answer_is_kept_for_a_day_and_a_lost_request_for_minutes,
    lists_go_on_where_they_ended,
);

fn token(id: &str, hash: u8) -> NewToken {
    NewToken {
        id: id.to_owned(),
        name: format!("it's {id}"),
        hash: [hash; 32],
        scopes: vec!["read".to_owned(), "run".to_owned()],
        created_by: "eve".to_owned(),
        expires_at: NOW.plus_millis(1000),
    }
}

async fn a_token_is_found_by_its_hash_until_it_is_revoked(site: Site) {
    let store = site.store().await;
    let kept = store.add_token(&token("a", 1), NOW).await.unwrap();
    store.add_token(&token("b", 2), NOW.plus_millis(1)).await.unwrap();
    assert!(store.add_token(&token("c", 1), NOW).await.is_err(), "two tokens with one hash");
    assert_eq!((kept.name.as_str(), kept.scopes.len(), kept.created_at), ("it's a", 2, NOW));
    assert_eq!(store.token_by_hash([1; 32]).await.unwrap(), Some(kept.clone()));
    assert_eq!(store.token_by_hash([3; 32]).await.unwrap(), None);
    assert!(kept.usable(NOW) && !kept.usable(kept.expires_at), "at its end it has ended");
    for (used, shown) in [(5, 5), (3, 5), (9, 9)] {
        store.token_used("a", NOW.plus_millis(used)).await.unwrap();
        let token = store.token_by_hash([1; 32]).await.unwrap().unwrap();
        assert_eq!(token.last_used_at, Some(NOW.plus_millis(shown)), "a clock that goes back puts nothing back");
    }
    let revoked = store.revoke_token("a", "bob", NOW.plus_millis(20)).await.unwrap().unwrap();
    assert!(!revoked.usable(NOW));
    let again = store.revoke_token("a", "bob", NOW.plus_millis(30)).await.unwrap();
    assert_eq!(again, Some(revoked), "what is revoked stays as it is");
    assert_eq!(store.revoke_token("nobody", "bob", NOW).await.unwrap(), None);
    let ids: Vec<String> = store.tokens().await.unwrap().into_iter().map(|token| token.id).collect();
    assert_eq!(ids, ["a", "b"]);
    let audit: Vec<_> = store.audit(0, 9).await.unwrap().into_iter().map(|r| (r.actor, r.body)).collect();
    let made = |id: &str| format!(r#"{{"op":"create_token","id":"{id}","scopes":["read","run"]}}"#);
    let expected = [("eve", made("a")), ("eve", made("b")), ("bob", r#"{"op":"revoke_token","id":"a"}"#.to_owned())];
    assert_eq!(audit, expected.map(|(actor, body)| (actor.to_owned(), body)));
}

async fn an_answer_is_kept_for_a_day_and_a_lost_request_for_minutes(site: Site) {
    let store = site.store().await;
    let request =
        |caller: &str, hash: u8| KeyedRequest { caller: caller.to_owned(), key: "k".to_owned(), hash: [hash; 32] };
    let (mine, minutes, day) = (request("a", 1), 5 * 60 * 1000, 24 * 3600 * 1000);
    assert_eq!(store.begin_keyed(&mine, NOW).await.unwrap(), KeyedAnswer::New);
    assert_eq!(store.begin_keyed(&mine, NOW.plus_millis(minutes - 1)).await.unwrap(), KeyedAnswer::Running);
    assert_eq!(store.begin_keyed(&request("a", 2), NOW).await.unwrap(), KeyedAnswer::OtherRequest);
    assert_eq!(store.begin_keyed(&request("b", 2), NOW).await.unwrap(), KeyedAnswer::New, "another caller's");
    // Whoever worked on it is gone: the next one does it.
    let later = NOW.plus_millis(minutes);
    assert_eq!(store.begin_keyed(&mine, later).await.unwrap(), KeyedAnswer::New);
    store.finish_keyed(&mine, Some((201, "{\"it's\":1}".to_owned()))).await.unwrap();
    let done = KeyedAnswer::Done { status: 201, answer: "{\"it's\":1}".to_owned() };
    assert_eq!(store.begin_keyed(&mine, later.plus_millis(day - 1)).await.unwrap(), done);
    assert_eq!(store.begin_keyed(&mine, later.plus_millis(day)).await.unwrap(), KeyedAnswer::New);
    store.finish_keyed(&mine, None).await.unwrap();
    assert_eq!(store.begin_keyed(&mine, later.plus_millis(day)).await.unwrap(), KeyedAnswer::New, "given up");
}

async fn lists_go_on_where_they_ended(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    let all = store.people_after("", i64::MIN, 100).await.unwrap();
    assert!(all.len() >= 2, "{all:?}");
    let mut seen = Vec::new();
    while let Some(next) = store.people_after("", seen.last().map_or(i64::MIN, |id| *id), 1).await.unwrap().pop() {
        seen.push(next.id);
    }
    assert_eq!(seen, all.iter().map(|person| person.id).collect::<Vec<_>>());
    let login = &all[0].login;
    let found = store.people_after(&login.to_uppercase(), i64::MIN, 100).await.unwrap();
    assert!(found.iter().any(|person| person.login == *login));
    for nobody in ["%", "_", "\\", "it's nobody", "'; DROP TABLE users; --"] {
        assert_eq!(store.people_after(nobody, i64::MIN, 9).await.unwrap(), [], "W27: {nobody}");
    }
    assert_eq!(store.person(all[0].id).await.unwrap().unwrap().login, *login);
    assert!(store.person(i64::MAX).await.unwrap().is_none());
    let runs = store.runs_before(None, 9).await.unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(store.runs_before(Some(runs[0].id), 9).await.unwrap().len(), 0);
    let mut asked = Vec::new();
    for (provider, at) in [("a", 1), ("b", 1), ("c", 2)] {
        let new = NewRequest {
            id: format!("id-{provider}"),
            provider: provider.to_owned(),
            trigger: "api".to_owned(),
            asked_by: "eve".to_owned(),
        };
        asked.push(store.ask(&new, NOW.plus_millis(at)).await.unwrap());
    }
    let mut before = None;
    let mut listed = Vec::new();
    while let Some(one) = store.requests_before(before.take(), 1).await.unwrap().pop() {
        before = Some((one.asked_at, one.id.clone()));
        listed.push(one.provider);
    }
    assert_eq!(listed, ["c", "b", "a"]);
}
