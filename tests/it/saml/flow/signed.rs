//! What is signed, by what: an identity provider signs the response, the assertion in it or both, as it is told.

use super::{Backend, SignOn, With};
use crate::world::agent::Agent;
use serde_json::json;

/// `response`, `assertion`: what the provider signs.
fn layout(response: bool, assertion: bool) -> serde_json::Value {
    json!({ "saml20.sign.response": response, "saml20.sign.assertion": assertion })
}

/// Whether somebody came in.
fn comes_in(sign_on: &SignOn) -> bool {
    let mut agent = Agent::default();
    let visit = sign_on.visit(&mut agent, "ann");
    let status = visit.answer.status;
    assert!(matches!(status, 200 | 403), "{visit:?}\n{}\n{}", sign_on.said(), sign_on.idp.log());
    assert_eq!(super::me(sign_on, &mut agent).0, if status == 200 { 200 } else { 401 });
    status == 200
}

#[test]
fn s15_what_has_to_be_signed_is_and_nothing_is_believed_unsigned() {
    for (signed, response, assertion, both) in [
        ("any", true, true, true),
        ("assertion", false, true, true),
        ("response", true, false, true),
        ("both", false, false, true),
    ] {
        let sign_on = SignOn::with(Backend::Sqlite, &With::saml(&format!("signed = {signed:?}")));
        for (said, expected) in [
            (layout(true, false), response),
            (layout(false, true), assertion),
            (layout(true, true), both),
            (layout(false, false), false),
        ] {
            sign_on.trusted(&said);
            assert_eq!(comes_in(&sign_on), expected, "{signed}: {said}\n{}", sign_on.said());
        }
        sign_on.close();
    }
}

#[test]
fn s34_algorithms_are_those_that_are_allowed() {
    let more = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha";
    for (algorithms, good, bad) in
        [("", &["256", "384", "512"][..], &[][..]), ("algorithms = [\"rsa-sha384\"]", &["384"], &["256", "512"])]
    {
        let sign_on = SignOn::with(Backend::Sqlite, &With::saml(algorithms));
        let by = |uri: &str| {
            sign_on.trusted(&json!({ "signature.algorithm": uri, "saml20.sign.response": true }));
            comes_in(&sign_on)
        };
        for size in good {
            assert!(by(&format!("{more}{size}")), "{size}: {}", sign_on.said());
        }
        for size in bad {
            assert!(!by(&format!("{more}{size}")), "{size}");
        }
        assert!(!by("http://www.w3.org/2000/09/xmldsig#rsa-sha1"), "SHA-1");
        sign_on.close();
    }
}
