//! SAML 2.0 messages, whoever brings them: what is believed of one is decided here and nowhere else.
//!
//! ```text
//!  text ─▶ xml ─▶ shape ─▶ verifier ─▶ the bytes that were signed ─▶ shape ─▶ assertion ─▶ profile
//!         limits  one      two other                                 again    what it      whether it is
//!                 place    programs,                                          says         for us, now
//!                 for all  one answer
//! ```
//!
//! [`xml`] and [`shape`] refuse what no honest provider sends, before any cryptography; [`decrypt`] opens what is
//! encrypted; [`verifier`] has signatures verified in processes of their own; [`response`] is the way through all of it.
//! [`request`] and [`sign`] are what rosterd itself says, [`redirect`] and [`post`](request) how it gets there, and
//! [`metadata`] how each side is known to the other. Who is configured, and what becomes of a login, is not known here.

mod assertion;
mod certificate;
mod decrypt;
mod keys;
mod logout;
pub mod metadata;
mod names;
mod profile;
mod redirect;
mod request;
mod response;
mod shape;
mod sign;
mod signature;
mod time;
mod verifier;
mod xml;

pub use assertion::{Attribute, NameId, Statement};
pub use certificate::{Certificate, NotACertificate};
pub use decrypt::Ciphers;
pub use keys::{BadKeys, KeyPair};
pub use logout::{Ended, LogoutRequest, LogoutResponse, unpacked};
pub use profile::{Answers, Expected};
pub use redirect::Part;
pub use request::AuthnRequest;
pub use response::{NotRead, Policy, Trust, examine, read};
pub use verifier::{Verifier, VerifierError};

/// Why a message is not believed. Words of ours: nothing that stands in the message is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refused {
    /// A stable word for outputs, logs and metrics.
    pub code: &'static str,
    pub why: &'static str,
}

impl Refused {
    pub(crate) const fn new(code: &'static str, why: &'static str) -> Self {
        Self { code, why }
    }
}
