//! The deciding part of rosterd.
//!
//! Everything here is a function of its arguments: what a provider said ([`snapshot`]), what the
//! operator wants ([`mapping`]), what the target holds ([`observed`]), and from those the
//! difference ([`plan`]) with its reasons. It never reads a clock, a file, the environment or a
//! socket, and never draws a random number: times and seeds are parameters. The crate does not
//! depend on an async runtime or a database driver, so the compiler keeps it that way.

pub mod access;
pub mod audit;
pub mod dn;
pub mod entitlements;
pub mod ids;
pub mod lifecycle;
pub mod mapping;
pub mod members;
pub mod nesting;
pub mod observed;
pub mod plan;
pub mod provision;
pub mod renewal;
pub mod rights;
pub mod snapshot;
pub mod text;
pub mod writes;
pub mod written;
