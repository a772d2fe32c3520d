//! LOGINS IN A BROWSER. Somebody comes to rosterd itself and is sent to their provider; what that says of them is
//! verified, looked at, and becomes a session.
//!
//! ```text
//!  /login/sso ──▶ the provider's pages ──▶ /login/sso/callback ──▶ tables ──▶ session
//!                                                                    ▲
//!                       renewed behind, by a token that is kept sealed ┘
//! ```
//!
//! A session says who somebody is, never what they may do: that is looked up in the tables at each request. Never in
//! this folder: a decision on who has what, SQL, or what a provider wrote in a log line.

mod begin;
mod cookie;
mod count;
mod finish;
mod logout;
mod pages;
mod renew;
mod routes;
mod service;
mod session;
mod tend;
mod wanted;

pub use routes::{asked_by_others, router};
pub use service::Logins;
pub(crate) use session::by_hash;
pub use session::{Current, NotLoggedIn, current};
