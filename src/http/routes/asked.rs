//! Questions as callers write them, made into the store's: what is wrong with one is said with its field.

use super::Problem;
use crate::store::{Allowed, Named, Question};
use rosterd_core::access::Pattern;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// So many questions in one request.
pub(super) const MOST: usize = 1_000;

/// The longest login or name, in characters.
const LONGEST: usize = 250;

/// What is wrong with a field: its name, and what it must be.
pub(super) type Wrong = (&'static str, String);

/// A text that names a person or an organization.
pub(super) fn named(field: &'static str, text: &str) -> Result<Named, Wrong> {
    if text.is_empty() || text.chars().nth(LONGEST).is_some() || text.contains('\0') {
        return Err((field, format!("1 to {LONGEST} characters, none of them NUL: a name, or # and a number")));
    }
    Ok(Named::parse(text))
}

/// A text that is an action or a scope.
pub(super) fn pattern(field: &'static str, text: &str) -> Result<String, Wrong> {
    Pattern::parse(text).map(String::from).map_err(|why| (field, format!("it {why}")))
}

/// The parts of a question as texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts<'a> {
    pub(super) user: &'a str,
    pub(super) acting_for: Option<&'a str>,
    pub(super) org: Option<&'a str>,
    pub(super) action: &'a str,
    pub(super) scope: Option<&'a str>,
}

impl Texts<'_> {
    /// As the store takes it.
    pub(super) fn question(self) -> Result<Question, Wrong> {
        Ok(Question {
            who: named("user", self.user)?,
            acting_for: self.acting_for.map(|text| named("acting_for", text)).transpose()?,
            org: self.org.map(|text| named("org", text)).transpose()?,
            action: pattern("action", self.action)?,
            scope: self.scope.map(|text| pattern("scope", text)).transpose()?,
        })
    }
}

impl From<Wrong> for Problem {
    fn from((field, message): Wrong) -> Self {
        Self::field(field, message)
    }
}

/// What goes with a yes.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct Besides {
    /// The number of whoever does it.
    user: i64,
    /// The number of whoever it is done for.
    #[serde(skip_serializing_if = "Option::is_none")]
    acting_for: Option<i64>,
    /// What the application is to know besides, such as a row filter; of each name what is said nearest to the person.
    parameters: BTreeMap<String, String>,
    /// How much they may have of what.
    limits: BTreeMap<String, i64>,
}

impl From<Allowed> for Besides {
    fn from(allowed: Allowed) -> Self {
        let Allowed { user, acting_for, parameters, limits } = allowed;
        Self { user, acting_for, parameters, limits }
    }
}
