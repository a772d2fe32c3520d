//! rosterd: your identity provider's groups, kept true in your application's authorization database.

pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod demo;
mod explain;
pub mod fault;
pub mod fetch;
pub mod hooks;
pub mod http;
pub mod import;
pub mod jose;
pub mod lifecycle;
pub mod logins;
pub mod providers;
pub mod random;
pub mod saml;
pub mod seal;
pub mod signals;
pub mod store;
pub mod sync;
pub mod telemetry;
pub mod worker;
