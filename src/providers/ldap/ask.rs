//! Many searches over one connection: some are always under way, so that a slow way to the server
//! is waited for once and not for each; and one by itself. What entries are is not known here.

use super::connection::Connection;
use super::failure::{Failure, say, search_hint};
use super::filter;
use super::pages::{Asked, ENTRY_LIMIT, Heard, pages, refused, too_many, unexpected};
use super::wire::{Entry, Request, Response, Search};
use std::collections::BTreeMap;

/// So many searches are under way at once. OpenLDAP ends a connection with a hundred that wait
/// (`conn_max_pending`).
const AT_ONCE: usize = 16;

/// sizeLimitExceeded. A server has more to say than at once.
const TOO_MANY: i32 = 4;
/// noSuchObject.
const ABSENT: i32 = 32;

/// What hears the answers: the place of the search among those that were asked, and what was said.
pub(super) type Ear<'e> = &'e mut (dyn FnMut(usize, Heard<'_>) -> Result<(), Failure> + Send);

/// Asks all of these; what was refused comes back, with its place. An entry may be heard twice. An
/// error is of the connection, which can't be used any further.
pub(super) async fn ask_all(
    connection: &mut Connection,
    asked: &[Asked<'_>],
    page_size: i32,
    hear: Ear<'_>,
) -> Result<Vec<(usize, Failure)>, Failure> {
    let server = connection.server.clone();
    let mut waiting = asked.iter().enumerate();
    let mut open: BTreeMap<i32, usize> = BTreeMap::new();
    let mut in_pages = Vec::new();
    let mut refusals = Vec::new();
    let mut entries = 0u64;
    loop {
        // Half of them at a time: each sending costs a system call.
        if open.len() <= AT_ONCE / 2 && waiting.len() > 0 {
            for (place, next) in waiting.by_ref().take(AT_ONCE - open.len()) {
                open.insert(connection.queue(next.search(None)), place);
            }
            connection.flush().await?;
        }
        if open.is_empty() {
            break;
        }
        let message = connection.receive_any(|id| open.contains_key(&id)).await?;
        let Some((place, question)) = open.get(&message.id).and_then(|at| Some((*at, asked.get(*at)?))) else {
            return Err(unexpected(&server));
        };
        match message.response {
            Response::Entry(entry) => {
                entries += 1;
                if entries > ENTRY_LIMIT {
                    return Err(too_many(&server, question.base));
                }
                hear(place, Heard::Entry(entry))?;
            }
            Response::Reference(url) => hear(place, Heard::Reference(url))?,
            Response::Done(result) => {
                match result.code {
                    0 => {}
                    ABSENT if question.may_be_absent => {}
                    // Alone and in pages: a server keeps the place of one search a connection.
                    TOO_MANY if page_size > 0 => in_pages.push(place),
                    _ => refusals.push((place, refused(&server, question.base, question.what, &result))),
                }
                open.remove(&message.id);
            }
            _ => return Err(unexpected(&server)),
        }
    }
    for place in in_pages {
        let Some(question) = asked.get(place) else { continue };
        match pages(connection, question, page_size, &mut |heard| hear(place, heard)).await {
            Ok(()) => {}
            Err(failure) if failure.code == "result_code" => refusals.push((place, failure)),
            Err(failure) => return Err(failure),
        }
    }
    Ok(refusals)
}

/// Searches once and shows each entry.
pub(super) async fn once(
    connection: &mut Connection,
    search: Search<'_>,
    mut see: impl FnMut(&Entry<'_>),
) -> Result<(), Failure> {
    let server = connection.server.clone();
    let base = search.base.to_owned();
    let id = connection.send(Request::Search(search)).await?;
    loop {
        match connection.receive(id).await?.response {
            Response::Entry(entry) => see(&entry),
            Response::Reference(_) => {}
            Response::Done(result) if result.code == 0 => return Ok(()),
            Response::Done(result) => {
                let text = format!("{server}: {base}: {}{}", say(&result), search_hint(result.code));
                return Err(Failure::protocol("result_code", text));
            }
            _ => return Err(unexpected(&server)),
        }
    }
}

/// The values of one attribute of one entry; none where it may not be read.
pub(super) async fn values(connection: &mut Connection, dn: &str, attribute: &str) -> Result<Vec<String>, Failure> {
    let (filter, attributes) = (filter::present("objectClass"), [attribute.to_owned()]);
    let search = Search { base: dn, scope: 0, filter: &filter, attributes: &attributes, control: None };
    let mut found = Vec::new();
    let asked = once(connection, search, |entry| {
        for asked in entry.attributes().flatten().filter(|a| a.description.eq_ignore_ascii_case(attribute.as_bytes())) {
            found.extend(asked.values().flatten().map(|value| String::from_utf8_lossy(value).into_owned()));
        }
    });
    match asked.await {
        Err(failure) if failure.code == "result_code" => Ok(Vec::new()),
        asked => asked.map(|()| found),
    }
}
