//! What a hostile directory or browser can send, and what must be true of every answer to it.
//!
//! A target takes any bytes and panics where something that is promised does not hold. `make fuzz`
//! lets a fuzzer look for such bytes, led by which code they reach; `tests/corpus.rs` tries again
//! what it has found until now. Nothing here knows what a fuzzer is.
#![expect(clippy::expect_used, reason = "a target stops at the first thing that is not as it must be")]

mod directory;
mod filter;
mod inbox;
mod measure;
mod message;
mod names;
mod request;
mod saml;
mod speech;
mod values;

/// A target's name, which is its folder of the corpus as well, and the target.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 8] = [
    // One message: decoded, walked through, written again.
    ("message", message::target),
    // The values of controls and of messages in between, on their own.
    ("values", values::target),
    // Bytes that arrive in pieces, up to where a message is whole.
    ("inbox", inbox::target),
    // What a server says on its connections, and what a whole reading makes of it.
    ("directory", directory::target),
    // What rosterd sends, read again.
    ("request", request::target),
    // A filter's text.
    ("filter", filter::target),
    // A DN's text.
    ("names", names::target),
    // A SAML response, and an identity provider's metadata.
    ("saml", saml::target),
];

/// The target of that name.
#[must_use]
pub fn find(name: &str) -> Option<fn(&[u8])> {
    TARGETS.into_iter().find(|(known, _)| *known == name).map(|(_, target)| target)
}
