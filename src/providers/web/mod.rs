//! What reading from a service over HTTP needs, whoever's it is: a session that waits where it is told to
//! ([`service`], [`throttle`]), and lists that come in pages and are only believed whole ([`pages`], [`tally`]).
//!
//! Which service it is, what it calls things and what an entry means is not known here.

mod failure;
mod pages;
mod service;
mod tally;
mod throttle;

pub(super) use failure::Failure;
pub(super) use pages::{Counted, Page, all};
pub(super) use service::{Purpose, Service, Session};
