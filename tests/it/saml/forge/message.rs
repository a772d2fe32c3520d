//! A response and an assertion as texts, in canonical form: attributes in their order, no empty tags, each namespace
//! declared where it is first used.
//!
//! What a case has different it changes in the text, before it is signed or behind that.

use super::names::{BEARER, PASSWORD, PERSISTENT, SAML, SAMLP, SUCCESS};
use super::sign::{PLACE, bare, signed};
use super::{ACS, Given, IDP, SLO, SP, at};

pub const RESPONSE_ID: &str = "_response";
pub const ASSERTION_ID: &str = "_assertion";
/// What whoever forges calls theirs.
pub const EVIL_ID: &str = "_evil";

/// How long the session is to be, in seconds.
pub const SESSION: i64 = 8 * 3600;

/// An assertion on alice, with a place for its signature.
pub fn assertion(given: &Given) -> String {
    assertion_on("alice", given)
}

pub fn assertion_on(person: &str, given: &Given) -> String {
    let request = &given.request;
    let (now, from, to, session) = (at(-5), at(-35), at(295), at(SESSION));
    let attribute = |name: &str, values: &[&str]| attribute(name, values);
    let attributes = [
        attribute("uid", &[person]),
        attribute("displayName", &[&format!("{person} of the works")]),
        attribute("mail", &[&format!("{person}@works.example")]),
        attribute("groups", if person == "mallory" { &["admins"] } else { &["devs", "staff"] }),
    ]
    .concat();
    format!(
        "<saml:Assertion xmlns:saml=\"{SAML}\" ID=\"{ASSERTION_ID}\" IssueInstant=\"{now}\" Version=\"2.0\">\
         <saml:Issuer>{IDP}</saml:Issuer>{PLACE}<saml:Subject><saml:NameID Format=\"{PERSISTENT}\">{person}\
         </saml:NameID><saml:SubjectConfirmation Method=\"{BEARER}\"><saml:SubjectConfirmationData \
         InResponseTo=\"{request}\" NotOnOrAfter=\"{to}\" Recipient=\"{ACS}\"></saml:SubjectConfirmationData>\
         </saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore=\"{from}\" NotOnOrAfter=\"{to}\">\
         <saml:AudienceRestriction><saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
         <saml:AuthnStatement AuthnInstant=\"{now}\" SessionIndex=\"_session\" SessionNotOnOrAfter=\"{session}\">\
         <saml:AuthnContext><saml:AuthnContextClassRef>{PASSWORD}</saml:AuthnContextClassRef></saml:AuthnContext>\
         </saml:AuthnStatement><saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"
    )
}

/// One attribute; the values are taken as they are.
pub fn attribute(name: &str, values: &[&str]) -> String {
    let values: String =
        values.iter().map(|value| format!("<saml:AttributeValue>{value}</saml:AttributeValue>")).collect();
    format!("<saml:Attribute Name=\"{name}\">{values}</saml:Attribute>")
}

/// A response with this in it, with a place for its signature.
pub fn response(content: &str, given: &Given) -> String {
    let (now, request) = (at(-5), &given.request);
    format!(
        "<samlp:Response xmlns:samlp=\"{SAMLP}\" Destination=\"{ACS}\" ID=\"{RESPONSE_ID}\" InResponseTo=\"{request}\" \
         IssueInstant=\"{now}\" Version=\"2.0\"><saml:Issuer xmlns:saml=\"{SAML}\">{IDP}</saml:Issuer>{PLACE}\
         <samlp:Status><samlp:StatusCode Value=\"{SUCCESS}\"></samlp:StatusCode></samlp:Status>{content}\
         </samlp:Response>"
    )
}

/// The same without a signature.
pub fn unsigned_response(content: &str, given: &Given) -> String {
    bare(&response(content, given))
}

/// Alice's login as most identity providers send it: the assertion is signed.
pub fn alice(given: &Given) -> String {
    unsigned_response(&signed(&assertion(given)), given)
}

/// Alice's login by a signed response.
pub fn alice_by_response(given: &Given) -> String {
    signed(&response(&bare(&assertion(given)), given))
}

/// What nobody has signed: an assertion on mallory, an administrator.
pub fn forged(id: &str, given: &Given) -> String {
    bare(&assertion_on("mallory", given)).replacen(ASSERTION_ID, id, 1)
}

/// An assertion with its text changed, signed after that, in a response.
#[track_caller]
pub fn changed(given: &Given, from: &str, to: &str) -> String {
    unsigned_response(&signed(&super::edit(&assertion(given), from, to)), given)
}

/// A response with its text changed, signed after that; its assertion is signed as well.
#[track_caller]
pub fn changed_response(given: &Given, from: &str, to: &str) -> String {
    signed(&super::edit(&response(&signed(&assertion(given)), given), from, to))
}

/// Alice has logged out there, with a place for the signature.
pub fn logout() -> String {
    let (now, to) = (at(-5), at(295));
    format!(
        "<samlp:LogoutRequest xmlns:samlp=\"{SAMLP}\" Destination=\"{SLO}\" ID=\"_logout\" IssueInstant=\"{now}\" \
         NotOnOrAfter=\"{to}\" Version=\"2.0\"><saml:Issuer xmlns:saml=\"{SAML}\">{IDP}</saml:Issuer>{PLACE}\
         <saml:NameID xmlns:saml=\"{SAML}\" Format=\"{PERSISTENT}\">alice</saml:NameID>\
         <samlp:SessionIndex>_session</samlp:SessionIndex></samlp:LogoutRequest>"
    )
}
