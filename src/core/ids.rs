//! Identifiers as types, so that a team's number is never taken for an organization's.
//!
//! Numbers are the authorization database's keys. They are 64 bits wide there and 32 here: four
//! thousand million users are beyond what one installation holds, and half the memory counts.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;

/// An id or none, in the four bytes of an id. An `Option` takes eight, and a first run of a million people
/// holds twenty million of them. The largest number of all counts as none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Maybe<T> {
    /// One more than the id.
    after: Option<NonZeroU32>,
    of: PhantomData<T>,
}

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self { after: None, of: PhantomData }
    }
}

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

        impl From<Option<$name>> for Maybe<$name> {
            fn from(id: Option<$name>) -> Self {
                Self { after: id.and_then(|id| NonZeroU32::new(id.0.wrapping_add(1))), of: PhantomData }
            }
        }

        impl From<$name> for Maybe<$name> {
            fn from(id: $name) -> Self {
                Some(id).into()
            }
        }

        impl Maybe<$name> {
            #[must_use]
            pub fn get(self) -> Option<$name> {
                self.after.map(|after| $name(after.get() - 1))
            }
        }

        impl fmt::Debug for Maybe<$name> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.get().fmt(f)
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
    /// `roles.id`.
    RoleId
);
number!(
    /// `entitlements.id`: a role in an organization, narrowed to a scope; or to act for somebody.
    EntitlementId
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment, so many milliseconds later (or earlier).
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_or_none_takes_no_more_than_an_id() {
        assert_eq!(size_of::<Maybe<GroupId>>(), size_of::<GroupId>());
        let ids = [None, Some(GroupId(0)), Some(GroupId(7)), Some(GroupId(u32::MAX - 1))];
        let kept = ids.map(Maybe::from);
        assert_eq!(kept.map(|id| id.get()), ids);
        assert!(kept.is_sorted());
        assert_eq!(Maybe::<GroupId>::default().get(), None);
        assert_eq!(Maybe::from(GroupId(u32::MAX)).get(), None);
    }
}
