//! OAuth, JWT, SAML: `org_mapping`, a role that the provider says, and what is left for the rest.

use super::{Outcome, Person};
use crate::import::Expressions;
use crate::import::org_mapping::{Mapped, Target};
use rosterd_core::rights::OrgRole;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Debug)]
pub(crate) struct LoginModel {
    pub(crate) mapped: Vec<Mapped>,
    /// The claim that mappings are compared with; None: the groups.
    pub(crate) left: Option<String>,
    /// Whether they are compared with anything.
    pub(crate) compares: bool,
    pub(crate) strict: bool,
    pub(crate) skip: bool,
    pub(crate) admin: bool,
    pub(crate) keeps_server_admin: bool,
    pub(crate) default: (String, OrgRole),
    /// JMESPath, and whether it is a list.
    pub(crate) role: Option<(String, bool)>,
    /// Which document a case writes.
    pub(crate) source: &'static str,
    /// With which groups and claims somebody may sign in.
    pub(crate) pass_groups: Vec<String>,
    pub(crate) pass_claims: Vec<(String, Value)>,
    /// Everybody is refused.
    pub(crate) refuses: bool,
}

/// What a provider says of the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Said {
    #[default]
    Nothing,
    /// Something that is no role.
    Unknown,
    Role(OrgRole),
    ServerAdmin,
}

impl Said {
    fn role(self) -> Option<OrgRole> {
        match self {
            Self::Nothing | Self::Unknown => None,
            Self::Role(role) => Some(role),
            Self::ServerAdmin => Some(OrgRole::Admin),
        }
    }
}

impl LoginModel {
    /// JMESPath on the document, then on the groups alone.
    pub(super) fn said_role(&self, person: &Person, expressions: &dyn Expressions) -> Said {
        let Some((expression, several)) = &self.role else { return Said::Nothing };
        let groups = json!({ "groups": person.groups });
        let mut said = Said::Nothing;
        for document in person.document.iter().chain([&groups]) {
            let found = match expressions.search(expression, document) {
                Ok(Value::String(text)) if !text.is_empty() => named(&text),
                Ok(Value::Array(list)) if *several => highest(list.iter().filter_map(Value::as_str).map(named)),
                _ => Said::Nothing,
            };
            if found.role().is_some() {
                return found;
            }
            said = if found == Said::Nothing { said } else { found };
        }
        said
    }

    pub(super) fn decide(
        &self,
        person: &Person,
        said: Said,
        orgs: Option<&[String]>,
        expressions: &dyn Expressions,
    ) -> Outcome {
        let denied = Outcome { denied: true, ..Outcome::default() };
        if self.refuses {
            return denied;
        }
        if self.skip {
            return Outcome::default();
        }
        let server_admin = match said {
            _ if !self.admin => None,
            Said::ServerAdmin => Some(true),
            Said::Unknown if self.keeps_server_admin => None,
            _ => Some(false),
        };
        let externals = self.externals(person, expressions);
        let mut given: BTreeMap<String, OrgRole> = BTreeMap::new();
        for mapped in self.mapped.iter().filter(|m| m.external == "*" || externals.contains(&m.external)) {
            let targets = match (&mapped.target, orgs) {
                (Target::Id(id), _) => vec![id.to_string()],
                (Target::Name(name), _) => vec![name.clone()],
                (Target::All, Some(orgs)) => orgs.to_vec(),
                (Target::All, None) if self.strict => return denied,
                (Target::All, None) => return Outcome { server_admin, ..Outcome::default() },
            };
            for target in targets {
                let role = given.entry(target).or_insert(mapped.role);
                *role = (*role).max(mapped.role);
            }
        }
        match (given.is_empty(), said.role()) {
            (true, None) if self.strict => return denied,
            (true, role) => {
                given.insert(self.default.0.clone(), role.unwrap_or(self.default.1));
            }
            (false, Some(direct)) => given.values_mut().for_each(|role| *role = (*role).max(direct)),
            (false, None) => {}
        }
        Outcome { denied: false, suspended: false, orgs: Some(given), server_admin }
    }

    fn externals(&self, person: &Person, expressions: &dyn Expressions) -> Vec<String> {
        let Some(path) = &self.left else {
            return if self.compares { person.groups.clone() } else { Vec::new() };
        };
        match person.document.as_ref().map(|document| expressions.search(path, document)) {
            Some(Ok(Value::Array(list))) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }
}

/// A role in any case.
fn named(text: &str) -> Said {
    if text.eq_ignore_ascii_case("GrafanaAdmin") {
        return Said::ServerAdmin;
    }
    OrgRole::ALL.into_iter().find(|role| role.name().eq_ignore_ascii_case(text)).map_or(Said::Unknown, Said::Role)
}

fn highest(said: impl Iterator<Item = Said>) -> Said {
    let rank = |said: &Said| match said {
        Said::Nothing => 0,
        Said::Unknown => 1,
        Said::Role(role) => 2 + *role as u8,
        Said::ServerAdmin => 9,
    };
    said.max_by_key(rank).unwrap_or_default()
}

/// SAML: values of an attribute, by lists.
#[derive(Debug)]
pub(crate) struct SamlRole {
    pub(crate) attribute: String,
    pub(crate) values: Vec<(&'static str, Vec<String>)>,
}

impl SamlRole {
    pub(super) fn of(&self, person: &Person) -> Said {
        let texts: Vec<&str> = match person.document.as_ref().and_then(|document| document.get(&self.attribute)) {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(text)) => vec![text],
            _ => Vec::new(),
        };
        highest(texts.into_iter().map(|text| {
            let listed = self.values.iter().find(|(_, values)| values.iter().any(|value| value == text));
            match listed {
                None => Said::Unknown,
                Some(("server_admin", _)) => Said::ServerAdmin,
                Some((role, _)) => OrgRole::parse(role).map_or(Said::Unknown, Said::Role),
            }
        }))
    }
}

/// A proxy: its role header, if one is set up, in the default organization.
#[derive(Debug)]
pub(crate) struct ProxyModel {
    pub(crate) org: Option<String>,
}

impl ProxyModel {
    pub(super) fn decide(&self, person: &Person) -> Outcome {
        let role = person.document.as_ref().and_then(|document| document.get("Role")?.as_str());
        let role = role.and_then(OrgRole::parse);
        let orgs = self.org.clone().zip(role).map(|(org, role)| BTreeMap::from([(org, role)]));
        Outcome { orgs, ..Outcome::default() }
    }
}
