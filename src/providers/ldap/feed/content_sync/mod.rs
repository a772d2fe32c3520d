//! Content synchronization (RFC 4533), as OpenLDAP and 389 Directory Server do it.

mod listen;
mod refresh;

pub(super) use listen::listen;

use super::super::LdapDirectory;
use super::super::ask::values;
use super::super::bases::{below, normal};
use super::super::connection::Connection;
use super::super::failure::Failure;
use super::super::root::Root;
use super::super::wire::SYNC_REQUEST;
use super::position::{Position, Way};
use super::{Feed, parts};
use crate::providers::follow::{Changes, Left, Since};
use async_trait::async_trait;
use refresh::{Naming, Refreshed};
use std::collections::BTreeMap;

pub(super) struct ContentSync<'d> {
    directory: &'d LdapDirectory,
    naming: Naming,
}

impl<'d> ContentSync<'d> {
    /// `None` where ids are others than the feed's.
    pub(super) fn of(directory: &'d LdapDirectory) -> Option<Self> {
        let (users, groups) = (&directory.config.users, &directory.config.groups);
        let naming = Naming::of(&users.id).filter(|naming| Naming::of(&groups.id) == Some(*naming))?;
        Some(Self { directory, naming })
    }

    fn position(&self, cookies: Vec<String>) -> Position {
        Position::new(self.directory, Way::ContentSync, cookies)
    }

    /// `None` where a server does not say what its newest changes are.
    async fn newest(&self, connection: &mut Connection, root: &Root) -> Result<Option<Position>, Failure> {
        let mut cookies = Vec::new();
        for (_, base) in parts(self.directory) {
            match now(connection, root, base).await? {
                Some(cookie) => cookies.push(cookie),
                None => return Ok(None),
            }
        }
        Ok(Some(self.position(cookies)))
    }

    /// The mark of a server that says where it stands only behind all that it has to say: from where it stood, else
    /// from the start, asking for ids alone.
    async fn walk(&self, connection: &mut Connection, before: Option<Position>) -> Result<Option<Position>, Failure> {
        if let Some(before) = before
            && let Since::Changes(changes) = self.since(connection, before.clone()).await?
        {
            return Ok(changes.cursor.map_or(Some(before), |cursor| Position::parse(self.directory, &cursor)));
        }
        let mut cookies = Vec::new();
        for (question, base) in parts(self.directory) {
            match refresh::begin(connection, question, base).await? {
                Some(cookie) => cookies.push(cookie),
                None => return Ok(None),
            }
        }
        Ok(Some(self.position(cookies)))
    }
}

#[async_trait]
impl Feed for ContentSync<'_> {
    async fn mark(&self, connection: &mut Connection, before: Option<Position>) -> Result<Option<Position>, Failure> {
        let root = Root::read(connection).await?;
        match self.newest(connection, &root).await? {
            None if root.knows(SYNC_REQUEST) => self.walk(connection, before).await,
            mark => Ok(mark),
        }
    }

    async fn stands(&self, connection: &mut Connection) -> Result<Option<Position>, Failure> {
        let root = Root::read(connection).await?;
        self.newest(connection, &root).await
    }

    async fn since(&self, connection: &mut Connection, mut position: Position) -> Result<Since, Failure> {
        let (directory, naming) = (self.directory, self.naming);
        let (mut changes, mut moved) = (Changes::default(), false);
        // By kind, of each base: who is left, where that was said.
        let mut left: [Vec<Option<Vec<u128>>>; 2] = Default::default();
        for ((question, base), cookie) in parts(directory).zip(position.cookies_mut()) {
            let told = refresh::refresh(connection, question, base, naming, cookie.as_bytes(), &mut changes).await?;
            let (new, of_base) = match told {
                Refreshed::Lost(why) => return Ok(Since::Lost(why)),
                Refreshed::To { cookie, left } => (cookie, left),
            };
            if let Some(new) = new {
                let Ok(new) = String::from_utf8(new) else {
                    return Ok(Since::Lost("the server's cookie is no text".to_owned()));
                };
                moved |= new != *cookie;
                *cookie = new;
            }
            left[usize::from(std::ptr::eq(question, &directory.groups))].push(of_base);
        }
        let [people, groups] = left.map(together);
        let (Some(people), Some(groups)) = (people, groups) else {
            return Ok(Since::Lost("of one base it says who is gone, and of another who is left".to_owned()));
        };
        (changes.people_left, changes.groups_left) = (people, groups);
        changes.cursor = moved.then(|| position.cursor());
        Ok(Since::Changes(changes))
    }
}

/// The cookie of everything that has happened until now below `base`, as OpenLDAP writes it: the newest
/// change of each server (`contextCSN`, draft-chu-ldap-csn). `None` where it does not say so.
async fn now(connection: &mut Connection, root: &Root, base: &str) -> Result<Option<String>, Failure> {
    let Some(base) = normal(base) else { return Ok(None) };
    // Of those that hold the base, the innermost.
    let holds = |context: &&String| normal(context).is_some_and(|top| below(&base, &top, 2));
    let Some(context) = root.all("namingContexts").iter().filter(holds).max_by_key(|context| context.len()) else {
        return Ok(None);
    };
    let mut newest = values(connection, context, "contextCSN").await?;
    newest.sort();
    Ok((!newest.is_empty()).then(|| format!("rid=000,csn={}", newest.join(";"))))
}

/// Whether a cookie stands before another: a server's newest change is older there, or unknown (OpenLDAP's
/// `csn=TIME#COUNT#SERVER#MOD`, each part of fixed length, so that texts are compared); or the number of the last
/// change is smaller (389 Directory Server's `…#NUMBER`).
pub(super) fn is_behind(now: &str, then: &str) -> bool {
    let newest = |cookie: &'_ str| -> Option<BTreeMap<String, String>> {
        let (_, list) = cookie.split_once("csn=")?;
        let list = list.split(',').next()?;
        Some(list.split(';').filter_map(|csn| Some((csn.split('#').nth(2)?.to_owned(), csn.to_owned()))).collect())
    };
    if let (Some(now), Some(then)) = (newest(now), newest(then)) {
        return then.iter().any(|(server, csn)| now.get(server).is_none_or(|newest| newest < csn));
    }
    let numbered = |cookie: &'_ str| {
        let (of, number) = cookie.rsplit_once('#')?;
        Some((of.to_owned(), number.parse::<u64>().ok()?))
    };
    match (numbered(now), numbered(then)) {
        (Some((of, now)), Some((same, then))) => of == same && now < then,
        _ => false,
    }
}

/// Who is left below all bases of a kind. `Some(None)`: all who were not mentioned. `None`: nobody can say.
#[expect(clippy::option_option, reason = "whether it can be said, and what is said")]
fn together(bases: Vec<Option<Vec<u128>>>) -> Option<Option<Left>> {
    if bases.iter().all(Option::is_none) {
        return Some(None);
    }
    let all: Option<Vec<Vec<u128>>> = bases.into_iter().collect();
    all.map(|all| Some(Left::of(all.concat())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r08_r09_a_cookie_is_behind_another_if_a_server_is() {
        let cookie = |csns: &str| format!("rid=000,csn={csns}");
        let csn = |second: u32, server: u32| format!("202611281200{second:02}.000000Z#000000#{server:03x}#000000");
        let both = |one: u32, other: u32| cookie(&format!("{};{}", csn(one, 1), csn(other, 2)));
        assert!(!is_behind(&both(5, 5), &both(5, 5)));
        assert!(!is_behind(&both(6, 5), &both(5, 5)));
        assert!(is_behind(&both(6, 4), &both(5, 5)));
        assert!(is_behind(&cookie(&csn(9, 1)), &both(5, 5)), "nothing of the second server has come");
        assert!(!is_behind(&both(5, 5), &cookie(&csn(5, 1))), "a server was added");
        let numbered = |number: u32| format!("ldap://h:389#cn=reader#dc=x:(objectClass=*)#{number}");
        assert!(is_behind(&numbered(9), &numbered(10)) && !is_behind(&numbered(11), &numbered(10)));
        assert!(!is_behind("ldap://other#1", &numbered(10)) && !is_behind("", "") && !is_behind(&both(1, 1), ""));
    }

    #[test]
    fn who_is_left_is_said_of_all_bases_or_of_none() {
        assert!(matches!(together(vec![None, None]), Some(None)));
        assert!(together(vec![None, Some(vec![1])]).is_none());
        let Some(Some(left)) = together(vec![Some(vec![1]), Some(vec![2])]) else { unreachable!("both were said") };
        assert!(left.has("00000000-0000-0000-0000-000000000002"));
    }
}
