//! Reading accounts.

use super::super::StoreError;
use super::super::session::{Param, Row, Session, id, word};
use super::{Account, AccountReason, Among, WhichAccount};
use rosterd_core::ids::{Timestamp, UserId};
use rosterd_core::lifecycle::{Kind, State};
use rosterd_core::observed::UserState;

/// An account's row, before its reasons are read.
pub(super) struct Found {
    pub(super) id: i64,
    pub(super) login: String,
    pub(super) stored: UserState,
    pub(super) kind: Kind,
    pub(super) reasons: Vec<AccountReason>,
    name: String,
    email: String,
}

impl Found {
    /// Who suspended it.
    pub(super) fn origins(&self) -> Vec<&str> {
        self.reasons.iter().map(|reason| reason.origin.as_str()).collect()
    }

    pub(super) fn state(&self) -> State {
        State::of(self.stored, self.origins())
    }

    pub(super) fn user(&self) -> Result<UserId, StoreError> {
        id("users.id", self.id)
    }

    pub(super) fn account(self) -> Result<Account, StoreError> {
        let (state, id) = (self.state(), self.user()?);
        let Self { login, name, email, kind, reasons, .. } = self;
        Ok(Account { id, login, name, email, kind, state, reasons })
    }
}

pub(super) async fn find(
    db: &mut dyn Session,
    which: &WhichAccount,
    among: Among,
) -> Result<Option<Found>, StoreError> {
    let rows = match which {
        WhichAccount::Login(login) => {
            db.rows(
                "SELECT id, login, name, email, state, kind FROM users WHERE login = $1",
                &[Param::Text(Some(login))],
            )
            .await?
        }
        WhichAccount::Number(number) => {
            db.rows("SELECT id, login, name, email, state, kind FROM users WHERE id = $1", &[Param::Int(Some(*number))])
                .await?
        }
    };
    let Some(row) = rows.first() else { return Ok(None) };
    let found = found(db, row).await?;
    Ok(Some(found).filter(|found| among.has(found.kind)))
}

pub(super) async fn one(
    db: &mut dyn Session,
    which: &WhichAccount,
    among: Among,
) -> Result<Option<Account>, StoreError> {
    find(db, which, among).await?.map(Found::account).transpose()
}

pub(super) async fn after(
    db: &mut dyn Session,
    among: Among,
    after: i64,
    limit: u32,
) -> Result<Vec<Account>, StoreError> {
    let params = [Param::Int(Some(after)), Param::Int(Some(i64::from(limit)))];
    let rows = match among {
        Among::People => {
            db.rows(
                "SELECT id, login, name, email, state, kind FROM users WHERE id > $1 AND kind <> 'service'
                 ORDER BY id LIMIT $2",
                &params,
            )
            .await?
        }
        Among::Services => {
            db.rows(
                "SELECT id, login, name, email, state, kind FROM users WHERE id > $1 AND kind <> 'person' AND kind = 'service'
                 ORDER BY id LIMIT $2",
                &params,
            )
            .await?
        }
    };
    let mut accounts = Vec::with_capacity(rows.len());
    for row in &rows {
        accounts.push(found(db, row).await?.account()?);
    }
    Ok(accounts)
}

async fn found(db: &mut dyn Session, row: &Row) -> Result<Found, StoreError> {
    let (id, stored) = (row.int(0)?, word("users.state", &row.text(4)?, UserState::parse)?);
    // Nearly everybody is active, and has none.
    let reasons = if stored == UserState::Active { Vec::new() } else { reasons(db, id).await? };
    let kind = word("users.kind", &row.text(5)?, Kind::parse)?;
    Ok(Found { id, login: row.text(1)?, name: row.text(2)?, email: row.text(3)?, stored, kind, reasons })
}

async fn reasons(db: &mut dyn Session, user: i64) -> Result<Vec<AccountReason>, StoreError> {
    let rows = db
        .rows(
            "SELECT origin, reason, since FROM user_suspensions WHERE user_id = $1 ORDER BY origin",
            &[Param::Int(Some(user))],
        )
        .await?;
    let one =
        |row: &Row| Ok(AccountReason { origin: row.text(0)?, reason: row.text(1)?, since: Timestamp(row.int(2)?) });
    rows.iter().map(one).collect()
}
