//! `[auth.generic_oauth]`: everything by JMESPath.

use super::allow::Allow;
use super::kind::{Externals, GroupsFrom, Kind, RoleFrom};
use crate::import::report::Verdict;

pub(super) const KIND: Kind = Kind {
    section: "auth.generic_oauth",
    protocol: "oidc",
    sources: &["id_token", "userinfo", "access_token"],
    role_sources: &[],
    role: RoleFrom::Setting,
    keeps_server_admin: true,
    externals: Externals::Setting,
    groups: GroupsFrom::Setting,
    allow: |section, report| {
        for key in ["allowed_organizations", "team_ids", "team_ids_attribute_path"] {
            if let Some(said) = section.get(key) {
                let text = "asks the provider's API at each login: who may sign in stays with Grafana or the provider";
                report.line(&said.place, &said.what, Verdict::Cannot, text);
            }
        }
        Allow::default()
    },
    email: "email",
};
