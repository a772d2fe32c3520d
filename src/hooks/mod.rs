//! LOGINS. Somebody tells rosterd that a person logs in: verified, kept, looked at, answered.
//!
//! ```text
//!  call ──▶ verify ──▶ read ──▶ keep ──▶ 202        ──▶ look, behind
//!                         └──▶ (inline) look, in time ──▶ answer, in the sender's shape
//! ```
//!
//! A hook carries no rights: it says whom to look at. Only a hook of a provider that is known by its
//! logins says more, and then of that provider's people alone. Never in this folder: a decision on who
//! has what, SQL, or a sender's words in a log line.

mod answer;
mod bucket;
mod count;
mod hook;
mod inline;
mod keeping;
mod later;
mod looking;
mod make;
mod read;
mod refusal;
mod routes;
mod secrets;
mod seldom;
mod senders;
mod service;
mod set;
mod shapes;
mod signed;
mod wanted;

pub use bucket::Bucket;
pub use looking::{Asked, Finding, LookError, Looked, Looks, OrgNow, PersonKey, PersonNow, Said, TeamNow};
pub use make::{Made, MakeError, make};
pub(crate) use read::{sha256, shared};
pub use routes::router;
pub(crate) use secrets::{FRESH, FRESH_WHEN_REFUSED, Secrets};
pub use seldom::Seldom;
pub use service::Hooks;
pub use signed::Told;
pub use wanted::{NotKept, Wanted};
