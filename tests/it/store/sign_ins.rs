//! Logins in a browser: what counts once counts once, and what a later login brought stays.

use super::fixture::{NOW, company};
use super::{Site, on_both};
use rosterd::store::{NewLoginSession, RefreshToken, SignIn, Store, Used, Whose};
use rosterd_core::ids::{Timestamp, UserId};
use std::sync::Arc;

on_both!(
    a_login_under_way_is_taken_once_and_in_time,
    sessions_end_one_by_one_or_all_of_somebody,
    a_message_counts_once_for_each_issuer,
    what_a_login_is_renewed_with_is_one_s_at_a_time,
    what_is_over_is_forgotten,
);

fn begun(state: u8) -> SignIn {
    SignIn {
        state: [state; 32],
        browser: [9; 32],
        provider: "sso".to_owned(),
        kept: "{\"nonce\":\"n\"}".to_owned(),
        return_to: "/session".to_owned(),
        expires_at: NOW.plus_millis(600),
    }
}

async fn a_login_under_way_is_taken_once_and_in_time(site: Site) {
    let store = site.store().await;
    for state in [1, 2] {
        store.begin_sign_in(&begun(state)).await.unwrap();
    }
    assert!(store.begin_sign_in(&begun(1)).await.is_err(), "no state is anybody else's");
    // Of many who come with it at once, one has it.
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.take_sign_in([1; 32], NOW).await.unwrap() })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await.unwrap());
    }
    assert_eq!(taken, [begun(1)]);
    assert_eq!(store.take_sign_in([2; 32], NOW.plus_millis(600)).await.unwrap(), None, "too late");
    assert_eq!(store.take_sign_in([3; 32], NOW).await.unwrap(), None);
}

fn session(id: &str, hash: u8, user: u32, provider_session: Option<&str>) -> NewLoginSession {
    NewLoginSession {
        id: id.to_owned(),
        hash: [hash; 32],
        user: UserId(user),
        provider: "sso".to_owned(),
        subject: format!("subject-{user}"),
        sub: format!("sub-{user}"),
        provider_session: provider_session.map(str::to_owned),
        hint: (hash == 1).then(|| vec![1, 2, 3]),
        expires_at: NOW.plus_millis(1000),
    }
}

async fn sessions_end_one_by_one_or_all_of_somebody(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    for new in [session("a", 1, 1, Some("s1")), session("b", 2, 1, Some("s2")), session("c", 3, 2, None)] {
        store.open_session(&new, NOW).await.unwrap();
    }
    let found = store.session_by_hash([1; 32]).await.unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.user, found.hint.as_deref()), ("a", UserId(1), Some(&[1_u8, 2, 3][..])));
    assert_eq!(store.session_by_hash([2; 32]).await.unwrap().unwrap().hint, None);
    let ids = |store: &Arc<dyn Store>, at: Timestamp| {
        let store = Arc::clone(store);
        async move { store.sessions(at).await.unwrap().into_iter().map(|session| session.id).collect::<Vec<_>>() }
    };
    assert_eq!(ids(&store, NOW).await, ["a", "b", "c"]);
    // Used later, and not put back by a clock that is behind.
    store.session_used("a", NOW.plus_millis(50)).await.unwrap();
    store.session_used("a", NOW.plus_millis(20)).await.unwrap();
    assert_eq!(store.session_by_hash([1; 32]).await.unwrap().unwrap().used_at, NOW.plus_millis(50));
    let end = |whose: Whose| {
        let store = Arc::clone(&store);
        async move { store.end_sessions(&whose, "provider", None, NOW).await.unwrap() }
    };
    let of = |session: &str| Whose::ProviderSession { provider: "sso".to_owned(), session: session.to_owned() };
    assert_eq!(end(of("s2")).await, ["subject-1"]);
    assert!(end(of("s2")).await.is_empty() && end(of("none")).await.is_empty());
    let other = Whose::Sub { provider: "other".to_owned(), sub: "sub-1".to_owned() };
    assert!(end(other).await.is_empty(), "another provider's");
    assert_eq!(ids(&store, NOW).await, ["a", "c"]);
    assert_eq!(end(Whose::Sub { provider: "sso".to_owned(), sub: "sub-1".to_owned() }).await, ["subject-1"]);
    // By hand: with a record of who did it.
    let records = || site.by_hand("SELECT count(*) FROM audit");
    let before = records();
    let whose = Whose::Session("c".to_owned());
    assert_eq!(store.end_sessions(&whose, "hand", Some("root"), NOW).await.unwrap(), ["subject-2"]);
    assert_ne!(records(), before);
    assert!(ids(&store, NOW).await.is_empty());
    assert_eq!(store.session_by_hash([3; 32]).await.unwrap().unwrap().ended_by.as_deref(), Some("hand"));
}

async fn a_message_counts_once_for_each_issuer(site: Site) {
    let store = site.store().await;
    let until = NOW.plus_millis(100);
    assert!(store.first_seen("one", [1; 32], until).await.unwrap());
    assert!(!store.first_seen("one", [1; 32], until).await.unwrap());
    assert!(store.first_seen("other", [1; 32], until).await.unwrap());
    assert!(store.first_seen("one", [2; 32], until).await.unwrap());
}

async fn what_a_login_is_renewed_with_is_one_s_at_a_time(site: Site) {
    let store = site.store().await;
    let later = |millis: i64| NOW.plus_millis(millis);
    store.keep_refresh_token("sso", "ann", vec![1], later(10)).await.unwrap();
    store.keep_refresh_token("other", "ann", vec![9], NOW).await.unwrap();
    assert_eq!(store.due_refresh_tokens("sso", NOW).await.unwrap(), 0);
    assert!(store.take_refresh_tokens("sso", 9, NOW, later(99)).await.unwrap().is_empty());
    let first: Vec<RefreshToken> = store.take_refresh_tokens("sso", 9, later(10), later(99)).await.unwrap();
    assert_eq!((first.len(), &first[0].sealed[..], first[0].failures), (1, &[1][..], 0));
    // Nobody else has it until that is over.
    assert!(store.take_refresh_tokens("sso", 9, later(98), later(999)).await.unwrap().is_empty());
    assert_eq!(store.due_refresh_tokens("sso", later(99)).await.unwrap(), 1);
    assert!(store.used_refresh_token(&first[0], &Used::Failed { due_at: later(20) }).await.unwrap());
    let again = store.take_refresh_tokens("sso", 9, later(20), later(99)).await.unwrap();
    assert_eq!(again[0].failures, 1);
    // Somebody logs in while it is used: what that brought stays, whatever became of the other.
    store.keep_refresh_token("sso", "ann", vec![2], later(50)).await.unwrap();
    for used in [Used::Kept { sealed: vec![7], due_at: NOW }, Used::Failed { due_at: NOW }, Used::Refused] {
        assert!(!store.used_refresh_token(&again[0], &used).await.unwrap(), "{used:?}");
    }
    assert!(store.hasten_refresh_token("sso", "ann", NOW).await.unwrap());
    assert!(!store.hasten_refresh_token("sso", "bob", NOW).await.unwrap());
    let newest = store.take_refresh_tokens("sso", 9, NOW, later(99)).await.unwrap();
    assert_eq!((&newest[0].sealed[..], newest[0].failures), (&[2][..], 0));
    assert!(store.used_refresh_token(&newest[0], &Used::Refused).await.unwrap());
    assert_eq!(site.by_hand("SELECT provider FROM refresh_tokens"), "other\n");
}

async fn what_is_over_is_forgotten(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    store.begin_sign_in(&begun(1)).await.unwrap();
    store.first_seen("one", [1; 32], NOW.plus_millis(100)).await.unwrap();
    for new in [session("a", 1, 1, None), session("b", 2, 1, None)] {
        store.open_session(&new, NOW).await.unwrap();
    }
    store.end_sessions(&Whose::Session("a".to_owned()), "logout", None, NOW).await.unwrap();
    assert_eq!(store.prune_sign_ins(NOW, NOW.plus_millis(-1)).await.unwrap(), 0);
    // Sessions are kept for a while behind their end, to be asked about.
    assert_eq!(store.prune_sign_ins(NOW.plus_millis(600), NOW.plus_millis(-1)).await.unwrap(), 2);
    assert_eq!(store.prune_sign_ins(NOW.plus_millis(600), NOW).await.unwrap(), 1);
    assert_eq!(site.by_hand("SELECT id FROM sessions"), "b\n");
    assert_eq!(store.prune_sign_ins(NOW.plus_millis(600), NOW.plus_millis(1000)).await.unwrap(), 1);
}
