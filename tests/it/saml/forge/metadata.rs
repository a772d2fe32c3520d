//! What the identity provider publishes of itself.

use super::IDP;
use super::keys::{Key, keys};
use super::names::{DS, MD, SAMLP};
use super::sign::{PLACE, bare};

/// Which of its keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Published {
    /// RSA, and both of elliptic curves.
    #[default]
    Usual,
    /// The one that it signs with, and the next.
    Rollover,
    Expired,
    Rsa1024,
    Dsa,
}

impl Published {
    pub fn keys(self) -> Vec<&'static Key> {
        let keys = keys();
        match self {
            Self::Usual => vec![&keys.idp, &keys.p256, &keys.p384],
            Self::Rollover => vec![&keys.idp, &keys.next],
            Self::Expired => vec![&keys.expired],
            Self::Rsa1024 => vec![&keys.rsa1024],
            Self::Dsa => vec![&keys.dsa],
        }
    }

    pub fn text(self) -> String {
        let signing: String = self.keys().into_iter().map(|key| descriptor(Some("signing"), key)).collect();
        text(IDP, "", &signing)
    }
}

/// A key and what it is for.
pub fn descriptor(usage: Option<&str>, key: &Key) -> String {
    let usage = usage.map_or_else(String::new, |usage| format!(" use=\"{usage}\""));
    let certificate = key.x509();
    format!(
        "<md:KeyDescriptor{usage}><ds:KeyInfo xmlns:ds=\"{DS}\"><ds:X509Data><ds:X509Certificate>{certificate}\
         </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )
}

/// What an identity provider of this name says of itself, with a place for its signature. `more`: further attributes,
/// with a blank before them.
pub fn unsigned(entity: &str, more: &str, keys: &str) -> String {
    let binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-";
    let service = |name: &str, kind: &str, place: &str| {
        format!("<md:{name} Binding=\"{binding}{kind}\" Location=\"https://idp.example/{place}\"></md:{name}>")
    };
    let services = [
        service("SingleLogoutService", "Redirect", "slo"),
        service("SingleSignOnService", "Redirect", "sso"),
        service("SingleSignOnService", "POST", "sso"),
    ]
    .concat();
    format!(
        "<md:EntityDescriptor xmlns:md=\"{MD}\" ID=\"_metadata\" entityID=\"{entity}\"{more}>{PLACE}\
         <md:IDPSSODescriptor protocolSupportEnumeration=\"{SAMLP}\">{keys}{services}</md:IDPSSODescriptor>\
         </md:EntityDescriptor>"
    )
}

/// The same, which nobody has signed.
pub fn text(entity: &str, more: &str, keys: &str) -> String {
    bare(&unsigned(entity, more, keys))
}
