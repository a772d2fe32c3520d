//! The terms under which a provider's rules count: who may come in at all, what happens when
//! nothing matches, and about what nothing is said.

use super::claim::Reading;
use super::condition::{Condition, ConditionSpec};
use super::direct::{DirectRole, DirectRoleSpec};
use super::expression::Expression;
use super::rule::Resolve;
use super::slots::OrgName;
use crate::rights::OrgRole;

/// What becomes of somebody whom no rule matches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NoMatch {
    /// What was given before stays.
    Keep,
    /// [`TermsSpec::default`].
    Default,
    /// Gets nothing, and is refused.
    #[default]
    Deny,
    /// Gets nothing, is refused, and the account is suspended.
    Suspend,
    /// Gets nothing, and is not refused.
    Nothing,
}

/// What is said about organization roles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OrgRoles {
    /// What the rules give, and no more.
    #[default]
    Sync,
    /// Nothing: what was given before stays.
    Keep,
    /// That this provider gives none.
    None,
}

/// As the operator wrote them.
#[derive(Debug, Clone, Default)]
pub struct TermsSpec {
    pub resolve: Resolve,
    pub case_sensitive: bool,
    pub on_no_match: NoMatch,
    /// The organization where a direct role lands that meets no rule, and the role that
    /// [`NoMatch::Default`] gives there.
    pub default: Option<(String, OrgRole)>,
    /// Nobody gets in by default: without a rule that matches and a valid direct role, refused.
    pub strict: bool,
    pub org_roles: OrgRoles,
    /// The server admin flag is left as it is.
    pub keep_server_admin: bool,
    /// Whoever this does not match is refused.
    pub allow: Option<ConditionSpec>,
    pub reading: Reading,
    /// JMESPath: where the groups are, when they do not come as a list of their own.
    pub groups: Option<String>,
    pub direct_role: Option<DirectRoleSpec>,
    /// Those that are declared.
    pub orgs: Vec<OrgName>,
}

/// Ready to be used.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    pub(super) resolve: Resolve,
    pub(super) on_no_match: NoMatch,
    pub(super) default: Option<(String, OrgRole)>,
    pub(super) strict: bool,
    pub(super) org_roles: OrgRoles,
    pub(super) keep_server_admin: bool,
    pub(super) allow: Option<Condition>,
    pub(super) reading: Reading,
    pub(super) groups: Option<Expression>,
    pub(super) direct_role: Option<DirectRole>,
    pub(super) orgs: Vec<OrgName>,
}

impl Terms {
    /// Takes over what needs no compiling.
    pub(super) fn take(&mut self, spec: &TermsSpec) {
        self.resolve = spec.resolve;
        self.on_no_match = spec.on_no_match;
        self.default.clone_from(&spec.default);
        self.strict = spec.strict;
        self.org_roles = spec.org_roles;
        self.keep_server_admin = spec.keep_server_admin;
        self.reading = spec.reading.clone();
        self.orgs.clone_from(&spec.orgs);
    }
}
