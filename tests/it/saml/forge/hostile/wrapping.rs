//! S11-S15: the signed element is somewhere else, is there twice, says that nobody has logged in, or is not there.

use super::xsw::{MOVED, by_assertion, evil_with, extensions, signature_over, with_object};
use super::{Hostile, Stage};
use crate::saml::forge::message::{
    ASSERTION_ID, EVIL_ID, RESPONSE_ID, alice, alice_by_response, assertion, assertion_on, forged, response,
    unsigned_response,
};
use crate::saml::forge::names::{REQUESTER, SAMLP, SUCCESS};
use crate::saml::forge::sign::{bare, signature_in, signed};
use crate::saml::forge::{Given, Site, edit};

pub(super) fn all() -> Vec<Hostile> {
    vec![
        Hostile::new(
            "S11",
            Stage::Form,
            "the signed assertion in Extensions, a forged one of the same id as child",
            "two elements have one id",
            |given| {
                let (genuine, _, _) = by_assertion(given);
                let text = unsigned_response(&forged(ASSERTION_ID, given), given);
                edit(&text, "<samlp:Status>", &format!("{}<samlp:Status>", extensions(SAMLP, &genuine)))
            },
        ),
        Hostile::new(
            "S11",
            Stage::Form,
            "the signed assertion in Extensions, its signature in a forged one",
            MOVED,
            |given| {
                let (genuine, signature, _) = by_assertion(given);
                let text = unsigned_response(&evil_with(EVIL_ID, &signature, given), given);
                edit(&text, "<samlp:Status>", &format!("{}<samlp:Status>", extensions(SAMLP, &genuine)))
            },
        ),
        Hostile::new(
            "S12",
            Stage::Form,
            "a signed error, and a second signature with the forged assertion in its object",
            "CVE-2024-45409: an element of that id is looked for anywhere",
            |given| {
                let decoy = with_object(&signature_over(&forged(EVIL_ID, given)), &forged(EVIL_ID, given));
                let error = signed_error(given);
                edit(&error, "<samlp:Status>", &format!("{decoy}<samlp:Status>"))
            },
        ),
        Hostile::new(
            "S12",
            Stage::Form,
            "a signed error with the forged assertion in its signature's object",
            "the object is not signed",
            |given| {
                let error = signed_error(given);
                let signature = signature_in(&error);
                edit(&error, &signature, &with_object(&signature, &forged(EVIL_ID, given)))
            },
        ),
        Hostile::new(
            "S13",
            Stage::Form,
            "a signed error within a forged response with an assertion",
            "what is signed says that nobody has logged in",
            |given| {
                let text = unsigned_response(&forged(EVIL_ID, given), given);
                let text = edit(&text, &format!("ID=\"{RESPONSE_ID}\""), "ID=\"_evil_response\"");
                edit(&text, "<samlp:Status>", &format!("{}<samlp:Status>", signed_error(given)))
            },
        ),
        Hostile::new(
            "S13",
            Stage::Signature,
            "a signed error, and an assertion that was put in behind that",
            "it is not what was signed",
            |given| {
                edit(&signed_error(given), "</samlp:Response>", &format!("{}</samlp:Response>", forged(EVIL_ID, given)))
            },
        ),
        Hostile::new("S14", Stage::Form, "the signed assertion twice", "two elements have one id", |given| {
            let (genuine, _, _) = by_assertion(given);
            unsigned_response(&format!("{genuine}{genuine}"), given)
        }),
        Hostile::new("S14", Stage::Form, "two signed assertions", "whose login is it?", |given| {
            let (genuine, _, _) = by_assertion(given);
            let second = assertion_on("bob", given).replacen(ASSERTION_ID, "_second", 1);
            unsigned_response(&format!("{genuine}{}", signed(&second)), given)
        }),
        Hostile::new(
            "S14",
            Stage::Form,
            "the signed assertion in the advice of a forged one",
            "what is signed is not what is read",
            |given| {
                let (genuine, _, _) = by_assertion(given);
                let advice = format!("</saml:Conditions><saml:Advice>{genuine}</saml:Advice>");
                unsigned_response(&edit(&forged(EVIL_ID, given), "</saml:Conditions>", &advice), given)
            },
        ),
        Hostile::new(
            "S14",
            Stage::Form,
            "the signed assertion in an attribute's value of a forged one",
            "what is signed is not what is read",
            |given| {
                let (genuine, _, _) = by_assertion(given);
                let value = format!("<saml:AttributeValue>{genuine}</saml:AttributeValue>");
                let evil = edit(&forged(EVIL_ID, given), "<saml:AttributeValue>admins</saml:AttributeValue>", &value);
                unsigned_response(&evil, given)
            },
        ),
        Hostile::new(
            "S14",
            Stage::Form,
            "the signed assertion in the status's detail, a forged one as child",
            "what is signed is not what is read",
            |given| {
                let (genuine, _, _) = by_assertion(given);
                let text = unsigned_response(&forged(EVIL_ID, given), given);
                let detail = format!("<samlp:StatusDetail>{genuine}</samlp:StatusDetail></samlp:Status>");
                edit(&text, "</samlp:Status>", &detail)
            },
        ),
        Hostile::new("S15", Stage::Form, "nothing is signed", "anybody can write it", |given| {
            unsigned_response(&forged(ASSERTION_ID, given), given)
        }),
        Hostile::new("S15", Stage::Form, "alice's own login without its signature", "anybody can write it", |given| {
            unsigned_response(&bare(&assertion(given)), given)
        }),
        Hostile::new("S15", Stage::Form, "an unsigned assertion in an unsigned one", "anybody can write it", |given| {
            let inner = format!("</saml:Conditions><saml:Advice>{}</saml:Advice>", forged(EVIL_ID, given));
            unsigned_response(&edit(&bare(&assertion(given)), "</saml:Conditions>", &inner), given)
        }),
        Hostile::new(
            "S15",
            Stage::Form,
            "a signed assertion where the response is to be signed",
            "configured: `signed = \"response\"`",
            alice,
        )
        .at(Site::with("signed = \"response\"")),
        Hostile::new(
            "S15",
            Stage::Form,
            "a signed response where the assertion is to be signed",
            "configured: `signed = \"assertion\"`",
            alice_by_response,
        )
        .at(Site::with("signed = \"assertion\"")),
        Hostile::new(
            "S15",
            Stage::Form,
            "one signature where both are asked for",
            "configured: `signed = \"both\"`",
            alice,
        )
        .at(Site::with("signed = \"both\"")),
    ]
}

/// What the identity provider says to somebody whose login fails.
fn signed_error(given: &Given) -> String {
    signed(&edit(&response("", given), SUCCESS, REQUESTER))
}
