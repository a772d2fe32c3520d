//! How much a plan takes away, and whether that is more than the operator allows at once.

use super::change::Change;
use std::collections::BTreeSet;

/// What the operator allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub removals_percent: u32,
    pub removals_at_least: u32,
    pub privileged_gains: u32,
}

/// What the operator says of plans for files.
#[derive(Debug, Clone)]
pub struct Policy {
    pub limits: Limits,
    /// Logins of accounts that are left alone, marked as such or not.
    pub break_glass: BTreeSet<String>,
}

/// A limit that a plan exceeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exceeded {
    /// Files declare nothing any more.
    Empty {
        before: u32,
    },
    Removals {
        removed: u32,
        of: u32,
        percent: u32,
        at_least: u32,
    },
    /// More people than allowed become Admin.
    PrivilegedGains {
        gained: u32,
        most: u32,
    },
    /// One change takes something from many people.
    Many {
        what: String,
        people: u32,
        at_least: u32,
    },
    /// A name means something else than it did, and what is given by it would move.
    Moved {
        name: String,
        before: String,
        now: String,
    },
}

impl Exceeded {
    /// As one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Empty { before } => format!("the provisioning files declare nothing; {before} things were declared"),
            Self::Removals { removed, of, percent, at_least } => format!(
                "{removed} memberships, roles that are held and permissions removed, of {of} that files declare; \
                 the limit is {percent} % from {at_least} on"
            ),
            Self::Many { what, people, at_least } => {
                format!("{what}: {people} people lose it at once; the limit is {at_least}")
            }
            Self::Moved { name, before, now } => format!(
                "{name} was {before}, and is {now} by now: what files give would move; if it is to, approve it, or else \
                 name the one that is meant"
            ),
            Self::PrivilegedGains { gained, most } => format!("{gained} people become Admin; the limit is {most}"),
        }
    }
}

/// `of`: how much files had given before.
pub(super) fn exceeded(changes: &[Change], of: u32, nothing: bool, limits: &Limits) -> Vec<Exceeded> {
    let mut exceeded = Vec::new();
    // What must not be taken is left in the end, and then there is nothing more to do.
    if nothing && of > 0 && !changes.is_empty() {
        exceeded.push(Exceeded::Empty { before: of });
    }
    let removed: u32 = changes.iter().map(Change::removed).fold(0, u32::saturating_add);
    let share = u64::from(removed) * 100 > u64::from(limits.removals_percent) * u64::from(of);
    if removed > 0 && share && removed >= limits.removals_at_least {
        let (percent, at_least) = (limits.removals_percent, limits.removals_at_least);
        exceeded.push(Exceeded::Removals { removed, of, percent, at_least });
    }
    let gained = u32::try_from(changes.iter().filter(|change| change.gains()).count()).unwrap_or(u32::MAX);
    // The very first plan is not held for what it gives, as a provider's is not.
    if of > 0 && gained > limits.privileged_gains {
        exceeded.push(Exceeded::PrivilegedGains { gained, most: limits.privileged_gains });
    }
    exceeded
}
