//! What roles allow, as values: patterns of actions and scopes, and which parameters count.
//!
//! Who may do what is worked out by the database's view `effective_permissions` alone, so that an application that
//! asks by SQL and one that asks by HTTP get the same answer. What is here says the same of two texts as the view does;
//! it never adds up a person's rights.

mod parameters;
mod pattern;

pub use parameters::{Nearest, Parameters, parameters};
pub use pattern::{Pattern, PatternError, covers};
