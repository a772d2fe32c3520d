//! Why somebody has a right or has it not, and what a group does: from what the database says and
//! the configuration, as values. Whoever asks prints them.
//!
//! Never asks a provider, reads no database by itself, changes nothing.

mod book;
mod claims;
mod group;
mod history;
mod lost;
mod misses;
mod permission;
mod person;
#[cfg(test)]
mod tests;
pub(crate) mod value;
mod ways;

pub(crate) use book::Book;
pub(crate) use group::explain as group;
pub(crate) use permission::{Permission, permission};
pub(crate) use person::explain as person;
