//! What the operator said: one file a section, unknown keys refused, every error at once with its
//! place in the file.
//!
//! The structs here are the schema: the JSON schema is generated from them, every file is checked
//! against it before it becomes a [`Config`], and `config/rosterd.toml` documents every key.
//! Nothing in this folder connects to anything.

mod accounts;
mod attributes;
mod cases;
mod check;
mod claims;
mod code;
mod code_flow;
mod daemon;
mod database;
mod diagnostic;
mod duration;
mod file;
mod github;
mod gitlab;
mod google;
mod graph;
mod hooks;
mod http;
mod keycloak;
mod kind;
mod ldap;
mod limits;
mod load;
mod login;
mod oauth;
mod oidc;
mod okta;
mod org;
mod overage;
mod overrides;
mod paths;
mod people;
mod places;
mod provider;
mod provision;
mod provisioning;
mod read;
mod rule;
mod saml;
mod schedule;
mod schema;
mod scim;
mod secret;
mod signals;
mod source;
mod table;
mod telemetry;
#[cfg(test)]
mod tests;
mod tree;
mod validate;
mod vendor;
mod words;

pub use accounts::Accounts;
pub(crate) use attributes::holds_secrets;
pub use cases::{Case, CasesError, Expected, Team, load_cases, parse_cases};
pub use claims::{Absent, ClaimSource, Claims, DirectRole, RoleValues, Sources, UnknownRole};
pub use code::{Code, Severity};
pub use code_flow::{ClientAuthentication, CodeFlow, OnRefused};
pub use daemon::Daemon;
pub use database::Database;
pub use diagnostic::{Diagnostic, Diagnostics, Place};
pub use duration::Duration;
pub use file::File;
pub use github::GitHub;
pub use gitlab::GitLab;
pub use google::Google;
pub use graph::{Graph, GraphFollow, GraphFollowBy, GroupName};
pub use hooks::{Hook, HookPerson, Network, OnError, Pointer, Rate, Sender, TokenIssuer, Unit};
pub use http::{ApiScope, ClientCertificate, Http, HttpClient, HttpTls};
pub use keycloak::{Keycloak, Subgroups};
pub use kind::Kind;
pub use ldap::{
    Bind, BindMethod, Follow, FollowBy, Groups, Ldap, MinTls, PrimaryGroup, Scope, ServerOrder, Tls, Users,
    WITHOUT_KERBEROS,
};
pub use limits::Limits;
pub use load::{Loaded, load, load_rules, parse};
pub use login::{Login, LoginProtocol};
pub use oauth::{ClientAuth, OAuthClient};
pub use oidc::{Oidc, SigningAlgorithm, UserInfo};
pub use okta::{Okta, OktaClient};
pub use org::Org;
pub use overage::Overage;
pub use overrides::environment;
pub use people::{HttpPerson, Sessions};
pub use places::Places;
pub use provider::{
    Create, DefaultGrant, Link, LinkKey, NoMatch, OrgRoleName, OrgRoles, Provider, Resolve, ServerAdmin, TeamRoleName,
};
pub use provision::{PROVISION_KEYS, ProvisionError, load_provision, parse_provision};
pub use provisioning::Provisioning;
pub use read::Format;
pub use rule::{ClaimMatch, ClaimValue, Match, OneOrMany, Rule, True};
pub use saml::{NameIdFormat, Saml, SamlAlgorithm, SamlBinding, SamlKey, SamlSigned};
pub use schedule::{cron, time_zone};
pub use schema::json_schema;
pub use scim::{Inactive, Scim, ScimGroups, ScimMembers, ScimUsers};
pub use secret::{Secret, SecretError, SecretRef};
pub use signals::{NamedBy, OnDisabled, Signals, SignalsPoll, SignalsSubjects};
pub use telemetry::{LogFormat, LogLevel, LogSection, Telemetry};
pub use words::quoted;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The whole configuration.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The version of this format. Always 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The authorization database.
    #[serde(default)]
    pub database: Database,
    /// How `rosterd run` works.
    #[serde(default)]
    pub daemon: Daemon,
    /// Organizations under keys that survive renames.
    #[serde(default)]
    pub orgs: BTreeMap<String, Org>,
    /// Where people and groups come from, by a name of your choice.
    #[serde(default)]
    pub providers: BTreeMap<String, Provider>,
    /// Which group gives what, in order.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// Who tells rosterd that somebody logs in, by a name of your choice, which is part of the address.
    #[serde(default)]
    pub hooks: BTreeMap<String, Hook>,
    /// Who tells rosterd of security events, by a name of your choice, which is part of the address.
    #[serde(default)]
    pub signals: BTreeMap<String, Signals>,
    /// Files that declare organizations, teams, roles and who holds them.
    #[serde(default)]
    pub provisioning: Provisioning,
    /// How much one run may take away before it waits for an approval.
    #[serde(default)]
    pub limits: Limits,
    /// What becomes of people who leave.
    #[serde(default)]
    pub accounts: Accounts,
    /// How the daemon logs.
    #[serde(default)]
    pub log: LogSection,
    /// Where the daemon's metrics, health and traces are had.
    #[serde(default)]
    pub telemetry: Telemetry,
    /// The listener for the API and for login hooks.
    #[serde(default)]
    pub http: Http,
}
