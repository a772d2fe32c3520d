//! Following the changes of a tenant: whom they concern, and from where on they are known.
//!
//! The process that follows has read everything up to where the changes begin, or has to; who was in what then is kept
//! ([`super::base`]). So a change of a group is told as who came and who left, and a group that is new here is listed.

use super::Which;
use super::base::{Base, Changed};
use super::delta::{self, Next, Position, Told};
use super::feed::Feed;
use super::few;
use super::graph::{Tenant, member};
use super::roster::{Member, Roster};
use crate::providers::follow::{Changes, Cursor, Listed, Members, Since};
use crate::providers::web::{Failure, Session, asking, below, within};
use crate::providers::{Found, Sought};
use async_trait::async_trait;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;

/// What is known between two questions for changes.
#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Who was in what, and the cursor from which on changes of that are told.
    base: Option<(Cursor, Base)>,
    /// The same for what was told last, which counts once its cursor is asked for.
    next: Option<(Cursor, Changed)>,
    /// What was told last, and until where.
    told: Option<(Cursor, Told)>,
}

impl State {
    /// Whether it is known who was in what at a cursor.
    fn stands_at(&mut self, cursor: &Cursor) -> bool {
        let next = self.next.take().filter(|(until, _)| until == cursor);
        let Some((at, base)) = &mut self.base else { return false };
        if let Some((until, changed)) = next {
            base.change(changed);
            *at = until;
        }
        at == cursor
    }
}

impl Tenant {
    /// What of the configuration changes are told of.
    fn of(&self) -> String {
        let text = format!("{}\n{}\n{:?}\n{}", self.base, self.tenant, self.group_name, self.select());
        Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn position(&self, cursor: &Cursor) -> Option<Position> {
        Position::parse(cursor).filter(|position| position.of == self.of())
    }

    /// Where changes are told from now on.
    async fn latest(&self, session: &Session<'_>, what: &str, select: &str) -> Result<String, Failure> {
        let query = [("$deltatoken", "latest"), ("$select", select)];
        let first = asking(&below(&self.base, [what, "delta"]), &query);
        match delta::page(session, &self.base, &first).await?.next {
            Next::Until(url) => Ok(url.into()),
            Next::More(_) => Err(Failure::protocol("bad_link", "changes: all came where none were asked for")),
        }
    }

    /// Whether nothing has changed since a link.
    async fn quiet(&self, session: &Session<'_>, link: &str) -> bool {
        let Some(url) = within(&self.base, link) else { return false };
        let page = delta::page(session, &self.base, &url).await;
        page.is_ok_and(|page| page.entries.is_empty() && matches!(page.next, Next::Until(_)))
    }

    async fn told(&self, session: &Session<'_>, from: &Position) -> Result<Option<(Position, Told)>, Failure> {
        let mut told = Told::default();
        let users = delta::since(session, &self.base, &from.users, &mut |entry| told.user(entry)).await?;
        let groups = delta::since(session, &self.base, &from.groups, &mut |entry| told.group(&entry)).await?;
        let (Some(users), Some(groups)) = (users, groups) else { return Ok(None) };
        Ok(Some((Position { of: from.of.clone(), users, groups }, told)))
    }

    /// Whom to look at.
    async fn changes(
        &self,
        session: &Session<'_>,
        which: &Which,
        base: &Base,
        told: &Told,
    ) -> Result<Changes, Failure> {
        let mut changes = Changes { people: told.users.keys().cloned().collect(), ..Changes::default() };
        for (id, group) in &told.groups {
            let known = base.get(id);
            let fits = group.shown.as_deref().map(|shown| which.fits(shown));
            let name = match &group.shown {
                Some(shown) => self.name(id, shown).to_owned(),
                None => known.map_or_else(String::new, |known| known.name.clone()),
            };
            let members = match (known, fits) {
                (None, _) if group.removed => continue,
                // Gone, or as gone.
                (Some(_), Some(false)) => None,
                (Some(_), _) if group.removed => None,
                (Some(_), _) => Some(Members::Changed(Vec::new())),
                (None, Some(true)) => {
                    // New, or called otherwise before: then nobody may have come.
                    let mut take = |entry: Value| {
                        match member(&entry) {
                            Some(Member::Person(id)) => _ = changes.people.insert(id),
                            Some(Member::Group(id)) => _ = changes.others.insert(id),
                            _ => {}
                        }
                        Ok(())
                    };
                    match self.members(id).read(session, &mut take).await {
                        Ok(()) => Some(Members::default()),
                        // Not there yet, or gone since, which will be told.
                        Err(failure) if failure.status == Some(404) => return Err(few::behind("a group")),
                        Err(failure) => return Err(failure),
                    }
                }
                (None, _) => continue,
            };
            match members {
                Some(members) => {
                    changes.groups.insert(id.clone(), Listed { dn: String::new(), name, members });
                }
                None => _ = changes.others.insert(id.clone()),
            }
            changes.people.extend(group.people().cloned());
            changes.others.extend(group.groups().filter(|id| base.get(id).is_some()).cloned());
        }
        Ok(changes)
    }
}

#[async_trait]
impl Feed for Tenant {
    async fn mark(&self, session: &Session<'_>, before: Option<&Cursor>) -> Result<Cursor, Failure> {
        if let Some((cursor, position)) = before.and_then(|before| Some((before, self.position(before)?)))
            && self.quiet(session, &position.users).await
            && self.quiet(session, &position.groups).await
        {
            return Ok(cursor.clone());
        }
        let users = self.latest(session, "users", &self.select()).await?;
        let groups = self.latest(session, "groups", "displayName,members").await?;
        Ok(Position { of: self.of(), users, groups }.cursor())
    }

    async fn stand(&self, cursor: &Cursor, base: Base) {
        *self.standing.0.lock().await = State { base: Some((cursor.clone(), base)), ..State::default() };
    }

    async fn since(&self, session: &Session<'_>, which: &Which, cursor: &Cursor) -> Result<Since, Failure> {
        let lost = |why: &str| Ok(Since::Lost(why.to_owned()));
        let Some(position) = self.position(cursor) else {
            return lost("what is read of the tenant has changed since");
        };
        let mut state = self.standing.0.lock().await;
        if !state.stands_at(cursor) {
            return lost("this process has not read everything since");
        }
        let told = match self.told(session, &position).await {
            // A token that is too old, or not its own: 410 with `syncStateNotFound` or `resyncRequired`, or another refusal.
            Err(failure) if failure.cannot() || failure.status == Some(410) => {
                return lost("Microsoft Graph does not know any more what has changed since");
            }
            told => told?,
        };
        let Some((until, told)) = told else { return lost("too much has changed since") };
        if told.is_empty() {
            return Ok(Since::Changes(Changes::default()));
        }
        // Deleted and restored, in whichever order.
        if told.groups.values().any(|group| group.removed && group.shown.is_some()) {
            return lost("a group was deleted and is there again");
        }
        let Some((_, base)) = &state.base else { return lost("this process has not read everything since") };
        let changes = self.changes(session, which, base, &told).await?;
        let until = until.cursor();
        state.told = Some((until.clone(), told));
        Ok(Since::Changes(Changes { cursor: Some(until), ..changes }))
    }

    async fn find(&self, session: &Session<'_>, roster: Roster, sought: &Sought) -> Result<Found, Failure> {
        let mut state = self.standing.0.lock().await;
        let State { base: Some((_, base)), told: Some((until, told)), .. } = &*state else {
            return Err(few::behind("what has changed"));
        };
        let (found, changed) = self.few(session, roster, sought, base, told).await?;
        state.next = Some((until.clone(), changed));
        Ok(found)
    }
}
