//! One base, read to its end: page after page, then the rest of lists that came in parts.

use super::attribute::{Description, Wanted};
use super::connection::Connection;
use super::entry::{Gathered, Kind, Ranged, take, take_values};
use super::failure::Failure;
use super::filter;
use super::pages::{Asked, Heard, pages, refused, unexpected};
use super::reference::References;
use super::wire::ber::BerError;
use super::wire::{Attribute, Entry, Request, Response, Search};
use crate::providers::Progress;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    pub(super) gathered: Mutex<Gathered>,
    pub(super) progress: &'a Progress,
}

impl Sink<'_> {
    pub(super) fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more.
    pub(super) fn add(&self, kind: Kind) {
        match kind {
            Kind::People => self.progress.add_people(1),
            Kind::Groups => self.progress.add_groups(1),
        }
    }
}

/// Reads everything below `base`.
pub(super) async fn read(
    connection: &mut Connection,
    question: &Question,
    base: &str,
    sink: &Sink<'_>,
) -> Result<(), Failure> {
    let Question { kind, scope, page_size, .. } = *question;
    let (filter, attributes) = (question.compiled.as_slice(), question.wanted.request.as_slice());
    let asked = Asked { base, scope, filter, attributes, what: kind.name(), may_be_absent: false, deleted: false };
    let server = connection.server.clone();
    let (mut ranged, mut references) = (Vec::new(), References::default());
    pages(connection, &asked, page_size, &mut |heard| {
        match heard {
            Heard::Entry(entry) => {
                take(kind, &question.wanted, &entry, &mut sink.gathered(), &mut ranged)
                    .map_err(|error| Failure::ber(&server, error))?;
                sink.add(kind);
            }
            Heard::Reference(url) => references.add(base, url),
        }
        Ok(())
    })
    .await?;
    // Behind the last page: a server may drop a paged search when another comes between.
    if let Some(missing) = references.missing(connection).await? {
        sink.gathered().builder.gap("referral", missing);
    }
    for list in ranged {
        follow(connection, list, sink).await?;
    }
    Ok(())
}

/// Fetches the rest of a list, part by part (Active Directory sends 1500 values at once).
pub(super) async fn follow(connection: &mut Connection, list: Ranged, sink: &Sink<'_>) -> Result<(), Failure> {
    let Ranged { owner, role, dn, attribute, next } = list;
    let mut take = |values: &Attribute<'_>| take_values(owner, role, values, &dn, &mut sink.gathered());
    if let Some(missing) = rest(connection, &dn, &attribute, next, &mut take).await? {
        sink.gathered().builder.gap("ranged_attribute", missing);
    }
    Ok(())
}

/// What takes in the values of a part, and says how many there were.
pub(super) type Take<'t> = &'t mut (dyn FnMut(&Attribute<'_>) -> Result<u64, BerError> + Send);

/// The values of a list from `next` on, part by part; says what is missing where it did not come to its end.
pub(super) async fn rest(
    connection: &mut Connection,
    dn: &str,
    attribute: &str,
    mut next: u64,
    take: Take<'_>,
) -> Result<Option<String>, Failure> {
    let filter = filter::present("objectClass");
    let server = connection.server.clone();
    loop {
        let attributes = [format!("{attribute};range={next}-*")];
        let search = Search { base: dn, scope: 0, filter: &filter, attributes: &attributes, control: None };
        let id = connection.send(Request::Search(search)).await?;
        let mut part = None;
        loop {
            let message = connection.receive(id).await?;
            match message.response {
                Response::Entry(entry) if part.is_none() => {
                    part = Some(take_part(attribute, next, &entry, take).map_err(|e| Failure::ber(&server, e))?);
                }
                Response::Done(result) if result.code == 0 => break,
                Response::Done(result) => return Err(refused(&server, dn, "the rest of a list", &result)),
                _ => return Err(unexpected(&server)),
            }
        }
        match part.flatten() {
            Some(Part::Last) => return Ok(None),
            Some(Part::Until(high)) => next = high + 1,
            None => {
                return Ok(Some(format!(
                    "{dn}: {attribute} was to go on at value {next}, but did not: it may have changed meanwhile"
                )));
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
fn take_part(wanted: &str, next: u64, entry: &Entry<'_>, take: Take<'_>) -> Result<Option<Part>, BerError> {
    for attribute in entry.attributes() {
        let attribute = attribute?;
        let description = Description::parse(attribute.description);
        let Some(range) = description.range else { continue };
        if !description.name.eq_ignore_ascii_case(wanted.as_bytes()) || description.subtype {
            continue;
        }
        if range.low != next {
            return Ok(None);
        }
        let count = take(&attribute)?;
        return Ok(match range.high {
            _ if count == 0 || !range.fits(count) => None,
            Some(high) => Some(Part::Until(high)),
            None => Some(Part::Last),
        });
    }
    Ok(None)
}
