//! The role that a provider says itself, beside what rules make of groups and claims.

use super::claim::{Claims, Scalar, Source};
use super::condition::folded;
use super::expression::{Expression, scalar};
use crate::rights::OrgRole;
use jmespath::{Rcvar, Variable};
use std::collections::HashMap;

/// What a listed value stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleValue {
    Role(OrgRole),
    /// Admin, and server admin.
    ServerAdmin,
}

/// As the operator wrote it.
#[derive(Debug, Clone)]
pub struct DirectRoleSpec {
    /// JMESPath.
    pub expression: String,
    /// `None`: those of the provider's claims.
    pub sources: Option<Vec<Source>>,
    /// It may be a list; the highest counts.
    pub several: bool,
    pub case_sensitive: bool,
    pub values: Vec<(RoleValue, Vec<String>)>,
    /// A role that is not listed in `values` has no value; otherwise its own name is its value.
    pub only_values: bool,
    /// An unknown value leaves the server admin flag as it is.
    pub unknown_keeps_server_admin: bool,
}

/// Ready to be asked.
#[derive(Debug, Clone)]
pub(super) struct DirectRole {
    expression: Expression,
    sources: Option<Vec<Source>>,
    several: bool,
    case_sensitive: bool,
    values: HashMap<String, RoleValue>,
    unknown_keeps_server_admin: bool,
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectSaid {
    Role {
        role: OrgRole,
        server_admin: bool,
    },
    /// Nothing, or a value that is no role. `keeps`: the server admin flag is left as it is.
    None {
        invalid: bool,
        keeps: bool,
    },
    /// No source is there, or each was not what the expression takes it for.
    Unknown,
}

impl DirectRole {
    pub(super) fn compile(spec: &DirectRoleSpec) -> Result<Self, String> {
        let mut values = HashMap::new();
        let key = |text: &str| if spec.case_sensitive { text.to_owned() } else { folded(text) };
        for (value, texts) in &spec.values {
            for text in texts {
                if values.insert(key(text), *value).is_some_and(|other| other != *value) {
                    return Err(format!("the value {text:?} stands for two roles"));
                }
            }
        }
        if !spec.only_values {
            for role in OrgRole::ALL {
                let listed =
                    spec.values.iter().any(|(value, texts)| *value == RoleValue::Role(role) && !texts.is_empty());
                if !listed {
                    values.entry(key(role.name())).or_insert(RoleValue::Role(role));
                }
            }
        }
        Ok(Self {
            expression: Expression::compile(&spec.expression)?,
            sources: spec.sources.clone(),
            several: spec.several,
            case_sensitive: spec.case_sensitive,
            values,
            unknown_keeps_server_admin: spec.unknown_keeps_server_admin,
        })
    }

    /// Asks the sources in turn, then the groups; the first valid role counts. Errors of the
    /// expression go to `problem`, with the source.
    pub(super) fn ask(
        &self,
        claims: &Claims,
        sources: &[Source],
        groups: Option<&Rcvar>,
        problem: &mut dyn FnMut(&str, String),
    ) -> DirectSaid {
        let sources = self.sources.as_deref().unwrap_or(sources);
        let (mut answered, mut invalid) = (false, false);
        let said = sources.iter().filter_map(|source| Some((source.name(), claims.get(*source)?)));
        for (name, claims) in said.chain(groups.map(|groups| ("groups", groups))) {
            match self.expression.evaluate(claims) {
                Err(error) => problem(name, error),
                Ok(value) => {
                    // Of groups alone nothing follows but a role: nobody promised more.
                    answered |= name != "groups" || !value.is_null();
                    match self.value(&value) {
                        Some(Some(RoleValue::ServerAdmin)) => {
                            return DirectSaid::Role { role: OrgRole::Admin, server_admin: true };
                        }
                        Some(Some(RoleValue::Role(role))) => return DirectSaid::Role { role, server_admin: false },
                        Some(None) => invalid = true,
                        None => {}
                    }
                }
            }
        }
        if !answered && !invalid {
            return DirectSaid::Unknown;
        }
        DirectSaid::None { invalid, keeps: invalid && self.unknown_keeps_server_admin }
    }

    /// `None`: nothing is said. `Some(None)`: something is said, and is no role.
    fn value(&self, value: &Variable) -> Option<Option<RoleValue>> {
        let one = |scalar: Option<Scalar>| match scalar {
            Some(Scalar::Text(text)) if text.trim().is_empty() => None,
            Some(Scalar::Text(text)) => {
                let key = if self.case_sensitive { text } else { folded(&text) };
                Some(self.values.get(&key).copied())
            }
            // `contains(…) && 'Admin'` comes to `false` when it is not so.
            Some(Scalar::Bool(false)) | None => None,
            Some(_) => Some(None),
        };
        match value {
            Variable::Array(items) if self.several => {
                let said: Vec<Option<RoleValue>> = items.iter().filter_map(|item| one(scalar(item))).collect();
                let best = said.iter().flatten().copied().max_by_key(|value| match value {
                    RoleValue::Role(role) => *role as u8,
                    RoleValue::ServerAdmin => u8::MAX,
                });
                match best {
                    Some(best) => Some(Some(best)),
                    None if said.is_empty() => None,
                    None => Some(None),
                }
            }
            Variable::Array(_) | Variable::Object(_) => Some(None),
            single => one(scalar(single)),
        }
    }
}
