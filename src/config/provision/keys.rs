//! Every key that a provisioning file may have.

pub(super) const ORG: &[&str] = &["name"];
pub(super) const TEAM: &[&str] = &["org", "name", "admins", "members"];
pub(super) const MEMBERS: &[&str] = &["org", "role", "people"];
pub(super) const ROLE: &[&str] =
    &["name", "org", "bundle", "adopt", "title", "description", "from", "permissions", "limits"];
pub(super) const PERMISSION: &[&str] = &["action", "scope", "parameters", "absent"];
pub(super) const ASSIGNMENT: &[&str] =
    &["role", "org", "scope", "parameters", "people", "team", "teams", "everybody", "until"];
pub(super) const DELEGATION: &[&str] = &["org", "of", "to", "scope", "until"];
pub(super) const LIMITS: &[&str] = &["people", "limits"];
pub(super) const ACCOUNT: &[&str] = &["org", "name", "role"];
pub(super) const TEMPLATE: &[&str] = &["orgs", "teams", "assignments"];
pub(super) const TEMPLATE_TEAM: &[&str] = &["name"];
pub(super) const TEMPLATE_ASSIGNMENT: &[&str] =
    &["role", "scope", "parameters", "people", "team", "teams", "everybody", "until"];

/// By table: what the reference has to explain.
pub const PROVISION_KEYS: &[(&str, &[&str])] = &[
    ("orgs", ORG),
    ("teams", TEAM),
    ("members", MEMBERS),
    ("roles", ROLE),
    ("permissions", PERMISSION),
    ("assignments", ASSIGNMENT),
    ("delegations", DELEGATION),
    ("limits", LIMITS),
    ("service_accounts", ACCOUNT),
    ("templates", TEMPLATE),
];
