//! Content synchronization (RFC 4533), as OpenLDAP and 389 Directory Server do it: a search with a cookie
//! brings what has changed since.
//!
//! A cookie that the server does not take, or takes for none, ends in a reading of everything: the first
//! says so (`e-syncRefreshRequired`), the second brings more than is taken. Servers send attributes that
//! nobody asked for (389 Directory Server: password hashes), of which none is looked at.

use super::super::super::connection::Connection;
use super::super::super::entry::{Kind, names};
use super::super::super::failure::Failure;
use super::super::super::pages::{ENTRY_LIMIT, refused, too_many, unexpected};
use super::super::super::search::Question;
use super::super::super::wire::ber::BerError;
use super::super::super::wire::{
    Control, Entry, Request, Response, SYNC_DONE, SYNC_INFO, SYNC_STATE, Search, State, SyncInfo, SyncRequest, Uuid,
    sync_done, sync_info, sync_state,
};
use super::super::listed::listed;
use super::super::{MOST, MOST_BYTES, wanted_lists};
use crate::providers::follow::{Changes, Listed};

/// sizeLimitExceeded; unwillingToPerform, as OpenLDAP says where it stands before the cookie;
/// e-syncRefreshRequired (RFC 4533 §2.6).
const LOST: [i32; 3] = [4, 53, 4096];

/// How the ids of synchronization become those of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// `entryUUID` (RFC 4530).
    EntryUuid,
    /// 389 Directory Server's `nsUniqueId`: the same digits in four groups.
    NsUniqueId,
}

impl Naming {
    /// Of entries whose immutable id is that attribute.
    pub(super) fn of(attribute: &str) -> Option<Self> {
        let named = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(attribute));
        if named(&["entryUUID", "1.3.6.1.1.16.4"]) {
            Some(Self::EntryUuid)
        } else if named(&["nsUniqueId"]) {
            Some(Self::NsUniqueId)
        } else {
            None
        }
    }

    fn text(self, id: Uuid) -> String {
        let digits = rosterd_core::text::hex(&id);
        let groups: &[std::ops::Range<usize>] = match self {
            Self::EntryUuid => &[0..8, 8..12, 12..16, 16..20, 20..32],
            Self::NsUniqueId => &[0..8, 8..16, 16..24, 24..32],
        };
        groups.iter().filter_map(|range| digits.get(range.clone())).collect::<Vec<_>>().join("-")
    }
}

/// What one search brought.
#[derive(Debug)]
pub(super) enum Refreshed {
    /// With the cookie to go on from, where it is another.
    To { cookie: Option<Vec<u8>>, left: Option<Vec<u128>> },
    /// It could not be gone on from there, and why.
    Lost(String),
}

/// Asks for what is below a base and has changed since `cookie`.
pub(super) async fn refresh(
    connection: &mut Connection,
    question: &Question,
    base: &str,
    naming: Naming,
    cookie: &[u8],
    changes: &mut Changes,
) -> Result<Refreshed, Failure> {
    let attributes = wanted_lists(question);
    let control = Control::Sync(SyncRequest { persist: false, cookie: Some(cookie) });
    let (scope, filter) = (question.scope, question.compiled.as_slice());
    let search = Search { base, scope, filter, attributes: &attributes, control: Some(control) };
    let id = connection.send(Request::Search(search)).await?;
    let server = connection.server.clone();
    let ber = |error: BerError| Failure::ber(&server, error);
    let mut hearing =
        Hearing { question, naming, changes, left: Vec::new(), cookie: None, entries: 0, bytes: 0, beyond: 0 };
    loop {
        let message = connection.receive(id).await?;
        let lost = hearing.too_much();
        match message.response {
            // Heard to its end all the same: what is on its way would answer the next request.
            Response::Entry(_) | Response::Intermediate(..) if lost => {
                hearing.beyond += 1;
                if hearing.beyond > ENTRY_LIMIT {
                    return Err(too_many(&server, base));
                }
            }
            Response::Entry(entry) => {
                let Some(state) = message.controls.find(SYNC_STATE).map_err(ber)? else {
                    return Err(Failure::protocol("sync", format!("{server} sent an entry without its state")));
                };
                hearing.entry(&entry, state).map_err(ber)?;
            }
            Response::Intermediate(Some(oid), Some(value)) if oid == SYNC_INFO.as_bytes() => {
                hearing.info(value).map_err(ber)?;
            }
            // What is elsewhere is not followed; a reading of everything says so.
            Response::Reference(_) | Response::Intermediate(..) => {}
            Response::Done(_) if lost => {
                return Ok(Refreshed::Lost(format!("{server} tells of more changes than are read one by one")));
            }
            Response::Done(result) if result.code == 0 => {
                let value = message.controls.find(SYNC_DONE).map_err(ber)?.unwrap_or(b"\x30\x00");
                let done = sync_done(value).map_err(ber)?;
                return Ok(hearing.end(done.cookie, done.deletes));
            }
            Response::Done(result) if LOST.contains(&result.code) => {
                let text = String::from_utf8_lossy(result.text);
                return Ok(Refreshed::Lost(format!("{server} does not go on from there ({}): {text}", result.code)));
            }
            Response::Done(result) => return Err(refused(&server, base, question.kind.name(), &result)),
            _ => return Err(unexpected(&server)),
        }
    }
}

/// Asks for everything below a base, ids alone, for the cookie behind it. `None` where the server does not say all
/// of it, or says no cookie.
pub(super) async fn begin(
    connection: &mut Connection,
    question: &Question,
    base: &str,
) -> Result<Option<String>, Failure> {
    let nothing = ["1.1".to_owned()];
    let control = Control::Sync(SyncRequest { persist: false, cookie: None });
    let (scope, filter) = (question.scope, question.compiled.as_slice());
    let search = Search { base, scope, filter, attributes: &nothing, control: Some(control) };
    let id = connection.send(Request::Search(search)).await?;
    let server = connection.server.clone();
    loop {
        let message = connection.receive(id).await?;
        match message.response {
            Response::Entry(_) | Response::Reference(_) | Response::Intermediate(..) => {}
            Response::Done(result) if result.code == 0 => {
                let ber = |error: BerError| Failure::ber(&server, error);
                let done = message.controls.find(SYNC_DONE).map_err(ber)?.map(sync_done).transpose().map_err(ber)?;
                let cookie = done.and_then(|done| done.cookie);
                return Ok(cookie.and_then(|cookie| String::from_utf8(cookie.to_owned()).ok()));
            }
            Response::Done(_) => return Ok(None),
            _ => return Err(unexpected(&server)),
        }
    }
}

struct Hearing<'a> {
    question: &'a Question,
    naming: Naming,
    changes: &'a mut Changes,
    /// Whoever was said to be still there.
    left: Vec<u128>,
    cookie: Option<Vec<u8>>,
    entries: usize,
    bytes: usize,
    /// Messages that were not taken in any more.
    beyond: u64,
}

impl Hearing<'_> {
    fn entry(&mut self, entry: &Entry<'_>, state: &[u8]) -> Result<(), BerError> {
        let said = sync_state(state)?;
        self.go_on(said.cookie);
        match said.state {
            State::Delete => self.gone(said.uuid),
            State::Present => self.left.push(u128::from_be_bytes(said.uuid)),
            State::Add | State::Modify => {
                self.left.push(u128::from_be_bytes(said.uuid));
                let (id, _) = names(&self.question.wanted, entry)?;
                let id = id.unwrap_or_else(|| self.naming.text(said.uuid));
                self.entries += 1;
                match self.question.kind {
                    Kind::People => drop(self.changes.people.insert(id)),
                    Kind::Groups => {
                        // These servers send each list whole.
                        let (listed, _) = listed(self.question, entry, &mut self.bytes)?;
                        self.changes.groups.insert(id, listed);
                    }
                }
            }
        }
        Ok(())
    }

    fn gone(&mut self, id: Uuid) {
        self.entries += 1;
        let id = self.naming.text(id);
        match self.question.kind {
            Kind::People => drop(self.changes.people.insert(id)),
            Kind::Groups => drop(self.changes.groups.insert(id, Listed::default())),
        }
    }

    fn info(&mut self, value: &[u8]) -> Result<(), BerError> {
        match sync_info(value)? {
            SyncInfo::Cookie(cookie) => self.go_on(Some(cookie)),
            SyncInfo::Refresh { cookie, .. } => self.go_on(cookie),
            SyncInfo::Ids { cookie, deletes, ids } => {
                self.go_on(cookie);
                for id in ids {
                    match deletes {
                        true => self.gone(id?),
                        false => self.left.push(u128::from_be_bytes(id?)),
                    }
                }
            }
        }
        Ok(())
    }

    fn go_on(&mut self, cookie: Option<&[u8]>) {
        if let Some(cookie) = cookie {
            self.cookie = Some(cookie.to_owned());
        }
    }

    fn too_much(&self) -> bool {
        self.entries > MOST || self.bytes > MOST_BYTES || self.left.len() as u64 > ENTRY_LIMIT
    }

    /// Whoever was not mentioned is still there (`deletes`), or is gone. 389 Directory Server names who is gone, and all
    /// the same says the latter at the end.
    fn end(mut self, cookie: Option<&[u8]>, deletes: bool) -> Refreshed {
        self.go_on(cookie);
        let says = !deletes && self.naming != Naming::NsUniqueId;
        Refreshed::To { cookie: self.cookie, left: says.then_some(self.left) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_as_the_servers_write_them() {
        let id: Uuid = std::array::from_fn(|at| at as u8);
        assert_eq!(Naming::EntryUuid.text(id), "00010203-0405-0607-0809-0a0b0c0d0e0f");
        assert_eq!(Naming::NsUniqueId.text(id), "00010203-04050607-08090a0b-0c0d0e0f");
        assert_eq!(Naming::of("ENTRYUUID"), Some(Naming::EntryUuid));
        assert_eq!(Naming::of("uid"), None);
    }
}
