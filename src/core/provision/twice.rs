//! What files say twice. Which of the two counts would be an accident, so neither does.

use super::declared::{At, Declared, Held, Holder, Place};
use super::observed::Name;
use crate::mapping::About;
use std::collections::BTreeMap;

/// What names mean: two spellings of one thing are the same. Without a database nothing is known, and each name means
/// itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meant<'a>(pub(super) &'a BTreeMap<Name, u32>);

impl Meant<'_> {
    pub(super) fn org(self, org: &str) -> String {
        self.found(&Name::Org(org.to_owned()), org)
    }

    fn person(self, person: &str) -> String {
        self.found(&Name::User(person.to_owned()), person)
    }

    /// As accounts are named by their numbers.
    fn found(self, name: &Name, text: &str) -> String {
        self.0.get(name).map_or_else(|| text.to_owned(), |id| format!("#{id}"))
    }
}

/// One line for each, with both places.
#[must_use]
pub(super) fn said_twice(declared: &Declared, meant: Meant<'_>) -> Vec<String> {
    let mut twice = Vec::new();
    let roles = declared.roles.iter().map(|role| {
        let name = &role.what.name;
        (name.org.as_deref().map(|org| meant.org(org)), name, &role.at)
    });
    find(roles.map(|(org, name, at)| ((org, &name.name), name, at)), &mut twice, |name| match &name.org {
        Some(org) => format!("the role `{}` of {org}", name.name),
        None => format!("the role `{}`", name.name),
    });
    // No names of people here: these lines are for logs, too, and the places say who it is.
    let accounts = declared.accounts.iter().map(|account| {
        let what = &account.what;
        let person = meant.person(&format!("service:{}:{}", what.org, what.name));
        ((meant.org(&what.org), person), &what.org, &account.at)
    });
    let members = declared.members.iter().map(|member| {
        let what = &member.what;
        ((meant.org(&what.org), meant.person(&what.person)), &what.org, &member.at)
    });
    find(accounts.chain(members), &mut twice, |org| format!("somebody's membership of {org}"));
    let team_members = declared.team_members.iter().map(|member| {
        let what = &member.what;
        ((meant.org(&what.team.org), &what.team.name, meant.person(&what.person)), &what.team, &member.at)
    });
    find(team_members, &mut twice, |team| format!("somebody's membership of {} › {}", team.org, team.name));
    let limits = declared.limits.iter().map(|limit| {
        let what = &limit.what;
        ((meant.person(&what.person), &what.name), &what.name, &limit.at)
    });
    find(limits, &mut twice, |name| format!("somebody's limit `{name}`"));
    held(&declared.held, meant, &mut twice);
    for template in &declared.templates {
        held(&template.what.held, meant, &mut twice);
    }
    twice
}

fn held(all: &[At<Held>], meant: Meant<'_>, twice: &mut Vec<String>) {
    let keys = all.iter().map(|held| {
        let what = &held.what;
        let about = match &what.about {
            About::Role(role) => About::Role(role.clone()),
            About::Person(person) => About::Person(meant.person(person)),
        };
        let holder = match &what.holder {
            Holder::Person(person) => Holder::Person(meant.person(person)),
            other => other.clone(),
        };
        let org = what.org.as_deref().map(|org| meant.org(org));
        ((org, about, &what.scope, &what.parameters, holder), what, &held.at)
    });
    find(keys, twice, |what| {
        let about = match &what.about {
            About::Role(role) => format!("the role `{role}`"),
            About::Person(_) => "acting for somebody".to_owned(),
        };
        let who = match &what.holder {
            Holder::Person(_) => "somebody".to_owned(),
            Holder::Team(team) => format!("the team {team}"),
            Holder::Everybody => "everybody".to_owned(),
        };
        let place = what.org.as_ref().map_or_else(String::new, |org| format!(" in {org}"));
        format!("{about} on {}{place} for {who}", what.scope)
    });
}

/// Of each: what tells it from others, what it is called by, and where it is said.
fn find<'a, K: Ord, W: 'a>(
    all: impl Iterator<Item = (K, &'a W, &'a Place)>,
    twice: &mut Vec<String>,
    name: impl Fn(&W) -> String,
) {
    let mut seen: BTreeMap<K, &Place> = BTreeMap::new();
    for (key, what, at) in all {
        if let Some(before) = seen.get(&key) {
            twice.push(format!("{at}: {} is declared at {before} already", name(what)));
            continue;
        }
        seen.insert(key, at);
    }
}
