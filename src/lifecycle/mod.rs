//! How the process starts and ends, as a service manager and a terminal see it.
//!
//! Knows nothing of providers, runs or the database: it carries "stop", "reload" and "I am alive".

mod signals;
mod stop;
mod systemd;

pub use signals::Signals;
pub use stop::Stop;
pub use systemd::Systemd;
