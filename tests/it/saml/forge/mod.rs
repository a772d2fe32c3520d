//! Makes messages of a SAML identity provider, good ones and hostile ones, by code that shares nothing with rosterd's.
//!
//! Everything is made for one moment, [`now`]. Texts are written in canonical form (Exclusive XML Canonicalization 1.0),
//! so that what is signed is the text as it stands; see [`message`]. Nothing here knows how a message is read.

pub mod encrypt;
pub mod good;
pub mod hostile;
pub mod keys;
pub mod message;
pub mod metadata;
pub mod names;
pub mod sign;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

/// When everything is said, in milliseconds, unless somebody sets [`MOMENT`]: 2026-05-28T20:26:40Z.
pub const NOW: i64 = 1_780_000_000_000;
/// When messages are made for a program that has a clock of its own.
pub static MOMENT: AtomicI64 = AtomicI64::new(NOW);

/// When everything is said, in milliseconds.
pub fn now() -> i64 {
    MOMENT.load(Ordering::Relaxed)
}

/// What rosterd calls itself, and where it is answered.
pub const SP: &str = "https://rosterd.example/saml";
pub const ACS: &str = "https://rosterd.example/login/sso/callback";
/// Where it is told that somebody has logged out.
pub const SLO: &str = "https://rosterd.example/login/sso/logout";
/// What the identity provider calls itself.
pub const IDP: &str = "https://idp.example/saml";
/// What a message is sent back with.
pub const STATE: &str = "a-state-that-was-drawn";

/// A moment so many seconds from [`now`], as XML Schema writes it.
pub fn at(seconds: i64) -> String {
    jiff::Timestamp::from_millisecond(now() + seconds * 1000).unwrap().to_string()
}

/// What a message can be made for.
#[derive(Debug, Clone)]
pub struct Given {
    /// The id of the request that it answers.
    pub request: String,
    /// A port of this machine at which nobody may ask for anything.
    pub trap: u16,
}

/// What the browser brings.
#[derive(Debug, Clone)]
pub enum Sent {
    /// A message, in base64 in the form's field.
    Message(Vec<u8>),
    /// The whole form.
    Form(String),
}

impl Sent {
    /// The form's body.
    pub fn form(&self) -> String {
        match self {
            Self::Message(bytes) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                form.append_pair("SAMLResponse", &STANDARD.encode(bytes)).append_pair("RelayState", STATE);
                form.finish()
            }
            Self::Form(form) => form.clone(),
        }
    }
}

impl From<String> for Sent {
    fn from(xml: String) -> Self {
        Self::Message(xml.into_bytes())
    }
}

/// How a case comes to its message.
pub struct Make(Box<dyn Fn(&Given) -> Sent + Send + Sync>);

impl Make {
    pub fn new<T: Into<Sent>>(make: impl Fn(&Given) -> T + Send + Sync + 'static) -> Self {
        Self(Box::new(move |given| make(given).into()))
    }

    pub fn sent(&self, given: &Given) -> Sent {
        (self.0)(given)
    }
}

impl fmt::Debug for Make {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Make")
    }
}

/// To whom a message is sent: what is configured there besides the usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// Lines of the provider's `saml` section.
    pub lines: &'static str,
    /// Which keys the identity provider's metadata has.
    pub published: metadata::Published,
    /// Nobody has begun a login here.
    pub unasked: bool,
}

impl Site {
    pub const fn with(lines: &'static str) -> Self {
        Self { lines, published: metadata::Published::Usual, unasked: false }
    }

    pub const fn of(published: metadata::Published) -> Self {
        Self { lines: "", published, unasked: false }
    }

    pub const fn unasked(lines: &'static str) -> Self {
        Self { lines, published: metadata::Published::Usual, unasked: true }
    }
}

/// A text with one place changed. A change that changes nothing would make a case that tests nothing.
#[track_caller]
pub fn edit(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is not in {text}");
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text);
    changed
}
