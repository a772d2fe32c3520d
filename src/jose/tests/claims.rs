//! What a token has to say.

use super::super::{Audience, Checks, Claims, Refused, hash_of, subject};
use crate::config::SigningAlgorithm;
use rosterd_core::ids::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

const NOW: i64 = 1_800_000_000;

fn claims(change: &[(&str, Value)]) -> Claims {
    let mut claims =
        json!({ "iss": "https://sso.x.org", "aud": "rosterd", "sub": "ann", "iat": NOW - 5, "exp": NOW + 60 });
    for (name, value) in change {
        claims[*name] = value.clone();
    }
    let claims = claims.as_object().unwrap().clone();
    // `undefined` stands for nothing at all.
    claims.into_iter().filter(|(_, value)| *value != json!("undefined")).collect()
}

fn held(claims: &Claims, audience: Audience<'_>) -> Result<(), Refused> {
    let (skew, max_age) = (Duration::from_secs(60), Some(Duration::from_secs(3600)));
    Checks { issuer: "https://sso.x.org", audience, now: Timestamp(NOW * 1000), skew, max_age }.hold(claims)
}

fn only(change: &[(&str, Value)]) -> Result<(), Refused> {
    held(&claims(change), Audience::Only(&["rosterd".to_owned(), "api".to_owned()]))
}

#[test]
fn o01_the_issuer_is_compared_exactly() {
    assert_eq!(only(&[]), Ok(()));
    for iss in [
        json!("undefined"),
        json!(null),
        json!(""),
        json!("https://sso.x.org/"),
        json!("https://SSO.x.org"),
        json!("http://sso.x.org"),
        json!("sso.x.org"),
        json!(["https://sso.x.org"]),
        json!("https://sso.x.org\u{0}"),
        json!("https://evil.org/?https://sso.x.org"),
        json!({}),
    ] {
        assert_eq!(only(&[("iss", iss.clone())]), Err(Refused::Issuer), "{iss}");
    }
}

#[test]
fn o03_it_is_for_us_and_for_nobody_we_do_not_know() {
    for aud in [json!("rosterd"), json!(["rosterd"]), json!(["api", "rosterd"])] {
        assert_eq!(only(&[("aud", aud.clone())]), Ok(()), "{aud}");
    }
    for aud in [
        json!("undefined"),
        json!(null),
        json!(""),
        json!([]),
        json!("api"),
        json!(["api"]),
        json!("other"),
        json!("ROSTERD"),
        json!(["rosterd", "other"]),
        json!(["rosterd", 7]),
        json!([["rosterd"]]),
        json!({ "0": "rosterd" }),
        json!("rosterd other"),
        json!(7),
    ] {
        assert_eq!(only(&[("aud", aud.clone())]), Err(Refused::Audience), "{aud}");
    }
    let api = ["api".to_owned()];
    let one = |aud: Value| held(&claims(&[("aud", aud)]), Audience::One(&api));
    assert_eq!(one(json!(["api", "other"])), Ok(()));
    assert_eq!(one(json!("rosterd")), Err(Refused::Audience));
    assert_eq!(held(&claims(&[("aud", json!("api"))]), Audience::One(&[])), Err(Refused::Audience));
}

#[test]
fn o04_o11_it_counts_now() {
    for good in [
        [("exp", json!(NOW - 59))],
        [("exp", json!(NOW as f64 + 0.5))],
        [("nbf", json!(NOW + 59))],
        [("nbf", json!(0))],
        [("iat", json!(NOW + 59))],
        [("iat", json!(NOW - 3600))],
        [("iat", json!(NOW as f64 - 0.25))],
    ] {
        assert_eq!(only(&good), Ok(()), "{good:?}");
    }
    for bad in [
        [("exp", json!("undefined"))],
        [("exp", json!(null))],
        [("exp", json!(NOW - 60))],
        [("exp", json!(0))],
        [("exp", json!(-1))],
        [("exp", json!((NOW + 60).to_string()))],
        [("exp", json!([NOW + 60]))],
        [("exp", json!(1e300))],
        [("exp", json!(true))],
        [("exp", json!(i64::MAX))],
        [("exp", json!((NOW + 60) * 1000))],
        [("nbf", json!(NOW + 61))],
        [("nbf", json!(null))],
        [("nbf", json!("soon"))],
        [("iat", json!("undefined"))],
        [("iat", json!(NOW + 86_400))],
        [("iat", json!(NOW - 30 * 86_400))],
        [("iat", json!(null))],
    ] {
        assert_eq!(only(&bad), Err(Refused::Time), "{bad:?}");
    }
}

#[test]
fn o26_an_event_need_not_end_and_is_held_to_all_else() {
    let (skew, max_age) = (Duration::from_secs(60), Some(Duration::from_secs(3600)));
    let ours = ["rosterd".to_owned()];
    let audience = Audience::One(&ours);
    let checks = Checks { issuer: "https://sso.x.org", audience, now: Timestamp(NOW * 1000), skew, max_age };
    let with = |change: &[(&str, Value)]| checks.hold_event(&claims(change));
    for good in [json!("undefined"), json!(NOW + 1), json!(NOW - 30)] {
        assert_eq!(with(&[("exp", good.clone())]), Ok(()), "{good}");
    }
    for (name, value, refused) in [
        ("exp", json!(NOW - 61), Refused::Time),
        ("exp", json!("never"), Refused::Time),
        ("iat", json!("undefined"), Refused::Time),
        ("iat", json!(NOW - 3700), Refused::Time),
        ("iat", json!(NOW + 100), Refused::Time),
        ("iss", json!("https://evil.example"), Refused::Issuer),
        ("aud", json!("other"), Refused::Audience),
    ] {
        assert_eq!(with(&[("exp", json!("undefined")), (name, value.clone())]), Err(refused), "{name} {value}");
    }
}

#[test]
fn o02_an_id_is_a_text() {
    for sub in [
        json!("undefined"),
        json!(null),
        json!(""),
        json!(" "),
        json!(7),
        json!(["ann"]),
        json!("a\nb"),
        json!("a\u{0}"),
        json!("x".repeat(513)),
    ] {
        assert_eq!(subject(&claims(&[("sub", sub.clone())]), "sub"), Err(Refused::Subject), "{sub}");
    }
    assert_eq!(subject(&claims(&[]), "sub"), Ok("ann"));
}

/// OpenID Connect Core, appendix A.3 and A.4: the example's access token and its `at_hash`.
#[test]
fn o14_the_hash_as_published() {
    assert_eq!(
        hash_of("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", SigningAlgorithm::Rs256),
        "77QmUPtjPfzWtF2AnpK9RQ"
    );
}
