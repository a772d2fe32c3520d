//! What differs from one OAuth provider to the next, as a value.

use super::allow::Allow;
use crate::import::report::Report;
use crate::import::settings::Section;

/// One kind of provider.
pub(super) struct Kind {
    pub(super) section: &'static str,
    pub(super) protocol: &'static str,
    /// Which documents Grafana reads, first first.
    pub(super) sources: &'static [&'static str],
    /// For the role, where these are others.
    pub(super) role_sources: &'static [&'static str],
    pub(super) role: RoleFrom,
    /// An unknown role leaves the server admin flag alone instead of writing false.
    pub(super) keeps_server_admin: bool,
    /// What `org_mapping` is compared with.
    pub(super) externals: Externals,
    pub(super) groups: GroupsFrom,
    /// Who may sign in, beyond what all kinds know.
    pub(super) allow: fn(&Section, &mut Report) -> Allow,
    /// The e-mail address, where nothing else is said.
    pub(super) email: &'static str,
}

#[derive(Clone, Copy)]
pub(super) enum RoleFrom {
    /// `role_attribute_path`
    Setting,
    /// Always this claim, a list.
    Claim(&'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Externals {
    /// `org_attribute_path`
    Setting,
    Groups,
}

#[derive(Clone, Copy)]
pub(super) enum GroupsFrom {
    /// `groups_attribute_path`
    Setting,
    Claim(&'static str),
    /// Fetched after the login, never in a claim.
    Login,
}
