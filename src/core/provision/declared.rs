//! What provisioning files say, as values: names as they are written, each with its place.

use super::names::number_of;
use crate::access::{Parameters, Pattern};
use crate::ids::UserId;
use crate::mapping::About;
use crate::rights::{OrgRole, TeamRole};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Where something is said: file and line, such as `roles/ops.toml:12`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(Arc<str>);

impl Place {
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that a file says, and where.
#[derive(Debug, Clone)]
pub struct At<T> {
    pub what: T,
    pub at: Place,
}

/// Everything that all files together say.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// How many files there are.
    pub files: usize,
    /// Names of files with `*` or `?` that no file fits.
    pub unfit: Vec<String>,
    pub orgs: Vec<At<String>>,
    pub teams: Vec<At<Team>>,
    pub members: Vec<At<Member>>,
    pub team_members: Vec<At<TeamMember>>,
    pub roles: Vec<At<Role>>,
    pub held: Vec<At<Held>>,
    pub limits: Vec<At<PersonLimit>>,
    pub accounts: Vec<At<Account>>,
    pub templates: Vec<At<Template>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Team {
    pub org: String,
    pub name: String,
}

/// One person's role in an organization.
#[derive(Debug, Clone)]
pub struct Member {
    pub org: String,
    pub person: String,
    pub role: OrgRole,
}

/// One person's role in a team.
#[derive(Debug, Clone)]
pub struct TeamMember {
    pub team: Team,
    pub person: String,
    pub role: TeamRole,
}

/// A role's name, and whose it is: of an organization, or (`None`) of every one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleName {
    pub org: Option<String>,
    pub name: String,
}

#[derive(Debug, Clone)]
pub struct Role {
    pub name: RoleName,
    pub bundle: bool,
    /// Takes over a role of that name that was made by hand.
    pub adopt: bool,
    pub title: String,
    pub description: String,
    /// Names of other roles whose permissions it has.
    pub from: Vec<At<String>>,
    pub permissions: Vec<At<Permission>>,
    /// What it does not have, though `from` gives it.
    pub absent: Vec<At<(Pattern, Pattern)>>,
    pub limits: BTreeMap<String, i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    pub action: Pattern,
    pub scope: Pattern,
    pub parameters: Parameters,
}

/// By whom it is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    Person(String),
    Team(String),
    Everybody,
}

/// One holder of one entitlement.
#[derive(Debug, Clone)]
pub struct Held {
    /// Absent: in every organization. In a template it is left out, and filled in.
    pub org: Option<String>,
    pub about: About,
    /// In a template with `${org}`, elsewhere a pattern.
    pub scope: String,
    pub parameters: Parameters,
    pub holder: Holder,
    pub until: i64,
}

#[derive(Debug, Clone)]
pub struct PersonLimit {
    pub person: String,
    pub name: String,
    pub value: i64,
}

/// A service account.
#[derive(Debug, Clone)]
pub struct Account {
    pub org: String,
    pub name: String,
    pub role: OrgRole,
}

/// For every organization whose name fits.
#[derive(Debug, Clone)]
pub struct Template {
    /// `*` stands for any letters, `?` for one.
    pub orgs: String,
    pub teams: Vec<At<String>>,
    pub held: Vec<At<Held>>,
}

/// The names by which a store finds what a plan needs.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub logins: BTreeSet<String>,
    /// Accounts that are named by their numbers.
    pub users: BTreeSet<UserId>,
    pub teams: BTreeSet<String>,
    pub roles: BTreeSet<String>,
    /// Whether who else is an Admin is needed: see [`super::Plan::takes_admins`].
    pub admins: bool,
    /// Whether how many people a change reaches is needed: see [`super::Plan::takes_from_many`].
    pub reach: bool,
}

impl Declared {
    /// All who hold something, templates' included.
    fn all_held(&self) -> impl Iterator<Item = &At<Held>> {
        let templates = self.templates.iter().flat_map(|template| &template.what.held);
        self.held.iter().chain(templates)
    }

    /// Every organization that is named, but those of `[[orgs]]`.
    pub(super) fn org_names(&self) -> impl Iterator<Item = (&str, &Place)> {
        let teams = self.teams.iter().map(|team| (team.what.org.as_str(), &team.at));
        let members = self.members.iter().map(|member| (member.what.org.as_str(), &member.at));
        let roles = self.roles.iter().filter_map(|role| Some((role.what.name.org.as_deref()?, &role.at)));
        let held = self.held.iter().filter_map(|held| Some((held.what.org.as_deref()?, &held.at)));
        let accounts = self.accounts.iter().map(|account| (account.what.org.as_str(), &account.at));
        teams.chain(members).chain(roles).chain(held).chain(accounts)
    }

    /// Everybody who is named, but service accounts where they are declared.
    pub(super) fn people(&self) -> impl Iterator<Item = (&str, &Place)> {
        let members = self.members.iter().map(|member| (member.what.person.as_str(), &member.at));
        let team_members = self.team_members.iter().map(|member| (member.what.person.as_str(), &member.at));
        let limits = self.limits.iter().map(|limit| (limit.what.person.as_str(), &limit.at));
        let held = self.all_held().flat_map(|held| {
            let of = if let About::Person(person) = &held.what.about { Some(person.as_str()) } else { None };
            let by = if let Holder::Person(person) = &held.what.holder { Some(person.as_str()) } else { None };
            of.into_iter().chain(by).map(|person| (person, &held.at))
        });
        members.chain(team_members).chain(limits).chain(held)
    }

    #[must_use]
    pub fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::default();
        for (person, _) in self.people() {
            match number_of(person) {
                Some(user) => drop(wanted.users.insert(user)),
                None => drop(wanted.logins.insert(person.to_owned())),
            }
        }
        wanted.teams.extend(self.teams.iter().map(|team| team.what.name.clone()));
        wanted.teams.extend(self.team_members.iter().map(|member| member.what.team.name.clone()));
        wanted.teams.extend(self.templates.iter().flat_map(|t| &t.what.teams).map(|team| team.what.clone()));
        for role in &self.roles {
            wanted.roles.insert(role.what.name.name.clone());
            wanted.roles.extend(role.what.from.iter().map(|from| from.what.clone()));
        }
        for held in self.all_held() {
            if let About::Role(role) = &held.what.about {
                wanted.roles.insert(role.clone());
            }
            if let Holder::Team(team) = &held.what.holder {
                wanted.teams.insert(team.clone());
            }
        }
        wanted
    }
}
