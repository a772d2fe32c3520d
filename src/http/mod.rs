//! WHO ASKS, over HTTP: the API under `/api/v1`, and the server that it and the login hooks stand
//! behind.
//!
//! Turns requests into calls and outcomes into answers; decides nothing, and reads no provider by
//! itself. There is no way to a router but [`access::Routes`], so that no route is without a word on
//! who may use it.

mod access;
mod api;
mod caller;
mod descriptors;
mod extract;
mod failures;
mod headers;
mod idempotent;
mod measure;
mod openapi;
pub mod ops;
mod origin;
mod page;
mod peer;
mod problem;
mod routes;
mod server;
mod tls;
pub mod token;

pub use access::{Access, Guarded};
pub use api::{Api, Work};
pub use openapi::openapi;
pub use peer::Peer;
pub use problem::Problem;
pub use server::{Listener, ServeError};

use std::sync::Arc;

/// Everything under `/api/v1`.
#[must_use]
pub fn api(api: &Arc<Api>) -> Guarded {
    routes::all().guarded(api)
}
