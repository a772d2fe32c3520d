//! Asking other servers over HTTP, for whoever reads there: never more than so many bytes or so long, never along a
//! redirect, and never a host in our own network that somebody else has named.
//!
//! What is asked, and what answers mean, is not known here.

mod address;
mod client;
mod keys;
mod link;

pub use client::{Answer, Client, FetchError, Settings};
pub use keys::KeyCache;
pub use link::{BadLink, Links};
pub use reqwest::Url;
