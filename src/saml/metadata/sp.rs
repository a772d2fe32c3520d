//! rosterd's own metadata, signed where it has a key (SAML 2.0 Metadata §2.4.4).

use super::super::keys::KeyPair;
use super::super::names::{DSIG, METADATA, POST, PROTOCOL, REDIRECT};
use super::super::request::escape;
use super::super::sign::{enveloped, key_info};
use super::super::time;
use rosterd_core::ids::Timestamp;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// How long it says that it is good, in milliseconds.
const VALID: i64 = 7 * 86_400_000;
/// The ciphers that are asked for, the best first.
const CIPHERS: [&str; 3] = [
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
];

/// See the module's text.
#[derive(Debug, Clone, Copy)]
pub struct ServiceProvider<'a> {
    pub entity_id: &'a str,
    /// Where responses go, by form.
    pub consumer: &'a str,
    /// Where logouts go.
    pub logout: &'a str,
    /// The format of names.
    pub format: &'a str,
    /// Assertions have to be signed themselves.
    pub wants_signed: bool,
    pub keys: &'a [KeyPair],
}

impl ServiceProvider<'_> {
    /// The document. `None`: the library has no random numbers.
    #[must_use]
    pub fn xml(&self, now: Timestamp) -> Option<String> {
        let Self { entity_id, consumer, logout, format, wants_signed, keys } = self;
        let id = format!("_{}", hex(&Sha256::digest(format!("{entity_id} {}", now.0))));
        let start = format!(
            "<md:EntityDescriptor xmlns:md=\"{METADATA}\" ID=\"{id}\" cacheDuration=\"PT1H\" entityID=\"{}\" \
             validUntil=\"{}\">",
            escape(entity_id),
            time::write(now.plus_millis(VALID))
        );
        let mut xml = format!(
            "{start}<md:SPSSODescriptor AuthnRequestsSigned=\"{}\" WantAssertionsSigned=\"{wants_signed}\" \
             protocolSupportEnumeration=\"{PROTOCOL}\">",
            !keys.is_empty()
        );
        for key in *keys {
            let key = key_info(key).replacen("<ds:KeyInfo>", &format!("<ds:KeyInfo xmlns:ds=\"{DSIG}\">"), 1);
            let _ = write!(xml, "<md:KeyDescriptor use=\"signing\">{key}</md:KeyDescriptor>");
            let _ = write!(xml, "<md:KeyDescriptor use=\"encryption\">{key}");
            for cipher in CIPHERS {
                let _ = write!(xml, "<md:EncryptionMethod Algorithm=\"{cipher}\"></md:EncryptionMethod>");
            }
            xml.push_str("</md:KeyDescriptor>");
        }
        // Answers of ours and logouts of theirs come to one place.
        for binding in [REDIRECT, POST] {
            let _ = write!(
                xml,
                "<md:SingleLogoutService Binding=\"{binding}\" Location=\"{}\"></md:SingleLogoutService>",
                escape(logout)
            );
        }
        let _ = write!(
            xml,
            "<md:NameIDFormat>{}</md:NameIDFormat><md:AssertionConsumerService Binding=\"{POST}\" Location=\"{}\" \
             index=\"0\" isDefault=\"true\"></md:AssertionConsumerService></md:SPSSODescriptor></md:EntityDescriptor>",
            super::super::request::content(format),
            escape(consumer)
        );
        match keys.first() {
            Some(key) => enveloped(&xml, &id, start.len(), key),
            None => Some(xml),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
