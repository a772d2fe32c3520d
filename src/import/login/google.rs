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
            ..Allow::default()
        };
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
