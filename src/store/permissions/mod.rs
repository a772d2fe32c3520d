//! What somebody may do, read from the views and from nothing else: for the API, the command line and explanations.
//!
//! A decision says yes with what an application is to know besides, or no. It never says why not: who asks whether
//! somebody may do something does not learn whether there is such a person. [`Permissions::effective`] and
//! [`Permissions::why`] do.

mod check;
mod sql;
mod why;

pub use sql::{LIMITS, MAY};
pub use why::{ActingFor, AllowedBy, Delegation, Expired, Giver, Instead, Through, Who, Why};

use super::StoreError;
use super::absent::Absent;
use super::session::{Engine, Param, Row, Session};
use super::shared::Shared;
use async_trait::async_trait;
pub(in crate::store) use check::said;
use check::{EVERYWHERE, acts_for, check, number, numbers};
use rosterd_core::access::Parameters;
use rosterd_core::ids::Timestamp;
use std::collections::BTreeMap;

/// A person or an organization: by what callers know them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    Number(i64),
    /// A login, or an organization's name.
    Name(String),
}

impl Named {
    /// `#7` is a number, anything else a name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let digits = text.strip_prefix('#').filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
        match digits.and_then(|digits| digits.parse().ok()) {
            Some(number) => Self::Number(number),
            None => Self::Name(text.to_owned()),
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Number(_) => None,
            Self::Name(name) => Some(name),
        }
    }
}

/// May this person do this?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub who: Named,
    /// In whose name.
    pub acting_for: Option<Named>,
    /// `None`: in every organization.
    pub org: Option<Named>,
    pub action: String,
    /// `None`: to anything at all.
    pub scope: Option<String>,
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// What is to be known besides, where the answer is yes.
    pub allowed: Option<Allowed>,
}

/// Yes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    pub user: i64,
    /// In whose name, where that is another's.
    pub acting_for: Option<i64>,
    /// Of each name the nearest.
    pub parameters: Parameters,
    /// Of whose rights these are.
    pub limits: BTreeMap<String, i64>,
}

/// A row of `effective_permissions`, with names. The order is that of lists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Effective {
    /// `None`: every organization.
    pub org: Option<(String, i64)>,
    pub action: String,
    pub scope: String,
    pub role: String,
    pub role_id: i64,
    /// `basic`, `server_admin`, `user`, `team` or `org`.
    pub source: String,
    pub team: Option<(String, i64)>,
    pub entitlement: Option<i64>,
    pub from_user: i64,
    pub nearness: i64,
    pub parameters: Parameters,
    pub role_parameters: Parameters,
    /// When it ends by itself; [`rosterd_core::provision::FOR_EVER`] for never.
    pub until: i64,
}

/// See the module's text.
#[async_trait]
pub trait Permissions: Send + Sync {
    /// The answers, in the order of the questions, all of one moment.
    async fn check(&self, questions: Vec<Question>) -> Result<Vec<Answer>, StoreError>;

    /// All that somebody may do, in order; of one organization (and of every one) if one is named. `None` when nobody
    /// has that number, or no organization is of that name.
    async fn effective(&self, user: i64, org: Option<Named>) -> Result<Option<Vec<Effective>>, StoreError>;

    /// Each way in which somebody may do something, or why not.
    async fn why(&self, question: Question, now: Timestamp) -> Result<Option<Why>, StoreError>;
}

/// Every row of somebody.
async fn all_of(db: &mut dyn Session, user: i64) -> Result<Vec<Effective>, StoreError> {
    let rows = db.rows(sql::EFFECTIVE, &[Param::Int(Some(user))]).await?;
    let read = |row: &Row| -> Result<Effective, StoreError> {
        Ok(Effective {
            org: row.opt_text(1)?.zip(row.opt_int(0)?),
            action: row.text(2)?,
            scope: row.text(3)?,
            role: row.text(8)?,
            role_id: row.int(7)?,
            source: row.text(9)?,
            team: row.opt_text(11)?.zip(row.opt_int(10)?),
            entitlement: row.opt_int(12)?,
            from_user: row.int(13)?,
            nearness: row.int(5)?,
            parameters: said(&row.text(4)?)?,
            role_parameters: said(&row.text(6)?)?,
            until: row.int(14)?,
        })
    };
    let mut all: Vec<Effective> = rows.iter().map(read).collect::<Result<_, _>>()?;
    all.sort();
    Ok(all)
}

async fn effective(db: &mut dyn Session, user: i64, org: Option<Named>) -> Result<Option<Vec<Effective>>, StoreError> {
    let there = db.rows("SELECT 1 FROM users WHERE id = $1", &[Param::Int(Some(user))]).await?;
    let wanted = match &org {
        Some(org) => Some(why::organization(db, org).await?),
        None => None,
    };
    if there.is_empty() || wanted == Some(None) {
        return Ok(None);
    }
    let mut all = all_of(db, user).await?;
    if let Some(Some(wanted)) = wanted {
        all.retain(|row| row.org.as_ref().is_none_or(|(_, org)| *org == wanted));
    }
    Ok(Some(all))
}

#[async_trait]
impl<E: Engine> Permissions for Shared<E> {
    async fn check(&self, questions: Vec<Question>) -> Result<Vec<Answer>, StoreError> {
        self.read(Box::new(move |db| Box::pin(async move { check(db, &questions).await }))).await
    }

    async fn effective(&self, user: i64, org: Option<Named>) -> Result<Option<Vec<Effective>>, StoreError> {
        self.read(Box::new(move |db| Box::pin(async move { effective(db, user, org).await }))).await
    }

    async fn why(&self, question: Question, now: Timestamp) -> Result<Option<Why>, StoreError> {
        self.read(Box::new(move |db| Box::pin(async move { why::why(db, &question, now).await }))).await
    }
}

#[async_trait]
impl Permissions for Absent {
    async fn check(&self, questions: Vec<Question>) -> Result<Vec<Answer>, StoreError> {
        Ok(vec![Answer::default(); questions.len()])
    }

    async fn effective(&self, _: i64, _: Option<Named>) -> Result<Option<Vec<Effective>>, StoreError> {
        Ok(None)
    }

    async fn why(&self, _: Question, _: Timestamp) -> Result<Option<Why>, StoreError> {
        Ok(None)
    }
}
