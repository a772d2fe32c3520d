//! Providers at which people log in with a browser: rosterd sends it there, and hears of them when it comes back.
//!
//! What is kept between the two, and for how long, is not decided here.

use super::{LoginError, Said};
use crate::config::Secret;
use async_trait::async_trait;
use rosterd_core::ids::Timestamp;
use std::fmt;

/// A provider at which people log in with a browser.
#[async_trait]
pub trait BrowserLogin: Send + Sync + fmt::Debug {
    /// Where the browser is sent. `callback`: where it is to come back; `hint`: who is to log in, by the word of anybody.
    async fn begin(
        &self,
        callback: &str,
        drawn: &Drawn,
        hint: Option<&str>,
        now: Timestamp,
    ) -> Result<Begun, LoginError>;

    /// The parameter in which the provider brings back the login's state.
    fn state_name(&self) -> &'static str {
        "state"
    }

    /// Whether it may log somebody in who has begun no login here.
    fn begins_itself(&self) -> bool {
        false
    }

    /// What the provider says of whoever came back. `kept`: of [`Begun`]; `None` where the provider began.
    async fn finish(
        &self,
        callback: &str,
        back: &Back,
        kept: Option<&str>,
        now: Timestamp,
    ) -> Result<Finished, LoginError>;

    /// The same of somebody who has logged in before, by what their login is renewed with.
    async fn renew(&self, grant: &Secret, now: Timestamp) -> Result<Renewed, RenewError>;

    /// Where somebody logs out there. `None` where the provider has no such place, or cannot be asked.
    async fn logout(&self, hint: Option<&Secret>, leaving: &Leaving<'_>) -> Option<String>;

    /// That place, whoever it is for.
    async fn logs_out_at(&self, now: Timestamp) -> Option<String>;

    /// What the provider's own message says, that somebody has logged out.
    async fn logged_out(&self, message: &str, now: Timestamp) -> Result<LoggedOut, LoginError>;

    /// The same of a message that somebody's browser brings to this place, and what the provider is answered by it.
    async fn logging_out(&self, _place: &str, _message: Carried<'_>, _now: Timestamp) -> Result<Leave, LoginError> {
        Err(LoginError::Wrong("no-single-logout", "the provider sends no logouts by browsers".to_owned()))
    }

    /// What the provider has to know of us, as a document; `None` where there is no such thing.
    fn described(&self, _callback: &str, _logout: &str, _now: Timestamp) -> Option<String> {
        None
    }
}

/// Where a browser is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Away {
    Address(String),
    /// By a form with these fields, which sends itself.
    Form {
        action: String,
        fields: Vec<(&'static str, String)>,
    },
}

/// Somebody who logs out here.
#[derive(Debug, Clone, Copy)]
pub struct Leaving<'a> {
    /// Where they are sent in the end.
    pub after: &'a str,
    /// Nobody can guess it.
    pub id: &'a str,
    pub now: Timestamp,
}

/// How a browser brings a message.
#[derive(Debug, Clone, Copy)]
pub enum Carried<'a> {
    /// In an address: the query, as it came.
    Query(&'a str),
    Form(&'a Back),
}

/// What came of such a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leave {
    /// It was the answer to a logout here: nothing is to be done.
    Answered,
    /// Somebody has logged out there.
    Ended { who: Vec<LoggedOut>, answer: Away },
}

/// What was drawn for one login: nobody can guess any of it.
pub struct Drawn {
    /// By which the login is known when the browser comes back.
    pub state: Secret,
    /// What the provider has to repeat in what it signs.
    pub nonce: Secret,
    /// What only we can show for it.
    pub verifier: Secret,
}

impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Drawn")
    }
}

/// A login that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    pub away: Away,
    /// What the answer will be held against, as only this provider reads it.
    pub kept: String,
}

/// What the browser brings back: the parameters, each once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Back(Vec<(String, String)>);

impl Back {
    /// Of a query or a form. One that says something twice says nothing (RFC 6749 §3.1).
    ///
    /// # Errors
    /// Of the kind [`LoginError::Wrong`].
    pub fn parse(text: &str) -> Result<Self, LoginError> {
        let all: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        let twice = all.iter().enumerate().any(|(at, (name, _))| all.iter().take(at).any(|(other, _)| other == name));
        if twice || all.len() > MOST {
            return Err(LoginError::Wrong("callback-form", "the provider's answer says something twice".to_owned()));
        }
        Ok(Self(all))
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Back {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// The most parameters.
const MOST: usize = 32;

/// Somebody who has logged in.
#[derive(Debug)]
pub struct Finished {
    pub said: Said,
    /// As the provider's later messages call them; not always [`Said::subject`].
    pub sub: String,
    /// The provider's own id of the session.
    pub session: Option<String>,
    /// What its logout wants to be shown.
    pub hint: Option<Secret>,
    /// What the login is renewed with.
    pub grant: Option<Secret>,
    /// What was shown counts once: its id, and until when it could be shown again.
    pub once: Option<(String, Timestamp)>,
}

/// Somebody whose login goes on at the provider.
#[derive(Debug)]
pub struct Renewed {
    /// What it is renewed with next, whatever became of the rest: the one before may be used up.
    pub grant: Secret,
    pub said: Result<Said, LoginError>,
}

/// Why a login is not renewed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenewError {
    /// The provider has taken back what it gave.
    #[error("the provider refuses it: this login is over there")]
    Over,
    /// Nothing is known by this.
    #[error(transparent)]
    Unknown(#[from] LoginError),
}

/// Who has logged out at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedOut {
    /// As the provider calls them.
    pub sub: Option<String>,
    /// One session; else all of theirs.
    pub session: Option<String>,
    /// The identity's subject, where the message says it.
    pub subject: Option<String>,
    /// The message's own id, by which it counts once, and until when.
    pub id: String,
    pub until: Timestamp,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    #[test]
    fn o18_an_answer_says_everything_once() {
        let back = Back::parse("code=a%2Fb&state=x&empty=").unwrap();
        assert_eq!((back.get("code"), back.get("state"), back.get("empty")), (Some("a/b"), Some("x"), Some("")));
        assert_eq!(back.get("iss"), None);
        for bad in ["state=a&state=b", "code=1&state=a&code=2", "st%61te=a&state=b"] {
            assert!(Back::parse(bad).is_err(), "{bad}");
        }
        let many: Vec<String> = (0..33).map(|n| format!("p{n}=x")).collect();
        assert!(Back::parse(&many.join("&")).is_err());
        assert!(!format!("{back:?}").contains("a/b"));
    }
}
