//! The deciding part, from a reading and a target in memory to what the target holds afterwards.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod accounts;
mod entitlements;
mod language;
mod leases;
mod limits;
mod mapping;
mod orgs;
mod people;
mod properties;
mod race;
mod rechecks;
mod rights;
mod target;
mod world;
