//! The draft as TOML, with where each part comes from.

use super::draft::{Claims, Connection, Direct, Draft, Match, Provider, Reads, Rule, SecretRef, Test};
use std::fmt::Write as _;

/// A key and its value, or nothing.
macro_rules! say {
    ($out:expr, $($arg:tt)*) => {
        // Writing to a String cannot fail.
        let _ = writeln!($out, $($arg)*);
    };
}

/// The whole configuration.
pub(super) fn config(draft: &Draft, compat: bool) -> String {
    let mut out = String::from("# Imported from Grafana's own files");
    out.push_str(if compat { ", as compatible as can be (--compat).\n" } else { ".\n" });
    out.push_str("# report.md says what became of each setting; tests.yaml holds this file to what Grafana does.\n\n");
    out.push_str("version = 1\n\n[database]\nurl = \"sqlite:rosterd.db\"\n");
    for org in &draft.orgs {
        say!(out, "\n[orgs.{}]", key(&org.key));
        if let Some(name) = &org.name {
            say!(out, "name = {}", text(name));
        }
    }
    for provider in &draft.providers {
        provider_table(&mut out, provider);
    }
    for rule in &draft.rules {
        rule_table(&mut out, rule);
    }
    out
}

fn provider_table(out: &mut String, provider: &Provider) {
    let name = key(&provider.name);
    say!(out, "\n{}[providers.{name}]", comment(&provider.from));
    say!(out, "resolve = {}", text(if provider.first { "first" } else { "highest" }));
    if provider.case_sensitive {
        say!(out, "case_sensitive = true");
    }
    say!(out, "on_no_match = {}", text(provider.on_no_match));
    if let Some((org, role)) = &provider.default {
        say!(out, "default = {{ org = {}, role = {} }}", text(org), text(role.name()));
    }
    if provider.strict {
        say!(out, "strict = true");
    }
    for (key, value) in [("org_roles", provider.org_roles), ("server_admin", provider.server_admin)] {
        if value != "sync" {
            say!(out, "{key} = {}", text(value));
        }
    }
    match provider.allow.as_slice() {
        [] => {}
        [one] => {
            say!(out, "allow{}", dotted(one));
        }
        several => {
            say!(out, "allow.all = {}", list(several));
        }
    }
    match &provider.reads {
        Reads::Ldap(connection) => connection_tables(out, &name, connection),
        Reads::Login { protocol } => {
            say!(out, "\n[providers.{name}.login]\nprotocol = {}", text(protocol));
        }
    }
    if let Some(claims) = &provider.claims {
        claims_table(out, &name, claims);
    }
    if let Some(direct) = &provider.direct {
        direct_table(out, &name, direct);
    }
}

fn connection_tables(out: &mut String, name: &str, ldap: &Connection) {
    say!(out, "\n[providers.{name}.ldap]\nurls = {}", texts(&ldap.urls));
    if ldap.start_tls {
        say!(out, "start_tls = true");
    }
    if let Some(seconds) = ldap.timeout {
        say!(out, "timeout = \"{seconds}s\"");
    }
    let tls = [
        ("ca_file", ldap.ca_file.as_deref()),
        ("client_cert_file", ldap.client_cert_file.as_deref()),
        ("client_key_file", ldap.client_key_file.as_deref()),
        ("min_version", ldap.min_version),
    ];
    if tls.iter().any(|(_, value)| value.is_some()) {
        say!(out, "\n[providers.{name}.ldap.tls]");
        keys(out, &tls);
    }
    say!(out, "\n[providers.{name}.ldap.bind]");
    match &ldap.bind {
        None => {
            say!(out, "method = \"anonymous\"");
        }
        Some((dn, secret)) => {
            let secret = match secret {
                SecretRef::Env(name) => format!("{{ env = {} }}", text(name)),
                SecretRef::File(path) => format!("{{ file = {} }}", text(path)),
            };
            say!(out, "dn = {}\npassword = {secret}", text(dn));
        }
    }
    let users = &ldap.users;
    say!(out, "\n[providers.{name}.ldap.users]\nbase = {}", texts(&users.base));
    keys(
        out,
        &[
            ("filter", users.filter.as_deref()),
            ("id", users.id),
            ("login", users.login.as_deref()),
            ("name", users.name.as_deref()),
            ("email", users.email.as_deref()),
            ("member_of", users.member_of.as_deref()),
        ],
    );
    let groups = &ldap.groups;
    say!(out, "\n[providers.{name}.ldap.groups]\nbase = {}", texts(&groups.base));
    keys(out, &[("filter", groups.filter.as_deref()), ("id", groups.id)]);
    for (key, list) in [("members", &groups.members), ("member_logins", &groups.member_logins)] {
        if let Some(list) = list {
            say!(out, "{key} = {}", texts(list));
        }
    }
}

fn claims_table(out: &mut String, name: &str, claims: &Claims) {
    say!(out, "\n[providers.{name}.claims]");
    if !claims.sources.is_empty() {
        say!(out, "sources = {}", texts(&claims.sources));
    }
    if let Some(groups) = &claims.groups {
        say!(out, "groups = {}", text(groups));
    }
    say!(out, "lists_only = {}", claims.lists_only);
    if claims.absent_is_none {
        say!(out, "absent = \"none\"");
    }
}

fn direct_table(out: &mut String, name: &str, direct: &Direct) {
    say!(out, "\n[providers.{name}.direct_role]\nexpression = {}", text(&direct.expression));
    if !direct.sources.is_empty() {
        say!(out, "sources = {}", texts(&direct.sources));
    }
    for (key, on) in [("several", direct.several), ("case_sensitive", direct.case_sensitive)] {
        if on {
            say!(out, "{key} = true");
        }
    }
    if !direct.values.is_empty() {
        let values: Vec<String> =
            direct.values.iter().map(|(role, list)| format!("{role} = {}", texts(list))).collect();
        say!(out, "values = {{ {} }}", values.join(", "));
    }
    if direct.only_values {
        say!(out, "only_values = true");
    }
    if direct.keep_server_admin {
        say!(out, "unknown = \"keep_server_admin\"");
    }
}

fn rule_table(out: &mut String, rule: &Rule) {
    say!(out, "\n{}[[rules]]\nid = {}", comment(&rule.from), text(&rule.id));
    say!(out, "provider = {}", text(&rule.provider));
    say!(out, "match{}", dotted(&rule.matches));
    if let Some(org) = &rule.org {
        say!(out, "org = {}", text(&literal(org)));
    }
    if let Some(role) = rule.role {
        say!(out, "role = {}", text(role.name()));
    }
    if let Some(team) = &rule.team {
        say!(out, "team = {}", text(&literal(team)));
    }
    if rule.server_admin {
        say!(out, "server_admin = true");
    }
    if let Some(case) = rule.case_sensitive {
        say!(out, "case_sensitive = {case}");
    }
    if rule.aside {
        say!(out, "aside = true");
    }
}

/// A name that is no template, whatever is in it.
fn literal(name: &str) -> String {
    name.replace('$', "$$")
}

/// `.group = "x"`
fn dotted(matches: &Match) -> String {
    let (key, value) = match_of(matches);
    format!(".{key} = {value}")
}

fn match_of(matches: &Match) -> (&'static str, String) {
    match matches {
        Match::Group(group) => ("group", text(group)),
        Match::GroupExact(group) => ("group_exact", text(group)),
        Match::GroupGlob(glob) => ("group_glob", text(glob)),
        Match::GroupRegex(regex) => ("group_regex", text(regex)),
        Match::Expression(expression) => ("expression", text(expression)),
        Match::Any(parts) => ("any", list(parts)),
        Match::None(parts) => ("none", list(parts)),
        Match::Claim { path, test } => {
            let test = match test {
                Test::Equals(value) => format!("equals = {}", text(value)),
                Test::OneOf(values) => format!("one_of = {}", texts(values)),
                Test::True => "equals = true".to_owned(),
            };
            ("claim", format!("{{ path = {}, {test} }}", text(path)))
        }
    }
}

fn list(parts: &[Match]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| {
            let (key, value) = match_of(part);
            format!("{{ {key} = {value} }}")
        })
        .collect();
    format!("[{}]", parts.join(", "))
}

fn keys(out: &mut String, pairs: &[(&str, Option<&str>)]) {
    for (key, value) in pairs {
        if let Some(value) = value {
            say!(out, "{key} = {}", text(value));
        }
    }
}

/// A comment of one line, whatever the text holds.
fn comment(from: &str) -> String {
    let line: String = from.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("# {line}\n")
}

/// A bare key where TOML allows one.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { name.to_owned() } else { text(name) }
}

fn texts<T: AsRef<str>>(list: &[T]) -> String {
    format!("[{}]", list.iter().map(|one| text(one.as_ref())).collect::<Vec<_>>().join(", "))
}

/// A basic string (TOML 1.0, "String").
fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

    use super::*;

    #[test]
    fn whatever_a_text_holds_it_is_read_back() {
        for value in ["", "a\"b\\c", "line\nline\ttab\r", "\u{7f}\u{1}é雪", "'x'"] {
            let document = format!("a = {}\n{}b = 1\n", text(value), comment(value));
            let read = toml_edit::Document::parse(document.as_str()).unwrap();
            assert_eq!(read.get("a").unwrap().as_str(), Some(value), "{document}");
        }
    }
}
