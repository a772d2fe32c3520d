//! `[auth.github]`: teams as `@org/slug` and as their address, fetched after the login.

use super::allow::Allow;
use super::kind::{Externals, GroupsFrom, Kind, RoleFrom};
use crate::import::draft::{Match, Test};
use crate::import::read::list;
use crate::import::report::Verdict;
use serde_json::json;

pub(super) const KIND: Kind = Kind {
    section: "auth.github",
    protocol: "oauth",
    sources: &["userinfo"],
    role_sources: &[],
    role: RoleFrom::Setting,
    keeps_server_admin: false,
    externals: Externals::Groups,
    groups: GroupsFrom::Login,
    allow: |section, report| {
        let mut allow = Allow::default();
        if let Some(said) = section.get("allowed_organizations") {
            let organizations = list(&said.value);
            let teams = organizations.iter().map(|org| Match::GroupGlob(format!("@{org}/*")));
            let claims = organizations.iter().map(|org| Match::claim("organizations", Test::Equals(org.clone())));
            allow.matches.push(Match::Any(teams.chain(claims).collect()));
            allow.claims.extend(organizations.first().map(|org| ("organizations".to_owned(), json!([org]))));
            let text = "`allow`: members of one of its teams, or a claim `organizations` with its name";
            report.line(&said.place, &said.what, Verdict::Look, text);
        }
        if let Some(said) = section.get("team_ids") {
            let text =
                "groups are known as `@org/slug`, not by number: write them as `allow = { group_exact = \"@…\" }`";
            report.line(&said.place, &said.what, Verdict::Cannot, text);
        }
        allow
    },
    email: "email",
};
