//! Identifiers as types, so that a team's number is never taken for an organization's.
//!
//! Numbers are the authorization database's keys. They are 64 bits wide there and 32 here: four
//! thousand million users are beyond what one installation holds, and half the memory counts.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$name> for i64 {
            fn from(id: $name) -> i64 {
                i64::from(id.0)
            }
        }

        impl TryFrom<i64> for $name {
            type Error = std::num::TryFromIntError;
            fn try_from(n: i64) -> Result<Self, Self::Error> {
                u32::try_from(n).map($name)
            }
        }
    };
}

number!(
    /// `users.id`.
    UserId
);
number!(
    /// `orgs.id`.
    OrgId
);
number!(
    /// `teams.id`.
    TeamId
);
number!(
    /// `providers.id`.
    ProviderId
);
number!(
    /// `provider_groups.id`: one group of one provider.
    GroupId
);
number!(
    /// `identities.id`: one entry of one provider, linked to one user.
    IdentityId
);
number!(
    /// `rules.id`: a rule's name as the database remembers it.
    RuleId
);

/// The place of a reading among all readings: drawn from the database before the provider is asked.
/// Of two, the one with the larger number was begun later. Never a time: clocks differ and jump.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReadingNumber(pub i64);

/// Milliseconds since 1970-01-01T00:00:00Z. Made by a clock outside this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment, so many milliseconds later (or earlier).
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}
