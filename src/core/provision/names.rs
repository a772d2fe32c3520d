//! Names of roles and of service accounts.

use crate::ids::UserId;
use std::fmt;

/// `roles.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleKind {
    /// What memberships give by themselves.
    Basic,
    /// What an application comes with.
    Fixed,
    Custom,
    /// A set with parameters.
    Bundle,
}

impl RoleKind {
    const ALL: [Self; 4] = [Self::Basic, Self::Fixed, Self::Custom, Self::Bundle];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Fixed => "fixed",
            Self::Custom => "custom",
            Self::Bundle => "bundle",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind that a name stands for.
    #[must_use]
    pub fn of(name: &str, bundle: bool) -> Self {
        match name.split_once(':') {
            Some(("basic", _)) => Self::Basic,
            Some(("fixed", _)) => Self::Fixed,
            _ if bundle => Self::Bundle,
            _ => Self::Custom,
        }
    }
}

impl fmt::Display for RoleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The basic roles that files may add to. `basic:none` allows nothing ever.
pub const BASIC: [&str; 4] = ["basic:viewer", "basic:editor", "basic:admin", "basic:server_admin"];

/// The longest name of a role.
const LONGEST_ROLE: usize = 100;

/// Says what is wrong with a role's name.
///
/// # Errors
/// For after "the name of a role".
pub fn check_role(name: &str) -> Result<(), &'static str> {
    let first = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let good = |c: char| first(c) || matches!(c, '.' | '_' | ':' | '-');
    if name.is_empty() || name.len() > LONGEST_ROLE {
        return Err("has 1 to 100 characters");
    }
    if !name.starts_with(first) || !name.chars().all(good) {
        return Err("has small letters, digits and `.`, `_`, `:`, `-`, and begins with a letter or a digit");
    }
    Ok(())
}

/// How files name an account by its number: `#7`.
#[must_use]
pub(super) fn number_of(person: &str) -> Option<UserId> {
    let digits = person.strip_prefix('#').filter(|rest| rest.bytes().all(|b| b.is_ascii_digit()))?;
    digits.parse().ok().map(UserId)
}

/// How files name a service account: by its organization's name (or number) and its own.
#[must_use]
pub(super) fn account_of(person: &str) -> Option<(&str, &str)> {
    person.strip_prefix("service:")?.rsplit_once(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_roles_are_plain() {
        for good in ["viewer", "fixed:alerts:reader", "custom:a.b-c_d", "9"] {
            assert_eq!(check_role(good), Ok(()), "{good}");
        }
        for bad in ["", "Viewer", ":a", "a b", "é", &"a".repeat(101)] {
            assert!(check_role(bad).is_err(), "{bad}");
        }
        assert_eq!(RoleKind::of("fixed:a", false), RoleKind::Fixed);
        assert_eq!(RoleKind::of("bundle-basic", true), RoleKind::Bundle);
        assert_eq!(RoleKind::of("custom:a", false), RoleKind::Custom);
    }

    #[test]
    fn an_account_is_named_by_organization_and_name() {
        assert_eq!(account_of("service:Client: A:ci"), Some(("Client: A", "ci")));
        assert_eq!(account_of("ana"), None);
    }

    #[test]
    fn a_number_of_an_account_is_no_login() {
        assert_eq!(number_of("#7"), Some(UserId(7)));
        for login in ["7", "#", "#ana", "#7a", "#99999999999", "ana#7"] {
            assert_eq!(number_of(login), None, "{login}");
        }
    }
}
