//! `[auth.jwt]`: one token, its claims.

use super::allow::Allow;
use super::kind::{Externals, GroupsFrom, Kind, RoleFrom};

pub(super) const KIND: Kind = Kind {
    section: "auth.jwt",
    protocol: "jwt",
    // Whatever the token is called there is one document.
    sources: &[],
    role_sources: &[],
    role: RoleFrom::Setting,
    keeps_server_admin: false,
    externals: Externals::Setting,
    groups: GroupsFrom::Setting,
    allow: |_, _| Allow::default(),
    email: "email",
};
