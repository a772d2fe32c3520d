//! Templates of suborganizations, filled in for each organization whose name fits.

use super::declared::{At, Declared, Held};
use super::glob::fits;
use crate::access::Pattern;
use crate::ids::OrgId;
use std::collections::{BTreeMap, BTreeSet};

/// Stands for the organization's name, and for its number.
const NAME: &str = "${org}";
const NUMBER: &str = "${org_id}";

/// Says what is wrong with a text of a template.
///
/// # Errors
/// One sentence.
pub fn check_text(text: &str) -> Result<(), &'static str> {
    let known = text.replace(NAME, "").replace(NUMBER, "");
    if known.contains("${") { Err("there are `${org}`, its name, and `${org_id}`, its number") } else { Ok(()) }
}

/// A scope of a template as it may come out, to be looked at before it is filled in.
#[must_use]
pub fn stand_in(scope: &str) -> String {
    scope.replace(NAME, "x").replace(NUMBER, "1")
}

fn fill(text: &str, org: OrgId, name: &str) -> String {
    // The number first: a name may look like anything, and is not filled in again.
    text.replace(NUMBER, &org.to_string()).replace(NAME, name)
}

/// The organizations and the teams that each is to have.
pub(super) fn teams<'d>(declared: &'d Declared, orgs: &BTreeMap<OrgId, String>) -> Vec<(OrgId, &'d At<String>)> {
    let mut all = Vec::new();
    for template in &declared.templates {
        for (org, _) in orgs.iter().filter(|(_, name)| fits(&template.what.orgs, name)) {
            all.extend(template.what.teams.iter().map(|team| (*org, team)));
        }
    }
    all
}

/// What is held in which organization. A scope that cannot be one with such a name is noted.
pub(super) fn held(
    declared: &Declared,
    orgs: &BTreeMap<OrgId, String>,
    notes: &mut BTreeSet<String>,
) -> Vec<(OrgId, At<Held>)> {
    let mut all = Vec::new();
    for template in &declared.templates {
        for (org, name) in orgs.iter().filter(|(_, name)| fits(&template.what.orgs, name)) {
            for held in &template.what.held {
                let scope = fill(&held.what.scope, *org, name);
                // A name widens nothing.
                let wide = held.what.scope.contains(NAME) && name.contains('*');
                if wide || Pattern::parse(&scope).is_err() {
                    notes.insert(format!("{}: for the organization {name:?} its scope cannot be filled in", held.at));
                    continue;
                }
                let parameters =
                    held.what.parameters.iter().map(|(key, value)| (key.clone(), fill(value, *org, name))).collect();
                let what = Held { org: Some(name.clone()), scope, parameters, ..held.what.clone() };
                all.push((*org, At { what, at: held.at.clone() }));
            }
        }
    }
    all
}
