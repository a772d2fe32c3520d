use super::{Duration, SecretRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// An LDAP directory.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ldap {
    /// Servers that hold the same directory: `ldap://host:port`, `ldaps://host:port`,
    /// `ldapi://%2Fpath%2Fto%2Fsocket`. The next is tried when one cannot be reached.
    #[schemars(length(min = 1))]
    pub urls: Vec<String>,
    /// In which order they are tried.
    #[serde(default)]
    pub order: ServerOrder,
    /// Turn an `ldap://` connection into TLS before anything else is sent. If the server will
    /// not, nothing else is sent.
    #[serde(default)]
    pub start_tls: bool,
    /// TLS for `ldaps://` and StartTLS.
    #[serde(default)]
    pub tls: Tls,
    /// How rosterd signs in.
    #[serde(default)]
    pub bind: Bind,
    /// How long connecting, and each single answer, may take.
    #[serde(default = "ten_seconds")]
    pub timeout: Duration,
    /// Entries per page; 0 asks for everything at once.
    #[serde(default = "thousand")]
    #[schemars(range(max = 100_000))]
    pub page_size: u32,
    /// How `rosterd run` follows changes between two full readings.
    #[serde(default)]
    pub follow: Follow,
    /// Who the people are.
    pub users: Users,
    /// What the groups are.
    pub groups: Groups,
}

fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

fn thousand() -> u32 {
    1000
}

/// How changes are followed. What a feed misses the next full reading (`every`, `schedule`) repairs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Follow {
    /// By what.
    pub by: FollowBy,
    /// How often the server is asked for them.
    pub every: Duration,
    /// `modify-timestamp`: how often the ids of everybody are listed, to see who is gone.
    pub sweep: Duration,
}

impl Default for Follow {
    fn default() -> Self {
        Self { by: FollowBy::Auto, every: ten_seconds(), sweep: Duration::from_secs(300) }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FollowBy {
    /// What the server offers, in the order below, else nothing.
    #[default]
    Auto,
    /// Content synchronization (RFC 4533): OpenLDAP, 389 Directory Server, FreeIPA.
    #[serde(rename = "content-sync")]
    ContentSync,
    /// Active Directory's DirSync, for an account that may replicate changes.
    DirSync,
    /// Active Directory's update sequence numbers.
    #[serde(rename = "usn-changed")]
    UsnChanged,
    /// The times at which entries were changed, for servers that offer none of these.
    #[serde(rename = "modify-timestamp")]
    ModifyTimestamp,
    /// Nothing.
    #[serde(rename = "none")]
    Nothing,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServerOrder {
    /// As written.
    #[default]
    Listed,
    /// Mixed at each run, to spread load.
    Random,
}

/// TLS settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// PEM file of the authorities to believe. Absent: the system's.
    pub ca_file: Option<PathBuf>,
    /// PEM file of a client certificate and its chain.
    pub client_cert_file: Option<PathBuf>,
    /// Its private key, PEM.
    pub client_key_file: Option<PathBuf>,
    /// The name that the server's certificate must have, if not the URL's.
    pub server_name: Option<String>,
    /// The oldest version to accept.
    pub min_version: MinTls,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MinTls {
    #[default]
    #[serde(rename = "1.2")]
    Tls12,
    #[serde(rename = "1.3")]
    Tls13,
}

/// How rosterd signs in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bind {
    /// With what: a DN and a password, a certificate, Kerberos, or nothing.
    pub method: BindMethod,
    /// `simple`: the DN (or, for Active Directory, `user@domain`).
    pub dn: Option<String>,
    /// `simple`: the password. An empty one is refused before anything is sent.
    pub password: Option<SecretRef>,
    /// `gssapi`: a file of keys from which rosterd gets its tickets itself. Absent: the tickets of its environment
    /// (`KRB5CCNAME`).
    pub keytab_file: Option<PathBuf>,
    /// `gssapi`: the account, such as `rosterd@EXAMPLE.ORG`. Absent: the keytab's first, or the ticket's owner.
    pub principal: Option<String>,
    /// `gssapi`: the server's name as Kerberos knows it (`ldap/name`), where that is not the URL's or
    /// `tls.server_name`: behind a load balancer, or with an address in the URL.
    pub service_host: Option<String>,
}

/// What is said of `gssapi` where it cannot be used.
pub const WITHOUT_KERBEROS: &str =
    "this build has no Kerberos: build it with `cargo build --release --features gssapi`, or use another method";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BindMethod {
    /// DN and password.
    #[default]
    Simple,
    /// Who the client certificate, or the Unix socket's peer, is (SASL EXTERNAL).
    External,
    /// Kerberos (SASL GSSAPI), where rosterd is built with the feature `gssapi`. Without TLS every message is encrypted
    /// by it.
    Gssapi,
    /// Nobody.
    Anonymous,
}

/// Who the people are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Users {
    /// The DN below which they are. Several are read one after the other.
    #[schemars(length(min = 1))]
    pub base: Vec<String>,
    /// How far below.
    #[serde(default)]
    pub scope: Scope,
    /// Who of them is meant: an RFC 4515 filter. Whoever is left out counts as gone.
    #[serde(default = "person_filter")]
    pub filter: String,
    /// The attribute that never changes: `entryUUID`, `objectGUID`, `nsUniqueId`, `ipaUniqueID`.
    #[serde(default = "entry_uuid")]
    pub id: String,
    /// The attribute that holds the login.
    #[serde(default = "uid")]
    pub login: String,
    /// The attribute that holds the name to show.
    #[serde(default = "cn")]
    pub name: String,
    /// The attribute that holds the e-mail address.
    #[serde(default = "mail")]
    pub email: String,
    /// The attribute that says until when an account may be used: `accountExpires` (Active Directory), `shadowExpire`,
    /// `krbPrincipalExpiration`. Whoever's time is over counts as gone. Absent: accounts don't expire.
    pub expires: Option<String>,
    /// An attribute of people that lists their groups, such as `memberOf`, where groups cannot
    /// be asked for their members.
    pub member_of: Option<String>,
    /// The attribute by which people name one group as their own, mostly without being listed there: `gidNumber`
    /// (RFC 2307) or `primaryGroupID` (Active Directory). Absent: only lists count.
    pub primary_group: Option<PrimaryGroup>,
    /// Attributes that rules may look at besides, such as `department`: claims of the source
    /// `attributes`, each a list of texts, under these names. They are kept in the database.
    #[serde(default)]
    pub attributes: Vec<String>,
}

/// How a person's own group is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PrimaryGroup {
    /// By the group's `gidNumber`.
    #[serde(rename = "gidNumber")]
    GidNumber,
    /// By the end of the group's `objectSid`, which begins as the person's.
    #[serde(rename = "primaryGroupID")]
    PrimaryGroupId,
}

/// What the groups are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Groups {
    /// The DN below which they are. Several are read one after the other.
    #[schemars(length(min = 1))]
    pub base: Vec<String>,
    /// How far below.
    #[serde(default)]
    pub scope: Scope,
    /// Which of them are meant: an RFC 4515 filter.
    #[serde(default = "group_filter")]
    pub filter: String,
    /// The attribute that never changes.
    #[serde(default = "entry_uuid")]
    pub id: String,
    /// The attribute that holds the short name, which rules can use.
    #[serde(default = "cn")]
    pub name: String,
    /// Attributes that list members by DN.
    #[serde(default = "member_attributes")]
    pub members: Vec<String>,
    /// Attributes that list members by login.
    #[serde(default = "login_attributes")]
    pub member_logins: Vec<String>,
    /// An attribute of groups that lists the groups they are in, where members are not listed.
    pub member_of: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The entry itself.
    Base,
    /// Its children.
    One,
    /// It and everything below.
    #[default]
    Sub,
}

fn person_filter() -> String {
    "(objectClass=inetOrgPerson)".to_owned()
}

fn group_filter() -> String {
    "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup)(objectClass=group))"
        .to_owned()
}

fn entry_uuid() -> String {
    "entryUUID".to_owned()
}

fn uid() -> String {
    "uid".to_owned()
}

fn cn() -> String {
    "cn".to_owned()
}

fn mail() -> String {
    "mail".to_owned()
}

fn member_attributes() -> Vec<String> {
    ["member", "uniqueMember"].map(str::to_owned).to_vec()
}

fn login_attributes() -> Vec<String> {
    vec!["memberUid".to_owned()]
}
