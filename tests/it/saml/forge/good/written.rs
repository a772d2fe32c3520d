//! The same messages, written in every way that says the same.
//!
//! What changes behind the signature is what Exclusive XML Canonicalization takes away again.

use super::{Good, Says};
use crate::saml::forge::message::{alice, alice_by_response, assertion, attribute, response, unsigned_response};
use crate::saml::forge::names::{DS, XS, XSI};
use crate::saml::forge::sign::{Signer, bare, renamed, signed};
use crate::saml::forge::{Sent, edit};

const DECLARED: &str = " xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"";

pub(super) fn all() -> Vec<Good> {
    [prefixes(), behind_the_signature(), types()].into_iter().flatten().collect()
}

/// No prefix where there was this one.
fn defaulted(text: &str, prefix: &str) -> String {
    let text = text.replace(&format!("<{prefix}:"), "<").replace(&format!("</{prefix}:"), "</");
    text.replace(&format!(" xmlns:{prefix}="), " xmlns=")
}

fn prefixes() -> Vec<Good> {
    vec![
        Good::new("other prefixes, assertion signed", |given| {
            let text = renamed(&assertion(given), "saml", "a");
            renamed(&renamed(&unsigned_response(&signed(&text), given), "samlp", "p"), "saml", "iss")
        }),
        Good::new("other prefixes, response signed", |given| {
            let text = response(&bare(&renamed(&assertion(given), "saml", "zzz")), given);
            signed(&renamed(&renamed(&text, "samlp", "saml2p"), "saml", "saml2"))
        }),
        Good::new("prefixes that usually mean the other namespace", |given| {
            let outer = renamed(&renamed(&unsigned_response("[content]", given), "saml", "x"), "samlp", "saml");
            let inner = signed(&renamed(&assertion(given), "saml", "samlp"));
            edit(&renamed(&outer, "x", "samlp"), "[content]", &inner)
        }),
        Good::new("no prefix for the assertion", |given| {
            unsigned_response(&signed(&defaulted(&assertion(given), "saml")), given)
        }),
        Good::new("no prefix for the response, which is signed", |given| {
            let text = response(&bare(&assertion(given)), given);
            signed(&defaulted(&text, "samlp"))
        }),
        Good::new("no prefix anywhere", |given| {
            let text = defaulted(&bare(&assertion(given)), "saml");
            let outer = defaulted(&defaulted(&response("[content]", given), "samlp"), "saml");
            signed(&edit(&outer, "[content]", &text))
        }),
        Good::new("another prefix for the signature", |given| {
            unsigned_response(&Signer::usual().prefix("dsig").sign(&assertion(given)), given)
        }),
    ]
}

fn behind_the_signature() -> Vec<Good> {
    vec![
        Good::new("an XML declaration", |given| format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{}", alice(given))),
        Good::new("an XML declaration in single quotes and a line's end", |given| {
            format!("<?xml version='1.0' encoding='utf-8' standalone='yes'?>\r\n{}\n", alice(given))
        }),
        Good::new("all namespaces at the top", |given| {
            let text = alice(given).replace(DECLARED, "").replace(&format!(" xmlns:ds=\"{DS}\""), "");
            edit(&text, "<samlp:Response ", &format!("<samlp:Response{DECLARED} xmlns:ds=\"{DS}\" "))
        }),
        Good::new("all namespaces at the top, response signed", |given| {
            let text = alice_by_response(given).replace(DECLARED, "");
            edit(&text, "<samlp:Response ", &format!("<samlp:Response{DECLARED} "))
        }),
        Good::new("namespaces that nobody uses", |given| {
            edit(
                &alice(given),
                "<samlp:Response ",
                &format!("<samlp:Response xmlns:xs=\"{XS}\" xmlns:u=\"urn:unused\" "),
            )
        }),
        Good::new("namespaces declared again and again", |given| {
            alice(given).replace("<saml:Audience>", &format!("<saml:Audience{DECLARED}>"))
        }),
        Good::new("attributes in single quotes", |given| {
            edit(
                &alice(given),
                "Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"",
                "Method='urn:oasis:names:tc:SAML:2.0:cm:bearer'",
            )
        }),
        Good::new("attributes in another order", |given| {
            let text = alice(given);
            edit(
                &edit(&text, " ID=\"_assertion\"", ""),
                " Version=\"2.0\"><saml:Issuer>",
                " Version=\"2.0\" ID=\"_assertion\"><saml:Issuer>",
            )
        }),
        Good::new("blanks and line ends within tags", |given| {
            edit(&alice(given), "<saml:Assertion xmlns:saml=", "<saml:Assertion\n    xmlns:saml = ")
                .replace("</saml:Issuer>", "</saml:Issuer  >")
        }),
        Good::new("empty elements as one tag", |given| {
            let text = alice(given).replace("></ds:Transform>", "/>").replace("></samlp:StatusCode>", " />");
            text.replace("></saml:SubjectConfirmationData>", "/>").replace("></ds:CanonicalizationMethod>", "/>")
        }),
        Good::new("characters by their numbers", |given| {
            edit(&alice(given), "<saml:AttributeValue>devs<", "<saml:AttributeValue>&#100;e&#x76;s<")
        }),
        Good::new("blank lines between all elements", |given| {
            let spaced = |text: &str| text.replace("><saml:", ">\n  <saml:").replace("></saml:", ">\n  </saml:");
            // A value is on one line.
            let text = spaced(&assertion(given))
                .replace("\n  </saml:SubjectConfirmationData>", "</saml:SubjectConfirmationData>");
            unsigned_response(&format!("\n{}\n", signed(&text)), given)
        }),
        Good::new("base64 in lines of 76", |given| {
            let lines = |text: &str| {
                text.as_bytes()
                    .chunks(76)
                    .map(|line| String::from_utf8_lossy(line).into_owned())
                    .collect::<Vec<_>>()
                    .join("\n")
            };
            let text = alice(given);
            let value = text.split("<ds:SignatureValue>").nth(1).unwrap().split('<').next().unwrap().to_owned();
            let certificate = text.split("<ds:X509Certificate>").nth(1).unwrap().split('<').next().unwrap().to_owned();
            let text = edit(&text, &value, &format!("\n{}\n", lines(&value)));
            edit(&text, &certificate, &format!("\n{}\n", lines(&certificate)))
        }),
        Good::new("base64 of the form in lines", |given| {
            let form = Sent::from(alice(given)).form();
            let (before, rest) = form.split_at(200);
            Sent::Form(format!("{before}%0D%0A{rest}"))
        }),
        Good::new("prefixes kept by a list", |given| {
            let transform = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
            let listed = format!(
                "{transform}<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"xs\"></ec:InclusiveNamespaces>"
            );
            let text = edit(&assertion(given), " ID=", &format!(" xmlns:xs=\"{XS}\" ID="));
            unsigned_response(&Signer::usual().before(transform, &listed).sign(&text), given)
        }),
    ]
}

fn types() -> Vec<Good> {
    vec![
        Good::new("values with their type", |given| {
            let canonical = format!("<saml:AttributeValue xmlns:xsi=\"{XSI}\" xsi:type=\"xs:string\">");
            let text = assertion(given).replace("<saml:AttributeValue>", &canonical);
            // What is only in a value is no use of a prefix: the canonical form leaves its declaration out.
            let declared =
                format!("<saml:AttributeValue xmlns:xs=\"{XS}\" xmlns:xsi=\"{XSI}\" xsi:type=\"xs:string\">");
            unsigned_response(&signed(&text).replace(&canonical, &declared), given)
        }),
        Good::new("values with their type, declared at the top", |given| {
            let canonical = format!("<saml:AttributeValue xmlns:xsi=\"{XSI}\" xsi:type=\"xs:string\">");
            let text = assertion(given).replace("<saml:AttributeValue>", &canonical);
            let text = signed(&text).replace(&canonical, "<saml:AttributeValue xsi:type=\"xs:string\">");
            let text = edit(&text, " ID=", &format!(" xmlns:xs=\"{XS}\" xmlns:xsi=\"{XSI}\" ID="));
            unsigned_response(&text, given)
        }),
        Good::new("a group with characters that XML writes otherwise", |given| {
            let old = attribute("groups", &["devs", "staff"]);
            let text = edit(&assertion(given), &old, &attribute("groups", &["R&amp;D &lt;all&gt;", "Überall 部"]));
            unsigned_response(&signed(&text), given)
        })
        .says(Says::groups(&["R&D <all>", "Überall 部"])),
    ]
}
