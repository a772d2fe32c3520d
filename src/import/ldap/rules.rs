//! Group mappings as rules, in their order.

use super::file::{Mapping, Server};
use super::{Servers, matching};
use crate::import::Work;
use crate::import::draft::{Draft, Rule};
use crate::import::report::{Place, Verdict};
use std::collections::BTreeSet;

const WHAT: &str = "[[servers.group_mappings]]";

pub(super) fn convert(
    provider: &str,
    server: &Server,
    servers: &Servers,
    skip: bool,
    draft: &mut Draft,
    work: &mut Work<'_>,
) {
    // Organizations whose role is everybody's already, and who was given what before.
    let mut everybody: BTreeSet<i64> = BTreeSet::new();
    let mut before: BTreeSet<(String, i64)> = BTreeSet::new();
    let mut number = 0;
    for mapping in &server.mappings {
        let place = Place::Line(servers.file.clone(), mapping.line);
        for (key, line) in &mapping.unknown {
            let place = Place::Line(servers.file.clone(), *line);
            work.report.line(&place, key, Verdict::Look, "not known to this import: it was left out");
        }
        let group = (mapping.group_dn.to_lowercase(), mapping.org);
        if let Some(why) = never(mapping, &group, &everybody, &before) {
            work.report.never(&place, &why);
            work.report.line(&place, WHAT, Verdict::Converted, format!("left out: {why}"));
            continue;
        }
        let (matches, how) = matching(&mapping.group_dn, work.report.compat());
        if mapping.role.is_some() {
            before.insert(group);
            if mapping.group_dn == "*" {
                everybody.insert(mapping.org);
            }
        }
        number += 1;
        let id = format!("{provider}-{number}");
        let tail = if skip { "; gives nothing as long as roles are not synced" } else { "" };
        work.report.line(&place, WHAT, Verdict::Converted, format!("rule `{id}`: {how}{tail}"));
        draft.rules.push(Rule {
            id,
            provider: provider.to_owned(),
            from: place.to_string(),
            matches,
            org: Some(work.orgs.mention(mapping.org, &place)),
            role: mapping.role,
            server_admin: mapping.admin,
            case_sensitive: None,
            aside: false,
            team: None,
        });
    }
}

/// Why a mapping does nothing, whoever comes.
fn never(
    mapping: &Mapping,
    group: &(String, i64),
    everybody: &BTreeSet<i64>,
    before: &BTreeSet<(String, i64)>,
) -> Option<String> {
    if mapping.role.is_none() && !mapping.admin {
        return Some("`grafana_admin = false` without a role gives nothing".to_owned());
    }
    if mapping.group_dn.is_empty() {
        return Some("it names no group".to_owned());
    }
    if everybody.contains(&mapping.org) {
        return Some(format!("an earlier mapping gives everybody (`*`) a role in organization {}", mapping.org));
    }
    before.contains(group).then(|| format!("an earlier mapping is for the same group and organization {}", mapping.org))
}
