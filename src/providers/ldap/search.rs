//! One base, read to its end: page after page, then the rest of lists that came in parts.
//!
//! A read is over when the server says success and hands out no further cookie. Everything that
//! merely looks like an end is a failure.

use super::attribute::{Description, Wanted};
use super::connection::Connection;
use super::entry::{Kind, Ranged, take, take_values};
use super::failure::{Failure, say, search_hint};
use super::wire::ber::BerError;
use super::wire::{Entry, LdapResult, PAGED_RESULTS, Request, Response, Search, paged_cookie};
use super::{filter, measure};
use crate::providers::{Progress, ProviderErrorKind};
use rosterd_core::snapshot::SnapshotBuilder;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many pages with nothing on them are read one after the other. Active Directory sends some
/// when a filter finds little.
const EMPTY_PAGES: u32 = 100;
/// More entries than this below one base are not believed.
const ENTRY_LIMIT: u64 = 5_000_000;

/// What is asked for below each base.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) kind: Kind,
    pub(super) bases: Vec<String>,
    /// See [`Search::scope`].
    pub(super) scope: i32,
    /// As the operator wrote it.
    pub(super) filter: String,
    /// Encoded.
    pub(super) compiled: Vec<u8>,
    pub(super) wanted: Wanted,
    /// 0: no paging.
    pub(super) page_size: i32,
}

/// Where entries go. Two searches share one.
#[derive(Debug)]
pub(super) struct Sink<'a> {
    pub(super) builder: Mutex<SnapshotBuilder>,
    pub(super) progress: &'a Progress,
}

impl Sink<'_> {
    pub(super) fn builder(&self) -> MutexGuard<'_, SnapshotBuilder> {
        self.builder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far the read of a base is.
#[derive(Default)]
struct State {
    cookie: Vec<u8>,
    /// A digest of the entries of the page before.
    page: u64,
    empty_pages: u32,
    entries: u64,
    referrals: u32,
    ranged: Vec<Ranged>,
}

/// Reads everything below `base`.
pub(super) async fn read(
    connection: &mut Connection,
    question: &Question,
    base: &str,
    sink: &Sink<'_>,
) -> Result<(), Failure> {
    let mut state = State::default();
    while measure::request("search", page(connection, question, base, sink, &mut state)).await? {}
    // Behind the last page: a server may drop a paged search when another comes between.
    for list in std::mem::take(&mut state.ranged) {
        follow(connection, list, sink).await?;
    }
    Ok(())
}

/// Reads a page; says whether there are more.
async fn page(
    connection: &mut Connection,
    question: &Question,
    base: &str,
    sink: &Sink<'_>,
    state: &mut State,
) -> Result<bool, Failure> {
    let size = question.page_size;
    let id = connection
        .send(Request::Search(Search {
            base,
            scope: question.scope,
            filter: &question.compiled,
            attributes: &question.wanted.request,
            page: (size > 0).then_some((size, state.cookie.as_slice())),
        }))
        .await?;
    let server = connection.server.clone();
    let ber = |error: BerError| Failure::ber(&server, error);
    let mut digest = DefaultHasher::new();
    let mut entries = 0u64;
    let cookie = loop {
        let message = connection.receive(id).await?;
        match message.response {
            Response::Entry(entry) => {
                entries += 1;
                entry.dn.hash(&mut digest);
                if size > 0 && entries > u64::from(size.unsigned_abs()) {
                    let text = format!("{server} sent more than the {size} entries of a page below {base}");
                    return Err(Failure::protocol("page_overrun", text));
                }
                if state.entries + entries > ENTRY_LIMIT {
                    let text = format!("{server} sent more than {ENTRY_LIMIT} entries below {base}");
                    return Err(Failure::protocol("too_much", text));
                }
                take(question.kind, &question.wanted, &entry, &mut sink.builder(), &mut state.ranged).map_err(ber)?;
                match question.kind {
                    Kind::People => sink.progress.add_people(1),
                    Kind::Groups => sink.progress.add_groups(1),
                }
            }
            Response::Reference(url) => {
                state.referrals += 1;
                // One says it all, and a hostile server would send millions.
                if state.referrals == 1 {
                    let url = String::from_utf8_lossy(url);
                    let text = format!(
                        "{server} says that a part of what is below {base} is elsewhere ({url:.200}), where it is \
                         not fetched from: choose a base that does not reach so far"
                    );
                    sink.builder().gap("referral", text);
                }
            }
            Response::Done(result) if result.code == 0 => {
                break match message.controls.find(PAGED_RESULTS).map_err(ber)? {
                    Some(value) => paged_cookie(value).map_err(ber)?.to_vec(),
                    None if size == 0 => Vec::new(),
                    None => {
                        let text = format!("{server} ended a page below {base} without saying whether more follow");
                        return Err(Failure::protocol("paging_lost", text));
                    }
                };
            }
            Response::Done(result) => return Err(refused(&server, base, question.kind.name(), &result)),
            _ => return Err(unexpected(&server)),
        }
    };
    state.entries += entries;
    state.empty_pages = if entries == 0 { state.empty_pages + 1 } else { 0 };
    if cookie.is_empty() {
        return Ok(false);
    }
    // 389 Directory Server hands out one cookie for all pages, so an equal one alone is no sign.
    let digest = digest.finish();
    if cookie == state.cookie && (entries == 0 || digest == state.page) || state.empty_pages > EMPTY_PAGES {
        let text = format!("{server} sends the same page below {base} over and over");
        return Err(Failure::protocol("paging_loop", text));
    }
    state.cookie = cookie;
    state.page = digest;
    Ok(true)
}

/// Fetches the rest of a list, part by part (Active Directory sends 1500 values at once).
async fn follow(connection: &mut Connection, mut list: Ranged, sink: &Sink<'_>) -> Result<(), Failure> {
    let filter = filter::present("objectClass");
    let server = connection.server.clone();
    loop {
        let attributes = [format!("{};range={}-*", list.attribute, list.next)];
        let search = Search { base: &list.dn, scope: 0, filter: &filter, attributes: &attributes, page: None };
        let id = connection.send(Request::Search(search)).await?;
        let mut part = None;
        loop {
            let message = connection.receive(id).await?;
            match message.response {
                Response::Entry(entry) if part.is_none() => {
                    part = Some(take_part(&list, &entry, &mut sink.builder()).map_err(|e| Failure::ber(&server, e))?);
                }
                Response::Done(result) if result.code == 0 => break,
                Response::Done(result) => return Err(refused(&server, &list.dn, "the rest of a list", &result)),
                _ => return Err(unexpected(&server)),
            }
        }
        match part.flatten() {
            Some(Part::Last) => return Ok(()),
            Some(Part::Until(high)) => list.next = high + 1,
            None => {
                let text = format!(
                    "{}: {} was to go on at value {}, but did not: it may have changed meanwhile",
                    list.dn, list.attribute, list.next
                );
                sink.builder().gap("ranged_attribute", text);
                return Ok(());
            }
        }
    }
}

/// Which values a further part of a list brought.
enum Part {
    Until(u64),
    Last,
}

/// `None` when the part is not the one that comes next.
fn take_part(list: &Ranged, entry: &Entry<'_>, builder: &mut SnapshotBuilder) -> Result<Option<Part>, BerError> {
    for attribute in entry.attributes() {
        let attribute = attribute?;
        let description = Description::parse(attribute.description);
        let Some(range) = description.range else { continue };
        if !description.name.eq_ignore_ascii_case(list.attribute.as_bytes()) || description.subtype {
            continue;
        }
        if range.low != list.next {
            return Ok(None);
        }
        let count = take_values(list.owner, list.role, &attribute, &list.dn, builder)?;
        return Ok(match range.high {
            _ if count == 0 || !range.fits(count) => None,
            Some(high) => Some(Part::Until(high)),
            None => Some(Part::Last),
        });
    }
    Ok(None)
}

fn refused(server: &str, base: &str, what: &str, result: &LdapResult<'_>) -> Failure {
    let kind = match result.code {
        51 | 52 => ProviderErrorKind::Unreachable,
        _ => ProviderErrorKind::Protocol,
    };
    let text = format!("{server}: reading {what} below {base}: {}{}", say(result), search_hint(result.code));
    Failure::new("result_code", kind, text)
}

fn unexpected(server: &str) -> Failure {
    Failure::protocol("ber", format!("{server} answered a search with something else"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do() {
        let result = LdapResult { code: 4, matched_dn: b"", text: b"" };
        let failure = refused("ldap://x", "dc=x", "people", &result);
        assert!(failure.message.contains("sizeLimitExceeded (4)"), "{failure}");
        assert!(failure.message.contains("page_size"), "{failure}");
        assert_eq!(failure.kind, ProviderErrorKind::Protocol);
    }
}
