//! DirSync, Active Directory's replication for whoever may replicate changes ([MS-ADTS] 3.1.1.3.4.1.3).
//!
//! A cookie is good at any domain controller. Of what has changed the changed attributes alone come, of groups who
//! came and who left: a group of 200,000 costs what changed in it. It tells of everything in the domain, so that the
//! server is asked which of it fits; whatever does not, or was deleted, counts where it is known.

use super::super::LdapDirectory;
use super::super::ask::ask_all;
use super::super::attribute::{Description, Role, id_bytes};
use super::super::bases::{below, normal};
use super::super::connection::Connection;
use super::super::entry::{Kind, group_name, names};
use super::super::failure::{Failure, say};
use super::super::filter::{all_of, any_of, attributes, equal, not, present};
use super::super::pages::{Asked, ENTRY_LIMIT, Heard, refused, too_many, unexpected};
use super::super::root::Root;
use super::super::wire::ber::BerError;
use super::super::wire::{Control, DIR_SYNC, Entry, Request, Response, Search, dir_sync};
use super::listed::texts;
use super::position::{Position, Way};
use super::usn::{Stand, stand, stand_of, view};
use super::{Feed, MOST, MOST_BYTES, View, ids_are, of_roles, parts};
use crate::providers::follow::{Changes, Listed, Members, Since};
use async_trait::async_trait;
use rosterd_core::text::{hex, unhex};
use std::collections::{BTreeMap, BTreeSet};

/// So many entries are asked about in one filter.
const AT_ONCE: usize = 64;
/// Besides what is read: whether it is new, has another name or place, or is gone.
const ALWAYS: [&str; 3] = ["objectClass", "name", "isDeleted"];

pub(super) struct DirSync<'d> {
    directory: &'d LdapDirectory,
    /// Those of which changes count.
    attributes: Vec<String>,
}

impl<'d> DirSync<'d> {
    /// What was deleted keeps its `objectGUID` and little else.
    pub(super) fn of(directory: &'d LdapDirectory) -> Option<Self> {
        ids_are(directory, "objectGUID").then(|| {
            let mut counting: BTreeSet<&str> = ALWAYS.into();
            for question in [&directory.people, &directory.groups] {
                counting.extend(question.wanted.request.iter().map(String::as_str));
                counting.extend(attributes(&question.filter).unwrap_or_default());
            }
            Self { directory, attributes: counting.into_iter().map(str::to_owned).collect() }
        })
    }

    /// With where the domain controller itself stands.
    fn position(&self, domain: &str, cookie: &[u8], stand: [String; 2]) -> Position {
        let cookies = [domain.to_owned(), hex(cookie)].into_iter().chain(stand);
        Position::new(self.directory, Way::DirSync, cookies.collect())
    }
}

#[async_trait]
impl Feed for DirSync<'_> {
    /// From where it stood, or from the start, to the end, of entries that there are not.
    async fn mark(&self, connection: &mut Connection, before: Option<Position>) -> Result<Option<Position>, Failure> {
        let root = Root::read(connection).await?;
        let Some(domain) = root.one("defaultNamingContext").filter(|_| root.knows(DIR_SYNC)) else { return Ok(None) };
        let inside = |base: &str| normal(base).zip(normal(domain)).is_some_and(|(base, top)| below(&base, &top, 2));
        if !parts(self.directory).all(|(_, base)| inside(base)) {
            return Ok(None);
        }
        let Some(Stand { invocation, usn, .. }) = stand_of(connection, &root).await? else { return Ok(None) };
        let from = before.as_ref().and_then(place).filter(|(of, _)| of == domain).map(|(_, cookie)| cookie);
        let nothing = not(&present("objectClass"));
        let end =
            ask(connection, domain, &nothing, &self.attributes, from.unwrap_or_default(), &mut |_| Ok(())).await?;
        Ok(end.ok().map(|cookie| self.position(domain, &cookie, [invocation, usn.to_string()])))
    }

    /// The domain controller; its cookie is not asked for.
    async fn stands(&self, connection: &mut Connection) -> Result<Option<Position>, Failure> {
        let stand = stand(connection).await?;
        Ok(stand.map(|Stand { invocation, usn, domain }| self.position(&domain, b"", [invocation, usn.to_string()])))
    }

    async fn since(&self, connection: &mut Connection, position: Position) -> Result<Since, Failure> {
        let Some((domain, from)) = place(&position) else {
            return Ok(Since::Lost("the cursor is none of DirSync".to_owned()));
        };
        let server = connection.server.clone();
        let Some(Stand { invocation, usn, .. }) = stand(connection).await? else {
            return Ok(Since::Lost("the server does not say where it stands".to_owned()));
        };
        let stand = [invocation, usn.to_string()];
        if view(&stand, position.stand()) == View::Behind {
            return Ok(Since::Lost(format!("{server} stands before where it was read")));
        }
        let mut hearing = Hearing { directory: self.directory, touched: BTreeMap::new(), by_login: false, bytes: 0 };
        let mut beyond = 0u64;
        let anything = present("objectClass");
        let mut hear = |entry: &Entry<'_>| {
            // Heard to its end all the same: what is on its way would answer the next request.
            if hearing.too_much() {
                beyond += 1;
                return if beyond > ENTRY_LIMIT { Err(too_many(&server, &domain)) } else { Ok(()) };
            }
            hearing.entry(entry).map_err(|error| Failure::ber(&server, error))
        };
        let to = match ask(connection, &domain, &anything, &self.attributes, from.clone(), &mut hear).await? {
            Ok(to) => to,
            Err(why) => return Ok(Since::Lost(format!("{server} does not go on from there: {why}"))),
        };
        if hearing.too_much() {
            return Ok(Since::Lost(format!("{server} tells of more changes than are read one by one")));
        }
        if hearing.by_login {
            return Ok(Since::Lost(
                "a group lists members by login, of which DirSync does not say who came".to_owned(),
            ));
        }
        let mut changes = sorted(self.directory, connection, hearing.touched).await?;
        changes.cursor = (to != from).then(|| self.position(&domain, &to, stand).cursor());
        Ok(Since::Changes(changes))
    }
}

/// The domain, and the cookie there.
fn place(position: &Position) -> Option<(String, Vec<u8>)> {
    let [domain, cookie, ..] = position.cookies() else { return None };
    Some((domain.clone(), unhex(cookie)?))
}

/// What hears of each entry.
type Ear<'e> = &'e mut (dyn FnMut(&Entry<'_>) -> Result<(), Failure> + Send);

/// Asks for everything since a cookie, part by part; the cookie behind it, or why there is none.
async fn ask(
    connection: &mut Connection,
    domain: &str,
    filter: &[u8],
    attributes: &[String],
    mut cookie: Vec<u8>,
    hear: Ear<'_>,
) -> Result<Result<Vec<u8>, String>, Failure> {
    let server = connection.server.clone();
    loop {
        let control = Some(Control::DirSync(&cookie));
        let id =
            connection.send(Request::Search(Search { base: domain, scope: 2, filter, attributes, control })).await?;
        let (more, next) = loop {
            let message = connection.receive(id).await?;
            match message.response {
                Response::Entry(entry) => hear(&entry)?,
                // Partitions that are no part of the domain.
                Response::Reference(_) => {}
                Response::Done(result) if result.code == 0 => {
                    let ber = |error: BerError| Failure::ber(&server, error);
                    let Some(value) = message.controls.find(DIR_SYNC).map_err(ber)? else {
                        return Ok(Err("it sent no cookie".to_owned()));
                    };
                    let (more, next) = dir_sync(value).map_err(ber)?;
                    break (more, next.to_vec());
                }
                Response::Done(result) if matches!(result.code, 51 | 52) => {
                    return Err(refused(&server, domain, "changes", &result));
                }
                Response::Done(result) => return Ok(Err(say(&result))),
                _ => return Err(unexpected(&server)),
            }
        };
        if !more {
            return Ok(Ok(next));
        }
        if next == cookie {
            return Ok(Err("it sends one part over and over".to_owned()));
        }
        cookie = next;
    }
}

/// What was said of an entry.
#[derive(Debug, Default)]
struct Touched {
    new: bool,
    deleted: bool,
    came: Vec<String>,
    left: Vec<String>,
}

struct Hearing<'d> {
    directory: &'d LdapDirectory,
    /// By immutable id.
    touched: BTreeMap<String, Touched>,
    /// Members by login have changed.
    by_login: bool,
    bytes: usize,
}

impl Hearing<'_> {
    fn too_much(&self) -> bool {
        self.touched.len() > MOST || self.bytes > MOST_BYTES
    }

    fn entry(&mut self, entry: &Entry<'_>) -> Result<(), BerError> {
        let (Some(id), _) = names(&self.directory.people.wanted, entry)? else { return Ok(()) };
        let touched = self.touched.entry(id).or_default();
        for attribute in entry.attributes() {
            let attribute = attribute?;
            let description = Description::parse(attribute.description);
            if attribute.values().next().is_none() {
                continue;
            }
            touched.new |= description.name.eq_ignore_ascii_case(b"objectClass");
            touched.deleted |= description.name.eq_ignore_ascii_case(b"isDeleted");
            for role in self.directory.groups.wanted.roles(description.name) {
                match role {
                    // LDAP_DIRSYNC_INCREMENTAL_VALUES: who left as range 0-0, who came as range 1-1.
                    Role::Members => {
                        let left = description.range.is_some_and(|range| range.low == 0 && range.high == Some(0));
                        let list = if left { &mut touched.left } else { &mut touched.came };
                        texts(&attribute, list, &mut self.bytes)?;
                    }
                    Role::MemberLogins => self.by_login = true,
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// Which of these are people and groups that are read, as the server says.
async fn sorted(
    directory: &LdapDirectory,
    connection: &mut Connection,
    mut touched: BTreeMap<String, Touched>,
) -> Result<Changes, Failure> {
    let mut changes = Changes::default();
    let there: Vec<&String> = touched.iter().filter(|(_, said)| !said.deleted).map(|(id, _)| id).collect();
    let mut searches = Vec::new();
    for (question, base) in parts(directory) {
        let attributes = of_roles(question, |role| matches!(role, Role::Id | Role::Name));
        for some in there.chunks(AT_ONCE) {
            let ids: Vec<_> = some.iter().flat_map(|id| id_bytes("objectGUID", id)).collect();
            let ids: Vec<_> = ids.iter().map(|id| equal("objectGUID", id)).collect();
            let filter = all_of([&question.compiled[..], &any_of(ids.iter().map(Vec::as_slice))]);
            searches.push((question, base, filter, attributes.clone()));
        }
    }
    let asked: Vec<Asked<'_>> = searches
        .iter()
        .map(|(question, base, filter, attributes)| {
            let (scope, what) = (question.scope, question.kind.name());
            Asked { base, scope, filter, attributes, what, may_be_absent: false, deleted: false }
        })
        .collect();
    let server = connection.server.clone();
    let mut groups = BTreeMap::new();
    let refusals = ask_all(connection, &asked, directory.people.page_size, &mut |at, heard| {
        let (Some((question, ..)), Heard::Entry(entry)) = (searches.get(at), heard) else { return Ok(()) };
        let ber = |error| Failure::ber(&server, error);
        let (Some(id), _) = names(&question.wanted, &entry).map_err(ber)? else { return Ok(()) };
        match question.kind {
            Kind::People => drop(changes.people.insert(id)),
            Kind::Groups => {
                let name = group_name(&question.wanted, &entry).map_err(ber)?;
                groups.insert(id, (String::from_utf8_lossy(entry.dn).into_owned(), name));
            }
        }
        Ok(())
    })
    .await?;
    if let Some((_, refusal)) = refusals.into_iter().next() {
        return Err(refusal);
    }
    for (id, (dn, name)) in groups {
        let Touched { new, came, left, .. } = touched.remove(&id).unwrap_or_default();
        let members = match new {
            true => Members::All { dns: came, logins: Vec::new() },
            false => Members::Changed([came, left].concat()),
        };
        changes.groups.insert(id, Listed { dn, name, members });
    }
    let others = touched.into_keys().filter(|id| !changes.people.contains(id));
    changes.others = others.collect();
    Ok(changes)
}
