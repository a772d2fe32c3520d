//! Group mappings: in the order of the file, the first of each organization.

use super::Outcome;
use crate::import::ldap::Mapping;
use rosterd_core::rights::OrgRole;
use std::collections::BTreeMap;

#[derive(Debug)]
pub(crate) struct LdapModel {
    pub(crate) mappings: Vec<Mapping>,
    /// Their groups in small letters: whole texts are compared, without case.
    groups: Vec<String>,
    skip: bool,
}

impl LdapModel {
    pub(crate) fn new(mappings: Vec<Mapping>, skip: bool) -> Self {
        let groups = mappings.iter().map(|mapping| mapping.group_dn.to_lowercase()).collect();
        Self { mappings, groups, skip }
    }

    pub(super) fn decide(&self, groups: &[String]) -> Outcome {
        if self.skip {
            return Outcome { orgs: Some(BTreeMap::new()), ..Outcome::default() };
        }
        if self.mappings.is_empty() {
            return Outcome::default();
        }
        let mut orgs: BTreeMap<i64, OrgRole> = BTreeMap::new();
        let mut admin = false;
        let own: Vec<String> = groups.iter().map(|group| group.to_lowercase()).collect();
        for (mapping, group) in self.mappings.iter().zip(&self.groups) {
            let member = group == "*" || own.contains(group);
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
