//! An LDAP directory: how it is reached, who signs in, and that membership can be found at all.

use super::Report;
use super::url::{LdapUrl, Scheme};
use crate::config::attributes::holds_secrets;
use crate::config::tree::{Entry, Node};
use crate::config::words::quoted;
use crate::config::{Code, WITHOUT_KERBEROS};
use std::collections::BTreeSet;

pub(super) fn check(entry: &Entry, report: &mut Report<'_>) {
    let ldap = &entry.node;
    report.not_zero(ldap, "timeout", "nothing could ever be answered in time");
    if let Some(follow) = ldap.get("follow") {
        report.not_zero(follow, "every", "the directory would be asked without a pause");
    }
    let urls = urls(ldap, report);
    let schemes = |wanted: Scheme| urls.iter().any(|url| url.scheme == wanted);
    let start_tls = ldap.entry("start_tls").filter(|_| ldap.is_true("start_tls"));
    if let Some(start_tls) = start_tls.filter(|_| schemes(Scheme::Ldaps) || schemes(Scheme::Ldapi)) {
        let help = "ldaps:// is encrypted from its first byte, and ldapi:// never leaves the machine";
        report.say(&start_tls.key_origin, Code::StartTlsScheme, "`start_tls` goes with ldap:// only", help);
    }
    if let Some(tls) = ldap.get("tls") {
        for (one, other) in [("client_cert_file", "client_key_file"), ("client_key_file", "client_cert_file")] {
            if let (Some(one_entry), None) = (tls.entry(one), tls.entry(other)) {
                report.say(
                    &one_entry.key_origin,
                    Code::ClientCertificate,
                    format!("`{one}` needs `{other}`"),
                    "a certificate and its key go together",
                );
            }
        }
    }
    bind(entry, &urls, report);
    for key in ["keytab_file", "principal", "service_host"] {
        ldap.get("bind").into_iter().for_each(|bind| report.not_empty(bind, key));
    }
    for part in ["users", "groups"].into_iter().filter_map(|key| ldap.get(key)) {
        attributes(part, report);
    }
    if let Some(users) = ldap.get("users") {
        twice(users, report);
    }
    if let (Some(users), Some(groups)) = (ldap.entry("users"), ldap.entry("groups")) {
        let none = |key: &str| groups.node.get(key).is_some_and(|list| list.items().is_empty());
        let by_people = ["member_of", "primary_group"].iter().any(|key| users.node.get(key).is_some());
        if none("members") && none("member_logins") && !by_people {
            let help = "give `members` or `member_logins`, or `member_of` or `primary_group` in `users`";
            report.say(&groups.key_origin, Code::NoMembership, "nothing says who is in a group", help);
        }
    }
}

fn urls(ldap: &Node, report: &mut Report<'_>) -> Vec<LdapUrl> {
    let mut read = Vec::new();
    for node in ldap.get("urls").map_or(&[][..], Node::items) {
        match node.text().map(LdapUrl::parse) {
            Some(Ok(url)) => read.push(url),
            Some(Err(why)) => report.say(&node.origin, Code::LdapUrl, "this is not the URL of an LDAP server", why),
            None => {}
        }
    }
    read
}

/// The keys of `bind`, and the method that they are for.
const BIND_KEYS: [(&str, &str); 5] = [
    ("dn", "simple"),
    ("password", "simple"),
    ("keytab_file", "gssapi"),
    ("principal", "gssapi"),
    ("service_host", "gssapi"),
];

fn bind(ldap: &Entry, urls: &[LdapUrl], report: &mut Report<'_>) {
    let bind = ldap.node.entry("bind");
    let holder = bind.map_or(&ldap.key_origin, |bind| &bind.key_origin);
    let has = |key: &str| bind.and_then(|bind| bind.node.entry(key));
    let method = bind.and_then(|bind| bind.node.text_of("method")).unwrap_or("simple");
    for (key, goes_with) in BIND_KEYS {
        // Not a method: the schema's error.
        let other = ["simple", "external", "anonymous", "gssapi"].contains(&method) && method != goes_with;
        if let Some(entry) = has(key).filter(|_| other) {
            let message = format!("`{key}` goes with `method = \"{goes_with}\"` only");
            report.say(&entry.key_origin, Code::BindKeyUnused, message, format!("this bind is `{method}`"));
        }
    }
    match method {
        "simple" => {
            for key in ["dn", "password"] {
                if has(key).is_none() {
                    let help = "or say `method = \"external\"`, `\"gssapi\"` or `\"anonymous\"`";
                    report.say(holder, Code::BindKeyMissing, format!("a simple bind needs `{key}` in `bind`"), help);
                }
            }
            if let Some(bind) = bind {
                report.not_empty(&bind.node, "dn");
            }
            let readable = urls.iter().any(|url| url.scheme == Scheme::Ldap && !url.loopback);
            if let Some(password) = has("password").filter(|_| readable && !ldap.node.is_true("start_tls")) {
                let help = "use ldaps://, or `start_tls = true`";
                report.say(
                    &password.key_origin,
                    Code::CleartextPassword,
                    "this password crosses the network unencrypted",
                    help,
                );
            }
        }
        "gssapi" if !cfg!(feature = "gssapi") => {
            let message = "signing in with Kerberos is not in this build";
            report.say(holder, Code::NotInThisBuild, message, WITHOUT_KERBEROS);
        }
        "external" | "anonymous" => {
            let certificate = ldap.node.get("tls").is_some_and(|tls| tls.get("client_cert_file").is_some());
            if method == "external" && !certificate && urls.iter().any(|url| url.scheme != Scheme::Ldapi) {
                let help = "give `client_cert_file` and `client_key_file` in `tls`, or connect by ldapi://";
                report.say(holder, Code::ClientCertificate, "an external bind needs a client certificate", help);
            }
        }
        // Not a method: the schema's error.
        _ => {}
    }
}

/// The keys that name attributes.
const ATTRIBUTES: [&str; 8] = ["id", "login", "name", "email", "member_of", "members", "member_logins", "attributes"];

/// An attribute is a name or an OID, with options behind semicolons (RFC 4512, section 2.5).
fn attributes(part: &Node, report: &mut Report<'_>) {
    report.not_empty(part, "filter");
    named(part, report);
}

/// An attribute that is named twice in `attributes` would be two claims with one meaning.
pub(super) fn twice(part: &Node, report: &mut Report<'_>) {
    let mut seen = BTreeSet::new();
    for node in part.get("attributes").map_or(&[][..], Node::items) {
        if node.text().is_some_and(|name| !seen.insert(name.to_ascii_lowercase())) {
            report.say(
                &node.origin,
                Code::DuplicateAttribute,
                "this attribute is named already",
                "names of attributes compare without case",
            );
        }
    }
}

/// Everything in a table that names attributes.
pub(super) fn named(part: &Node, report: &mut Report<'_>) {
    for node in ATTRIBUTES.iter().filter_map(|key| part.get(key)) {
        for node in std::iter::once(node).chain(node.items()) {
            let wrong = |text: &str| {
                text.is_empty() || text.contains(|c: char| !c.is_ascii_alphanumeric() && !['-', '.', ';'].contains(&c))
            };
            if node.text().is_some_and(wrong) {
                report.say(
                    &node.origin,
                    Code::AttributeName,
                    "this is not the name of an attribute",
                    "letters, digits and hyphens",
                );
            } else if let Some(name) = node.text().filter(|name| holds_secrets(name)) {
                let message = format!("{} is never read", quoted(name));
                let help = "it holds passwords or keys, which rosterd has no use for";
                report.say(&node.origin, Code::SecretAttribute, message, help);
            }
        }
    }
}
