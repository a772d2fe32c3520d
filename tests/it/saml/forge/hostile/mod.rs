//! Messages that must be refused, each with the fault it stands for.
//!
//! Whoever sends them has alice's genuine login, knows everything that is public, and wants to be mallory, an
//! administrator; or has a login that the identity provider meant for somebody, somewhere or some time else.

mod algorithms;
mod bombs;
mod conditions;
pub mod costly;
mod encrypted;
mod entities;
mod people;
mod text;
mod time;
mod twisted;
mod wrapping;
mod xsw;

use super::{Given, Make, Sent, Site};

/// By when a message must have been refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Before any signature is verified: it costs nothing worth mentioning.
    Form,
    /// When its signature is verified.
    Signature,
    /// When what is signed is held against what was asked for.
    Profile,
}

/// A message that must be refused.
#[derive(Debug)]
pub struct Hostile {
    /// The fault: `S01` to `S54`.
    pub id: &'static str,
    pub name: String,
    pub why: &'static str,
    pub stage: Stage,
    pub site: Site,
    pub make: Make,
    /// Who may be believed to have logged in all the same: what is hostile about it is what somebody else would read.
    pub harmless: Option<&'static str>,
}

impl Hostile {
    fn new<T: Into<Sent>>(
        id: &'static str,
        stage: Stage,
        name: &str,
        why: &'static str,
        make: impl Fn(&Given) -> T + Send + Sync + 'static,
    ) -> Self {
        Self { id, name: name.to_owned(), why, stage, site: Site::default(), make: Make::new(make), harmless: None }
    }

    fn at(self, site: Site) -> Self {
        Self { site, ..self }
    }

    fn or(self, subject: &'static str) -> Self {
        Self { harmless: Some(subject), ..self }
    }

    /// Its fault and its name.
    pub fn label(&self) -> String {
        format!("{} {}", self.id, self.name)
    }
}

pub fn all() -> Vec<Hostile> {
    let mut all: Vec<Hostile> = [
        xsw::all(),
        wrapping::all(),
        twisted::all(),
        algorithms::all(),
        bombs::all(),
        costly::all(),
        entities::all(),
        text::all(),
        conditions::all(),
        time::all(),
        encrypted::all(),
        people::all(),
    ]
    .into_iter()
    .flatten()
    .collect();
    all.sort_by_key(|case| case.id);
    all
}
