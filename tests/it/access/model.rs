//! What somebody may do, worked out once more in the plainest way: from one state, without a database and without
//! anything of the program's.

use std::collections::BTreeMap;

pub(super) type Texts = BTreeMap<String, String>;

#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: i64,
    pub(super) state: &'static str,
    pub(super) kind: &'static str,
    /// By rules, and by hand.
    pub(super) server_admin: [bool; 2],
}

#[derive(Debug, Clone)]
pub(super) struct Role {
    pub(super) id: i64,
    pub(super) org: Option<i64>,
    /// Action, scope, parameters.
    pub(super) permissions: Vec<(String, String, Texts)>,
    pub(super) limits: Vec<(&'static str, i64)>,
}

/// What can be held.
#[derive(Debug, Clone)]
pub(super) struct Entitlement {
    pub(super) id: i64,
    pub(super) org: Option<i64>,
    pub(super) role: Option<i64>,
    pub(super) for_user: Option<i64>,
    pub(super) scope: String,
    pub(super) parameters: Texts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    User(i64),
    Team(i64),
    Org(i64),
}

/// Who holds what, by each of three owners: whether rules give it; until when a file, and a hand.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) entitlement: i64,
    pub(super) by: Holder,
    pub(super) synced: bool,
    pub(super) declared: Option<i64>,
    pub(super) manual: Option<i64>,
}

/// One state: a few people with all that can be said of them.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) users: Vec<User>,
    pub(super) orgs: Vec<i64>,
    /// Organization, user, and the roles of three owners.
    pub(super) members: Vec<(i64, i64, [Option<&'static str>; 3])>,
    /// Team, organization.
    pub(super) teams: Vec<(i64, i64)>,
    /// Team, user, and the roles of three owners.
    pub(super) in_teams: Vec<(i64, i64, [Option<&'static str>; 3])>,
    pub(super) roles: Vec<Role>,
    pub(super) entitlements: Vec<Entitlement>,
    pub(super) held: Vec<Held>,
    /// User, what of, whether by hand (or by a file), how much.
    pub(super) limits: Vec<(i64, &'static str, bool, i64)>,
}

/// When what never ends ends.
pub(super) const FOR_EVER: i64 = 253_402_300_799_999;

/// A row that the view must have: user, organization, action, scope, parameters, nearness, the role's parameters,
/// role, source, team, entitlement, from whom and until when.
pub(super) type Line =
    (i64, Option<i64>, String, String, Texts, i64, Texts, i64, String, Option<i64>, Option<i64>, (i64, i64));

/// The narrower of two texts of which each may end with a star.
pub(super) fn narrower(a: &str, b: &str) -> Option<String> {
    let inside =
        |wide: &str, narrow: &str| wide == narrow || wide.ends_with('*') && narrow.starts_with(&wide[..wide.len() - 1]);
    match (inside(a, b), inside(b, a)) {
        (true, _) => Some(b.to_owned()),
        (_, true) => Some(a.to_owned()),
        _ => None,
    }
}

/// Organization, role, scope, parameters, nearness, source, team, entitlement, until when.
type Has = (Option<i64>, i64, String, Texts, i64, &'static str, Option<i64>, Option<i64>, i64);

impl State {
    fn active(&self, user: i64) -> bool {
        self.users.iter().any(|u| u.id == user && u.state == "active")
    }

    fn is_member(&self, org: i64, user: i64) -> bool {
        self.members.iter().any(|(o, u, _)| *o == org && *u == user)
    }

    /// Until when, if that is not over.
    fn until(held: &Held, now: i64) -> Option<i64> {
        let rules = held.synced.then_some(FOR_EVER);
        [rules, held.declared, held.manual].into_iter().flatten().filter(|until| *until > now).max()
    }

    /// What an account has itself.
    fn own(&self, user: i64, now: i64) -> Vec<Has> {
        let mut all = Vec::new();
        if !self.active(user) {
            return all;
        }
        for (org, who, owners) in &self.members {
            if *who == user {
                let highest = owners.iter().flatten().map(|role| match *role {
                    "Admin" => 4,
                    "Editor" => 3,
                    "Viewer" => 2,
                    _ => 1,
                });
                let role = highest.max().unwrap_or(1);
                all.push((Some(*org), role, "*".to_owned(), Texts::new(), 0, "basic", None, None, FOR_EVER));
            }
        }
        if self.users.iter().any(|u| u.id == user && u.server_admin.contains(&true)) {
            all.push((None, 5, "*".to_owned(), Texts::new(), 0, "server_admin", None, None, FOR_EVER));
        }
        for held in &self.held {
            let Some(until) = Self::until(held, now) else { continue };
            let Some(what) = self.entitlements.iter().find(|e| e.id == held.entitlement) else { continue };
            let Some(role) = what.role else { continue };
            let with = |org, nearness, source, team| {
                (org, role, what.scope.clone(), what.parameters.clone(), nearness, source, team, Some(what.id), until)
            };
            match held.by {
                Holder::User(who) if who == user && what.org.is_none_or(|org| self.is_member(org, user)) => {
                    all.push(with(what.org, 0, "user", None));
                }
                Holder::Team(team) if self.in_teams.iter().any(|(t, u, _)| (*t, *u) == (team, user)) => {
                    for (_, org) in self.teams.iter().filter(|(t, _)| *t == team) {
                        if what.org == Some(*org) && self.is_member(*org, user) {
                            all.push(with(Some(*org), 1, "team", Some(team)));
                        }
                    }
                }
                Holder::Org(org) if what.org == Some(org) && self.is_member(org, user) => {
                    all.push(with(Some(org), 1, "org", None));
                }
                _ => {}
            }
        }
        all
    }

    /// Who acts for whom now: the other, where, with what scope, and until when.
    pub(super) fn delegations(&self, user: i64, now: i64) -> Vec<(i64, Option<i64>, String, i64)> {
        let mut all = Vec::new();
        for held in self.held.iter().filter(|held| held.by == Holder::User(user)) {
            let Some(until) = Self::until(held, now) else { continue };
            let what = self.entitlements.iter().find(|e| e.id == held.entitlement);
            if let Some((what, other)) = what.and_then(|what| what.for_user.map(|other| (what, other)))
                && self.active(user)
                && self.active(other)
                && what.org.is_none_or(|org| self.is_member(org, user))
            {
                all.push((other, what.org, what.scope.clone(), until));
            }
        }
        all
    }

    /// All that an account may do.
    pub(super) fn lines(&self, user: i64, now: i64) -> Vec<Line> {
        let mut has: Vec<(Has, i64)> = self.own(user, now).into_iter().map(|own| (own, user)).collect();
        for (other, org, scope, until) in self.delegations(user, now) {
            // With everything they do it in the other's name: that is no right of their own.
            if scope == "*" {
                continue;
            }
            for mut theirs in self.own(other, now) {
                if org.is_some() && theirs.0.is_some() && org != theirs.0 {
                    continue;
                }
                if theirs.0.is_some_and(|org| !self.is_member(org, user)) {
                    continue;
                }
                theirs.8 = theirs.8.min(until);
                if let Some(both) = narrower(&theirs.2, &scope) {
                    theirs.0 = theirs.0.or(org);
                    theirs.2 = both;
                    has.push((theirs, other));
                }
            }
        }
        let mut lines = Vec::new();
        for ((org, role, scope, parameters, nearness, source, team, entitlement, until), from) in has {
            let permissions = self.roles.iter().filter(|r| r.id == role).flat_map(|r| &r.permissions);
            for (action, to, of_role) in permissions {
                if let Some(both) = narrower(to, &scope) {
                    let (parameters, of_role) = (parameters.clone(), of_role.clone());
                    let source = source.to_owned();
                    lines.push((
                        user,
                        org,
                        action.clone(),
                        both,
                        parameters,
                        nearness,
                        of_role,
                        role,
                        source,
                        team,
                        entitlement,
                        (from, until),
                    ));
                }
            }
        }
        lines.sort();
        lines
    }

    /// Whether somebody may do that, with which parameters.
    pub(super) fn may(
        &self,
        user: i64,
        acting_for: Option<i64>,
        org: Option<i64>,
        action: &str,
        scope: Option<&str>,
        now: i64,
    ) -> Option<Texts> {
        let mut whose = user;
        if let Some(other) = acting_for.filter(|other| *other != user) {
            let mut all = self.delegations(user, now).into_iter();
            all.find(|(to, there, scope, _)| *to == other && scope == "*" && (there.is_none() || *there == org))?;
            // Nobody does anything in an organization that they do not belong to.
            if org.is_some_and(|org| !self.is_member(org, user)) {
                return None;
            }
            whose = other;
        }
        let stands = |pattern: &str, text: &str| narrower(pattern, text).as_deref() == Some(text);
        let mut best: BTreeMap<String, (i64, String)> = BTreeMap::new();
        let mut yes = false;
        for line in self.lines(whose, now) {
            let theirs = whose == user || line.11.0 == whose;
            if !theirs || line.1.is_some() && line.1 != org || !stands(&line.2, action) {
                continue;
            }
            if scope.is_some_and(|scope| !stands(&line.3, scope)) {
                continue;
            }
            yes = true;
            let near = line.4.into_iter().map(|said| (line.5, said));
            for (nearness, (name, value)) in near.chain(line.6.into_iter().map(|said| (2, said))) {
                let said = (nearness, value);
                let kept = best.entry(name).or_insert_with(|| said.clone());
                if said < *kept {
                    *kept = said;
                }
            }
        }
        yes.then(|| best.into_iter().map(|(name, (_, value))| (name, value)).collect())
    }

    /// How much somebody may have there of what: what is said of them by hand, else by a file, else the most of their roles.
    pub(super) fn limits(&self, user: i64, org: Option<i64>, now: i64) -> BTreeMap<String, i64> {
        let mut all = BTreeMap::new();
        if !self.active(user) {
            return all;
        }
        for (_, name, _, value) in self.limits.iter().filter(|(who, _, by_hand, _)| *who == user && !by_hand) {
            all.insert((*name).to_owned(), *value);
        }
        for (_, name, _, value) in self.limits.iter().filter(|(who, _, by_hand, _)| *who == user && *by_hand) {
            all.insert((*name).to_owned(), *value);
        }
        let mut most: BTreeMap<String, i64> = BTreeMap::new();
        for own in self.own(user, now).iter().filter(|own| own.0.is_none() || own.0 == org) {
            for (name, value) in self.roles.iter().filter(|role| role.id == own.1).flat_map(|role| &role.limits) {
                let kept = most.entry((*name).to_owned()).or_insert(*value);
                *kept = (*kept).max(*value);
            }
        }
        for (name, value) in most {
            all.entry(name).or_insert(value);
        }
        all
    }
}
