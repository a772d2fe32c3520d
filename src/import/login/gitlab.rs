//! `[auth.gitlab]`: groups are full paths. The userinfo endpoint's `groups` count before the
//! id_token's `groups_direct`; the role is read from the id_token before the user's record.

use super::allow::Allow;
use super::kind::{Externals, GroupsFrom, Kind, RoleFrom};

pub(super) const KIND: Kind = Kind {
    section: "auth.gitlab",
    protocol: "oidc",
    sources: &["userinfo", "id_token"],
    role_sources: &["id_token", "userinfo"],
    role: RoleFrom::Setting,
    keeps_server_admin: false,
    externals: Externals::Groups,
    groups: GroupsFrom::Claim("groups || groups_direct"),
    allow: |_, _| Allow::default(),
    email: "email",
};
