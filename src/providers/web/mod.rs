//! What reading from a service over HTTP needs, whoever's it is: who asks ([`access`], [`grant`]), a session that waits
//! where it is told to ([`service`], [`throttle`]), and lists that come in pages and are only believed whole: counted
//! from their beginning ([`pages`], [`tally`]), or each page naming the next ([`chain`]).
//!
//! Which service it is, what it calls things and what an entry means is not known here.

mod access;
mod chain;
mod failure;
mod grant;
mod pages;
mod place;
mod service;
mod tally;
mod throttle;

pub(super) use access::Access;
pub(super) use chain::{Chained, Chunk, Origin, follow, id_of, within};
pub(super) use failure::Failure;
pub(super) use grant::{Grant, Proof};
pub(super) use pages::{Counted, Page, all};
pub(super) use place::{asking, below, client, place};
pub(super) use service::{Purpose, Reply, Service, Session};
