//! S19, S20, S30 and S31: signatures that the identity provider's key has made, and that say too little or too much of
//! what they are over.

use super::{Hostile, Stage};
use crate::saml::forge::edit;
use crate::saml::forge::message::{ASSERTION_ID, EVIL_ID, alice, assertion, forged, response, unsigned_response};
use crate::saml::forge::names::{EXCLUSIVE, INCLUSIVE};
use crate::saml::forge::sign::{PLACE, Signer, bare, signature_in, signed};

const REFERENCES: &str = "a signature is over the element that it stands in, and over nothing else (SAML core §5.4.2)";
const TRANSFORMS: &str = "two transforms are allowed (SAML core §5.4.4): any other decides what is signed";
const IDS: &str = "which element has the id is what decides what is signed";

pub(super) fn all() -> Vec<Hostile> {
    [references(), places(), transforms(), nothing(), ids()].into_iter().flatten().collect()
}

fn uri(name: &str, uri: &'static str) -> Hostile {
    Hostile::new("S19", Stage::Form, name, REFERENCES, move |given| {
        let signer = Signer::usual().before(&format!("URI=\"#{ASSERTION_ID}\""), uri);
        unsigned_response(&signer.sign(&assertion(given)), given)
    })
}

fn references() -> Vec<Hostile> {
    vec![
        Hostile::new("S19", Stage::Form, "an empty SignatureValue", "nothing is signed", |given| {
            let text = alice(given);
            let value = text.split("<ds:SignatureValue>").nth(1).unwrap().split('<').next().unwrap().to_owned();
            edit(&text, &value, "")
        }),
        Hostile::new("S19", Stage::Form, "no Reference", REFERENCES, |given| {
            let text = assertion(given);
            unsigned_response(&edit(&text, PLACE, &Signer::usual().over("")), given)
        }),
        Hostile::new("S19", Stage::Form, "two References, both right", REFERENCES, |given| {
            let text = assertion(given);
            let signer = Signer::usual();
            let reference = signer.reference(&format!("#{ASSERTION_ID}"), &bare(&text));
            unsigned_response(&edit(&text, PLACE, &signer.over(&reference.repeat(2))), given)
        }),
        uri("no URI", ""),
        uri("an empty fragment", "URI=\"#\""),
        uri("an XPointer of the id", "URI=\"#xpointer(id('_assertion'))\""),
        uri("an XPointer of everything", "URI=\"#xpointer(/)\""),
        uri("a pointer to the first element", "URI=\"#element(/1)\""),
        uri("a file", "URI=\"file:///etc/passwd\""),
        uri("an id that nobody has", "URI=\"#_nobody\""),
        uri("blanks about the id", "URI=\"# _assertion\""),
        uri("the id by its character's number", "URI=\"#%5Fassertion\""),
        uri("a manifest", "Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\" URI=\"#_assertion\""),
        Hostile::new("S19", Stage::Form, "another host's document", REFERENCES, |given| {
            let to = format!("URI=\"http://127.0.0.1:{}/assertion\"", given.trap);
            let signer = Signer::usual().before(&format!("URI=\"#{ASSERTION_ID}\""), &to);
            unsigned_response(&signer.sign(&assertion(given)), given)
        }),
    ]
}

fn places() -> Vec<Hostile> {
    vec![
        Hostile::new("S19", Stage::Form, "the whole document, from within the assertion", REFERENCES, |given| {
            let whole = unsigned_response(&assertion(given).replace(PLACE, "[inside]"), given);
            let signature = Signer::usual().signature("", &whole.replace("[inside]", ""));
            edit(&whole, "[inside]", &signature)
        }),
        Hostile::new("S19", Stage::Form, "the whole document, from within the response", REFERENCES, |given| {
            let whole = response(&bare(&assertion(given)), given);
            edit(&whole, PLACE, &Signer::usual().signature("", &bare(&whole)))
        }),
        Hostile::new("S19", Stage::Form, "a signature beside the assertion", REFERENCES, |given| {
            let text = bare(&assertion(given));
            let signature = Signer::usual().signature(&format!("#{ASSERTION_ID}"), &text);
            unsigned_response(&format!("{text}{signature}"), given)
        }),
        Hostile::new("S19", Stage::Form, "a response's signature that is over its assertion", REFERENCES, |given| {
            let text = bare(&assertion(given));
            let signature = Signer::usual().signature(&format!("#{ASSERTION_ID}"), &text);
            edit(&response(&text, given), PLACE, &signature)
        }),
        Hostile::new("S19", Stage::Form, "a signature around the assertion", REFERENCES, |given| {
            let text = bare(&assertion(given));
            let signature = Signer::usual().signature(&format!("#{ASSERTION_ID}"), &text);
            let object = format!("<ds:Object>{text}</ds:Object></ds:Signature>");
            unsigned_response(&edit(&signature, "</ds:Signature>", &object), given)
        }),
        Hostile::new("S19", Stage::Form, "the signature within the subject", REFERENCES, |given| {
            let text = assertion(given);
            let signature = Signer::usual().signature(&format!("#{ASSERTION_ID}"), &bare(&text));
            unsigned_response(&edit(&bare(&text), "</saml:Subject>", &format!("{signature}</saml:Subject>")), given)
        }),
        Hostile::new(
            "S19",
            Stage::Form,
            "two signatures of one assertion, the second a stranger's",
            REFERENCES,
            |given| {
                let text = signed(&assertion(given));
                let signature = signature_in(&text);
                let second = super::xsw::signature_over(&bare(&assertion(given)));
                unsigned_response(&edit(&text, &signature, &format!("{signature}{second}")), given)
            },
        ),
    ]
}

const FIRST: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>";
const SECOND: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";

fn transformed(name: &str, from: &str, to: String) -> Hostile {
    let from = from.to_owned();
    Hostile::new("S20", Stage::Form, name, TRANSFORMS, move |given| {
        unsigned_response(&Signer::usual().before(&from, &to).sign(&assertion(given)), given)
    })
}

fn transforms() -> Vec<Hostile> {
    let transform = |uri: &str, content: &str| format!("<ds:Transform Algorithm=\"{uri}\">{content}</ds:Transform>");
    let xpath = "<ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>";
    let filter = "http://www.w3.org/2002/06/xmldsig-filter2";
    let subtract =
        format!("<f:XPath xmlns:f=\"{filter}\" Filter=\"subtract\">//*[local-name()='AttributeStatement']</f:XPath>");
    let list = "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"";
    vec![
        transformed(
            "XPath",
            FIRST,
            format!("{FIRST}{}", transform("http://www.w3.org/TR/1999/REC-xpath-19991116", xpath)),
        ),
        transformed(
            "XPath instead of the first",
            FIRST,
            transform("http://www.w3.org/TR/1999/REC-xpath-19991116", xpath),
        ),
        transformed("XPath filter 2", FIRST, format!("{FIRST}{}", transform(filter, &subtract))),
        transformed("XSLT", FIRST, format!("{FIRST}{}", transform("http://www.w3.org/TR/1999/REC-xslt-19991116", ""))),
        transformed("base64", SECOND, transform("http://www.w3.org/2000/09/xmldsig#base64", "")),
        transformed("inclusive canonicalization", SECOND, transform(INCLUSIVE, "")),
        transformed("one that nobody knows", SECOND, transform("urn:works:transform", "")),
        transformed("three, the last twice", SECOND, SECOND.repeat(2)),
        transformed("the other way round", &format!("{FIRST}{SECOND}"), format!("{SECOND}{FIRST}")),
        transformed("the first only", SECOND, String::new()),
        transformed("the second only", FIRST, String::new()),
        transformed("no Transforms", &format!("<ds:Transforms>{FIRST}{SECOND}</ds:Transforms>"), String::new()),
        transformed("a list of 1,000 prefixes", SECOND, {
            let names: Vec<String> = (0..1000).map(|number| format!("p{number}")).collect();
            transform(EXCLUSIVE, &format!("{list}{}\"></ec:InclusiveNamespaces>", names.join(" ")))
        }),
        transformed(
            "a list of nine prefixes",
            SECOND,
            transform(EXCLUSIVE, &format!("{list}a b c d e f g h i\"></ec:InclusiveNamespaces>")),
        ),
        Hostile::new("S20", Stage::Form, "inclusive canonicalization of SignedInfo", TRANSFORMS, |given| {
            let from = format!("CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"");
            let to = format!("CanonicalizationMethod Algorithm=\"{INCLUSIVE}\"");
            unsigned_response(&Signer::usual().before(&from, &to).sign(&assertion(given)), given)
        }),
    ]
}

/// S30: where canonicalization fails some libraries go on with nothing.
fn nothing() -> Vec<Hostile> {
    let why = "canonicalization refuses a relative namespace; what is left is the digest of nothing";
    vec![
        Hostile::new(
            "S30",
            Stage::Form,
            "a relative namespace in an assertion whose digest is of nothing",
            why,
            |given| {
                let evil = edit(&forged(ASSERTION_ID, given), " ID=", " xmlns:x=\"relative\" ID=");
                let signature = Signer::usual().signature(&format!("#{ASSERTION_ID}"), "");
                unsigned_response(&edit(&evil, "</saml:Issuer>", &format!("</saml:Issuer>{signature}")), given)
            },
        ),
        Hostile::new(
            "S30",
            Stage::Form,
            "a relative namespace in SignedInfo, whose signature is of nothing",
            why,
            |given| {
                let evil = forged(ASSERTION_ID, given);
                let signer = Signer::usual();
                let signature = signer.signature(&format!("#{ASSERTION_ID}"), &evil);
                let value =
                    signature.split("<ds:SignatureValue>").nth(1).unwrap().split('<').next().unwrap().to_owned();
                let of_nothing = signer.value_of("");
                let signature = edit(&signature, &value, &of_nothing);
                let signature = edit(&signature, "<ds:SignedInfo>", "<ds:SignedInfo xmlns:x=\"relative\">");
                unsigned_response(&edit(&evil, "</saml:Issuer>", &format!("</saml:Issuer>{signature}")), given)
            },
        ),
        Hostile::new(
            "S30",
            Stage::Signature,
            "an assertion with the digest of nothing",
            "it is not what was signed",
            |given| {
                let evil = forged(ASSERTION_ID, given);
                let signature = Signer::usual().signature(&format!("#{ASSERTION_ID}"), "");
                unsigned_response(&edit(&evil, "</saml:Issuer>", &format!("</saml:Issuer>{signature}")), given)
            },
        ),
        Hostile::new("S30", Stage::Form, "a relative namespace about a genuine login", why, |given| {
            edit(&alice(given), "<samlp:Response ", "<samlp:Response xmlns:x=\"../relative\" ")
        })
        .or("alice"),
    ]
}

/// S31: the signed assertion within Extensions, a forged one that has its id in another way.
fn ids() -> Vec<Hostile> {
    let moved = |name: &str, from: &'static str, to: &'static str| {
        Hostile::new("S31", Stage::Form, name, IDS, move |given| {
            let genuine = signed(&assertion(given));
            let signature = signature_in(&genuine);
            let evil = edit(&super::xsw::evil_with(EVIL_ID, &signature, given), from, to);
            let hidden = super::xsw::extensions("samlp", &edit(&genuine, &signature, ""));
            edit(&unsigned_response(&evil, given), "<samlp:Status>", &format!("{hidden}<samlp:Status>"))
        })
    };
    let renamed = |name: &str, to: &'static str| {
        Hostile::new("S31", Stage::Form, name, IDS, move |given| {
            let signer = Signer::usual();
            let text = edit(&assertion(given), " ID=\"_assertion\" IssueInstant", to);
            let signature = signer.signature("#_assertion", &bare(&text));
            unsigned_response(&edit(&text, PLACE, &signature), given)
        })
    };
    vec![
        moved("`Id` beside `ID`", " ID=\"_evil\"", " ID=\"_evil\" Id=\"_assertion\""),
        moved("`id` beside `ID`", " ID=\"_evil\"", " ID=\"_evil\" id=\"_assertion\""),
        moved("`xml:id` beside `ID`", " ID=\"_evil\"", " ID=\"_evil\" xml:id=\"_assertion\""),
        moved(
            "an `ID` of another namespace",
            " ID=\"_evil\"",
            " ID=\"_evil\" xmlns:evil=\"urn:evil\" evil:ID=\"_assertion\"",
        ),
        moved("the id in capitals", " ID=\"_evil\"", " ID=\"_ASSERTION\""),
        moved("the id with blanks", " ID=\"_evil\"", " ID=\" _assertion \""),
        renamed("`Id` instead of `ID`", " Id=\"_assertion\" IssueInstant"),
        renamed("`AssertionID` instead of `ID`", " AssertionID=\"_assertion\" IssueInstant"),
        Hostile::new("S31", Stage::Form, "one id for the response and the assertion", IDS, |given| {
            edit(&alice(given), "ID=\"_response\"", "ID=\"_assertion\"")
        }),
        Hostile::new("S31", Stage::Form, "an empty id", IDS, |given| {
            let text = edit(&assertion(given), " ID=\"_assertion\"", " ID=\"\"");
            unsigned_response(&edit(&text, PLACE, &Signer::usual().signature("#", &bare(&text))), given)
        }),
    ]
}
