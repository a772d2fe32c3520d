//! People and groups from an LDAP directory.
//!
//! A full read: people and groups at once, on two connections to one server, so that both are of
//! one replica. Looking for a few people ([`find`], [`walk`]) uses warm connections ([`pool`]). The protocol is spoken by [`wire`], which has limits for everything; nothing of a
//! server's answer is believed before it was checked. Nothing here ever writes to a directory,
//! follows a referral, or asks for a password attribute.

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
mod measure;
mod pages;
mod pool;
mod primary_group;
mod reference;
mod root;
mod search;
mod session;
mod tls;
mod url;
mod walk;
pub mod wire;

use super::follow::{Cursor, Ring, Since};
use super::{CheckStep, Directory, Found, ProviderError, ProviderErrorKind, ReadRequest, Sought};
use crate::config::{Ldap, Scope, ServerOrder, holds_secrets};
use async_trait::async_trait;
use attribute::{Role, Wanted};
use connection::Connection;
use entry::{Gathered, Kind};
use failure::Failure;
use pool::Pool;
use rosterd_core::dn;
use rosterd_core::snapshot::{Part, Reading, SnapshotBuilder};
use search::{Question, Sink};
use session::Access;
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
}

impl LdapDirectory {
    /// Checks what can be checked without a server: addresses, filters, bases.
    ///
    /// # Errors
    /// Of the kind [`ProviderErrorKind::Configuration`], naming the key.
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

    /// Reads everything from the first server that serves.
    async fn read_all(
        &self,
        request: &ReadRequest,
        mark: Mark<'_>,
    ) -> Result<(Reading, Option<Cursor>), ProviderError> {
        let access = Access::new(&self.config, &self.servers)?;
        let mut earlier: Option<Failure> = None;
        let servers = self.servers(request.seed);
        let last = servers.len().saturating_sub(1);
        for (at, (place, server)) in servers.into_iter().enumerate() {
            match self.read_from(&access, server, request, mark, at == last).await {
                Ok(read) => {
                    // Who is looked at between two full reads is looked at where these are made.
                    self.pool.serves(place);
                    // What stands before it may be held, and is not what is known until somebody has approved it.
                    if let (Reading::Complete(complete), Some(cursor)) = &read
                        && !complete.snapshot().behind
                    {
                        self.read_until(cursor);
                    }
                    return Ok(read);
                }
                Err(failure) => {
                    if failure.kind == ProviderErrorKind::Credentials {
                        self.pool.refused(&failure, access.fingerprint());
                    }
                    let next = matches!(failure.kind, ProviderErrorKind::Unreachable | ProviderErrorKind::Tls);
                    let failure = failure.and(earlier.take());
                    if !next {
                        return Err(failure.into());
                    }
                    tracing::warn!(server = %server.url, reason = %failure.code, "an LDAP server did not serve");
                    earlier = Some(failure);
                }
            }
        }
        Err(earlier.unwrap_or_else(|| Failure::configuration("ldap.urls is empty")).into())
    }

    /// Reads everything from one server, and `mark`s where its changes stand before. One that stands before where the
    /// directory was read is read only where it is the `last`.
    async fn read_from(
        &self,
        access: &Access<'_>,
        server: &Server,
        request: &ReadRequest,
        mark: Mark<'_>,
        last: bool,
    ) -> Result<(Reading, Option<Cursor>), Failure> {
        // One after the other: a wrong password must count once, not twice (a lock-out is near).
        let mut for_people = access.open(server).await?;
        let mut for_groups = access.open(server).await?;
        let feed::Mark { cursor, behind } = match mark {
            Mark::Not => feed::Mark::default(),
            Mark::After(before) => feed::mark(self, &mut for_people, before).await?,
        };
        let mut builder = SnapshotBuilder::new(request.seed);
        if behind {
            if !last {
                let text = format!("{} stands before where the directory was read last", server.url);
                return Err(Failure::unreachable("behind", text));
            }
            builder.behind();
        }
        let parts = |builder: &mut SnapshotBuilder, question: &Question| -> Vec<Part> {
            question.bases.iter().map(|_| builder.begin(question.kind.name())).collect()
        };
        let (of_people, of_groups) = (parts(&mut builder, &self.people), parts(&mut builder, &self.groups));
        let gathered = Mutex::new(Gathered { builder, named: None, now: request.now });
        let sink = Sink { gathered, progress: &request.progress };
        let (people, groups) = tokio::join!(
            read_bases(&mut for_people, &self.people, of_people, &sink),
            read_bases(&mut for_groups, &self.groups, of_groups, &sink),
        );
        let mut builder = sink.gathered.into_inner().unwrap_or_else(PoisonError::into_inner).builder;
        for (outcome, connection) in [(people, for_people), (groups, for_groups)] {
            match outcome {
                Ok(()) => connection.close().await,
                Err(failure) if builder.people_len() + builder.groups_len() == 0 => return Err(failure),
                // What failed is not asked to close: it may not be listening.
                Err(failure) => builder.gap(failure.code, failure.message),
            }
        }
        Ok((builder.finish(), cursor))
    }
}

/// Whether a reading is also to say until where changes are in it.
#[derive(Debug, Clone, Copy)]
enum Mark<'a> {
    Not,
    /// With where it was before, if it is known.
    After(Option<&'a Cursor>),
}

#[async_trait]
impl Directory for LdapDirectory {
    async fn read(&self, request: &ReadRequest) -> Result<Reading, ProviderError> {
        self.read_all(request, Mark::Not).await.map(|(reading, _)| reading)
    }

    async fn read_to(
        &self,
        request: &ReadRequest,
        before: Option<&Cursor>,
    ) -> Result<(Reading, Option<Cursor>), ProviderError> {
        self.read_all(request, Mark::After(before)).await
    }

    async fn since(&self, cursor: &Cursor) -> Result<Since, ProviderError> {
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

/// Reads one base after the other.
async fn read_bases(
    connection: &mut Connection,
    question: &Question,
    parts: Vec<Part>,
    sink: &Sink<'_>,
) -> Result<(), Failure> {
    for (base, part) in question.bases.iter().zip(parts) {
        search::read(connection, question, base, sink).await?;
        sink.gathered().builder.end(part);
    }
    Ok(())
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
