//! S24 again: messages that are as large as they may be, which a signature's verification costs the most for.
//!
//! A stranger has signed them, so that nobody can say that they are not genuine before it was done.

use super::{Hostile, Stage};
use crate::saml::forge::keys::keys;
use crate::saml::forge::message::{assertion_on, unsigned_response};
use crate::saml::forge::sign::{Method, PLACE, Signer, bare};
use crate::saml::forge::{Given, edit};

const WHY: &str = "whoever is nobody yet must not keep others waiting";

/// So much more than a usual message, in bytes and in elements, is looked at as most logins are; above either, when there
/// is room for large ones.
const SMALL: usize = 19 << 10;
const FEW: usize = 240;
const LARGE: usize = 230 << 10;

pub fn all() -> Vec<Hostile> {
    let mut all = Vec::new();
    for (size, room) in [("large", LARGE), ("small", SMALL)] {
        let case = |name: &str, make: fn(&Given, usize) -> String| {
            Hostile::new("S24", Stage::Signature, &format!("{name}, {size}"), WHY, move |given| make(given, room))
        };
        all.extend([
            case("one long text", |given, room| said(given, &"x".repeat(room), "")),
            case("as many elements as there may be", |given, room| said(given, &elements(room), "")),
            case("a namespace for each element", |given, room| {
                let one = "<n:a xmlns:n=\"urn:n\"></n:a>";
                said(given, &one.repeat((room / one.len()).min(most(room))), "")
            }),
            case("attributes in wrong order", |given, room| {
                let all: String = (0..30).rev().map(|number| format!(" a{number:02}=\"\"")).collect();
                let one = format!("<a{all}></a>");
                said(given, &one.repeat((room / one.len()).min(most(room))), "")
            }),
            case("namespaces about elements with attributes in them", |given, room| {
                let all: String = (0..30).map(|number| format!(" p{number}:x=\"\"")).collect();
                let one = format!("<a{all}></a>");
                within(given, room, &one)
            }),
            case("a list of prefixes that nobody has declared, about many elements", |given, room| {
                said(given, &elements(room), "q0 q1 q2 q3 q4 q5 q6 q7")
            }),
            case("a list of prefixes within many namespaces", |given, room| within(given, room, "<a></a>")),
        ]);
    }
    all.extend([
        Hostile::new("S24", Stage::Signature, "a long certificate", WHY, |given| {
            let info = "A".repeat(LARGE / 4 * 4);
            let info = format!(
                "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{info}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
            );
            unsigned_response(&stranger().key_info(&info).sign(&assertion_on("mallory", given)), given)
        }),
        Hostile::new("S24", Stage::Signature, "100 certificates", WHY, |given| {
            let one = format!("<ds:X509Certificate>{}</ds:X509Certificate>", keys().stranger.x509());
            let info = format!("<ds:KeyInfo><ds:X509Data>{}</ds:X509Data></ds:KeyInfo>", one.repeat(100));
            unsigned_response(&stranger().key_info(&info).sign(&assertion_on("mallory", given)), given)
        }),
        Hostile::new("S24", Stage::Signature, "a long signature", WHY, |given| {
            let text = stranger().sign(&assertion_on("mallory", given));
            let value = text.split("<ds:SignatureValue>").nth(1).unwrap().split('<').next().unwrap().to_owned();
            unsigned_response(&edit(&text, &value, &"A".repeat(LARGE / 4 * 4)), given)
        }),
    ]);
    all
}

fn stranger() -> Signer {
    Signer::new(&keys().stranger, Method::RsaSha256)
}

/// So many elements.
fn most(room: usize) -> usize {
    if room > SMALL { 9_000 } else { FEW }
}

fn elements(room: usize) -> String {
    let one = "<a></a>";
    one.repeat((room / one.len()).min(most(room)))
}

/// This in a value, under a signature with these prefixes in its list.
fn said(given: &Given, content: &str, prefixes: &str) -> String {
    let text = edit(&assertion_on("mallory", given), ">mallory of the works<", &format!(">{content}<"));
    let mut signer = stranger();
    if !prefixes.is_empty() {
        let transform = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
        let list = format!(
            "{transform}<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" \
             PrefixList=\"{prefixes}\"></ec:InclusiveNamespaces>"
        );
        signer = signer.before(transform, &list);
    }
    let signature = signer.signature("#_assertion", &bare(&text));
    unsigned_response(&edit(&text, PLACE, &signature), given)
}

/// So many of one element, within others that declare 30 namespaces each, under a list of some of these.
fn within(given: &Given, room: usize, one: &str) -> String {
    let levels = if room > SMALL { 18 } else { 10 };
    let open: String = (0..levels)
        .map(|level| {
            let all: String = (0..30).map(|number| format!(" xmlns:p{number}=\"urn:{level}:{number}\"")).collect();
            format!("<b{all}>")
        })
        .collect();
    let close = "</b>".repeat(levels);
    let left = room.saturating_sub(open.len() + close.len());
    let many = one.repeat((left / one.len()).min(most(room)));
    said(given, &format!("{open}{many}{close}"), "p0 p1 p2 p3 p4 p5 p6 p7")
}
