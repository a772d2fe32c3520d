//! What holds for every sender that has a secret.

use super::{KEY, NOW, Sent, code, events, with_secrets};
use crate::config::Sender;
use crate::hooks::looking::PersonKey;
use axum::http::{HeaderValue, Method, StatusCode};
use proptest::prelude::*;

const OTHER: &str = "whsec_plJ3nmyCDGBKInavdOK15jsl";

/// The header with the proof.
fn proof(hook: &crate::config::Hook) -> &str {
    match hook.sender {
        Sender::StandardWebhooks => "webhook-signature",
        Sender::Keycloak => "x-keycloak-signature",
        Sender::Zitadel => "zitadel-signature",
        _ => super::super::header(hook),
    }
}

#[test]
fn a_good_call_says_who_logs_in() {
    for hook in with_secrets() {
        let events = events(Sent::good(&hook, KEY).read(&hook, &[KEY]));
        assert_eq!(events.len(), 1, "{:?}", hook.sender);
        let event = &events[0];
        let ann = "ann@example.org".to_owned();
        let key = match hook.sender {
            Sender::Kratos | Sender::Auth0 => PersonKey::Email(ann),
            _ => PersonKey::Login(ann),
        };
        assert_eq!((&event.login.key, &event.login.said), (&key, &None), "{:?}", hook.sender);
        let named = !matches!(hook.sender, Sender::Bearer | Sender::Hmac | Sender::Kratos);
        assert_eq!(event.id.as_deref(), named.then_some("evt_1"), "{:?}", hook.sender);
    }
}

#[test]
fn w01_a_wrong_proof_is_refused_short_long_other_absent_or_twice() {
    for hook in with_secrets() {
        let (good, name) = (Sent::good(&hook, KEY), proof(&hook));
        let value = good.headers.get(name).unwrap().to_str().unwrap().to_owned();
        let cut = value.split_at(value.len() - 1).0;
        let other = Sent::good(&hook, OTHER).headers.get(name).unwrap().to_str().unwrap().to_owned();
        for wrong in
            [cut, &format!("{value}0"), &other, "", "v1,", "sha256=", "t=1", "Bearer", "Digest x", "%", "v2,AAAA"]
        {
            let mut sent = good.clone();
            sent.set(name, wrong);
            let refusal = sent.read(&hook, &[KEY]).unwrap_err();
            assert_eq!(refusal.status, StatusCode::UNAUTHORIZED, "{:?} {wrong}", hook.sender);
        }
        let mut sent = good.clone();
        sent.headers.remove(name);
        assert_eq!(sent.read(&hook, &[KEY]).unwrap_err().status, StatusCode::UNAUTHORIZED);
        let mut sent = good.clone();
        sent.headers.append(axum::http::HeaderName::try_from(name).unwrap(), HeaderValue::from_str(&value).unwrap());
        assert_eq!(code(sent.read(&hook, &[KEY])), "header", "{:?}", hook.sender);
        assert!(good.read(&hook, &[]).is_err(), "{:?}: nothing proves nothing", hook.sender);
    }
}

#[test]
fn w06_while_a_secret_is_changed_both_count_and_afterwards_one() {
    for hook in with_secrets() {
        let (old, new) = (Sent::good(&hook, OTHER), Sent::good(&hook, KEY));
        for sent in [&old, &new] {
            assert!(sent.read(&hook, &[OTHER, KEY]).is_ok() && sent.read(&hook, &[KEY, OTHER]).is_ok());
        }
        assert!(old.read(&hook, &[KEY]).is_err() && new.read(&hook, &[KEY]).is_ok(), "{:?}", hook.sender);
    }
}

/// Those that sign, sign bytes: the same JSON written otherwise is another text.
#[test]
fn w07_what_was_signed_is_the_bytes() {
    let signing = [Sender::StandardWebhooks, Sender::Hmac, Sender::Keycloak, Sender::Zitadel];
    for hook in with_secrets().into_iter().filter(|hook| signing.contains(&hook.sender)) {
        let good = Sent::good(&hook, KEY);
        for change in [
            |body: &mut Vec<u8>| body.push(b' '),
            |body: &mut Vec<u8>| body[0] = b'[',
            |body: &mut Vec<u8>| {
                body.pop();
            },
        ] {
            let mut sent = good.clone();
            change(&mut sent.body);
            assert_eq!(code(sent.read(&hook, &[KEY])), "signature", "{:?}", hook.sender);
        }
    }
}

#[test]
fn w02_a_signed_time_counts_for_five_minutes_either_way() {
    let timed = |hook: &crate::config::Hook| {
        matches!(hook.sender, Sender::StandardWebhooks | Sender::Zitadel) || hook.timestamp_header.is_some()
    };
    for hook in with_secrets().into_iter().filter(timed) {
        let sent = Sent::good(&hook, KEY);
        for (seconds, good) in [(-301, false), (-300, true), (0, true), (300, true), (301, false)] {
            let read = sent.read_at(&hook, &[KEY], NOW.plus_millis(seconds * 1000));
            assert_eq!(read.is_ok(), good, "{:?} {seconds}", hook.sender);
            if !good {
                assert_eq!(code(read), "timestamp");
            }
        }
    }
}

#[test]
fn only_what_is_sent_is_read() {
    for hook in with_secrets() {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::HEAD] {
            let sent = Sent { method: method.clone(), ..Sent::good(&hook, KEY) };
            let challenge = hook.sender == Sender::Okta && method == Method::GET;
            assert_eq!(code(sent.read(&hook, &[KEY])), if challenge { "challenge" } else { "method" });
        }
    }
}

#[test]
fn w07_a_proved_call_with_a_hostile_body_is_refused() {
    let shared = [Sender::Bearer, Sender::Okta, Sender::Kratos, Sender::Authentik, Sender::Auth0];
    for hook in with_secrets().into_iter().filter(|hook| shared.contains(&hook.sender)) {
        for body in [&b""[..], b"{", b"\xff\xfe", b"{\"a\":1,\"a\":2}", "[".repeat(9999).as_bytes(), b"\x1f\x8b\x08"] {
            let sent = Sent { body: body.to_vec(), ..Sent::good(&hook, KEY) };
            assert_eq!(sent.read(&hook, &[KEY]).unwrap_err().status, StatusCode::BAD_REQUEST, "{:?}", hook.sender);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever comes, it is an answer, not a crash; and unproved bytes are never events.
    #[test]
    fn arbitrary_bytes_are_refused(
        body in proptest::collection::vec(any::<u8>(), 0..200),
        value in "[ -~]{0,80}",
    ) {
        for hook in with_secrets() {
            let mut sent = Sent { body: body.clone(), ..Sent::good(&hook, KEY) };
            sent.set(proof(&hook), &value);
            prop_assert!(sent.read(&hook, &[OTHER]).is_err());
        }
    }

    /// The same with a good proof: it is read or refused.
    #[test]
    fn arbitrary_json_is_read_or_refused(text in r#"[\[\]{}",:0-9a-z\\ \n-]{0,200}"#) {
        for hook in with_secrets().into_iter().filter(|hook| hook.sender != Sender::StandardWebhooks) {
            let sent = Sent { body: text.clone().into_bytes(), ..Sent::good(&hook, KEY) };
            let _ = sent.read(&hook, &[KEY]);
        }
    }
}
