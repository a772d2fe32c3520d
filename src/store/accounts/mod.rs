//! Accounts and what people do about them: suspended, blocked, archived and back; service accounts; break-glass.
//!
//! What comes of an act is worked out by [`rosterd_core::lifecycle`]; here it is carried out, with what goes with it and
//! its audit record, in one transaction.

mod acts;
mod break_glass;
mod rows;
mod service;

use super::StoreError;
use super::absent::{Absent, refused};
use super::session::Engine;
use super::shared::Shared;
use async_trait::async_trait;
use rosterd_core::ids::{Timestamp, UserId};
use rosterd_core::lifecycle::{Act, Kind, State};
use rosterd_core::rights::OrgRole;

/// An account, with why it is not active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: UserId,
    pub login: String,
    pub name: String,
    pub email: String,
    pub kind: Kind,
    pub state: State,
    /// By origin.
    pub reasons: Vec<AccountReason>,
}

/// A row of `user_suspensions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountReason {
    pub origin: String,
    pub reason: String,
    pub since: Timestamp,
}

/// Which account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhichAccount {
    Login(String),
    Number(i64),
}

/// Which accounts are meant: people, or those that work for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    People,
    Services,
}

impl Among {
    /// Whether one of that kind is meant.
    #[must_use]
    pub fn has(self, kind: Kind) -> bool {
        (self == Self::Services) == (kind == Kind::Service)
    }
}

/// What somebody does about an account.
#[derive(Debug, Clone)]
pub struct AccountChange {
    pub which: WhichAccount,
    pub among: Among,
    /// In this order those for which there is something to do, in one transaction: nearly always one.
    pub acts: &'static [Act],
    /// For people. Not in the audit record, from which nothing can be taken out again.
    pub reason: String,
    /// Who does it.
    pub by: String,
    /// Even where an organization, or the installation, is left without a usable Admin.
    pub force: bool,
}

/// A service account that is not there yet.
#[derive(Debug, Clone)]
pub struct NewService {
    /// The organization's name.
    pub org: String,
    /// The last part of its login.
    pub name: String,
    /// For people.
    pub title: String,
    pub role: OrgRole,
    pub by: String,
}

/// What is wrong, if anything, with an account of the configuration's `accounts.break_glass`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlass {
    pub login: String,
    /// `None`: nobody has that login.
    pub state: Option<State>,
    /// Admin of an organization, or server admin.
    pub admin: bool,
}

impl BreakGlass {
    /// What to tell the operator.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let why = match self.state {
            None => "nobody has this login".to_owned(),
            Some(State::Active) if self.admin => return None,
            Some(State::Active) => "is no Admin anywhere, so it could repair nothing".to_owned(),
            Some(state) => format!("is {}, so it helps nobody", state.name()),
        };
        Some(format!("accounts.break_glass: {}: {why}", self.login))
    }
}

/// The tables `users` and `user_suspensions`, as people change them.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Does it, with one audit record. `None` where there is no such account among those meant; [`StoreError::Refused`], with the reason,
    /// where there is nothing to do or the last Admin would go.
    async fn change_account(&self, change: &AccountChange, now: Timestamp) -> Result<Option<Account>, StoreError>;

    /// Accounts by number, those above `after`.
    async fn accounts_after(&self, among: Among, after: i64, limit: u32) -> Result<Vec<Account>, StoreError>;

    /// One of them.
    async fn account(&self, which: &WhichAccount, among: Among) -> Result<Option<Account>, StoreError>;

    /// Makes the people with these logins break-glass accounts, and all others people again, each with an audit
    /// record. Writes nothing where that is so.
    async fn mark_break_glass(&self, logins: &[String], now: Timestamp) -> Result<(), StoreError>;

    /// How those with these logins stand.
    async fn break_glass(&self, logins: &[String]) -> Result<Vec<BreakGlass>, StoreError>;

    /// Records that a break-glass account has logged in at that provider.
    async fn record_sign_in(&self, user: UserId, provider: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Makes a service account, a member of its organization by hand.
    async fn add_service(&self, new: &NewService, now: Timestamp) -> Result<Account, StoreError>;
}

#[async_trait]
impl<E: Engine> Accounts for Shared<E> {
    async fn change_account(&self, change: &AccountChange, now: Timestamp) -> Result<Option<Account>, StoreError> {
        let change = change.clone();
        self.write(Box::new(move |db| Box::pin(async move { acts::change(db, &change, now).await }))).await
    }

    async fn accounts_after(&self, among: Among, after: i64, limit: u32) -> Result<Vec<Account>, StoreError> {
        self.read(Box::new(move |db| Box::pin(rows::after(db, among, after, limit)))).await
    }

    async fn account(&self, which: &WhichAccount, among: Among) -> Result<Option<Account>, StoreError> {
        let which = which.clone();
        self.read(Box::new(move |db| Box::pin(async move { rows::one(db, &which, among).await }))).await
    }

    async fn mark_break_glass(&self, logins: &[String], now: Timestamp) -> Result<(), StoreError> {
        // Looked for first in a transaction that only reads: each run asks, and nearly none has to write.
        let wanted = logins.to_vec();
        let marks =
            self.read(Box::new(move |db| Box::pin(async move { break_glass::marks(db, &wanted).await }))).await?;
        if marks.is_empty() {
            return Ok(());
        }
        let wanted = logins.to_vec();
        self.write(Box::new(move |db| Box::pin(async move { break_glass::mark(db, &wanted, now).await }))).await
    }

    async fn break_glass(&self, logins: &[String]) -> Result<Vec<BreakGlass>, StoreError> {
        let logins = logins.to_vec();
        self.read(Box::new(move |db| Box::pin(async move { break_glass::list(db, &logins).await }))).await
    }

    async fn record_sign_in(&self, user: UserId, provider: &str, now: Timestamp) -> Result<(), StoreError> {
        let provider = provider.to_owned();
        self.write(Box::new(move |db| Box::pin(async move { break_glass::signed_in(db, user, &provider, now).await })))
            .await
    }

    async fn add_service(&self, new: &NewService, now: Timestamp) -> Result<Account, StoreError> {
        let new = new.clone();
        self.write(Box::new(move |db| Box::pin(async move { service::add(db, &new, now).await }))).await
    }
}

#[async_trait]
impl Accounts for Absent {
    async fn change_account(&self, _: &AccountChange, _: Timestamp) -> Result<Option<Account>, StoreError> {
        refused()
    }

    async fn accounts_after(&self, _: Among, _: i64, _: u32) -> Result<Vec<Account>, StoreError> {
        Ok(Vec::new())
    }

    async fn account(&self, _: &WhichAccount, _: Among) -> Result<Option<Account>, StoreError> {
        Ok(None)
    }

    async fn mark_break_glass(&self, _: &[String], _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    async fn break_glass(&self, logins: &[String]) -> Result<Vec<BreakGlass>, StoreError> {
        let nobody = |login: &String| BreakGlass { login: login.clone(), state: None, admin: false };
        Ok(logins.iter().map(nobody).collect())
    }

    async fn record_sign_in(&self, _: UserId, _: &str, _: Timestamp) -> Result<(), StoreError> {
        refused()
    }

    async fn add_service(&self, _: &NewService, _: Timestamp) -> Result<Account, StoreError> {
        refused()
    }
}
