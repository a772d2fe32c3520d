//! `[auth.azuread]`: Entra ID. Its own `roles` claim says the role, the highest of several.

use super::allow::{Allow, raw};
use super::kind::{Externals, GroupsFrom, Kind, RoleFrom};
use crate::import::draft::{Match, Test};
use crate::import::report::Verdict;
use serde_json::json;

pub(super) const KIND: Kind = Kind {
    section: "auth.azuread",
    protocol: "oidc",
    sources: &["id_token"],
    role_sources: &[],
    role: RoleFrom::Claim("roles"),
    keeps_server_admin: false,
    externals: Externals::Groups,
    groups: GroupsFrom::Claim("groups"),
    allow: |section, report| {
        // Without an id_token Grafana knows nothing and refuses. An empty one is one, and so are
        // groups; `{"groups": []}` is what an expression is tried on when there is nothing else.
        let token = Match::claim("keys(@) != `[\"groups\"]` || length(groups) > `0`", Test::True);
        let always = "; allow: there must be an id_token, as in Grafana";
        let mut allow = Allow { matches: vec![token], always, ..Allow::default() };
        if let Some(said) = section.get("allowed_organizations") {
            let tenants = crate::import::read::list(&said.value);
            let text = "who comes from another tenant (claim `tid`) is refused: `allow`";
            report.line(&said.place, &said.what, Verdict::Converted, text);
            allow.claims.extend(tenants.first().map(|tenant| ("tid".to_owned(), json!(tenant))));
            let tests: Vec<String> = tenants.iter().map(|tenant| format!("tid == {}", raw(tenant))).collect();
            allow.matches.push(Match::Expression(tests.join(" || ")));
        }
        allow
    },
    email: "email || preferred_username",
};
