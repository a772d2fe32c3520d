//! The times at which entries were changed (`modifyTimestamp`, RFC 4512 §3.4.3): for servers that tell of changes in
//! no better way.
//!
//! ```text
//! each look:    what has changed since shortly before the newest time, and the newest entries as witnesses
//! now and then: the ids of all, to see who is gone, and whose time is one that no look asks for
//! ```
//!
//! The times are the server's, and compared with each other alone. What looks and lists leave out the next reading
//! of everything repairs.

mod pace;
mod search;
mod stamp;
mod stand;

pub(in super::super) use pace::Pace;
pub(super) use stand::is_behind;

use super::super::LdapDirectory;
use super::super::connection::Connection;
use super::super::entry::Kind;
use super::super::failure::Failure;
use super::super::root::Root;
use super::Feed;
use super::position::{Position, Way};
use crate::providers::follow::{Changes, Left, Since};
use async_trait::async_trait;
use search::{census, groups, stamped};
use stand::{MARGIN, Stand};
use std::collections::BTreeSet;
use std::sync::{MutexGuard, PoisonError};
use tokio::time::Instant;

/// An entry: as what it was asked for ([`Kind::name`]), and its immutable id.
type Key = (&'static str, String);

/// What came of a step: or why everything has to be read.
type OrLost<T> = Result<T, String>;

pub(super) struct ModifyTimestamp<'d> {
    directory: &'d LdapDirectory,
}

impl<'d> ModifyTimestamp<'d> {
    pub(super) fn of(directory: &'d LdapDirectory) -> Self {
        Self { directory }
    }

    fn position(&self, stand: &Stand) -> Position {
        Position::new(self.directory, Way::ModifyTimestamp, stand.cookies())
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.directory.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From where it stood, else by a list of everybody. `None` where the times are not told, or filters by them are
    /// not answered.
    async fn marked(&self, connection: &mut Connection, before: Option<Stand>) -> Result<Option<Position>, Failure> {
        let mut witnesses = before.as_ref().map(|before| before.witnesses.clone()).unwrap_or_default();
        if let Some(before) = before {
            let answer = stamped(connection, self.directory, before.from, &witnesses).await?;
            if !answer.beyond && before.lost(&answer).is_none() {
                let over = self.pace().over(before.newest, Instant::now());
                return Ok(Some(self.position(&before.next(&answer, before.from, over))));
            }
        }
        let list = census(connection, self.directory, None).await?;
        let Some(newest) = list.latest.last_key_value().map(|((newest, _), _)| *newest) else { return Ok(None) };
        witnesses.extend(list.latest.into_values());
        let stand = Stand { newest, from: newest - MARGIN, told: BTreeSet::new(), witnesses };
        let answer = stamped(connection, self.directory, stand.from, &stand.witnesses).await?;
        if answer.newest.is_none_or(|answered| answered < newest) {
            return Ok(None);
        }
        self.pace().listed(list.stamps, stand.beyond());
        Ok(Some(self.position(&stand.next_beside(&answer, stand.from))))
    }

    /// Lists everybody, where it is time: adds who is left to the changes, and to `concerned` of whom no look would
    /// have told.
    async fn sweep(
        &self,
        connection: &mut Connection,
        stand: &Stand,
        changes: &mut Changes,
        concerned: &mut BTreeSet<Key>,
    ) -> Result<OrLost<()>, Failure> {
        if !self.pace().sweeps(self.directory.config.follow.sweep.get(), Instant::now()) {
            return Ok(Ok(()));
        }
        let before = self.pace().before();
        let list = census(connection, self.directory, before.as_deref()).await?;
        self.pace().listed(list.stamps, stand.beyond());
        let [people, groups] = list.left;
        if people.is_empty() {
            return Ok(Err("nobody at all is listed".to_owned()));
        }
        concerned.extend(list.unheard);
        if list.whole {
            (changes.people_left, changes.groups_left) = (Some(Left::numbered(people)), Some(Left::numbered(groups)));
        }
        Ok(Ok(()))
    }
}

#[async_trait]
impl Feed for ModifyTimestamp<'_> {
    async fn mark(&self, connection: &mut Connection, before: Option<Position>) -> Result<Option<Position>, Failure> {
        // There it is worked out for each answer, and no filter finds it ([MS-ADTS] 3.1.1.4.5.20).
        if Root::read(connection).await?.is_active_directory() {
            return Ok(None);
        }
        let before = before.and_then(|before| Stand::parse(before.cookies()));
        self.pace().read(Instant::now());
        match self.marked(connection, before).await {
            Err(failure) if failure.code == "result_code" => Ok(None),
            mark => mark,
        }
    }

    /// Its newest entry may have been deleted; only entries that are known say more.
    async fn stands(&self, _: &mut Connection) -> Result<Option<Position>, Failure> {
        Ok(None)
    }

    async fn stands_after(&self, connection: &mut Connection, then: &Position) -> Result<Option<Position>, Failure> {
        let Some(then) = Stand::parse(then.cookies()) else { return Ok(None) };
        let answer = stamped(connection, self.directory, then.beyond(), &then.witnesses).await?;
        Ok(Some(self.position(&then.next_beside(&answer, then.beyond()))))
    }

    async fn since(&self, connection: &mut Connection, position: Position) -> Result<Since, Failure> {
        let Some(stand) = Stand::parse(position.cookies()) else {
            return Ok(Since::Lost("the cursor is none of times".to_owned()));
        };
        let server = connection.server.clone();
        let (over, settled) = {
            let (mut pace, now) = (self.pace(), Instant::now());
            (pace.over(stand.newest, now), pace.settled())
        };
        let from = if settled { stand.beyond() } else { stand.from };
        let answer = stamped(connection, self.directory, from, &stand.witnesses).await?;
        if answer.beyond {
            return Ok(Since::Lost(format!("{server} tells of more changes than are read one by one")));
        }
        if let Some(why) = stand.lost(&answer) {
            return Ok(Since::Lost(format!("{server} {why}")));
        }
        let mut concerned = stand.fresh(&answer, over);
        let mut changes = Changes { others: stand.gone(&answer), ..Changes::default() };
        if concerned.is_empty() && changes.others.is_empty() {
            self.pace().quiet(Instant::now());
        } else {
            changes.cursor = Some(self.position(&stand.next(&answer, from, over)).cursor());
        }
        if let Err(why) = self.sweep(connection, &stand, &mut changes, &mut concerned).await? {
            return Ok(Since::Lost(format!("{server}: {why}")));
        }
        let (people, of_groups): (Vec<Key>, Vec<Key>) =
            concerned.into_iter().partition(|(kind, _)| *kind == Kind::People.name());
        changes.people.extend(people.into_iter().map(|(_, id)| id));
        let of_groups: Vec<String> = of_groups.into_iter().map(|(_, id)| id).collect();
        Ok(match groups(connection, self.directory, of_groups, &mut changes).await? {
            Ok(()) => Since::Changes(changes),
            Err(why) => Since::Lost(format!("{server}: {why}")),
        })
    }
}
