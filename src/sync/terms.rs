//! From a provider's section to the terms under which its rules count.

use super::rules::condition;
use crate::config::{Absent, Config, DirectRole, NoMatch, OrgRoles, Provider, Resolve, ServerAdmin, UnknownRole};
use rosterd_core::mapping::{self, DirectRoleSpec, OrgName, Reading, RoleValue, Source, TermsSpec};
use rosterd_core::rights::OrgRole;

/// The terms of `provider`; of one that is not configured (that is being retired), the strictest.
pub(super) fn terms(config: &Config, provider: &str) -> TermsSpec {
    let orgs =
        config.orgs.iter().map(|(key, org)| OrgName { key: Some(key.clone()), name: org.name.clone() }).collect();
    let Some(own) = config.providers.get(provider) else { return TermsSpec { orgs, ..TermsSpec::default() } };
    TermsSpec {
        resolve: match own.resolve {
            Resolve::Highest => mapping::Resolve::Highest,
            Resolve::First => mapping::Resolve::First,
        },
        case_sensitive: own.case_sensitive,
        on_no_match: match own.on_no_match {
            NoMatch::Keep => mapping::NoMatch::Keep,
            NoMatch::Default => mapping::NoMatch::Default,
            NoMatch::Deny => mapping::NoMatch::Deny,
            NoMatch::Suspend => mapping::NoMatch::Suspend,
            NoMatch::Nothing => mapping::NoMatch::Nothing,
        },
        default: own.default.as_ref().map(|default| (default.org.clone(), default.role.into())),
        strict: own.strict,
        org_roles: match own.org_roles {
            OrgRoles::Sync => mapping::OrgRoles::Sync,
            OrgRoles::Keep => mapping::OrgRoles::Keep,
            OrgRoles::None => mapping::OrgRoles::None,
        },
        keep_server_admin: own.server_admin == ServerAdmin::Keep,
        allow: own.allow.as_ref().map(condition),
        reading: reading(own),
        groups: own.claims.groups.clone(),
        direct_role: own.direct_role.as_ref().map(direct_role),
        orgs,
    }
}

fn reading(own: &Provider) -> Reading {
    let claims = &own.claims;
    Reading {
        sources: claims.sources.0.iter().map(|source| Source::from(*source)).collect(),
        lists_only: claims.lists_only,
        absent_is_none: claims.absent == Absent::None,
    }
}

fn direct_role(direct: &DirectRole) -> DirectRoleSpec {
    let values = &direct.values;
    DirectRoleSpec {
        expression: direct.expression.clone(),
        sources: direct.sources.as_ref().map(|list| list.iter().map(|source| Source::from(*source)).collect()),
        several: direct.several,
        case_sensitive: direct.case_sensitive,
        values: vec![
            (RoleValue::Role(OrgRole::None), values.none.clone()),
            (RoleValue::Role(OrgRole::Viewer), values.viewer.clone()),
            (RoleValue::Role(OrgRole::Editor), values.editor.clone()),
            (RoleValue::Role(OrgRole::Admin), values.admin.clone()),
            (RoleValue::ServerAdmin, values.server_admin.clone()),
        ],
        only_values: direct.only_values,
        unknown_keeps_server_admin: direct.unknown == UnknownRole::KeepServerAdmin,
    }
}
