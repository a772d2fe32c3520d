//! People and groups from an LDAP directory.
//!
//! A full read ([`read`]) asks for people and groups at once, on two connections to one server, so that both are of
//! one replica. Looking for a few people ([`find`], [`walk`]) uses warm connections ([`pool`]). The protocol is spoken
//! by [`wire`], which has limits for everything; nothing of a server's answer is believed before it was checked.
//! Nothing here ever writes to a directory, follows a referral, or asks for a password attribute.

mod ask;
mod attribute;
mod bases;
mod certificate;
mod check;
mod connection;
mod entry;
mod expiry;
mod failure;
mod feed;
pub mod filter;
mod find;
#[cfg(feature = "gssapi")]
pub mod kerberos;
mod measure;
mod pages;
mod pool;
mod primary_group;
mod read;
mod reference;
mod root;
mod search;
mod session;
mod time;
mod tls;
mod url;
mod walk;
pub mod wire;

use super::follow::{Cursor, Ring, Since};
use super::{CheckStep, Directory, Found, ProviderError, ReadRequest, Sought};
use crate::config::{Ldap, Scope, ServerOrder, holds_secrets};
use async_trait::async_trait;
use attribute::{Role, Wanted};
use entry::Kind;
use failure::Failure;
use pool::Pool;
use read::Mark;
use rosterd_core::dn;
use rosterd_core::snapshot::Reading;
use search::Question;
use std::sync::{Mutex, PoisonError};
use url::Server;

/// An LDAP directory that can be read.
#[derive(Debug)]
pub struct LdapDirectory {
    config: Ldap,
    servers: Vec<Server>,
    people: Question,
    groups: Question,
    /// Groups without their members.
    above: Question,
    /// For looking at a few people.
    pool: Pool,
    /// Until where this process has read changes.
    read_until: Mutex<Option<Cursor>>,
    /// What this process knows of a feed by times of change.
    pace: Mutex<feed::Pace>,
}

impl LdapDirectory {
    /// Checks what can be checked without a server: addresses, filters, bases.
    ///
    /// # Errors
    /// Of the kind [`super::ProviderErrorKind::Configuration`], naming the key.
    pub fn new(config: &Ldap) -> Result<Self, ProviderError> {
        let servers = config.urls.iter().map(|url| Server::parse(url)).collect::<Result<Vec<_>, _>>()?;
        if servers.is_empty() {
            return Err(Failure::configuration("ldap.urls is empty: name at least one server").into());
        }
        let page_size = i32::try_from(config.page_size)
            .map_err(|_| Failure::configuration("ldap.page_size is too large: 100000 is the most"))?;
        let (users, groups) = (&config.users, &config.groups);
        let mut of_people = vec![
            (Role::Id, users.id.as_str()),
            (Role::Login, &users.login),
            (Role::Name, &users.name),
            (Role::Email, &users.email),
        ];
        of_people.extend(users.expires.as_deref().map(|name| (Role::Expires, name)));
        of_people.extend(users.member_of.as_deref().map(|name| (Role::MemberOf, name)));
        of_people.extend(users.primary_group.into_iter().flat_map(|by| primary_group::attributes(by, Kind::People)));
        of_people.extend(users.attributes.iter().enumerate().map(|(at, name)| (Role::Claim(at), name.as_str())));
        let mut of_groups = vec![(Role::Id, groups.id.as_str()), (Role::Name, &groups.name)];
        of_groups.extend(groups.member_of.as_deref().map(|name| (Role::MemberOf, name)));
        of_groups.extend(users.primary_group.into_iter().flat_map(|by| primary_group::attributes(by, Kind::Groups)));
        let of_above = of_groups.clone();
        of_groups.extend(groups.members.iter().map(|name| (Role::Members, name.as_str())));
        of_groups.extend(groups.member_logins.iter().map(|name| (Role::MemberLogins, name.as_str())));
        let of_kind = |kind, roles: &[(Role, &str)]| match kind {
            Kind::People => question(kind, "users", &users.base, users.scope, &users.filter, roles, page_size),
            Kind::Groups => question(kind, "groups", &groups.base, groups.scope, &groups.filter, roles, page_size),
        };
        Ok(Self {
            people: of_kind(Kind::People, &of_people)?,
            groups: of_kind(Kind::Groups, &of_groups)?,
            above: of_kind(Kind::Groups, &of_above)?,
            config: config.clone(),
            servers,
            pool: Pool::new(),
            read_until: Mutex::default(),
            pace: Mutex::default(),
        })
    }

    /// The servers in the order in which they are tried, with their places among `ldap.urls`.
    fn servers(&self, seed: u128) -> Vec<(usize, &Server)> {
        let mut servers: Vec<_> = self.servers.iter().enumerate().collect();
        if self.config.order == ServerOrder::Random {
            let mut rest = seed;
            for last in (1..servers.len()).rev() {
                let choices = last as u128 + 1;
                servers.swap(last, (rest % choices) as usize);
                rest /= choices;
            }
        }
        servers
    }

    fn read_until(&self, cursor: &Cursor) {
        *self.read_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(cursor.clone());
    }

    fn read_until_now(&self) -> Option<Cursor> {
        self.read_until.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Directory for LdapDirectory {
    async fn read(&self, request: &ReadRequest) -> Result<Reading, ProviderError> {
        read::everything(self, request, Mark::Not).await.map(|(reading, _)| reading)
    }

    async fn read_to(
        &self,
        request: &ReadRequest,
        before: Option<&Cursor>,
    ) -> Result<(Reading, Option<Cursor>), ProviderError> {
        read::everything(self, request, Mark::After(before)).await
    }

    async fn since(&self, cursor: &Cursor, _: &ReadRequest) -> Result<Since, ProviderError> {
        Ok(feed::since(self, cursor).await?)
    }

    async fn listen(&self, cursor: &Cursor, ring: &dyn Ring) -> Result<(), ProviderError> {
        Ok(feed::listen(self, cursor, ring).await?)
    }

    async fn find(&self, sought: &Sought, request: &ReadRequest) -> Result<Found, ProviderError> {
        Ok(find::run(self, sought, request).await?)
    }

    async fn check(&self) -> Vec<CheckStep> {
        check::run(self).await
    }
}

fn question(
    kind: Kind,
    section: &str,
    bases: &[String],
    scope: Scope,
    filter: &str,
    roles: &[(Role, &str)],
    page_size: i32,
) -> Result<Question, Failure> {
    if bases.is_empty() {
        return Err(Failure::configuration(format!("ldap.{section}.base is empty: say below which DN to look")));
    }
    for base in bases {
        dn::normalize_into(base, &mut String::new())
            .map_err(|error| Failure::configuration(format!("ldap.{section}.base: {base:?} is {error}")))?;
    }
    for (_, name) in roles {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        if name.is_empty() || !name.bytes().all(fits) {
            let message = format!("ldap.{section}: {name:?} is not the name of an attribute (without options)");
            return Err(Failure::configuration(message));
        }
        if holds_secrets(name) {
            let message = format!("ldap.{section}: {name} is never read: it holds passwords or keys");
            return Err(Failure::configuration(message));
        }
    }
    Ok(Question {
        kind,
        bases: bases.to_vec(),
        scope: match scope {
            Scope::Base => 0,
            Scope::One => 1,
            Scope::Sub => 2,
        },
        filter: filter.to_owned(),
        compiled: filter::compile(filter).map_err(|error| Failure::configuration(format!("ldap.{section}.{error}")))?,
        wanted: Wanted::new(roles.iter().copied()),
        page_size,
    })
}
