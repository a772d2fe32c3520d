//! rosterd: your identity provider's groups, kept true in your application's authorization database.

pub mod config;
pub mod fault;
pub mod providers;
pub mod store;
