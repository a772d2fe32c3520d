//! Answering many questions in a few statements: names to numbers, who may act for whom, what allows it, and how much.

use super::super::StoreError;
use super::super::session::{Dialect, Param, Row, Session, Sql};
use super::{Allowed, Answer, Named, Question, sql};
use rosterd_core::access::{Nearest, Parameters, parameters};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

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
pub(super) async fn numbers(
    db: &mut dyn Session,
    sql: Sql,
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

pub(super) fn number(named: &Named, numbers: &BTreeMap<String, i64>) -> Option<i64> {
    match named {
        Named::Number(number) => Some(*number),
        Named::Name(name) => numbers.get(name).copied(),
    }
}

/// Every organization, where a statement wants a number.
pub(super) const EVERYWHERE: i64 = 0;

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
    let read = |question: &'q Question| {
        let user = number(&question.who, &users)?;
        let org = match &question.org {
            None => EVERYWHERE,
            Some(org) => number(org, &orgs).filter(|org| *org > EVERYWHERE)?,
        };
        let acting_for = match &question.acting_for {
            None => None,
            Some(other) => Some(number(other, &users)?).filter(|other| *other != user),
        };
        Some(Numbered { user, acting_for, org, question })
    };
    let mut all: Vec<Option<Numbered<'q>>> = questions.iter().map(read).collect();
    let stands_in = |one: &Numbered<'_>| one.acting_for.map(|other| [one.user, other, one.org]);
    let asked: BTreeSet<[i64; 3]> = all.iter().flatten().filter_map(stands_in).collect();
    let may = for_each(db, sql::ACTS_FOR, &asked).await?;
    for place in &mut all {
        *place =
            place.filter(|one| stands_in(one).is_none_or(|which| may.get(&which).is_some_and(|rows| !rows.is_empty())));
    }
    Ok(all)
}

/// The rows of one statement for each of several numbers, sent together.
async fn for_each<const N: usize>(
    db: &mut dyn Session,
    sql: &'static str,
    which: &BTreeSet<[i64; N]>,
) -> Result<BTreeMap<[i64; N], Vec<Row>>, StoreError> {
    if which.is_empty() {
        return Ok(BTreeMap::new());
    }
    let params: Vec<[Param<'_>; N]> =
        which.iter().map(|numbers| numbers.map(|number| Param::Int(Some(number)))).collect();
    let asked: Vec<(&'static str, &[Param<'_>])> = params.iter().map(|params| (sql, params.as_slice())).collect();
    Ok(which.iter().copied().zip(db.several(&asked).await?).collect())
}

pub(super) async fn acts_for(db: &mut dyn Session, user: i64, other: i64, org: i64) -> Result<bool, StoreError> {
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

/// What parameters of the database say.
pub(in crate::store) fn said(text: &str) -> Result<Parameters, StoreError> {
    let damaged = || StoreError::Database(format!("parameters read {text:?}: an object of texts is meant"));
    parameters(text).ok_or_else(damaged)
}

/// Adds what a row says whose parameters begin at `field`.
fn add(found: &mut Nearest, row: &Row, field: usize) -> Result<(), StoreError> {
    found.add(row.int(field + 1)?, said(&row.text(field)?)?);
    found.add(Nearest::ROLE, said(&row.text(field + 2)?)?);
    Ok(())
}

/// See [`super::Permissions::check`].
pub(super) async fn check(db: &mut dyn Session, questions: &[Question]) -> Result<Vec<Answer>, StoreError> {
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
    let mut limits: BTreeMap<[i64; 2], BTreeMap<String, i64>> = BTreeMap::new();
    if found.iter().any(Option::is_some) && !db.rows(sql::ANY_LIMITS, &[]).await?.is_empty() {
        let yes = asked.iter().zip(&found).filter(|(_, found)| found.is_some());
        let places = yes.filter_map(|(one, _)| one.map(|one| [one.whose(), one.org])).collect();
        for (place, rows) in for_each(db, sql::LIMITS, &places).await? {
            let named = rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?)));
            limits.insert(place, named.collect::<Result<_, StoreError>>()?);
        }
    }
    let answer = |(one, nearest): (&Option<Numbered<'_>>, Option<Nearest>)| {
        let allowed = one.zip(nearest).map(|(one, nearest)| Allowed {
            user: one.user,
            acting_for: one.acting_for,
            parameters: nearest.finish(),
            limits: limits.get(&[one.whose(), one.org]).cloned().unwrap_or_default(),
        });
        Answer { allowed }
    };
    Ok(asked.iter().zip(found).map(answer).collect())
}
