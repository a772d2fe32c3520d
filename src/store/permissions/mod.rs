//! What somebody may do, read from the views and from nothing else: for the API, the command line and explanations.
//!
//! A decision says yes with what an application is to know besides, or no. It never says why not: who asks whether
//! somebody may do something does not learn whether there is such a person. [`Permissions::effective`] and
//! [`Permissions::why`] do.

mod sql;
mod why;

pub use sql::MAY;
pub use why::{Expired, Giver, Instead, Why};

use super::StoreError;
use super::absent::Absent;
use super::session::{Dialect, Engine, Param, Row, Session};
use super::shared::Shared;
use async_trait::async_trait;
use rosterd_core::access::{Nearest, Parameters, parameters};
use rosterd_core::ids::Timestamp;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

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

/// A question with numbers: whose rights count, whether only their own, where.
#[derive(Debug, Clone, Copy)]
struct Numbered<'q> {
    user: i64,
    acting_for: Option<i64>,
    org: i64,
    question: &'q Question,
}

impl Numbered<'_> {
    fn whose(&self) -> i64 {
        self.acting_for.unwrap_or(self.user)
    }
}

/// Numbers of names, in one statement for all.
async fn numbers(
    db: &mut dyn Session,
    sql: super::session::Sql,
    named: Vec<&Named>,
) -> Result<BTreeMap<String, i64>, StoreError> {
    // No text that PostgreSQL keeps has that letter, and it refuses it in JSON.
    let names: BTreeSet<&str> = named.into_iter().filter_map(Named::name).filter(|name| !name.contains('\0')).collect();
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let names = json!(names).to_string();
    let rows = db.rows(sql.of(db.dialect()), &[Param::Text(Some(&names))]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

fn number(named: &Named, numbers: &BTreeMap<String, i64>) -> Option<i64> {
    match named {
        Named::Number(number) => Some(*number),
        Named::Name(name) => numbers.get(name).copied(),
    }
}

/// Every organization, where a statement wants a number.
const EVERYWHERE: i64 = 0;

/// The questions with numbers; `None` where somebody or something is not known, or may not act for whom they say.
async fn numbered<'q>(
    db: &mut dyn Session,
    questions: &'q [Question],
) -> Result<Vec<Option<Numbered<'q>>>, StoreError> {
    let people = questions.iter().flat_map(|question| [Some(&question.who), question.acting_for.as_ref()]);
    let people = people.flatten().collect();
    let users = numbers(db, sql::USERS, people).await?;
    let named = questions.iter().filter_map(|question| question.org.as_ref()).collect();
    let orgs = numbers(db, sql::ORGS, named).await?;
    let mut delegated: BTreeMap<(i64, i64, i64), bool> = BTreeMap::new();
    let mut all = Vec::with_capacity(questions.len());
    for question in questions {
        let user = number(&question.who, &users);
        let org = question.org.as_ref().map_or(Some(EVERYWHERE), |org| number(org, &orgs).filter(|org| *org > 0));
        let (Some(user), Some(org)) = (user, org) else {
            all.push(None);
            continue;
        };
        let mut acting_for = None;
        if let Some(other) = &question.acting_for {
            let Some(other) = number(other, &users) else {
                all.push(None);
                continue;
            };
            if other != user {
                let known = delegated.get(&(user, other, org)).copied();
                let may = match known {
                    Some(may) => may,
                    None => acts_for(db, user, other, org).await?,
                };
                delegated.insert((user, other, org), may);
                if !may {
                    all.push(None);
                    continue;
                }
                acting_for = Some(other);
            }
        }
        all.push(Some(Numbered { user, acting_for, org, question }));
    }
    Ok(all)
}

async fn acts_for(db: &mut dyn Session, user: i64, other: i64, org: i64) -> Result<bool, StoreError> {
    let params = [Param::Int(Some(user)), Param::Int(Some(other)), Param::Int(Some(org))];
    Ok(!db.rows(sql::ACTS_FOR, &params).await?.is_empty())
}

/// The rows that allow what one question asks for.
async fn rows_of(db: &mut dyn Session, asked: Numbered<'_>) -> Result<Vec<Row>, StoreError> {
    let question = asked.question;
    let sql = match (&question.scope, asked.acting_for) {
        (Some(_), None) => sql::MAY,
        (None, None) => sql::MAY_ANYTHING,
        (Some(_), Some(_)) => sql::MAY_THEMSELVES,
        (None, Some(_)) => sql::MAY_ANYTHING_THEMSELVES,
    };
    let (user, org) = (Param::Int(Some(asked.whose())), Param::Int(Some(asked.org)));
    let action = Param::Text(Some(&question.action));
    match &question.scope {
        Some(scope) => db.rows(sql, &[user, org, action, Param::Text(Some(scope))]).await,
        None => db.rows(sql, &[user, org, action]).await,
    }
}

/// What a field of parameters says.
fn said(row: &Row, field: usize) -> Result<Parameters, StoreError> {
    let text = row.text(field)?;
    parameters(&text)
        .ok_or_else(|| StoreError::Database(format!("parameters read {text:?}: an object of texts is meant")))
}

/// Adds what a row says whose parameters begin at `field`.
fn add(found: &mut Nearest, row: &Row, field: usize) -> Result<(), StoreError> {
    found.add(row.int(field + 1)?, said(row, field)?);
    found.add(Nearest::ROLE, said(row, field + 2)?);
    Ok(())
}

async fn check(db: &mut dyn Session, questions: &[Question]) -> Result<Vec<Answer>, StoreError> {
    let asked = numbered(db, questions).await?;
    let mut found: Vec<Option<Nearest>> = vec![None; asked.len()];
    let sent: Vec<(usize, Numbered<'_>)> =
        asked.iter().enumerate().filter_map(|(at, one)| one.map(|one| (at, one))).collect();
    // SQLite answers where it is asked. A server is sent many in one message.
    if sent.len() > 1 && db.dialect() == Dialect::Postgres {
        let list: Vec<_> = sent
            .iter()
            .map(|(_, one)| {
                let question = one.question;
                json!([one.whose(), one.org, question.action, question.scope, i64::from(one.acting_for.is_some())])
            })
            .collect();
        let list = json!(list).to_string();
        for row in db.rows(sql::MANY, &[Param::Text(Some(&list))]).await? {
            let at = usize::try_from(row.int(0)? - 1).ok().and_then(|n| sent.get(n)).map(|(at, _)| *at);
            if let Some(place) = at.and_then(|at| found.get_mut(at)) {
                add(place.get_or_insert_default(), &row, 1)?;
            }
        }
    } else {
        for (at, one) in &sent {
            let rows = rows_of(db, *one).await?;
            if let (false, Some(place)) = (rows.is_empty(), found.get_mut(*at)) {
                let mut nearest = Nearest::default();
                for row in &rows {
                    add(&mut nearest, row, 0)?;
                }
                *place = Some(nearest);
            }
        }
    }
    let limited = found.iter().any(Option::is_some) && !db.rows(sql::ANY_LIMITS, &[]).await?.is_empty();
    let mut known: BTreeMap<(i64, i64), BTreeMap<String, i64>> = BTreeMap::new();
    let mut answers = Vec::with_capacity(found.len());
    for (one, nearest) in asked.iter().zip(found) {
        let (Some(one), Some(nearest)) = (one, nearest) else {
            answers.push(Answer::default());
            continue;
        };
        let place = (one.whose(), one.org);
        if limited && !known.contains_key(&place) {
            known.insert(place, limits(db, place).await?);
        }
        answers.push(Answer {
            allowed: Some(Allowed {
                user: one.user,
                acting_for: one.acting_for,
                parameters: nearest.finish(),
                limits: known.get(&place).cloned().unwrap_or_default(),
            }),
        });
    }
    Ok(answers)
}

async fn limits(db: &mut dyn Session, (user, org): (i64, i64)) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows = db.rows(sql::LIMITS, &[Param::Int(Some(user)), Param::Int(Some(org))]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
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
            parameters: said(row, 4)?,
            role_parameters: said(row, 6)?,
        })
    };
    let mut all: Vec<Effective> = rows.iter().map(read).collect::<Result<_, _>>()?;
    all.sort();
    Ok(all)
}

async fn effective(db: &mut dyn Session, user: i64, org: Option<Named>) -> Result<Option<Vec<Effective>>, StoreError> {
    let orgs = numbers(db, sql::ORGS, org.iter().collect()).await?;
    let wanted = org.as_ref().map(|org| number(org, &orgs));
    let there = db.rows("SELECT 1 FROM users WHERE id = $1", &[Param::Int(Some(user))]).await?;
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
