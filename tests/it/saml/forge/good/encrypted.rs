//! S45: assertions that are encrypted, in every layout.

use super::Good;
use crate::saml::forge::encrypt::{Data, Encryption, Place, Wrap};
use crate::saml::forge::message::{assertion, response, unsigned_response};
use crate::saml::forge::sign::{bare, signed};
use crate::saml::forge::{Given, Site};

/// Where the signature is, seen from the encryption.
#[derive(Debug, Clone, Copy)]
enum Signature {
    Outside,
    Inside,
    Both,
}

impl Signature {
    fn make(self, encryption: &Encryption, given: &Given) -> String {
        let text = assertion(given);
        match self {
            Self::Outside => signed(&response(&encryption.assertion(&bare(&text)), given)),
            Self::Inside => unsigned_response(&encryption.assertion(&signed(&text)), given),
            Self::Both => signed(&response(&encryption.assertion(&signed(&text)), given)),
        }
    }
}

pub(super) fn all() -> Vec<Good> {
    let mut all = Vec::new();
    let signatures = [("outside", Signature::Outside), ("inside", Signature::Inside), ("both", Signature::Both)];
    let places = [("within", Place::Within), ("beside", Place::Beside)];
    let gcm = [
        ("aes128-gcm, rsa-oaep-mgf1p", Data::Gcm128, Wrap::OaepMgf1p),
        ("aes192-gcm, rsa-oaep-mgf1p", Data::Gcm192, Wrap::OaepMgf1p),
        ("aes256-gcm, rsa-oaep", Data::Gcm256, Wrap::Oaep),
    ];
    let cbc = [
        ("aes128-cbc, rsa-oaep-mgf1p", Data::Cbc128, Wrap::OaepMgf1p),
        ("aes192-cbc, rsa-oaep-mgf1p", Data::Cbc192, Wrap::OaepMgf1p),
        ("aes256-cbc, rsa-oaep", Data::Cbc256, Wrap::Oaep),
    ];
    for (signature_name, signature) in signatures {
        for (place_name, place) in places {
            for (name, data, wrap) in gcm {
                let encryption = Encryption { data, wrap, place };
                all.push(Good::new(
                    &format!("s45 encrypted, signature {signature_name}, key {place_name}, {name}"),
                    move |given| signature.make(&encryption, given),
                ));
            }
        }
        for (name, data, wrap) in cbc {
            let encryption = Encryption { data, wrap, place: Place::Within };
            all.push(
                Good::new(&format!("s47 encrypted, signature {signature_name}, {name}, allowed"), move |given| {
                    signature.make(&encryption, given)
                })
                .at(Site::with("cbc = true")),
            );
        }
    }
    all
}
