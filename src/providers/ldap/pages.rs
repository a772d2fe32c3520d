//! A search, asked page after page until the server says that it was the last.
//!
//! A search is over when the server says success and hands out no further cookie. Everything that
//! merely looks like an end is a failure. What entries are is not known here.

use super::connection::Connection;
use super::failure::{Failure, say, search_hint};
use super::measure;
use super::wire::ber::BerError;
use super::wire::{Control, Entry, LdapResult, PAGED_RESULTS, Request, Response, Search, paged_cookie};
use crate::providers::ProviderErrorKind;
use std::hash::{DefaultHasher, Hash, Hasher};

/// So many pages with nothing on them are read one after the other. Active Directory sends some
/// when a filter finds little.
const EMPTY_PAGES: u32 = 100;
/// More entries than this below one base are not believed.
pub(super) const ENTRY_LIMIT: u64 = 5_000_000;

/// A search, without its paging.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) base: &'a str,
    /// See [`Search::scope`].
    pub(super) scope: i32,
    /// Encoded.
    pub(super) filter: &'a [u8],
    pub(super) attributes: &'a [String],
    /// For messages: people, groups.
    pub(super) what: &'static str,
    /// That the base is not there is an answer: the entry with that DN was looked for.
    pub(super) may_be_absent: bool,
    /// Also what was deleted, as far as the server still has it (Active Directory).
    pub(super) deleted: bool,
}

impl<'a> Asked<'a> {
    pub(super) fn search(&self, control: Option<Control<'a>>) -> Request<'a> {
        let Self { base, scope, filter, attributes, .. } = *self;
        Request::Search(Search { base, scope, filter, attributes, control })
    }
}

/// What comes before the end.
#[derive(Debug)]
pub(super) enum Heard<'a> {
    Entry(Entry<'a>),
    Reference(&'a [u8]),
}

/// How far the search is.
#[derive(Default)]
struct State {
    cookie: Vec<u8>,
    /// A digest of the entries of the page before.
    page: u64,
    empty_pages: u32,
    entries: u64,
}

/// Asks for all pages of a search; `size` 0 asks for everything at once.
pub(super) async fn pages(
    connection: &mut Connection,
    asked: &Asked<'_>,
    size: i32,
    hear: &mut (dyn FnMut(Heard<'_>) -> Result<(), Failure> + Send),
) -> Result<(), Failure> {
    let mut state = State::default();
    while measure::request("search", page(connection, asked, size, hear, &mut state)).await? {}
    Ok(())
}

/// Asks for a page; says whether there are more.
async fn page(
    connection: &mut Connection,
    asked: &Asked<'_>,
    size: i32,
    hear: &mut (dyn FnMut(Heard<'_>) -> Result<(), Failure> + Send),
    state: &mut State,
) -> Result<bool, Failure> {
    let base = asked.base;
    let cookie = state.cookie.as_slice();
    let control = match asked.deleted {
        true => Some(Control::PageWithDeleted(size, cookie)),
        false => (size > 0).then_some(Control::Page(size, cookie)),
    };
    let id = connection.send(asked.search(control)).await?;
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
                    return Err(too_many(&server, base));
                }
                hear(Heard::Entry(entry))?;
            }
            Response::Reference(url) => hear(Heard::Reference(url))?,
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
            Response::Done(result) => return Err(refused(&server, base, asked.what, &result)),
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

pub(super) fn too_many(server: &str, base: &str) -> Failure {
    Failure::protocol("too_much", format!("{server} sent more entries below {base} than are believed"))
}

pub(super) fn refused(server: &str, base: &str, what: &str, result: &LdapResult<'_>) -> Failure {
    let kind = match result.code {
        51 | 52 => ProviderErrorKind::Unreachable,
        _ => ProviderErrorKind::Protocol,
    };
    let text = format!("{server}: reading {what} below {base}: {}{}", say(result), search_hint(result.code));
    Failure::new("result_code", kind, text)
}

pub(super) fn unexpected(server: &str) -> Failure {
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
