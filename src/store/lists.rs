//! Lists in parts, for those who look at one part after another. Reads only.

use super::session::{Engine, Param, Session};
use super::shared::Shared;
use super::{Absent, PersonView, Run, RunRequest, StoreError, history, people, requests};
use async_trait::async_trait;
use rosterd_core::ids::Timestamp;

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonListing {
    pub id: i64,
    pub login: String,
    pub name: String,
    pub email: String,
    pub state: String,
    /// `person` or `break_glass`.
    pub kind: String,
}

/// Lists of which a part is asked for.
#[async_trait]
pub trait Lists: Send + Sync {
    /// People by number, and no service accounts, those above `after`; only those in whose login, name or e-mail address
    /// `query` stands, without case. An empty one stands everywhere.
    async fn people_after(&self, query: &str, after: i64, limit: u32) -> Result<Vec<PersonListing>, StoreError>;

    /// Everything the database knows of the person with that number.
    async fn person(&self, id: i64) -> Result<Option<PersonView>, StoreError>;

    /// Runs that changed something, newest first, those before `before`.
    async fn runs_before(&self, before: Option<i64>, limit: u32) -> Result<Vec<Run>, StoreError>;

    /// Runs that were asked for, newest first, those before the one named by moment and id.
    async fn requests_before(
        &self,
        before: Option<(Timestamp, String)>,
        limit: u32,
    ) -> Result<Vec<RunRequest>, StoreError>;
}

/// What `LIKE` finds anywhere, with its own signs taken as they are.
fn pattern(query: &str) -> String {
    let mut pattern = String::from("%");
    for c in query.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

async fn people_after(
    db: &mut dyn Session,
    query: &str,
    after: i64,
    limit: u32,
) -> Result<Vec<PersonListing>, StoreError> {
    let rows = if query.is_empty() {
        db.rows(
            "SELECT id, login, name, email, state, kind FROM users WHERE id > $1 AND kind <> 'service' ORDER BY id LIMIT $2",
            &[Param::Int(Some(after)), Param::Int(Some(i64::from(limit)))],
        )
        .await?
    } else {
        db.rows(
            "SELECT id, login, name, email, state, kind FROM users
             WHERE id > $1 AND kind <> 'service' AND (lower(login) LIKE lower($3) ESCAPE '\\' OR lower(name) LIKE lower($3) ESCAPE '\\'
                OR lower(email) LIKE lower($3) ESCAPE '\\')
             ORDER BY id LIMIT $2",
            &[Param::Int(Some(after)), Param::Int(Some(i64::from(limit))), Param::Text(Some(&pattern(query)))],
        )
        .await?
    };
    rows.iter()
        .map(|row| {
            Ok(PersonListing {
                id: row.int(0)?,
                login: row.text(1)?,
                name: row.text(2)?,
                email: row.text(3)?,
                state: row.text(4)?,
                kind: row.text(5)?,
            })
        })
        .collect()
}

async fn requests_before(
    db: &mut dyn Session,
    before: Option<(Timestamp, String)>,
    limit: u32,
) -> Result<Vec<RunRequest>, StoreError> {
    let (at, id) = before.unwrap_or((Timestamp(i64::MAX), String::new()));
    let rows = db
        .rows(
            "SELECT id, provider, trigger, asked_by, asked_at, started_at, finished_at, outcome FROM run_requests
             WHERE asked_at < $1 OR asked_at = $1 AND id < $2 ORDER BY asked_at DESC, id DESC LIMIT $3",
            &[Param::Int(Some(at.0)), Param::Text(Some(&id)), Param::Int(Some(i64::from(limit)))],
        )
        .await?;
    rows.iter().map(requests::read).collect()
}

#[async_trait]
impl<E: Engine> Lists for Shared<E> {
    async fn people_after(&self, query: &str, after: i64, limit: u32) -> Result<Vec<PersonListing>, StoreError> {
        let query = query.to_owned();
        self.read(Box::new(move |db| Box::pin(async move { people_after(db, &query, after, limit).await }))).await
    }

    async fn person(&self, id: i64) -> Result<Option<PersonView>, StoreError> {
        self.read(Box::new(move |db| Box::pin(people::by_number(db, id)))).await
    }

    async fn runs_before(&self, before: Option<i64>, limit: u32) -> Result<Vec<Run>, StoreError> {
        let before = before.unwrap_or(i64::MAX);
        self.read(Box::new(move |db| Box::pin(history::runs_before(db, before, limit)))).await
    }

    async fn requests_before(
        &self,
        before: Option<(Timestamp, String)>,
        limit: u32,
    ) -> Result<Vec<RunRequest>, StoreError> {
        self.read(Box::new(move |db| Box::pin(requests_before(db, before, limit)))).await
    }
}

#[async_trait]
impl Lists for Absent {
    async fn people_after(&self, _: &str, _: i64, _: u32) -> Result<Vec<PersonListing>, StoreError> {
        Ok(Vec::new())
    }

    async fn person(&self, _: i64) -> Result<Option<PersonView>, StoreError> {
        Ok(None)
    }

    async fn runs_before(&self, _: Option<i64>, _: u32) -> Result<Vec<Run>, StoreError> {
        Ok(Vec::new())
    }

    async fn requests_before(&self, _: Option<(Timestamp, String)>, _: u32) -> Result<Vec<RunRequest>, StoreError> {
        Ok(Vec::new())
    }
}
