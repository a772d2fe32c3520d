//! What files say twice. Which of the two counts would be an accident, so neither does.

use super::declared::{At, Declared, Holder, Place};
use crate::mapping::About;
use std::collections::BTreeMap;

/// One line for each, with both places.
#[must_use]
pub(super) fn said_twice(declared: &Declared) -> Vec<String> {
    let mut twice = Vec::new();
    let roles = declared.roles.iter().map(|role| (&role.what.name, &role.at));
    find(roles, &mut twice, |name| match &name.org {
        Some(org) => format!("the role `{}` of {org}", name.name),
        None => format!("the role `{}`", name.name),
    });
    // No names of people here: these lines are for logs, too, and the places say who it is.
    let accounts = declared.accounts.iter().map(|account| {
        let what = &account.what;
        ((&what.org, format!("service:{}:{}", what.org, what.name)), &account.at)
    });
    let members = declared.members.iter().map(|member| ((&member.what.org, member.what.person.clone()), &member.at));
    find(accounts.chain(members), &mut twice, |(org, _)| format!("somebody's membership of {org}"));
    let team_members =
        declared.team_members.iter().map(|member| ((&member.what.team, &member.what.person), &member.at));
    find(team_members, &mut twice, |(team, _)| format!("somebody's membership of {} › {}", team.org, team.name));
    let limits = declared.limits.iter().map(|limit| ((&limit.what.person, &limit.what.name), &limit.at));
    find(limits, &mut twice, |(_, name)| format!("somebody's limit `{name}`"));
    held(&declared.held, &mut twice);
    for template in &declared.templates {
        held(&template.what.held, &mut twice);
    }
    twice
}

fn held(all: &[At<super::declared::Held>], twice: &mut Vec<String>) {
    let keys = all.iter().map(|held| {
        let what = &held.what;
        ((&what.org, &what.about, &what.scope, &what.parameters, &what.holder), &held.at)
    });
    find(keys, twice, |(org, about, scope, _, holder)| {
        let what = match about {
            About::Role(role) => format!("the role `{role}`"),
            About::Person(_) => "acting for somebody".to_owned(),
        };
        let who = match holder {
            Holder::Person(_) => "somebody".to_owned(),
            Holder::Team(team) => format!("the team {team}"),
            Holder::Everybody => "everybody".to_owned(),
        };
        let place = org.as_ref().map_or_else(String::new, |org| format!(" in {org}"));
        format!("{what} on {scope}{place} for {who}")
    });
}

fn find<'a, K: Ord>(all: impl Iterator<Item = (K, &'a Place)>, twice: &mut Vec<String>, name: impl Fn(&K) -> String) {
    let mut seen: BTreeMap<K, &Place> = BTreeMap::new();
    for (key, at) in all {
        if let Some(before) = seen.get(&key) {
            twice.push(format!("{at}: {} is declared at {before} already", name(&key)));
            continue;
        }
        seen.insert(key, at);
    }
}
