//! S21-S24: messages that are large, or become so.

use super::{Hostile, Stage};
use crate::saml::forge::message::{alice, assertion, attribute, unsigned_response};
use crate::saml::forge::sign::{PLACE, Signer, bare, signature_in, signed};
use crate::saml::forge::{Given, Sent, edit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const SIZE: &str = "whoever is nobody yet must not cost anything";

fn case<T: Into<Sent>>(id: &'static str, name: &str, make: impl Fn(&Given) -> T + Send + Sync + 'static) -> Hostile {
    Hostile::new(id, Stage::Form, name, SIZE, make)
}

pub(super) fn all() -> Vec<Hostile> {
    [programs(), many(), large()].into_iter().flatten().collect()
}

/// A program in XSLT that runs before anything is verified.
fn programs() -> Vec<Hostile> {
    let transform = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
    let style = move |body: &str| {
        format!(
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet \
             xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\"><xsl:template match=\"/\">{body}\
             </xsl:template></xsl:stylesheet></ds:Transform>{transform}"
        )
    };
    let loops = "<xsl:for-each select=\"//. | //@*\">".repeat(12);
    let ends = "</xsl:for-each>".repeat(12);
    let bomb = style(&format!("{loops}x{ends}"));
    let file = style("<xsl:copy-of select=\"document('file:///etc/passwd')\"></xsl:copy-of>");
    vec![
        case("S21", "an XSLT program of twelve loops", move |given| {
            unsigned_response(&Signer::usual().before(transform, &bomb).sign(&assertion(given)), given)
        }),
        case("S21", "an XSLT program that reads a file", move |given| {
            unsigned_response(&Signer::usual().before(transform, &file).sign(&assertion(given)), given)
        }),
        case("S21", "an XSLT program that asks a server", move |given| {
            let asks = format!("<xsl:copy-of select=\"document('http://127.0.0.1:{}/x')\"></xsl:copy-of>", given.trap);
            unsigned_response(&Signer::usual().before(transform, &style(&asks)).sign(&assertion(given)), given)
        }),
        case("S21", "an XPath filter that visits everything for everything", move |given| {
            let path = "count(//. | //@* | //namespace::*) > count(ancestor::*//. | //@*)".replace('>', "&gt;");
            let filter = format!(
                "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>{path}</ds:XPath>\
                 </ds:Transform>{transform}"
            );
            unsigned_response(&Signer::usual().before(transform, &filter).sign(&assertion(given)), given)
        }),
    ]
}

fn many() -> Vec<Hostile> {
    vec![
        case("S22", "1,000 References", |given| {
            let text = assertion(given);
            let signer = Signer::usual();
            let references = signer.reference("#_assertion", &bare(&text)).repeat(1000);
            unsigned_response(&edit(&text, PLACE, &signer.over(&references)), given)
        }),
        case("S22", "300 References", |given| {
            let text = assertion(given);
            let signer = Signer::usual();
            let references = signer.reference("#_assertion", &bare(&text)).repeat(300);
            unsigned_response(&edit(&text, PLACE, &signer.over(&references)), given)
        }),
        case("S22", "1,000 Signatures", |given| {
            let text = signed(&assertion(given));
            let signature = signature_in(&text);
            unsigned_response(&edit(&text, &signature, &signature.repeat(1000)), given)
        }),
        case("S22", "1,000 Transforms", |given| {
            let transform = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";
            let signer = Signer::usual().before(transform, &transform.repeat(1000));
            unsigned_response(&signer.sign(&assertion(given)), given)
        }),
        case("S22", "1,000 certificates", |given| {
            let text = alice(given);
            let certificate = text.split("<ds:X509Data>").nth(1).unwrap().split("</ds:X509Data>").next().unwrap();
            edit(&text, certificate, &certificate.repeat(1000))
        })
        // They are not looked at.
        .or("alice"),
        case("S22", "10 assertions", |given| {
            let one = |n: usize| signed(&assertion(given).replace("_assertion", &format!("_{n}")));
            unsigned_response(&(0..10).map(one).collect::<String>(), given)
        }),
        case("S22", "100 assertions", |given| {
            let all: String =
                (0..100).map(|n| signed(&assertion(given).replace("_assertion", &format!("_{n}")))).collect();
            unsigned_response(&all, given)
        }),
        case("S23", "1,000 attributes of one tag", |given| {
            let all: String = (0..1000).map(|n| format!(" a{n}=\"\"")).collect();
            edit(&alice(given), "<samlp:Response ", &format!("<samlp:Response{all} "))
        }),
        case("S23", "1,000 namespaces of one tag", |given| {
            let all: String = (0..1000).map(|n| format!(" xmlns:n{n}=\"urn:{n}\"")).collect();
            edit(&alice(given), "<samlp:Response ", &format!("<samlp:Response{all} "))
        }),
        case("S23", "50,000 attributes of one tag", |given| {
            let all: String = (0..50_000).map(|n| format!(" a{n}=\"\"")).collect();
            edit(&alice(given), "<samlp:Response ", &format!("<samlp:Response{all} "))
        }),
        case("S23", "50,000 namespaces of one tag", |given| {
            let all: String = (0..50_000).map(|n| format!(" xmlns:n{n}=\"urn:{n}\"")).collect();
            edit(&alice(given), "<samlp:Response ", &format!("<samlp:Response{all} "))
        }),
        case("S23", "an attribute of 5 MB", |given| {
            edit(&alice(given), "<samlp:Response ", &format!("<samlp:Response Consent=\"{}\" ", "x".repeat(5 << 20)))
        }),
        case("S23", "a name of 1 MB", |given| {
            let name = "n".repeat(1 << 20);
            edit(&alice(given), "<samlp:Status>", &format!("<{name}></{name}><samlp:Status>"))
        }),
        case("S49", "10,000 values of one attribute, of 500 characters each", |given| {
            let value = "v".repeat(500);
            let text = edit(
                &assertion(given),
                &attribute("groups", &["devs", "staff"]),
                &attribute("groups", &vec![value.as_str(); 10_000]),
            );
            unsigned_response(&signed(&text), given)
        }),
    ]
}

fn large() -> Vec<Hostile> {
    vec![
        case("S24", "20,000 elements", |given| {
            edit(&alice(given), "<samlp:Status>", &format!("{}<samlp:Status>", "<a/>".repeat(20_000)))
        }),
        case("S24", "100,000 elements deep", |given| {
            let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
            edit(&alice(given), "<samlp:Status>", &format!("{deep}<samlp:Status>"))
        }),
        case("S24", "1,000 elements deep", |given| {
            let deep = format!("{}{}", "<a>".repeat(1000), "</a>".repeat(1000));
            edit(&alice(given), "<samlp:Status>", &format!("{deep}<samlp:Status>"))
        }),
        case("S24", "10 MB", |given| {
            edit(&alice(given), "<samlp:Status>", &format!("{}<samlp:Status>", " ".repeat(10 << 20)))
        }),
        case("S24", "10 MB of elements", |given| {
            edit(&alice(given), "<samlp:Status>", &format!("{}<samlp:Status>", "<a/>".repeat(2_600_000)))
        }),
        case("S24", "10 KB that are 10 MB when they are inflated", |_| {
            let message = STANDARD.encode(deflated_spaces(10 << 20));
            let mut form = form_urlencoded::Serializer::new(String::new());
            Sent::Form(
                form.append_pair("SAMLResponse", &message)
                    .append_pair("RelayState", crate::saml::forge::STATE)
                    .finish(),
            )
        }),
    ]
}

/// Blanks, by DEFLATE's fixed codes (RFC 1951 §3.2.6): one literal, then copies of 258 bytes from one byte before.
pub fn deflated_spaces(size: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    // The last block, of fixed codes.
    bits.push(1, 1);
    bits.push(1, 2);
    bits.code(0x30 + u32::from(b' '), 8);
    for _ in 0..size / 258 {
        // Length 258 is symbol 285, distance 1 is symbol 0.
        bits.code(0b1100_0101, 8);
        bits.code(0, 5);
    }
    bits.code(0, 7);
    bits.0
}

/// Bits from the lowest on.
#[derive(Default)]
struct Bits(Vec<u8>, u8);

impl Bits {
    fn push(&mut self, value: u32, count: u8) {
        for at in 0..count {
            if self.1 == 0 {
                self.0.push(0);
            }
            if let Some(last) = self.0.last_mut() {
                *last |= u8::from(value >> at & 1 == 1) << self.1;
            }
            self.1 = (self.1 + 1) % 8;
        }
    }

    /// Huffman's codes come with their highest bit first.
    fn code(&mut self, code: u32, count: u8) {
        for at in (0..count).rev() {
            self.push(code >> at & 1, 1);
        }
    }
}
