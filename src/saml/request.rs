//! What rosterd asks an identity provider: to log somebody in (SAML 2.0 Core §3.4).
//!
//! Written in the canonical form; see [`super::sign`].

use super::keys::KeyPair;
use super::names::{ASSERTION, POST, PROTOCOL};
use super::redirect::{Part, address};
use super::{sign, time};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rosterd_core::ids::Timestamp;

/// See the module's text.
#[derive(Debug, Clone, Copy)]
pub struct AuthnRequest<'a> {
    pub id: &'a str,
    pub issued_at: Timestamp,
    /// The identity provider's address for it.
    pub destination: &'a str,
    /// Where the answer is to be sent.
    pub consumer: &'a str,
    pub entity_id: &'a str,
    /// The format of names.
    pub format: &'a str,
}

impl AuthnRequest<'_> {
    fn xml(&self) -> String {
        let Self { id, issued_at, destination, consumer, entity_id, format } = self;
        format!(
            "<samlp:AuthnRequest xmlns:samlp=\"{PROTOCOL}\" AssertionConsumerServiceURL=\"{}\" Destination=\"{}\" \
             ID=\"{}\" IssueInstant=\"{}\" ProtocolBinding=\"{POST}\" Version=\"2.0\">{}\
             <samlp:NameIDPolicy AllowCreate=\"true\" Format=\"{}\"></samlp:NameIDPolicy></samlp:AuthnRequest>",
            escape(consumer),
            escape(destination),
            escape(id),
            time::write(*issued_at),
            issuer(entity_id),
            escape(format)
        )
    }

    /// In an address. `None`: nothing can be signed now.
    #[must_use]
    pub fn address(&self, relay_state: Option<&str>, key: Option<&KeyPair>) -> Option<String> {
        address(self.destination, Part::Request, &self.xml(), relay_state, key)
    }

    /// For a form's field.
    #[must_use]
    pub fn form(&self, key: Option<&KeyPair>) -> Option<String> {
        posted(&self.xml(), self.id, key)
    }
}

/// Who says it.
pub(super) fn issuer(entity_id: &str) -> String {
    format!("<saml:Issuer xmlns:saml=\"{ASSERTION}\">{}</saml:Issuer>", content(entity_id))
}

/// A message for a form: signed within, where there is a key (SAML 2.0 Bindings §3.5.4).
pub(super) fn posted(message: &str, id: &str, key: Option<&KeyPair>) -> Option<String> {
    let signed = match key {
        Some(key) => {
            // Behind who says it (SAML 2.0 Core §3.2.1).
            let end = "</saml:Issuer>";
            Some(sign::enveloped(message, id, message.find(end)? + end.len(), key)?)
        }
        None => None,
    };
    Some(STANDARD.encode(signed.as_deref().unwrap_or(message)))
}

/// In an attribute's value, as the canonical form has it (Canonical XML §2.3).
pub(super) fn escape(text: &str) -> String {
    replaced(text, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '"' => Some("&quot;"),
        '\t' => Some("&#x9;"),
        '\n' => Some("&#xA;"),
        '\r' => Some("&#xD;"),
        _ => None,
    })
}

/// Between tags.
pub(super) fn content(text: &str) -> String {
    replaced(text, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\r' => Some("&#xD;"),
        _ => None,
    })
}

fn replaced(text: &str, by: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match by(c) {
            Some(other) => out.push_str(other),
            None => out.push(c),
        }
    }
    out
}
