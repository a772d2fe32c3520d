//! The names behind the numbers in a plan.

use super::Plan;
use crate::ids::{EntitlementId, GroupId, OrgId, RuleId, TeamId, UserId};
use crate::text::Text;

/// An entitlement in words.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entitled<'p> {
    pub(super) org: Option<&'p str>,
    pub(super) role: Option<&'p str>,
    /// Whom it lets act for.
    pub(super) person: Option<&'p str>,
    pub(super) scope: &'p str,
    pub(super) parameters: &'p str,
}

impl Entitled<'_> {
    /// Where it counts.
    pub(super) fn place(&self) -> &str {
        self.org.unwrap_or("every organization")
    }

    /// What it is.
    pub(super) fn what(&self) -> String {
        crate::entitlements::shown(self.role, self.person, self.scope, self.parameters)
    }
}

impl Plan {
    /// An organization's name, as it will be.
    #[must_use]
    pub fn org_name(&self, org: OrgId) -> &str {
        let books = &self.bookkeeping;
        if let Some(row) = books.new_orgs.get(&org).or_else(|| books.changed_orgs.get(&org)) {
            return self.snapshot.texts.get(row.name);
        }
        let at = self.observed.orgs.binary_search_by_key(&org, |row| row.id);
        at.ok().and_then(|at| self.observed.orgs.get(at)).map_or("?", |row| self.observed.texts.get(row.name))
    }

    /// The organization that a team is in, and the team's name as it is.
    #[must_use]
    pub fn team_name(&self, team: TeamId) -> (&str, &str) {
        if let Some(new) = self.bookkeeping.new_teams.get(&team) {
            return (self.org_name(new.org), self.snapshot.texts.get(new.name));
        }
        let at = self.observed.teams.binary_search_by_key(&team, |row| row.id);
        let row = at.ok().and_then(|at| self.observed.teams.get(at));
        row.map_or(("?", "?"), |row| (self.org_name(row.org), self.observed.texts.get(row.name)))
    }

    /// The organization of an entitlement (`None`: every one), its role or whom it lets act for, and its scope and
    /// parameters.
    pub(super) fn entitlement_name(&self, entitlement: EntitlementId) -> Entitled<'_> {
        let known = self.observed.entitlements.binary_search_by_key(&entitlement, |row| row.id).ok();
        let known = known.and_then(|at| self.observed.entitlements.get(at));
        let new = self.bookkeeping.new_entitlements.get(&entitlement);
        let Some(row) = known.or(new) else { return Entitled::default() };
        let texts = if known.is_some() { &self.observed.texts } else { &self.snapshot.texts };
        let role = row.role.get().and_then(|role| {
            let at = self.observed.roles.binary_search_by_key(&role, |row| row.id).ok()?;
            self.observed.roles.get(at).map(|row| self.observed.texts.get(row.name))
        });
        let person = row.for_user.get().map(|user| {
            let mut principals = self.observed.principals.iter();
            let principal =
                principals.find(|(_, known)| *known == user).map(|(login, _)| self.observed.texts.get(*login));
            principal.unwrap_or_else(|| self.login(user))
        });
        let org = row.org.get().map(|org| self.org_name(org));
        Entitled { org, role, person, scope: texts.get(row.scope), parameters: texts.get(row.parameters) }
    }

    /// Somebody's login: as it is, or as it will be for somebody who is new.
    #[must_use]
    pub fn login(&self, user: UserId) -> &str {
        let at = self.observed.users.binary_search_by_key(&user, |row| row.id);
        match at.ok().and_then(|at| self.observed.users.get(at)) {
            Some(row) => self.observed.texts.get(row.login),
            None => self.bookkeeping.new_user(user).map_or("?", |row| self.snapshot.texts.get(row.login)),
        }
    }

    /// A rule's name.
    #[must_use]
    pub fn rule_name(&self, rule: RuleId) -> &str {
        // Both are by id: new ones get the next number each.
        let find = |rules: &[(RuleId, Text)]| {
            let at = rules.binary_search_by_key(&rule, |(id, _)| *id).ok()?;
            rules.get(at).map(|(_, text)| *text)
        };
        match find(&self.observed.rules) {
            Some(text) => self.observed.texts.get(text),
            None => find(&self.bookkeeping.new_rules).map_or("?", |text| self.snapshot.texts.get(text)),
        }
    }

    /// The name of a group of this provider; `None` for another's.
    #[must_use]
    pub fn group_name(&self, group: GroupId) -> Option<&str> {
        let new = self.bookkeeping.groups.binary_search_by_key(&group, |write| write.id);
        if let Some(new) = new.ok().and_then(|at| self.bookkeeping.groups.get(at)) {
            return Some(self.snapshot.texts.get(new.name));
        }
        let at = self.observed.groups.binary_search_by_key(&group, |row| row.id).ok()?;
        self.observed.groups.get(at).map(|row| self.observed.texts.get(row.name))
    }
}
