//! Who asks, and how often: secrets that are refused, tokens that end, vendors that want to be left alone.

use super::fake::{ALL, Fake, Make, Part};
use super::{Reader, small};
use crate::world::scripted_http::Reply;
use rosterd::providers::ProviderErrorKind;
use rosterd_core::snapshot::Reading;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const KIND: &str = "application/json";

/// How each says that it is asked too often, and for how many seconds it wants to be left alone.
fn busy(make: Make, seconds: u64) -> Reply {
    let reply = |status| Reply::new(status, KIND, "{}").with("date", "Sat, 28 Nov 2026 12:00:00 GMT");
    let (after, moment) = (seconds.to_string(), (1_795_867_200 + seconds).to_string());
    match make {
        Make::Keycloak => reply(503).with("retry-after", &after),
        Make::Graph => reply(429).with("retry-after", &after),
        Make::Okta | Make::OktaSigned => {
            reply(429).with("x-rate-limit-remaining", "0").with("x-rate-limit-reset", &moment)
        }
        Make::Google => {
            let body = r#"{"error":{"code":403,"errors":[{"domain":"usageLimits","reason":"userRateLimitExceeded"}]}}"#;
            Reply::new(403, KIND, body).with("retry-after", &after)
        }
        Make::GitHub => reply(403).with("x-ratelimit-remaining", "0").with("x-ratelimit-reset", &moment),
        Make::GitLab => reply(429).with("ratelimit-remaining", "0").with("ratelimit-reset", &moment),
    }
}

#[test]
fn l11_a_vendor_that_is_asked_too_often_is_waited_for() {
    for make in ALL {
        let times = AtomicUsize::new(0);
        let fake = Fake::tampered(make, small(), 2, move |asked, reply| {
            let groups = make.part(asked).0 == Part::Groups;
            if groups && times.fetch_add(1, Ordering::Relaxed) < 1 { busy(make, 1) } else { reply }
        });
        let started = Instant::now();
        let reading = Reader::of(&fake).read().unwrap();
        assert!(matches!(reading, Reading::Complete(_)), "{make:?}: {:?}", reading.gaps());
        assert!(started.elapsed() >= Duration::from_secs(1), "{make:?}: {:?}", started.elapsed());
    }
}

/// One that names a moment an hour from now is not asked before, and a run does not wait that long.
#[test]
fn l11_one_that_asks_for_too_long_a_pause_is_left_alone() {
    for make in ALL {
        let fake = Fake::tampered(make, small(), 2, move |asked, reply| match make.part(asked).0 {
            Part::Groups => busy(make, 3600),
            _ => reply,
        });
        let started = Instant::now();
        let said = match Reader::of(&fake).read() {
            Ok(reading) => reading.gaps().iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            Err(error) => {
                assert_eq!(error.kind, ProviderErrorKind::Unreachable, "{make:?}");
                error.message
            }
        };
        assert!(said.contains("to be left alone for 3600 s"), "{make:?}: {said}");
        assert!(started.elapsed() < Duration::from_secs(5), "{make:?}: {:?}", started.elapsed());
        let asked = fake.server.asked();
        assert_eq!(asked.iter().filter(|asked| make.part(asked).0 == Part::Groups).count(), 1, "{make:?}");
    }
}

#[test]
fn r07_a_secret_that_is_not_taken_says_what_to_grant() {
    for make in ALL {
        let fake = Fake::start(make, small());
        let reader = Reader::of(&fake);
        if !matches!(make, Make::Google | Make::OktaSigned) {
            std::fs::write(&reader.secret, "another").unwrap();
        }
        let refuses = Fake::tampered(make, small(), 2, move |asked, _| match make.part(asked).0 {
            Part::Token => {
                Reply::new(400, KIND, r#"{"error":"invalid_grant","error_description":"of vendor-secret-1"}"#)
            }
            _ => Reply::new(401, KIND, "vendor-secret-1"),
        });
        let refusing = Reader::of(&refuses);
        let readers: &[&Reader] = match make {
            Make::Google | Make::OktaSigned => &[&refusing],
            _ => &[&reader, &refusing],
        };
        for reader in readers {
            let error = reader.read().unwrap_err();
            assert_eq!(error.kind, ProviderErrorKind::Credentials, "{make:?}: {error}");
            assert!(!error.message.contains("vendor-secret"), "{error}");
            assert!(error.message.contains("need") || error.message.contains("must"), "{error}");
            let steps = reader.check();
            assert!(steps.last().unwrap().is_err(), "{make:?}: {steps:?}");
        }
        assert!(refuses.server.asked().iter().all(|asked| !asked.target.contains("vendor-secret")));
    }
}

/// A token is asked for once, not for each question; one that has ended before its time is asked for again.
#[test]
fn r07_a_token_is_kept_and_renewed() {
    for make in ALL.into_iter().filter(|make| make.grants()) {
        let fake = Fake::start(make, small());
        let reader = Reader::of(&fake);
        let tokens = || fake.server.asked().iter().filter(|asked| make.part(asked).0 == Part::Token).count();
        assert!(matches!(reader.read().unwrap(), Reading::Complete(_)));
        assert!(matches!(reader.read().unwrap(), Reading::Complete(_)));
        assert_eq!(tokens(), 1, "{make:?}");
        fake.world.lock().unwrap().taken_from = 2;
        assert!(matches!(reader.read().unwrap(), Reading::Complete(_)), "{make:?}");
        assert_eq!(tokens(), 2, "{make:?}");
        // None is ever taken: one more is asked for, and then no more.
        fake.world.lock().unwrap().taken_from = usize::MAX;
        assert_eq!(reader.read().unwrap_err().kind, ProviderErrorKind::Credentials, "{make:?}");
        assert_eq!(tokens(), 3, "{make:?}");
    }
}
