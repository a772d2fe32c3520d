//! One run for what a provider says has changed: whoever is named, or is in a group that is, is looked at.
//!
//! ```text
//! changes ──▶ whom they concern ──▶ find ──▶ (its turn) look ─▶ map ─▶ plan ─▶ limits ─▶ apply, with the cursor
//! ```
//!
//! Nothing of what a feed says is written: it says whom to ask for. All of it is one plan under the limits, and
//! the cursor moves in its transaction or not at all. What cannot be told one by one ends in a reading of
//! everybody.

use super::concerned::{Candidates, Concerned, TooMany};
use super::engine::{Engine, RunError};
use super::few::whom;
use super::look::{Following, How, Verdict};
use super::measure;
use super::run::Cause;
use crate::providers::follow::{Changes, Cursor, Since};
use crate::providers::{Found, ReadRequest};
use crate::store::StoreError;
use rosterd_core::plan::Losses;
use rosterd_core::writes::CursorWrite;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How often changes that were overtaken are looked at again.
const TRIES: usize = 3;

/// What came of following.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// Nothing has happened since.
    Nothing,
    /// So many people were looked at, and so many rows written.
    Looked { people: usize, rows: u64 },
    /// It does not tell of changes, or they have not been followed yet.
    Not,
    /// It cannot be told one by one, and why: everybody has to be read.
    Everybody(String),
    /// A plan waits for an approval, and the changes with it.
    Waiting,
}

/// What came of trying it once.
enum Once {
    Done(Followed),
    /// It has to be done again, and why.
    Again(String),
    /// The same, if somebody is left in these.
    Losing(Losses),
}

impl Once {
    fn again(why: &str) -> Self {
        Self::Again(why.to_owned())
    }

    fn everybody(why: impl Into<String>) -> Self {
        Self::Done(Followed::Everybody(why.into()))
    }
}

impl Engine {
    /// Makes the tables follow what the provider says has changed since it was last read.
    ///
    /// # Errors
    /// When the provider cannot be asked or the database does not answer. Nothing was changed.
    pub async fn follow(&self, provider: &str, cause: Cause) -> Result<Followed, RunError> {
        measure::follow(provider, self.follow_until(provider, cause)).await
    }

    async fn follow_until(&self, provider: &str, cause: Cause) -> Result<Followed, RunError> {
        let (mut wanting, mut checked) = (String::new(), Losses::default());
        for _ in 0..TRIES {
            match self.follow_once(provider, cause, checked.clone()).await? {
                Once::Done(followed) => return Ok(followed),
                Once::Again(why) => wanting = why,
                Once::Losing(losses) => {
                    if self.store.emptied(&losses).await? {
                        let why = "a team or an organization would lose everybody";
                        return Ok(Followed::Everybody(why.to_owned()));
                    }
                    (wanting, checked) = ("others leave than before".to_owned(), losses);
                }
            }
        }
        Ok(Followed::Everybody(format!("again and again, {wanting}")))
    }

    async fn follow_once(&self, provider: &str, cause: Cause, checked: Losses) -> Result<Once, RunError> {
        let Some(cursor) = self.store.cursor(provider).await?.map(Cursor) else {
            return Ok(Once::Done(Followed::Not));
        };
        let directory = self.directory(provider)?;
        let changes = match directory.since(&cursor, &self.request()?).await? {
            Since::Lost(why) => return Ok(Once::everybody(why)),
            Since::Changes(changes) => changes,
        };
        if changes.is_empty() && changes.cursor.is_none() || self.says_who_is_left(provider, &changes).await? {
            return Ok(Once::Done(Followed::Nothing));
        }
        let number = self.store.begin_reading().await?;
        let ((listed, whole), found) = match self.concerned(provider, &changes).await? {
            Ok(found) => found,
            Err(TooMany(why)) => return Ok(Once::everybody(why)),
        };
        let people = found.reading.snapshot().people.len() + found.reading.snapshot().gone.len();
        let mut whom = whom(&self.config, provider, &found.reading);
        whom.listed = listed.keys().cloned().collect();
        let to = changes.cursor.map(|Cursor(to)| CursorWrite { from: Some(cursor.0), to });
        let how = How {
            trigger: cause.trigger,
            epoch: cause.epoch,
            followed: Some(Following { listed, whole, checked }),
            cursor: to,
            login: None,
        };
        let written = self.few_written(provider, number, found.reading, whom, how).await;
        let (verdict, applied, _) = match written {
            Err(RunError::Store(StoreError::Moved | StoreError::Superseded)) => {
                return Ok(Once::again("somebody else has followed them meanwhile"));
            }
            written => written?,
        };
        Ok(match verdict {
            Verdict::Overtaken => Once::again("a later reading overtook it"),
            Verdict::NotYet => Once::everybody("it was never read in full"),
            Verdict::Waiting => Once::Done(Followed::Waiting),
            Verdict::Losing(losses) => Once::Losing(losses),
            Verdict::Held(_) => Once::everybody("together the changes are over a limit"),
            // What has changed while it was asked for can look like this: a group that has got another name is
            // there twice.
            Verdict::Planned { gaps, .. } if !gaps.is_empty() => {
                Once::Again(format!("something could not be read: {}", gaps.join("; ")))
            }
            Verdict::Planned { fates, .. } if fates.iter().flatten().any(|fate| fate.newer) => {
                Once::again("somebody was looked at later")
            }
            Verdict::Planned { .. } => {
                Once::Done(Followed::Looked { people, rows: applied.map_or(0, |applied| applied.rows) })
            }
        })
    }

    fn request(&self) -> Result<ReadRequest, RunError> {
        Ok(ReadRequest { seed: self.random.seed()?, now: self.clock.now(), progress: Arc::clone(&self.progress) })
    }

    /// Whether it is only said who is left, and nobody is gone: then nothing at all is written.
    async fn says_who_is_left(&self, provider: &str, changes: &Changes) -> Result<bool, RunError> {
        let named = !changes.people.is_empty() || !changes.groups.is_empty() || !changes.others.is_empty();
        if named || changes.cursor.is_some() {
            return Ok(false);
        }
        Ok(Concerned::of(&*self.store, provider, changes).await?.is_ok_and(|concerned| concerned.is_nobody()))
    }

    /// Asks the provider for everybody whom the changes concern. Also the groups whose lists of members they
    /// change.
    async fn concerned(
        &self,
        provider: &str,
        changes: &Changes,
    ) -> Result<Result<((Candidates, BTreeSet<String>), Found), TooMany>, RunError> {
        let mut concerned = match Concerned::of(&*self.store, provider, changes).await? {
            Ok(concerned) => concerned,
            Err(many) => return Ok(Err(many)),
        };
        let directory = self.directory(provider)?;
        loop {
            let request = self.request()?;
            let sought = match concerned.sought() {
                Ok(sought) => sought,
                Err(many) => return Ok(Err(many)),
            };
            let found = directory.find(&sought, &request).await?;
            // What was no person may be a group that others are in.
            match concerned.groups_among(&sought.people, &found.matches).await? {
                Ok(false) => return Ok(Ok((concerned.into_groups(), found))),
                Ok(true) => {}
                Err(many) => return Ok(Err(many)),
            }
        }
    }
}
