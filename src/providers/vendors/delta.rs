//! Delta queries of Microsoft Graph (v1.0): what has changed among users, and among groups with their members.
//!
//! A link that one answer names is where the next question goes: `@odata.nextLink` while there is more, and in the end
//! `@odata.deltaLink`, which is kept. An answer with neither is half of one. The same object may come several times and
//! in any order, and what was told may be told again; so all that is taken from it is whom to look at, and what a look
//! must see to be no older than this.

use super::listing::entries;
use super::roster::Member;
use crate::fetch::Url;
use crate::providers::follow::Cursor;
use crate::providers::web::{Failure, Session, id_of, within};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// More changes and more pages are read with everything else.
const MOST: usize = 10_000;
const MOST_PAGES: usize = 1000;

/// Until where both are known. What it looks like is nobody else's business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Position {
    /// What is read, as far as changes of it are told.
    pub(super) of: String,
    pub(super) users: String,
    pub(super) groups: String,
}

impl Position {
    pub(super) fn parse(cursor: &Cursor) -> Option<Self> {
        serde_json::from_str(&cursor.0).ok()
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }
}

/// What was told of a user.
#[derive(Debug, Default)]
pub(super) struct User {
    pub(super) removed: bool,
    /// Their properties, where that was told.
    pub(super) there: Option<Map<String, Value>>,
}

/// What was told of a group.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) removed: bool,
    /// What it is called, where that was told.
    pub(super) shown: Option<String>,
    /// Who has come (`true`) or left. Both, where it is not clear in which order.
    members: BTreeMap<Key, BTreeSet<bool>>,
}

/// A member: whether it is a group, and its id.
type Key = (bool, String);

impl Group {
    pub(super) fn people(&self) -> impl Iterator<Item = &String> {
        self.members.keys().filter(|(group, _)| !group).map(|(_, id)| id)
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = &String> {
        self.members.keys().filter(|(group, _)| *group).map(|(_, id)| id)
    }

    /// Whether a list can be as new as what was told: whoever came is in it, whoever left is not.
    pub(super) fn is_seen(&self, has: impl Fn(bool, &str) -> bool) -> bool {
        self.members.iter().all(|((group, id), ways)| ways.len() > 1 || ways.contains(&has(*group, id)))
    }
}

/// What has changed.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) users: BTreeMap<String, User>,
    pub(super) groups: BTreeMap<String, Group>,
}

impl Told {
    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty()
    }

    pub(super) fn user(&mut self, entry: Value) -> Result<(), Failure> {
        let (id, removed) = named(&entry)?;
        let user = self.users.entry(id).or_default();
        user.removed |= removed;
        if let (false, Value::Object(properties)) = (removed, entry) {
            // Of one that comes twice it is not known which is later.
            let twice = user.there.replace(properties).is_some();
            user.there = user.there.take().filter(|_| !twice).or(Some(Map::new()));
        }
        Ok(())
    }

    pub(super) fn group(&mut self, entry: &Value) -> Result<(), Failure> {
        let (id, removed) = named(entry)?;
        let group = self.groups.entry(id).or_default();
        group.removed |= removed;
        group.shown = entry.get("displayName").and_then(Value::as_str).map(str::to_owned).or(group.shown.take());
        let members = match entry.get("members@delta") {
            None => return Ok(()),
            Some(Value::Array(members)) => members,
            Some(_) => return Err(strange()),
        };
        for entry in members {
            let (id, removed) = named(entry)?;
            let member = super::graph::member(entry).ok_or_else(strange)?;
            let is_group = match member {
                Member::Person(_) => false,
                Member::Group(_) => true,
                Member::Everybody | Member::Other => continue,
            };
            group.members.entry((is_group, id)).or_default().insert(!removed);
        }
        Ok(())
    }
}

fn strange() -> Failure {
    Failure::protocol("bad_change", "changes: an entry is not understood")
}

/// Whose entry it is, and whether it says that it is gone.
fn named(entry: &Value) -> Result<(String, bool), Failure> {
    let id = id_of(entry).filter(|id| !id.is_empty()).ok_or_else(strange)?;
    Ok((id, entry.get("@removed").is_some_and(|removed| !removed.is_null())))
}

/// One answer: what has changed, and where to go on.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) entries: Vec<Value>,
    pub(super) next: Next,
}

/// The link of an answer.
#[derive(Debug)]
pub(super) enum Next {
    /// There is more.
    More(Url),
    /// This was all; what comes later is there.
    Until(Url),
}

pub(super) async fn page(session: &Session<'_>, base: &Url, url: &Url) -> Result<Page, Failure> {
    read(base, session.get(url).await?)
}

fn read(base: &Url, mut body: Value) -> Result<Page, Failure> {
    let mut link = |name: &str| match body.get_mut(name).map(Value::take) {
        None => Ok(None),
        Some(Value::String(text)) => match within(base, &text) {
            Some(url) => Ok(Some(url)),
            None => {
                let text = "changes: the next page is said to be elsewhere, where the token is not shown";
                Err(Failure::protocol("foreign_link", text))
            }
        },
        Some(_) => Err(Failure::protocol("bad_link", "changes: what should name the next page is no address")),
    };
    let next = match (link("@odata.nextLink")?, link("@odata.deltaLink")?) {
        (Some(more), None) => Next::More(more),
        (None, Some(until)) => Next::Until(until),
        _ => {
            let text = "changes: a page names neither the next nor where to go on later, or both";
            return Err(Failure::protocol("bad_link", text));
        }
    };
    Ok(Page { entries: entries("changes", body, Some("value"))?, next })
}

/// All that has changed since a link; where to go on then. `None`: more than is worth it.
pub(super) async fn since(
    session: &Session<'_>,
    base: &Url,
    link: &str,
    take: &mut (dyn FnMut(Value) -> Result<(), Failure> + Send),
) -> Result<Option<String>, Failure> {
    let foreign = || Failure::protocol("foreign_link", "changes: they were followed elsewhere");
    let mut url = within(base, link).ok_or_else(foreign)?;
    let (mut asked, mut count) = (BTreeSet::from([url.clone()]), 0);
    loop {
        let Page { entries, next } = page(session, base, &url).await?;
        for entry in entries {
            // The members that came or left count as changes, too.
            count += 1 + entry.get("members@delta").and_then(Value::as_array).map_or(0, Vec::len);
            take(entry)?;
        }
        url = match next {
            Next::Until(url) => return Ok(Some(url.into())),
            Next::More(url) => url,
        };
        if count > MOST || asked.len() > MOST_PAGES {
            return Ok(None);
        }
        if !asked.insert(url.clone()) {
            return Err(Failure::protocol("loop", "changes: the next page is one that came before"));
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn l09_an_answer_says_where_to_go_on_in_one_way() {
        let base = Url::parse("https://x.example/v1.0").unwrap();
        let code = |body: Value| read(&base, body).map(|page| page.entries.len()).map_err(|failure| failure.code);
        let link = "https://x.example/v1.0/users/delta?$deltatoken=1";
        assert_eq!(code(json!({ "value": [{ "id": "1" }], "@odata.nextLink": link })), Ok(1));
        assert_eq!(code(json!({ "value": [], "@odata.deltaLink": link })), Ok(0));
        assert_eq!(code(json!({ "value": [] })), Err("bad_link"));
        assert_eq!(code(json!({ "value": [], "@odata.deltaLink": link, "@odata.nextLink": link })), Err("bad_link"));
        assert_eq!(code(json!({ "value": [], "@odata.deltaLink": 1 })), Err("bad_link"));
        assert_eq!(code(json!({ "@odata.deltaLink": link })), Err("not_a_list"));
        assert_eq!(code(json!({ "value": [], "@odata.deltaLink": "https://y.example/v1.0" })), Err("foreign_link"));
    }

    #[test]
    fn what_came_and_left_must_be_seen_and_what_did_both_need_not() {
        let member = |id: &str, removed: bool| {
            let kind = "#microsoft.graph.user";
            if removed {
                json!({ "@odata.type": kind, "id": id, "@removed": { "reason": "deleted" } })
            } else {
                json!({ "@odata.type": kind, "id": id })
            }
        };
        let mut told = Told::default();
        let came = json!({ "id": "g", "displayName": "G", "members@delta": [member("a", false), member("b", true)] });
        told.group(&came).unwrap();
        let group = &told.groups["g"];
        assert!(group.is_seen(|_, id| id == "a"));
        assert!(!group.is_seen(|_, _| true) && !group.is_seen(|_, _| false));
        told.group(&json!({ "id": "g", "members@delta": [member("a", true), member("b", false)] })).unwrap();
        let group = &told.groups["g"];
        assert!(group.is_seen(|_, _| true) && group.is_seen(|_, _| false));
        assert_eq!(group.shown.as_deref(), Some("G"), "what was told once is kept");
    }

    #[test]
    fn entries_that_are_not_understood_are_an_error() {
        let mut told = Told::default();
        assert!(told.user(json!({})).is_err() && told.user(json!({ "id": "" })).is_err());
        for members in [json!("x"), json!([1]), json!([{ "id": "1" }]), json!([{ "@odata.type": "x" }])] {
            assert!(told.group(&json!({ "id": "g", "members@delta": members })).is_err(), "{members}");
        }
        told.user(json!({ "id": "u", "@removed": { "reason": "changed" } })).unwrap();
        assert!(told.users["u"].removed && told.users["u"].there.is_none());
        told.user(json!({ "id": "u", "mail": "x" })).unwrap();
        told.user(json!({ "id": "u", "mail": "y" })).unwrap();
        assert_eq!(told.users["u"].there, Some(Map::new()), "it is not known which is later");
    }
}
