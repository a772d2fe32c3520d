//! `[auth.google]`: groups by their e-mail address, fetched after the login.

use super::allow::{Allow, raw};
use super::kind::{Externals, GroupsFrom, Kind, RoleFrom};
use crate::import::draft::Match;
use crate::import::report::Verdict;
use serde_json::json;

pub(super) const KIND: Kind = Kind {
    section: "auth.google",
    protocol: "oidc",
    sources: &["id_token", "userinfo"],
    role_sources: &[],
    role: RoleFrom::Setting,
    keeps_server_admin: false,
    externals: Externals::Groups,
    groups: GroupsFrom::Login,
    allow: |section, report| {
        // An address that is not verified is refused, whatever the settings.
        let mut allow = Allow {
            matches: vec![Match::Expression("!email || email_verified == `true`".to_owned())],
            claims: vec![
                ("email".to_owned(), json!("somebody@example.org")),
                ("email_verified".to_owned(), json!(true)),
            ],
            always: "; allow: an e-mail address must be verified, as in Grafana",
            ..Allow::default()
        };
        // With this scope Grafana asks for the groups, and a login for which it gets none fails.
        if let Some(said) = section.get("scopes").filter(|said| said.value.contains("cloud-identity.groups")) {
            allow.matches.push(Match::Expression("type(groups) == 'array'".to_owned()));
            let text =
                "`allow`: a login whose groups could not be fetched is refused; the other scopes are not converted";
            report.line(&said.place, &said.what, Verdict::Look, text);
        }
        if let Some(said) = section.get("hosted_domain") {
            allow.matches.push(Match::Expression(format!("hd == {}", raw(said.value.trim()))));
            allow.claims.push(("hd".to_owned(), json!(said.value)));
            report.line(&said.place, &said.what, Verdict::Converted, "`allow`: the claim `hd`");
        }
        if let Some(said) = section.get("validate_hd") {
            report.line(
                &said.place,
                &said.what,
                Verdict::Look,
                "rosterd looks at `hd` only where `hosted_domain` is set",
            );
        }
        allow
    },
    email: "email",
};
