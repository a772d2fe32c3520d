//! Lists of a vendor: read whole, and those of many groups a few at a time.

use super::roster::Roster;
use crate::providers::web::{Chained, Counted, Failure, Session, all, follow};
use futures_util::{StreamExt as _, stream};
use rosterd_core::snapshot::GroupIndex;
use serde_json::Value;

/// So many groups are asked for at a time.
const AT_ONCE: usize = 4;

/// A list in either way in which vendors have them.
pub(super) enum Listing {
    Chained(Box<dyn Chained>),
    /// With the entries of a page.
    Counted(Box<dyn Counted + Send>, usize),
}

impl Listing {
    pub(super) fn chained(list: impl Chained + 'static) -> Self {
        Self::Chained(Box::new(list))
    }

    /// Hands over every entry once.
    pub(super) async fn read(
        &self,
        session: &Session<'_>,
        take: &mut (dyn FnMut(Value) -> Result<(), Failure> + Send),
    ) -> Result<(), Failure> {
        match self {
            Self::Chained(list) => follow(session, &**list, take).await.map(|_| ()),
            Self::Counted(list, size) => all(session, &**list, *size, take).await.map(|_| ()),
        }
    }

    fn what(&self) -> String {
        match self {
            Self::Chained(list) => list.origin().what.clone(),
            Self::Counted(list, _) => list.what().to_owned(),
        }
    }
}

/// Reads the members of many groups. `keep` is what of an entry is used, `None` where that is not understood; `put`
/// takes in all of one group.
///
/// A group that must not be read is missing, and so no reading with it is complete; the others still count for whoever
/// gains by them. One that is not there any more was deleted meanwhile.
pub(super) async fn of_groups<T: Send>(
    session: &Session<'_>,
    roster: &mut Roster,
    lists: Vec<(GroupIndex, Listing)>,
    keep: fn(&Value) -> Option<T>,
    put: &mut (dyn FnMut(&mut Roster, GroupIndex, Vec<T>) + Send),
) -> Result<(), Failure> {
    let mut asked = stream::iter(lists)
        .map(|(group, list)| async move {
            let members = one(session, &list, keep).await;
            (group, list.what(), members)
        })
        .buffer_unordered(AT_ONCE);
    while let Some((group, what, members)) = asked.next().await {
        match members {
            Ok(members) => put(roster, group, members),
            Err(failure) if failure.status == Some(403) => roster.missing("forbidden", || {
                format!(
                    "{what}: whoever asks may not read them ({failure}): allow it, or leave the group out of `groups`"
                )
            }),
            Err(failure) if failure.status == Some(404) => {
                return Err(Failure::moved("gone", format!("{what}: a group that was listed was not there any more")));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

async fn one<T: Send>(session: &Session<'_>, list: &Listing, keep: fn(&Value) -> Option<T>) -> Result<Vec<T>, Failure> {
    let mut members = Vec::new();
    let mut take = |entry: Value| match keep(&entry) {
        Some(member) => {
            members.push(member);
            Ok(())
        }
        None => Err(Failure::protocol("bad_member", format!("{}: an entry is not understood", list.what()))),
    };
    list.read(session, &mut take).await?;
    Ok(members)
}

/// The entries of an answer that is a list, or has one under a name.
pub(super) fn entries(what: &str, body: Value, name: Option<&str>) -> Result<Vec<Value>, Failure> {
    let found = match (name, body) {
        (None, body) => Some(body),
        (Some(name), Value::Object(mut map)) => map.remove(name),
        (Some(_), _) => None,
    };
    match found {
        Some(Value::Array(entries)) => Ok(entries),
        _ => {
            let text = format!("{what}: the answer is not a page of a list; is the address right?");
            Err(Failure::protocol("not_a_list", text))
        }
    }
}

/// A text that is there and not empty.
pub(super) fn text<'v>(entry: &'v Value, name: &str) -> Option<&'v str> {
    entry.get(name)?.as_str().filter(|text| !text.is_empty())
}
