//! What people do about accounts of people: suspended, blocked, archived and back.

use super::{Api, Caller, Named, Problem, Sent};
use crate::store::{Account, AccountChange, AccountReason, Among, WhichAccount};
use axum::extract::State;
use axum::{Extension, Json};
use rosterd_core::lifecycle::Act;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Why, and whether in any case.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Why {
    /// For people. It stands with the account, not in the audit record.
    #[schema(max_length = 500)]
    pub(super) reason: String,
    /// Even if an organization, or the installation, has no usable Admin left.
    pub(super) force: bool,
}

/// The longest reason, in characters.
const LONGEST: usize = 500;

/// Why an account is not active.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountReason)]
pub(super) struct Reason {
    /// A provider's name, or `manual`, `block` or `archive` for what people did.
    origin: String,
    reason: String,
    since: i64,
}

impl From<AccountReason> for Reason {
    fn from(AccountReason { origin, reason, since }: AccountReason) -> Self {
        Self { origin, reason, since: since.0 }
    }
}

/// How an account stands. Moments are milliseconds since 1970.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(super) struct Standing {
    id: u32,
    login: String,
    name: String,
    /// `person`, `service` or `break_glass`.
    kind: &'static str,
    /// `active`, `suspended`, `blocked`, `archived` or `archived by hand`.
    state: &'static str,
    reasons: Vec<Reason>,
}

impl From<Account> for Standing {
    fn from(account: Account) -> Self {
        let Account { id, login, name, kind, state, reasons, .. } = account;
        let reasons = reasons.into_iter().map(Reason::from).collect();
        Self { id: id.0, login, name, kind: kind.name(), state: state.name(), reasons }
    }
}

/// Does it, and answers how the account stands then.
pub(super) async fn change(
    api: &Api,
    caller: &Caller,
    (among, id): (Among, i64),
    acts: &'static [Act],
    why: Why,
) -> Result<Json<Standing>, Problem> {
    if why.reason.chars().count() > LONGEST || why.reason.contains('\0') {
        return Err(Problem::field("reason", format!("at most {LONGEST} characters, none of them NUL")));
    }
    let change = AccountChange {
        which: WhichAccount::Number(id),
        among,
        acts,
        reason: why.reason,
        by: caller.name.clone(),
        force: why.force,
    };
    let account = api.engine().store.change_account(&change, api.now()).await?;
    let account = account.ok_or_else(|| Problem::not_found(format!("there is no such account with the number {id}")));
    account.map(|account| Json(account.into()))
}

type Changed = Result<Json<Standing>, Problem>;

macro_rules! act {
    ($(#[$doc:meta])* $name:ident, $path:literal, $act:expr) => {
        $(#[$doc])*
        #[utoipa::path(post, path = $path, request_body = Why, params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
            responses((status = 200, description = "How the account stands then", body = Standing), (status = 409, description = "There is nothing to do, or the last Admin would go", body = super::super::problem::Said, content_type = "application/problem+json")))]
        pub(super) async fn $name(
            State(api): State<Arc<Api>>,
            Extension(caller): Extension<Caller>,
            Named(id): Named<i64>,
            Sent(why): Sent<Why>,
        ) -> Changed {
            change(&api, &caller, (Among::People, id), &[$act], why).await
        }
    };
}

act!(
    /// Somebody may not act until they are resumed. Sessions end.
    suspend, "/api/v1/people/{id}/suspend", Act::Suspend
);
act!(
    /// Takes back a suspension by hand. Other reasons stay.
    resume, "/api/v1/people/{id}/resume", Act::Resume
);
act!(
    /// Somebody may not act until they are unblocked, wherever they come back. Sessions end, and logins are not renewed.
    block, "/api/v1/people/{id}/block", Act::Block
);
act!(
    /// Takes back a block. Other reasons stay.
    unblock, "/api/v1/people/{id}/unblock", Act::Unblock
);
act!(
    /// Puts an account away. It stays so, wherever they come back.
    archive, "/api/v1/people/{id}/archive", Act::Archive
);
act!(
    /// Takes an account out of the archive, whoever put it there. Other reasons stay.
    unarchive, "/api/v1/people/{id}/unarchive", Act::Unarchive
);
