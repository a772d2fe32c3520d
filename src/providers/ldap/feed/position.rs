//! Where a feed stands, and how that is written down.

use super::super::LdapDirectory;
use super::super::search::Question;
use super::{View, content_sync, timestamps, usn};
use crate::providers::follow::Cursor;
use serde::{Deserialize, Serialize};

/// How a server tells of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Way {
    ContentSync,
    DirSync,
    UsnChanged,
    ModifyTimestamp,
}

/// Where a feed stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Position {
    by: Way,
    /// What is asked for: a cookie is worth nothing for anything else.
    of: Vec<Part>,
    /// Each way knows what they are; for content synchronization one for each base, of people and then of groups.
    cookies: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    base: String,
    scope: i32,
    filter: String,
    attributes: Vec<String>,
}

impl Position {
    pub(super) fn new(directory: &LdapDirectory, by: Way, cookies: Vec<String>) -> Self {
        Self { by, of: asked(directory), cookies }
    }

    /// `None` where it is of something else than what is read now.
    pub(super) fn parse(directory: &LdapDirectory, cursor: &Cursor) -> Option<Self> {
        let position: Self = serde_json::from_str(&cursor.0).ok()?;
        let of = asked(directory);
        let whole = position.by != Way::ContentSync || position.cookies.len() == of.len();
        (position.of == of && whole).then_some(position)
    }

    /// What a server that stands here has of what was read until `then`, as far as it says so for certain.
    pub(super) fn view(&self, then: &Self) -> View {
        let mut pairs = self.cookies.iter().zip(&then.cookies);
        match (self.by, then.by) {
            (Way::ContentSync, Way::ContentSync) => match pairs.any(|(now, then)| content_sync::is_behind(now, then)) {
                true => View::Behind,
                false => View::Newer,
            },
            (Way::UsnChanged | Way::DirSync, Way::UsnChanged | Way::DirSync) => usn::view(self.stand(), then.stand()),
            (Way::ModifyTimestamp, Way::ModifyTimestamp) if timestamps::is_behind(&self.cookies, &then.cookies) => {
                View::Behind
            }
            _ => View::Newer,
        }
    }

    /// Which domain controller, and its number, where it is one.
    pub(super) fn stand(&self) -> &[String] {
        let before = if self.by == Way::DirSync { 2 } else { 0 };
        self.cookies.get(before..).unwrap_or_default()
    }

    pub(super) fn cursor(&self) -> Cursor {
        // Texts and numbers can always be written.
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    pub(super) fn way(&self) -> Way {
        self.by
    }

    pub(super) fn cookies(&self) -> &[String] {
        &self.cookies
    }

    pub(super) fn cookies_mut(&mut self) -> impl Iterator<Item = &mut String> {
        self.cookies.iter_mut()
    }
}

fn asked(directory: &LdapDirectory) -> Vec<Part> {
    let part = |question: &Question, base: &String| Part {
        base: base.clone(),
        scope: question.scope,
        filter: question.filter.clone(),
        attributes: question.wanted.request.clone(),
    };
    [&directory.people, &directory.groups]
        .into_iter()
        .flat_map(|question| question.bases.iter().map(move |base| part(question, base)))
        .collect()
}
