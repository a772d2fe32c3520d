//! Signed tokens (RFC 7515, RFC 7519), whoever shows them: what is believed of one is decided here and nowhere else.
//!
//! [`open`] takes a token apart, by its own rules of form; [`verify`] finds out who signed it, by keys and algorithms
//! that are ours to choose; [`claims`] compares what it says with what it has to say. What rosterd itself signs is in
//! [`sign`]. Pure: no clock, no file, no socket.

mod claims;
mod json;
mod keys;
mod sign;
mod token;

pub use claims::{Audience, Checks, Claims, hash_of, moment, subject};
pub use json::{FEW, MANY, NotJson, parse};
pub use keys::Keys;
pub use sign::SigningKey;
pub use token::{Kind, LONGEST, Opened, open, verify};

/// Why a token is not believed. A word of ours: nothing that stands in the token is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("it is longer than any token that is believed")]
    Size,
    #[error("it is not a signed token")]
    Form,
    #[error("its header says what is not understood")]
    Header,
    #[error("it is another kind of token")]
    Type,
    #[error("its algorithm is not among those that are allowed")]
    Algorithm,
    /// There may be a newer key.
    #[error("no key of the issuer fits it")]
    Key,
    #[error("its signature is wrong")]
    Signature,
    #[error("another issuer made it")]
    Issuer,
    #[error("it was made for somebody else")]
    Audience,
    #[error("it does not count now")]
    Time,
    #[error("it belongs to another login")]
    Nonce,
    #[error("it does not belong to the other token")]
    Hash,
    #[error("it names nobody")]
    Subject,
}

impl Refused {
    /// A stable word for outputs, logs and metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Size => "token-size",
            Self::Form => "token-form",
            Self::Header => "token-header",
            Self::Type => "token-type",
            Self::Algorithm => "token-algorithm",
            Self::Key => "token-key",
            Self::Signature => "token-signature",
            Self::Issuer => "token-issuer",
            Self::Audience => "token-audience",
            Self::Time => "token-time",
            Self::Nonce => "token-nonce",
            Self::Hash => "token-hash",
            Self::Subject => "token-subject",
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests;
