//! What Grafana would decide: a small model of its rules, written from its behaviour and not from
//! rosterd's mapping, so that a test made with it can fail.

mod ldap;
mod login;

pub(super) use ldap::LdapModel;
pub(super) use login::{LoginModel, ProxyModel, SamlRole};

use super::Expressions;
use rosterd_core::rights::OrgRole;
use serde_json::Value;
use std::collections::BTreeMap;

/// One provider, as Grafana has it.
#[derive(Debug)]
pub(super) enum Model {
    Ldap(LdapModel),
    Login(Box<LoginModel>),
    /// With the role as SAML says it.
    Saml(Box<LoginModel>, Option<SamlRole>),
    Proxy(ProxyModel),
}

/// A group of a team.
#[derive(Debug, Clone)]
pub(super) struct TeamLink {
    pub(super) team: String,
    pub(super) group: String,
    pub(super) org: String,
}

/// Somebody who comes: groups, and one document.
#[derive(Debug, Clone, Default)]
pub(super) struct Person {
    pub(super) groups: Vec<String>,
    pub(super) document: Option<Value>,
}

/// What they get. None: nothing is said about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Outcome {
    pub(super) denied: bool,
    pub(super) suspended: bool,
    pub(super) orgs: Option<BTreeMap<String, OrgRole>>,
    pub(super) server_admin: Option<bool>,
}

impl Model {
    /// `orgs`: every organization that is known by name, for `*`; None when there is no list.
    pub(super) fn decide(&self, person: &Person, orgs: Option<&[String]>, expressions: &dyn Expressions) -> Outcome {
        match self {
            Self::Ldap(ldap) => ldap.decide(&person.groups),
            Self::Login(login) => {
                let role = login.said_role(person, expressions);
                login.decide(person, role, orgs, expressions)
            }
            Self::Saml(login, role) => {
                let role = role.as_ref().map(|role| role.of(person)).unwrap_or_default();
                login.decide(person, role, orgs, expressions)
            }
            Self::Proxy(proxy) => proxy.decide(person),
        }
    }
}
