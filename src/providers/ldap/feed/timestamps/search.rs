//! What is asked of the server: times of change, ids of everybody, the lists of groups.

use super::super::super::LdapDirectory;
use super::super::super::ask::ask_all;
use super::super::super::attribute::id_bytes;
use super::super::super::connection::Connection;
use super::super::super::entry::{Kind, names};
use super::super::super::failure::Failure;
use super::super::super::filter::{all_of, any_of, equal, not_before};
use super::super::super::pages::{Asked, Heard, pages};
use super::super::super::search::Question;
use super::super::super::time::written;
use super::super::listed::listed;
use super::super::{MOST, MOST_BYTES, parts, wanted_ids, wanted_lists};
use super::pace::List;
use super::stamp::{ATTRIBUTES, Stamp};
use super::stand::{Answer, WITNESSES, Witness};
use super::{Key, OrLost};
use crate::providers::follow::{Changes, number};
use rosterd_core::ids::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// So many groups are asked for in one filter.
const AT_ONCE: usize = 64;

/// Everybody.
#[derive(Debug, Default)]
pub(super) struct Census {
    /// People and groups, by the numbers of their ids.
    pub(super) left: [Vec<u128>; 2],
    /// As [`Stamp::digest_at`] has them.
    pub(super) stamps: Vec<u64>,
    /// Who was changed last, by time.
    pub(super) latest: BTreeMap<(i64, Key), Witness>,
    /// Who is another than in the list before, of whom no look has told.
    pub(super) unheard: BTreeSet<Key>,
    /// The server does not say that there are more elsewhere.
    pub(super) whole: bool,
}

/// Asks for what was changed at that time or later, and for the witnesses.
pub(super) async fn stamped(
    connection: &mut Connection,
    directory: &LdapDirectory,
    from: i64,
    witnesses: &[Witness],
) -> Result<Answer, Failure> {
    let from = written(Timestamp(from)).unwrap_or_default();
    let mut answer = Answer::default();
    for (question, base) in parts(directory) {
        let kind = question.kind.name();
        let mut any = vec![not_before(ATTRIBUTES[0], &from)];
        any.extend(witnesses.iter().filter(|of| of.key.0 == kind).flat_map(|of| by_id(question, &of.key.1)));
        let filter = all_of([&question.compiled[..], &any_of(any.iter().map(Vec::as_slice))]);
        each(connection, question, base, &filter, &mut |heard| {
            let Some((key, stamp, _)) = heard else { return };
            let Some(stamp) = stamp else { return };
            answer.newest = answer.newest.max(Some(stamp.at));
            if answer.entries.len() < MOST {
                answer.entries.insert(key, stamp);
            } else {
                answer.beyond = true;
            }
        })
        .await?;
    }
    Ok(answer)
}

/// Lists everybody, and compares them with the list before.
pub(super) async fn census(
    connection: &mut Connection,
    directory: &LdapDirectory,
    before: Option<&List>,
) -> Result<Census, Failure> {
    let mut census = Census { whole: true, ..Census::default() };
    for (question, base) in parts(directory) {
        let place = usize::from(question.kind == Kind::Groups);
        each(connection, question, base, &question.compiled, &mut |heard| {
            let Some((key, stamp, dn)) = heard else {
                census.whole = false;
                return;
            };
            if let Some(left) = census.left.get_mut(place) {
                left.push(number(&key.1));
            }
            let Some(stamp) = stamp else { return };
            census.latest.insert((stamp.at, key.clone()), Witness::of(&key, &stamp));
            if census.latest.len() > WITNESSES {
                census.latest.pop_first();
            }
            let digest = stamp.digest_at(&key, dn);
            census.stamps.push(digest);
            let told = |list: &List| stamp.at >= list.until || list.stamps.binary_search(&digest).is_ok();
            if before.is_some_and(|list| !told(list)) && census.unheard.len() <= MOST {
                census.unheard.insert(key);
            }
        })
        .await?;
    }
    Ok(census)
}

/// What hears of an entry, with its DN; `None`: that there are more elsewhere, or one without an id.
type Ear<'e> = &'e mut (dyn FnMut(Option<(Key, Option<Stamp>, &[u8])>) + Send);

async fn each(
    connection: &mut Connection,
    question: &Question,
    base: &str,
    filter: &[u8],
    hear: Ear<'_>,
) -> Result<(), Failure> {
    let attributes: Vec<String> = wanted_ids(question).into_iter().chain(ATTRIBUTES.map(str::to_owned)).collect();
    let (scope, what, attributes) = (question.scope, question.kind.name(), attributes.as_slice());
    let asked = Asked { base, scope, filter, attributes, what, may_be_absent: false, deleted: false };
    let server = connection.server.clone();
    pages(connection, &asked, question.page_size, &mut |heard| {
        let Heard::Entry(entry) = heard else {
            hear(None);
            return Ok(());
        };
        let ber = |error| Failure::ber(&server, error);
        let (id, _) = names(&question.wanted, &entry).map_err(ber)?;
        let stamp = Stamp::of(&entry).map_err(ber)?;
        hear(id.map(|id| ((what, id), stamp, entry.dn)));
        Ok(())
    })
    .await
}

fn by_id(question: &Question, id: &str) -> Vec<Vec<u8>> {
    let attribute = wanted_ids(question).into_iter().next().unwrap_or_default();
    id_bytes(&attribute, id).iter().map(|value| equal(&attribute, value)).collect()
}

/// Asks for whom these groups list now. Those that are no longer there are told as others.
pub(super) async fn groups(
    connection: &mut Connection,
    directory: &LdapDirectory,
    ids: Vec<String>,
    changes: &mut Changes,
) -> Result<OrLost<()>, Failure> {
    let question = &directory.groups;
    let attributes = wanted_lists(question);
    let filter = |some: &[String]| {
        let ids: Vec<_> = some.iter().flat_map(|id| by_id(question, id)).collect();
        all_of([&question.compiled[..], &any_of(ids.iter().map(Vec::as_slice))])
    };
    let filters: Vec<Vec<u8>> = ids.chunks(AT_ONCE).map(filter).collect();
    let ask = |(base, filter): (&'_ String, &'_ Vec<u8>)| (base.clone(), filter.clone());
    let searches: Vec<(String, Vec<u8>)> =
        question.bases.iter().flat_map(|base| filters.iter().map(move |filter| (base, filter))).map(ask).collect();
    let asked: Vec<Asked<'_>> = searches
        .iter()
        .map(|(base, filter)| {
            let (scope, what, attributes) = (question.scope, question.kind.name(), attributes.as_slice());
            Asked { base, scope, filter, attributes, what, may_be_absent: false, deleted: false }
        })
        .collect();
    let server = connection.server.clone();
    let (mut found, mut parts, mut bytes) = (BTreeMap::new(), false, 0);
    let refusals = ask_all(connection, &asked, question.page_size, &mut |_, heard| {
        let Heard::Entry(entry) = heard else { return Ok(()) };
        let ber = |error| Failure::ber(&server, error);
        let (Some(id), _) = names(&question.wanted, &entry).map_err(ber)? else { return Ok(()) };
        if bytes <= MOST_BYTES {
            let (listed, beginnings) = listed(question, &entry, &mut bytes).map_err(ber)?;
            parts |= !beginnings.is_empty();
            found.insert(id, listed);
        }
        Ok(())
    })
    .await?;
    if let Some((_, refusal)) = refusals.into_iter().next() {
        return Err(refusal);
    }
    if bytes > MOST_BYTES {
        return Ok(Err("the groups that have changed list more members than are compared".to_owned()));
    }
    if parts {
        return Ok(Err("a group's members come in parts".to_owned()));
    }
    changes.others.extend(ids.into_iter().filter(|id| !found.contains_key(id)));
    changes.groups = found;
    Ok(Ok(()))
}
