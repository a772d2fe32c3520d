//! `ldap.toml`: a directory becomes a provider, a group mapping a rule.
//!
//! Grafana walks the mappings in the order of the file and takes the first of each organization:
//! that is `resolve = "first"`.

mod connection;
mod file;
mod filter;
mod rules;

pub(super) use file::{Mapping, Servers};

use super::draft::{Draft, Match, Provider, Reads};
use super::grafana::{LdapModel, Model};
use super::report::{Place, Verdict};
use super::{Problem, Work};
use file::Server;

/// A provider for each directory.
pub(super) fn convert(servers: &Servers, draft: &mut Draft, work: &mut Work<'_>) -> Vec<Problem> {
    let skip = switches(work);
    for (name, line) in &servers.unknown {
        let place = Place::Line(servers.file.clone(), *line);
        work.report.line(&place, name, Verdict::Look, "not known to this import: it was left out");
    }
    let mut made: Vec<(&Server, usize)> = Vec::new();
    for server in &servers.servers {
        let place = Place::Line(servers.file.clone(), server.table.line);
        if let Some((_, at)) = made.iter().find(|(before, _)| before.same_directory(server)) {
            let connection = connection::read(server, servers, work);
            if let Some(Provider { reads: Reads::Ldap(first), name, .. }) = draft.providers.get_mut(*at) {
                first.urls.extend(connection.urls);
                let text = format!(
                    "searched below the same names with the same mappings as an earlier server: taken for a copy, and \
                     added to the addresses of `{name}`"
                );
                work.report.line(&place, "[[servers]]", Verdict::Look, text);
            }
            continue;
        }
        let name = match made.len() {
            0 => "ldap".to_owned(),
            others => format!("ldap-{}", others + 1),
        };
        if !made.is_empty() {
            let text = format!(
                "a directory of its own: provider `{name}`. Somebody who is in both is two people to rosterd unless \
                 both providers say `link.by`; see the reference of the configuration"
            );
            work.report.line(&place, "[[servers]]", Verdict::Look, text);
        } else {
            work.report.line(&place, "[[servers]]", Verdict::Converted, "provider `ldap`");
        }
        made.push((server, draft.providers.len()));
        draft.providers.push(provider(&name, server, servers, skip, work));
        rules::convert(&name, server, servers, skip, draft, work);
    }
    Vec::new()
}

fn provider(name: &str, server: &Server, servers: &Servers, skip: bool, work: &mut Work<'_>) -> Provider {
    let connection = connection::read(server, servers, work);
    let on_no_match = match (skip, server.mappings.is_empty()) {
        (true, _) => "nothing",
        (false, true) => "keep",
        (false, false) => "suspend",
    };
    if !skip && server.mappings.is_empty() {
        let place = Place::Line(servers.file.clone(), server.table.line);
        let text = "without group mappings Grafana lets everybody in and touches no role: `on_no_match = \"keep\"`";
        work.report.line(&place, "group_mappings", Verdict::Converted, text);
    }
    Provider {
        name: name.to_owned(),
        from: format!("{}:{}", servers.file, server.table.line),
        reads: Reads::Ldap(Box::new(connection)),
        first: true,
        case_sensitive: false,
        on_no_match,
        default: None,
        strict: false,
        org_roles: if skip { "none" } else { "sync" },
        server_admin: if skip || server.mappings.is_empty() { "keep" } else { "sync" },
        allow: Vec::new(),
        claims: None,
        direct: None,
        model: Model::Ldap(LdapModel::new(server.mappings.clone(), skip)),
        teams: Vec::new(),
    }
}

/// `[auth.ldap]` of the ini. Whether roles are left alone.
fn switches(work: &mut Work<'_>) -> bool {
    let section = work.settings.section("auth.ldap");
    let skip = section.is("skip_org_role_sync", false);
    for (key, said) in section.keys() {
        let (verdict, text) = match key {
            "skip_org_role_sync" if skip => {
                (Verdict::Converted, "no rights from groups: `org_roles = \"none\"`, `server_admin = \"keep\"`")
            }
            "skip_org_role_sync" => (Verdict::Converted, "rights from groups, as the rules say"),
            "enabled" if section.is("enabled", false) => (Verdict::Converted, "a provider of its own"),
            "enabled" => (Verdict::Look, "Grafana does not use LDAP at present; it was converted nevertheless"),
            "config_file" => (Verdict::Converted, "the file that --ldap names"),
            "allow_sign_up" => (Verdict::Look, "rosterd makes an account for everybody whom a rule gives something"),
            "active_sync_enabled" => (Verdict::Converted, "rosterd reads the directory on its schedule: `every`"),
            "sync_cron" => (Verdict::Look, "rosterd reads more often, every 5 minutes unless `every` says otherwise"),
            _ => (Verdict::Look, "not known to this import: it was left out"),
        };
        work.report.line(&said.place, &said.what, verdict, text);
    }
    skip
}

/// A group as Grafana's LDAP mapping means it.
fn matching(group_dn: &str, compat: bool) -> (Match, &'static str) {
    if group_dn == "*" {
        return (Match::everybody(), "everybody");
    }
    let valid = group_dn.contains('=') && rosterd_core::dn::normalize_into(group_dn, &mut String::new()).is_ok();
    match (valid, compat) {
        (true, false) => (Match::Group(group_dn.to_owned()), "compared as a DN"),
        (true, true) => (Match::GroupExact(group_dn.to_owned()), "compared as text, as Grafana does"),
        (false, _) => (Match::GroupExact(group_dn.to_owned()), "no DN: compared as text, as Grafana does"),
    }
}
