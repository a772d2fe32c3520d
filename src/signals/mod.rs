//! SIGNALS. A provider tells of security events by signed tokens (RFC 8417; OpenID Shared Signals Framework 1.0, CAEP,
//! RISC), pushed (RFC 8935) or polled for (RFC 8936).
//!
//! ```text
//!  pushed ─┐
//!          ├─▶ verify ─▶ who is meant ─▶ what follows ─▶ kept ─▶ acknowledged   ─▶ looked at, behind
//!  polled ─┘                                  └──▶ sessions and what a login gave end
//! ```
//!
//! An event makes rosterd ask again, or takes something until somebody has logged in again; what somebody is given, the
//! provider says itself. Never in this folder: a decision on who has what, SQL, or what a transmitter wrote in a log
//! line.

mod carry;
mod check;
mod count;
mod effect;
mod event;
mod keys;
mod poll;
mod push;
mod refusal;
mod service;
mod signal;
mod stream;
mod subject;

pub use check::check;
pub use push::router;
pub use service::Signals;
