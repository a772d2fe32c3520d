//! What is signed, and by which algorithm.

use super::Good;
use crate::saml::forge::keys::{Key, keys};
use crate::saml::forge::message::{assertion, response, unsigned_response};
use crate::saml::forge::metadata::Published;
use crate::saml::forge::sign::{Hash, Method, Signer, bare};
use crate::saml::forge::{Given, Site};

/// What of a message is signed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Layout {
    Assertion,
    Response,
    Both,
}

impl Layout {
    pub(super) const ALL: [(&'static str, Self); 3] =
        [("assertion", Self::Assertion), ("response", Self::Response), ("both", Self::Both)];

    fn make(self, signer: &Signer, given: &Given) -> String {
        let text = assertion(given);
        match self {
            Self::Assertion => unsigned_response(&signer.sign(&text), given),
            Self::Response => signer.sign(&response(&bare(&text), given)),
            Self::Both => signer.sign(&response(&signer.sign(&text), given)),
        }
    }
}

pub(super) fn all() -> Vec<Good> {
    type Of = fn() -> &'static Key;
    let methods: [(&str, Method, Of); 5] = [
        ("rsa-sha256", Method::RsaSha256, || &keys().idp),
        ("rsa-sha384", Method::RsaSha384, || &keys().idp),
        ("rsa-sha512", Method::RsaSha512, || &keys().idp),
        ("ecdsa-sha256", Method::EcdsaP256, || &keys().p256),
        ("ecdsa-sha384", Method::EcdsaP384, || &keys().p384),
    ];
    let mut all = Vec::new();
    for (what, layout) in Layout::ALL {
        for (name, method, key) in methods {
            all.push(Good::new(&format!("{what} signed, {name}"), move |given| {
                layout.make(&Signer::new(key(), method), given)
            }));
        }
    }
    for (name, hash) in [("sha384", Hash::Sha384), ("sha512", Hash::Sha512)] {
        all.push(Good::new(&format!("assertion signed, digest {name}"), move |given| {
            Layout::Assertion.make(&Signer::usual().hash(hash), given)
        }));
    }
    for (name, layout, lines) in [
        ("assertion signed where that is asked for", Layout::Assertion, "signed = \"assertion\""),
        ("response signed where that is asked for", Layout::Response, "signed = \"response\""),
        ("both signed where that is asked for", Layout::Both, "signed = \"both\""),
        ("both signed where the assertion is asked for", Layout::Both, "signed = \"assertion\""),
        ("both signed where the response is asked for", Layout::Both, "signed = \"response\""),
    ] {
        let make = move |given: &Given| layout.make(&Signer::usual(), given);
        all.push(Good::new(name, make).at(Site::with(lines)));
    }
    all.extend([
        Good::new("the next of two published keys", |given| {
            Layout::Assertion.make(&Signer::new(&keys().next, Method::RsaSha256), given)
        })
        .at(Site::of(Published::Rollover)),
        Good::new("the present one of two published keys", |given| Layout::Assertion.make(&Signer::usual(), given))
            .at(Site::of(Published::Rollover)),
        // S54: metadata says which key it is; the certificate's dates say nothing of that (SAML metadata
        // interoperability profile §2.6.1).
        Good::new("s54 a key whose certificate has ended", |given| {
            Layout::Assertion.make(&Signer::new(&keys().expired, Method::RsaSha256), given)
        })
        .at(Site::of(Published::Expired)),
        Good::new("no KeyInfo", |given| Layout::Assertion.make(&Signer::usual().key_info(""), given)),
        Good::new("KeyInfo with the key's name only", |given| {
            let info = "<ds:KeyInfo><ds:KeyName>idp</ds:KeyName></ds:KeyInfo>";
            Layout::Assertion.make(&Signer::usual().key_info(info), given)
        }),
        Good::new("KeyInfo with the key's numbers", |given| {
            let info = format!(
                "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{}</ds:Modulus><ds:Exponent>AQAB</ds:Exponent>\
                 </ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>",
                keys().idp.modulus()
            );
            Layout::Assertion.make(&Signer::usual().key_info(&info), given)
        }),
    ]);
    all
}
