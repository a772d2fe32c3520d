//! The demo's data. Only functions that return the same texts each time; what is done with them
//! is the demo command's.

mod company;
mod ldif;
mod names;

pub use company::{JOINER, LEAVER, MOVER, PEOPLE, RENAMED, RULES, after_changes, company, truncated};
