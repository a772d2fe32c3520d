//! Group mappings: in the order of the file, the first of each organization.

use super::Outcome;
use crate::import::ldap::Mapping;
use rosterd_core::rights::OrgRole;
use std::collections::BTreeMap;

#[derive(Debug)]
pub(crate) struct LdapModel {
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) skip: bool,
}

impl LdapModel {
    pub(super) fn decide(&self, groups: &[String]) -> Outcome {
        if self.skip {
            return Outcome { orgs: Some(BTreeMap::new()), ..Outcome::default() };
        }
        if self.mappings.is_empty() {
            return Outcome::default();
        }
        let mut orgs: BTreeMap<i64, OrgRole> = BTreeMap::new();
        let mut admin = false;
        for mapping in &self.mappings {
            let member = mapping.group_dn == "*" || groups.iter().any(|group| same(group, &mapping.group_dn));
            if !member || orgs.contains_key(&mapping.org) {
                continue;
            }
            orgs.extend(mapping.role.map(|role| (mapping.org, role)));
            admin = admin || mapping.admin;
        }
        let nothing = orgs.is_empty() && !admin;
        Outcome {
            denied: nothing,
            suspended: nothing,
            orgs: Some(orgs.into_iter().map(|(org, role)| (org.to_string(), role)).collect()),
            server_admin: Some(admin),
        }
    }
}

/// Whole texts, without case.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
