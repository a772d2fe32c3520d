//! A service that wants to be asked less often.

use super::script::{KIND, good, server};
use super::{Reader, codes};
use crate::world::scripted_http::Reply;
use rosterd::providers::{PersonKey, ProviderErrorKind};
use rosterd_core::snapshot::Reading;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[test]
fn a_busy_service_is_waited_for() {
    for (status, after) in
        [(429, Some("1")), (503, Some("Tue, 15 Nov 1994 08:12:32 GMT")), (429, None), (503, Some("soon"))]
    {
        let times = AtomicUsize::new(0);
        let server = server(move |asked| {
            let busy = Reply::new(status, KIND, "").with("date", "Tue, 15 Nov 1994 08:12:31 GMT");
            let busy = match after {
                Some(after) => busy.with("retry-after", after),
                None => busy,
            };
            (asked.path() == "/v2/Groups" && times.fetch_add(1, Ordering::Relaxed) < 2).then_some(busy)
        });
        let started = Instant::now();
        let reading = Reader::of(&server).read().unwrap();
        assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
        assert!(started.elapsed() >= Duration::from_millis(1500), "{:?}", started.elapsed());
        let asked = server.asked().iter().filter(|asked| asked.path() == "/v2/Groups").count();
        assert_eq!(asked, 3);
    }
}

#[test]
fn one_that_stays_busy_is_given_up() {
    let server =
        server(|asked| Some(if asked.path() == "/v2/Groups" { Reply::new(429, KIND, "") } else { good(asked) }));
    let reading = Reader::of(&server).read().unwrap();
    assert!(matches!(reading, Reading::Unknown(_)));
    assert_eq!(codes(&reading).into_iter().collect::<Vec<_>>(), ["throttled"]);
    assert_eq!(server.asked().iter().filter(|asked| asked.path() == "/v2/Groups").count(), 5);
}

/// Nobody who logs in waits for an hour, nor is the service asked before.
#[test]
fn one_that_asks_for_too_long_a_pause_is_left_alone() {
    let server = server(|_| Some(Reply::new(503, KIND, "").with("retry-after", "3600")));
    let reader = Reader::of(&server);
    let started = Instant::now();
    let error = reader.find(&[PersonKey::Login("u1".to_owned())]).unwrap_err();
    assert_eq!(error.kind, ProviderErrorKind::Unreachable);
    assert!(error.message.contains("3600 s"), "{error}");
    assert_eq!(reader.read().unwrap_err().kind, ProviderErrorKind::Unreachable);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(server.asked().len(), 2);
}
