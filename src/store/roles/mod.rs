//! Roles that people make, and what people give by hand: roles narrowed to scopes, and delegations.
//!
//! Only the columns of hands are written here: what rules and files give stays as it is. Whoever does it in somebody's
//! name does no more than that person may; who may is asked of the view `effective_permissions`, in the transaction that
//! writes.

mod change;
mod forget;
mod give;
mod list;
mod may;
mod rows;

pub(in crate::store) use forget::forget_unheld;

use super::StoreError;
use super::absent::{Absent, refused};
use super::session::Engine;
use super::shared::Shared;
use async_trait::async_trait;
use rosterd_core::access::{Parameters, Pattern};
use rosterd_core::ids::{Timestamp, UserId};
use std::collections::BTreeMap;

/// For ever, in `until`.
pub const FOR_EVER: Timestamp = Timestamp(rosterd_core::provision::FOR_EVER);

/// A row of `role_permissions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolePermission {
    pub action: Pattern,
    pub scope: Pattern,
    pub parameters: Parameters,
}

/// What people can say of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleText {
    /// `custom` or `bundle`.
    pub kind: String,
    pub title: String,
    pub description: String,
    pub permissions: Vec<RolePermission>,
    pub limits: BTreeMap<String, i64>,
}

/// `roles`, with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub id: i64,
    /// Number and name; `None` for every organization.
    pub org: Option<(i64, String)>,
    pub name: String,
    /// `builtin`, `file` or `manual`.
    pub origin: String,
    pub version: i64,
    pub text: RoleText,
}

/// Who makes, changes or gives.
#[derive(Debug, Clone)]
pub struct Granting {
    /// For the audit record.
    pub actor: String,
    /// In whose name: no more than they may. `None`: the operator, who may everything.
    pub acting_for: Option<UserId>,
}

/// A role of which something is to change, as whoever asks has seen it.
#[derive(Debug, Clone, Copy)]
pub struct SeenRole {
    pub id: i64,
    pub version: i64,
}

/// What came of changing a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleChanged {
    Done(Box<Role>),
    /// There is none with that number.
    None,
    /// It is at this version.
    Other(i64),
}

/// What is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A role, by its name.
    Role(String),
    /// To act for whoever has this login.
    ActFor(String),
}

/// To whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// By login; service accounts too.
    User(String),
    Team {
        org: String,
        team: String,
    },
    /// Everybody in it.
    Org(String),
}

/// What is to be given.
#[derive(Debug, Clone)]
pub struct Giving {
    pub what: What,
    /// Where, by name; `None`: in every organization.
    pub org: Option<String>,
    pub scope: Pattern,
    pub parameters: Parameters,
    pub to: Holder,
    pub until: Timestamp,
}

/// Who has something, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HolderNumber {
    User(i64),
    Team(i64),
    Org(i64),
}

impl HolderNumber {
    /// The kind's word, and the number.
    #[must_use]
    pub fn parts(self) -> (&'static str, i64) {
        match self {
            Self::User(number) => ("user", number),
            Self::Team(number) => ("team", number),
            Self::Org(number) => ("org", number),
        }
    }

    /// From these.
    #[must_use]
    pub fn of(kind: &str, number: i64) -> Option<Self> {
        match kind {
            "user" => Some(Self::User(number)),
            "team" => Some(Self::Team(number)),
            "org" => Some(Self::Org(number)),
            _ => None,
        }
    }
}

/// Something that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// `entitlements.id`.
    pub entitlement: i64,
    pub holder: HolderNumber,
    /// A login, or a team's or organization's name.
    pub holder_name: String,
    pub org: Option<String>,
    pub role: Option<String>,
    /// For a delegation: for whom.
    pub act_for: Option<String>,
    pub scope: String,
    pub parameters: String,
    pub synced: bool,
    pub declared_until: Option<Timestamp>,
    pub manual_until: Option<Timestamp>,
}

/// Roles and what is given by hand.
#[async_trait]
pub trait Roles: Send + Sync {
    /// Roles by number, those above `after`.
    async fn roles_after(&self, after: i64, limit: u32) -> Result<Vec<Role>, StoreError>;

    /// One of them.
    async fn role(&self, id: i64) -> Result<Option<Role>, StoreError>;

    /// Makes one, in the organization of that name or for every one. [`StoreError::Refused`] says why not,
    /// [`StoreError::NotAllowed`] what whoever asks lacks.
    async fn make_role(
        &self,
        org: Option<&str>,
        name: &str,
        text: &RoleText,
        by: &Granting,
        now: Timestamp,
    ) -> Result<Role, StoreError>;

    /// Makes it say this.
    async fn change_role(
        &self,
        seen: SeenRole,
        text: &RoleText,
        by: &Granting,
        now: Timestamp,
    ) -> Result<RoleChanged, StoreError>;

    /// Deletes one that nobody holds.
    async fn delete_role(&self, seen: SeenRole, by: &Granting, now: Timestamp) -> Result<RoleChanged, StoreError>;

    /// Gives something by hand; what was given so before lasts as long as is said now. Returns what is held then.
    async fn give(&self, giving: &Giving, by: &Granting, now: Timestamp) -> Result<Held, StoreError>;

    /// Takes back what was given by hand. False where nothing was.
    async fn take(
        &self,
        entitlement: i64,
        holder: HolderNumber,
        by: &Granting,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// What is held, by number and holder, behind `after`.
    async fn held_after(&self, after: Option<(i64, HolderNumber)>, limit: u32) -> Result<Vec<Held>, StoreError>;

    /// Forgets what was given by hand and ended before, and entitlements that nobody holds. Returns how many.
    async fn forget_entitlements(&self, before: Timestamp) -> Result<u64, StoreError>;
}

#[async_trait]
impl<E: Engine> Roles for Shared<E> {
    async fn roles_after(&self, after: i64, limit: u32) -> Result<Vec<Role>, StoreError> {
        self.read(Box::new(move |db| Box::pin(rows::after(db, after, limit)))).await
    }

    async fn role(&self, id: i64) -> Result<Option<Role>, StoreError> {
        self.read(Box::new(move |db| Box::pin(rows::one(db, id)))).await
    }

    async fn make_role(
        &self,
        org: Option<&str>,
        name: &str,
        text: &RoleText,
        by: &Granting,
        now: Timestamp,
    ) -> Result<Role, StoreError> {
        let (org, name, text, by) = (org.map(str::to_owned), name.to_owned(), text.clone(), by.clone());
        self.write(Box::new(move |db| {
            Box::pin(async move { change::make(db, (org.as_deref(), &name), &text, &by, now).await })
        }))
        .await
    }

    async fn change_role(
        &self,
        seen: SeenRole,
        text: &RoleText,
        by: &Granting,
        now: Timestamp,
    ) -> Result<RoleChanged, StoreError> {
        let (text, by) = (text.clone(), by.clone());
        self.write(Box::new(move |db| Box::pin(async move { change::change(db, seen, &text, &by, now).await }))).await
    }

    async fn delete_role(&self, seen: SeenRole, by: &Granting, now: Timestamp) -> Result<RoleChanged, StoreError> {
        let by = by.clone();
        self.write(Box::new(move |db| Box::pin(async move { change::delete(db, seen, &by, now).await }))).await
    }

    async fn give(&self, giving: &Giving, by: &Granting, now: Timestamp) -> Result<Held, StoreError> {
        let (giving, by) = (giving.clone(), by.clone());
        self.write(Box::new(move |db| Box::pin(async move { give::give(db, &giving, &by, now).await }))).await
    }

    async fn take(
        &self,
        entitlement: i64,
        holder: HolderNumber,
        by: &Granting,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let by = by.clone();
        self.write(Box::new(move |db| Box::pin(async move { give::take(db, entitlement, holder, &by, now).await })))
            .await
    }

    async fn held_after(&self, after: Option<(i64, HolderNumber)>, limit: u32) -> Result<Vec<Held>, StoreError> {
        self.read(Box::new(move |db| Box::pin(list::after(db, after, limit)))).await
    }

    async fn forget_entitlements(&self, before: Timestamp) -> Result<u64, StoreError> {
        if self.read(Box::new(move |db| Box::pin(forget::any(db, before)))).await? {
            self.write(Box::new(move |db| Box::pin(forget::forget(db, before)))).await
        } else {
            Ok(0)
        }
    }
}

#[async_trait]
impl Roles for Absent {
    async fn roles_after(&self, _: i64, _: u32) -> Result<Vec<Role>, StoreError> {
        Ok(Vec::new())
    }

    async fn role(&self, _: i64) -> Result<Option<Role>, StoreError> {
        Ok(None)
    }

    async fn make_role(
        &self,
        _: Option<&str>,
        _: &str,
        _: &RoleText,
        _: &Granting,
        _: Timestamp,
    ) -> Result<Role, StoreError> {
        refused()
    }

    async fn change_role(
        &self,
        _: SeenRole,
        _: &RoleText,
        _: &Granting,
        _: Timestamp,
    ) -> Result<RoleChanged, StoreError> {
        refused()
    }

    async fn delete_role(&self, _: SeenRole, _: &Granting, _: Timestamp) -> Result<RoleChanged, StoreError> {
        refused()
    }

    async fn give(&self, _: &Giving, _: &Granting, _: Timestamp) -> Result<Held, StoreError> {
        refused()
    }

    async fn take(&self, _: i64, _: HolderNumber, _: &Granting, _: Timestamp) -> Result<bool, StoreError> {
        refused()
    }

    async fn held_after(&self, _: Option<(i64, HolderNumber)>, _: u32) -> Result<Vec<Held>, StoreError> {
        Ok(Vec::new())
    }

    async fn forget_entitlements(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}
