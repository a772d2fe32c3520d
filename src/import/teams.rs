//! Team sync: which external groups are in which team.
//!
//! Grafana never makes a team for it, knows no case in it, and makes plain members.

use super::draft::{Draft, Match, Reads, Rule};
use super::grafana::TeamLink;
use super::read::json;
use super::report::{Place, Verdict};
use super::{Problem, Text, Work};
use serde_json::Value;

/// Teams with their groups, in the order of the file.
#[derive(Debug)]
pub(super) struct Links {
    file: String,
    teams: Vec<(String, Vec<String>)>,
}

impl Links {
    pub(super) fn read(file: Option<&Text>) -> Result<Option<Self>, Vec<Problem>> {
        let Some(file) = file else { return Ok(None) };
        let mut links = Self { file: file.name.clone(), teams: Vec::new() };
        let mut problems = Vec::new();
        let Value::Object(teams) = json(file)? else {
            let message = "this must be one JSON object, {\"<team>\": [\"<external group>\", …]}";
            return Err(vec![Problem::whole(&file.name, message)]);
        };
        for (team, groups) in teams {
            let texts: Option<Vec<String>> =
                groups.as_array().and_then(|list| list.iter().map(|one| one.as_str().map(str::to_owned)).collect());
            match texts {
                Some(texts) => links.teams.push((team, texts)),
                None => problems.push(Problem::whole(
                    &file.name,
                    format!("team {team:?} needs a list of groups, such as [\"cn=sre,ou=groups,dc=example,dc=org\"]"),
                )),
            }
        }
        if problems.is_empty() { Ok(Some(links)) } else { Err(problems) }
    }
}

/// A rule for each provider and link, on top of everything else.
pub(super) fn convert(links: &Links, draft: &mut Draft, work: &mut Work<'_>) {
    let place = Place::Line(links.file.clone(), 1);
    if draft.providers.is_empty() {
        return;
    }
    let org = work.orgs.mention(work.assign.org, &place);
    for (team, groups) in &links.teams {
        let what = format!("team {}", Value::from(team.as_str()));
        let text = match groups.len() {
            0 => "no groups: no rule".to_owned(),
            n => format!("{n} groups in organization {org}; the team must exist, rosterd makes none for it"),
        };
        let verdict = if groups.is_empty() { Verdict::Look } else { Verdict::Converted };
        work.report.line(&place, &what, verdict, text);
    }
    work.report.first(format!(
        "The exported links do not say in which organization a team is. They were taken to be in organization {org}."
    ));
    let providers: Vec<(String, bool)> = draft
        .providers
        .iter()
        .map(|provider| (provider.name.clone(), matches!(provider.reads, Reads::Ldap(_))))
        .collect();
    for (provider, ldap) in providers {
        let mut number = 0;
        for (team, groups) in &links.teams {
            for group in groups.iter().filter(|group| !group.is_empty()) {
                number += 1;
                draft.rules.push(Rule {
                    id: format!("{provider}-team-{number}"),
                    provider: provider.clone(),
                    from: format!("{}: {team}", links.file),
                    matches: if ldap {
                        ldap_group(group, work.report.compat())
                    } else {
                        Match::GroupExact(group.clone())
                    },
                    org: Some(org.clone()),
                    role: None,
                    server_admin: false,
                    case_sensitive: Some(false),
                    aside: true,
                    team: Some(team.clone()),
                });
            }
        }
    }
    for provider in &mut draft.providers {
        let links = links.teams.iter().flat_map(|(team, groups)| {
            groups.iter().map(|group| TeamLink { team: team.clone(), group: group.clone(), org: org.clone() })
        });
        provider.teams.extend(links);
    }
}

/// A group of a directory: a DN, or every group of an organizational unit (`cn=*,ou=groups,…`).
fn ldap_group(group: &str, compat: bool) -> Match {
    let dn = |text: &str| rosterd_core::dn::normalize_into(text, &mut String::new()).is_ok();
    if !group.contains('=') || !dn(group) {
        return Match::GroupExact(group.to_owned());
    }
    match group.split_once("=*,") {
        Some((attribute, parent)) if !attribute.contains(',') && !parent.contains('*') => {
            // One component, whatever it holds: a comma in a value has a backslash before it.
            let parent = regex::escape(parent).replace(',', ", *");
            Match::GroupRegex(format!("{}=(?:[^,\\\\]|\\\\.)+, *{parent}", regex::escape(attribute)))
        }
        _ if compat => Match::GroupExact(group.to_owned()),
        _ => Match::Group(group.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

    use super::*;

    #[test]
    fn a_star_stands_for_one_component() {
        let Match::GroupRegex(pattern) = ldap_group("cn=*,ou=groups,dc=corp", false) else { panic!("not a pattern") };
        let regex = regex::Regex::new(&format!("^(?i:{pattern})$")).unwrap();
        for (dn, matched) in [
            ("CN=Users,OU=Groups,DC=corp", true),
            ("cn=a\\, b, ou=groups, dc=corp", true),
            ("cn=a,ou=x,ou=groups,dc=corp", false),
            ("ou=groups,dc=corp", false),
        ] {
            assert_eq!(regex.is_match(dn), matched, "{dn}");
        }
    }

    #[test]
    fn a_name_is_no_dn() {
        assert_eq!(ldap_group("users", false), Match::GroupExact("users".to_owned()));
        assert_eq!(ldap_group("cn=a,ou=b", false), Match::Group("cn=a,ou=b".to_owned()));
        assert_eq!(ldap_group("cn=a,ou=b", true), Match::GroupExact("cn=a,ou=b".to_owned()));
    }
}
