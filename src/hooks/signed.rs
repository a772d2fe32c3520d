//! What rosterd itself has verified of a login: kept and looked at as what a hook delivers, so that it counts in its
//! order among them, and is found again after a crash.

use super::inline::{Outcome, look};
use super::looking::{Finding, Looked, PersonKey, PersonNow, Said};
use super::read::{Event, Login, sha256};
use super::service::Hooks;
use std::sync::Arc;

/// What came of it.
#[derive(Debug)]
pub enum Told {
    /// The tables say it, as far as the rules and limits let them.
    Looked(Box<Looked>),
    /// A later login of the same person is known: the tables say that.
    Known(Option<PersonNow>),
    /// It could not be done now. It is tried again behind.
    Later,
}

impl Told {
    /// A stable word.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Looked(looked) => looked.finding.name(),
            Self::Known(_) => "known",
            Self::Later => "later",
        }
    }

    /// Whoever it is, if they have an account and the rules let them in.
    #[must_use]
    pub fn person(self) -> Option<PersonNow> {
        match self {
            Self::Looked(looked) if !looked.denied && !matches!(looked.finding, Finding::NotYet) => looked.person,
            Self::Known(person) => person,
            Self::Looked(_) | Self::Later => None,
        }
    }
}

impl Hooks {
    /// Makes the tables say what the rules give somebody of whom this was said. `source`: in place of a hook's name;
    /// no hook can have it, because it begins with a slash.
    pub async fn tell(self: &Arc<Self>, source: &'static str, provider: &str, said: Said) -> Told {
        let key = PersonKey::Subject(said.subject.clone());
        // A provider whose clock is ahead must not shut out what comes after.
        let at = said.at.map(|at| at.min(self.now()));
        let login = Login { key: key.clone(), said: Some(said) };
        let hash = sha256(login.to_json().as_bytes());
        let event = Event { id: None, kind: "login".to_owned(), at, login, hash };
        let (hooks, owner) = (Arc::clone(self), provider.to_owned());
        // A task of its own: it goes on when the browser is closed.
        let looked = tokio::spawn(async move { look(&hooks, (source, &owner), event, true).await }).await;
        match looked {
            Ok(Ok(Outcome::Looked(looked))) => Told::Looked(looked),
            Ok(Ok(Outcome::Known)) => match self.looks.last_known(provider, &key).await {
                Ok(person) => Told::Known(person),
                Err(error) => {
                    tracing::error!(provider, %error, "the database does not answer");
                    Told::Later
                }
            },
            Ok(Ok(Outcome::Failed | Outcome::Late) | Err(_)) | Err(_) => Told::Later,
        }
    }
}
