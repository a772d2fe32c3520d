//! Messages that must be believed, however their identity provider writes them, and what they say.

mod encrypted;
mod said;
mod signed;
mod written;

use super::message::SESSION;
use super::{Given, Make, NOW, Sent, Site};

/// A message that must be believed.
#[derive(Debug)]
pub struct Good {
    pub name: String,
    pub site: Site,
    pub make: Make,
    pub says: Says,
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Says {
    pub subject: String,
    pub login: String,
    pub name: Option<String>,
    pub email: Option<String>,
    /// In any order; `None`: nothing is said of groups.
    pub groups: Option<Vec<String>>,
    /// Until when the session is to hold, in milliseconds.
    pub until: Option<i64>,
}

impl Default for Says {
    /// Of alice, as [`super::message::assertion`] has it.
    fn default() -> Self {
        Self {
            subject: "alice".to_owned(),
            login: "alice".to_owned(),
            name: Some("alice of the works".to_owned()),
            email: Some("alice@works.example".to_owned()),
            groups: Some(vec!["devs".to_owned(), "staff".to_owned()]),
            until: Some(NOW + SESSION * 1000),
        }
    }
}

impl Says {
    fn groups(groups: &[&str]) -> Self {
        Self { groups: Some(groups.iter().map(|group| (*group).to_owned()).collect()), ..Self::default() }
    }
}

impl Good {
    fn new<T: Into<Sent>>(name: &str, make: impl Fn(&Given) -> T + Send + Sync + 'static) -> Self {
        Self { name: name.to_owned(), site: Site::default(), make: Make::new(make), says: Says::default() }
    }

    fn at(self, site: Site) -> Self {
        Self { site, ..self }
    }

    fn says(self, says: Says) -> Self {
        Self { says, ..self }
    }
}

pub fn all() -> Vec<Good> {
    [signed::all(), encrypted::all(), written::all(), said::all()].into_iter().flatten().collect()
}
