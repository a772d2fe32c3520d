//! What an application sees: the authorization tables by names instead of numbers, and how two
//! such states differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The tables' contents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tables {
    /// By login.
    pub users: BTreeMap<String, User>,
    pub orgs: BTreeSet<String>,
    /// (organization, team)
    pub teams: BTreeSet<(String, String)>,
    /// (organization, login) → role
    pub org_members: BTreeMap<(String, String), String>,
    /// (organization, team, login) → role
    pub team_members: BTreeMap<(String, String, String), String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub email: String,
    pub state: String,
    pub server_admin: bool,
}

impl Tables {
    /// The role in an organization.
    pub fn org_role(&self, org: &str, login: &str) -> Option<&str> {
        self.org_members.get(&(org.to_owned(), login.to_owned())).map(String::as_str)
    }

    /// The role in a team of `Main`.
    pub fn team_role(&self, team: &str, login: &str) -> Option<&str> {
        self.team_members.get(&("Main".to_owned(), team.to_owned(), login.to_owned())).map(String::as_str)
    }

    /// The state of an account.
    pub fn state(&self, login: &str) -> Option<&str> {
        self.users.get(login).map(|user| user.state.as_str())
    }

    /// Organizations in which somebody active is Admin.
    pub fn administered(&self) -> BTreeSet<String> {
        let active = |login: &String| self.state(login) == Some("active");
        self.org_members
            .iter()
            .filter(|((_, login), role)| *role == "Admin" && active(login))
            .map(|((org, _), _)| org.clone())
            .collect()
    }

    /// Every row as a line, to be compared.
    fn lines(&self) -> BTreeSet<String> {
        let users = self.users.iter().map(|(login, u)| {
            format!("user {login} {:?} {} {} server_admin={}", u.name, u.email, u.state, u.server_admin)
        });
        let orgs = self.orgs.iter().map(|org| format!("org {org:?}"));
        let teams = self.teams.iter().map(|(org, team)| format!("team {org:?} {team:?}"));
        let org_members = self.org_members.iter().map(|((org, login), role)| format!("{login} is {role} of {org:?}"));
        let team_members =
            self.team_members.iter().map(|((org, team, login), role)| format!("{login} is {role} of {org:?} {team:?}"));
        users.chain(orgs).chain(teams).chain(org_members).chain(team_members).collect()
    }

    /// Lines of `self` that `other` has not.
    pub fn beyond(&self, other: &Self) -> BTreeSet<String> {
        &self.lines() - &other.lines()
    }

    /// Stops the test, with the first differences, unless both are the same.
    #[track_caller]
    pub fn assert_is(&self, expected: &Self) {
        assert!(
            self == expected,
            "the tables are not as expected\nmissing:\n{}too much:\n{}",
            First(&expected.beyond(self)),
            First(&self.beyond(expected))
        );
    }
}

/// Some of the lines, and how many there are.
struct First<'a>(&'a BTreeSet<String>);

impl fmt::Display for First<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.0.iter().take(12) {
            writeln!(f, "  {line}")?;
        }
        writeln!(f, "  ({} in all)", self.0.len())
    }
}
