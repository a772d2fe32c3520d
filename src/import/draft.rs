//! The configuration that comes out, as a value. What may stand where is `config`'s to say.

use super::grafana::{Model, TeamLink};
use rosterd_core::rights::OrgRole;

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) orgs: Vec<Org>,
    pub(super) providers: Vec<Provider>,
    pub(super) rules: Vec<Rule>,
}

#[derive(Debug)]
pub(super) struct Org {
    pub(super) key: String,
    pub(super) name: Option<String>,
}

#[derive(Debug)]
pub(super) struct Provider {
    pub(super) name: String,
    /// Where it comes from, for the comment above it.
    pub(super) from: String,
    pub(super) reads: Reads,
    /// Grafana's LDAP order; otherwise the highest role counts.
    pub(super) first: bool,
    pub(super) case_sensitive: bool,
    pub(super) on_no_match: &'static str,
    pub(super) default: Option<(String, OrgRole)>,
    pub(super) strict: bool,
    pub(super) org_roles: &'static str,
    pub(super) server_admin: &'static str,
    /// All of these must match.
    pub(super) allow: Vec<Match>,
    pub(super) claims: Option<Claims>,
    pub(super) direct: Option<Direct>,
    /// What Grafana would do.
    pub(super) model: Model,
    pub(super) teams: Vec<TeamLink>,
}

#[derive(Debug)]
pub(super) enum Reads {
    Ldap(Box<Connection>),
    Login { protocol: &'static str },
}

/// An LDAP directory, in the words of `[providers.X.ldap]`.
#[derive(Debug, Default)]
pub(super) struct Connection {
    pub(super) urls: Vec<String>,
    pub(super) start_tls: bool,
    pub(super) timeout: Option<i64>,
    pub(super) ca_file: Option<String>,
    pub(super) client_cert_file: Option<String>,
    pub(super) client_key_file: Option<String>,
    pub(super) min_version: Option<&'static str>,
    /// Nobody: an anonymous bind.
    pub(super) bind: Option<(String, SecretRef)>,
    pub(super) users: People,
    pub(super) groups: Groups,
}

#[derive(Debug)]
pub(super) enum SecretRef {
    Env(String),
    File(String),
}

#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) base: Vec<String>,
    pub(super) filter: Option<String>,
    pub(super) id: Option<&'static str>,
    pub(super) login: Option<String>,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) member_of: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) base: Vec<String>,
    pub(super) filter: Option<String>,
    pub(super) id: Option<&'static str>,
    pub(super) members: Option<Vec<String>>,
    pub(super) member_logins: Option<Vec<String>>,
}

#[derive(Debug, Default)]
pub(super) struct Claims {
    /// Empty: every source, in the default order.
    pub(super) sources: Vec<&'static str>,
    pub(super) groups: Option<String>,
    pub(super) lists_only: bool,
    /// A claim that nobody has is none, rather than unknown.
    pub(super) absent_is_none: bool,
}

#[derive(Debug, Default)]
pub(super) struct Direct {
    pub(super) expression: String,
    /// Empty: those of the claims.
    pub(super) sources: Vec<&'static str>,
    pub(super) several: bool,
    pub(super) case_sensitive: bool,
    /// Which values mean what; the roles' own names as well unless `only_values`.
    pub(super) values: Vec<(&'static str, Vec<String>)>,
    pub(super) only_values: bool,
    /// Not said: unknown values make nobody server admin.
    pub(super) keep_server_admin: bool,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) provider: String,
    pub(super) from: String,
    pub(super) matches: Match,
    pub(super) org: Option<String>,
    pub(super) role: Option<OrgRole>,
    pub(super) server_admin: bool,
    pub(super) case_sensitive: Option<bool>,
    pub(super) aside: bool,
    pub(super) team: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Match {
    Group(String),
    GroupExact(String),
    GroupGlob(String),
    GroupRegex(String),
    Claim { path: String, test: Test },
    Expression(String),
    Any(Vec<Match>),
    None(Vec<Match>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    Equals(String),
    OneOf(Vec<String>),
    True,
}

impl Match {
    pub(super) fn everybody() -> Self {
        Self::Group("*".to_owned())
    }

    pub(super) fn claim(path: &str, test: Test) -> Self {
        Self::Claim { path: path.to_owned(), test }
    }
}
