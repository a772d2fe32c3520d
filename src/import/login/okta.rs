//! `[auth.okta]`: everything from userinfo; the id_token only says who it is.

use super::allow::Allow;
use super::kind::{Externals, GroupsFrom, Kind, RoleFrom};

pub(super) const KIND: Kind = Kind {
    section: "auth.okta",
    protocol: "oidc",
    sources: &["userinfo"],
    role_sources: &[],
    role: RoleFrom::Setting,
    keeps_server_admin: false,
    externals: Externals::Setting,
    groups: GroupsFrom::Claim("groups"),
    allow: |_, _| Allow::default(),
    email: "email",
};
