//! A person's account: name, e-mail, login, and whether it is active.

use super::draft::Draft;
use super::people::Work;
use super::rows::PersonRows;
use super::{Bookkeeping, Change, Field, SuspendReason, leases};
use crate::ids::UserId;
use crate::lifecycle::{self, Access};
use crate::observed::{Observed, UserRow, UserState};
use crate::text::{Arena, Text};
use crate::writes::{SuspensionWrite, UserWrite};
use std::sync::Arc;

/// What the providers say of somebody's being there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Present,
    /// Nothing: whatever the account's state is, it stays.
    Silent,
    /// Present, but `on_no_match = "suspend"`.
    NoMatch,
    /// Gone from this provider, present at another.
    Elsewhere,
    Gone,
}

/// Adds what changes about the account itself.
pub(super) fn settle(
    draft: &mut Draft<'_>,
    user: UserId,
    identities: &[Work],
    rows: &PersonRows<'_>,
    presence: Presence,
) {
    if presence == Presence::Gone {
        draft.absent.push(user);
    }
    if presence != Presence::Gone {
        attributes(draft, user, identities, rows);
    }
    let reason = match presence {
        Presence::Silent => return,
        Presence::Present | Presence::Elsewhere => None,
        Presence::NoMatch => Some(SuspendReason::NoMatch),
        Presence::Gone if identities.iter().any(|work| leases::ends(draft, work)) => Some(SuspendReason::Lease),
        Presence::Gone => Some(SuspendReason::Gone),
    };
    state(draft, user, rows, reason);
}

fn state(draft: &mut Draft<'_>, user: UserId, rows: &PersonRows<'_>, reason: Option<SuspendReason>) {
    let own = rows.suspensions.iter().find(|row| draft.observed.texts.get(row.origin) == draft.provider);
    match (own, reason) {
        (None, Some(reason)) => {
            let (origin, sentence) = (draft.snapshot.texts.push(draft.provider), reason.sentence(draft.provider));
            let sentence = draft.snapshot.texts.push(&sentence);
            let since = draft.now;
            draft.books.suspensions.push(SuspensionWrite { user, origin, reason: sentence, since });
            draft.changes.push(Change::Suspend { user, reason });
        }
        (Some(_), None) => draft.changes.push(Change::Resume { user }),
        (Some(_), Some(_)) => {
            let oldest = rows.suspensions.iter().map(|row| row.since).min();
            let due = oldest.is_some_and(|since| since.plus_millis(draft.policy.archive_after) <= draft.now);
            let may = |row: &UserRow| {
                let (kind, state) = draft.stands(row);
                lifecycle::may(kind, state, Access::ArchivedByRun).ever()
            };
            if due && rows.user.is_some_and(may) {
                draft.changes.push(Change::Archive { user });
            }
        }
        (None, None) => {}
    }
}

/// A text of the reading, or of what is stored.
#[derive(Debug, Clone, Copy)]
enum Words {
    Read(Text),
    Stored(Text),
}

/// One provider's word on somebody: login, name, e-mail.
struct Voice<'t> {
    rank: (u32, &'t str),
    says: [Words; 3],
}

/// Takes each of login, name and e-mail from the first provider, by precedence, that says it.
fn attributes(draft: &mut Draft<'_>, user: UserId, identities: &[Work], rows: &PersonRows<'_>) {
    // Somebody who is new says it all already.
    let Some(row) = rows.user else { return };
    let observed = Arc::clone(&draft.observed);
    let voices = voices(draft, &observed, identities, rows);
    let now = [row.login, row.name, row.email];
    let mut new = [None; 3];
    for (field, (new, now)) in new.iter_mut().zip(now).enumerate() {
        let text = |words: Words| match words {
            Words::Read(text) => draft.snapshot.texts.get(text),
            Words::Stored(text) => observed.texts.get(text),
        };
        let said = voices.iter().filter_map(|voice| voice.says.get(field).copied()).find(|w| !text(*w).is_empty());
        if said.map_or("", text) != observed.texts.get(now) {
            *new = Some(said);
        }
    }
    let [login, name, email] = new;
    let mut kept = |words: Option<Words>| match words {
        None => Text::EMPTY,
        Some(Words::Read(text)) => text,
        Some(Words::Stored(text)) => draft.copied(text),
    };
    let (login, name, email) = (login.flatten().map(|w| kept(Some(w))), name.map(&mut kept), email.map(&mut kept));
    if let Some(login) = login {
        draft.logins.push((user, login));
    }
    for (field, old, new) in [(Field::Name, row.name, name), (Field::Email, row.email, email)] {
        if let Some(new) = new {
            let old = draft.copied(old);
            draft.changes.push(Change::UpdateUser { user, field, old, new });
        }
    }
}

/// What the providers that have the person say, by precedence.
fn voices<'t>(
    draft: &'t Draft<'_>,
    observed: &'t Observed,
    identities: &[Work],
    rows: &PersonRows<'_>,
) -> Vec<Voice<'t>> {
    let rank = |provider: &'t str| (draft.policy.precedence.get(provider).copied().unwrap_or(u32::MAX), provider);
    let mut voices = Vec::with_capacity(1 + rows.other_identities.len());
    for work in identities {
        let read = work.person.and_then(|index| draft.snapshot.people.get(index.0 as usize));
        let stored = work.stored.and_then(|at| observed.identities.get(at as usize));
        let stored = stored.filter(|i| i.gone_at.is_none() && !leases::leaves(draft, work));
        let says = match (read, stored) {
            (Some(p), _) => [p.login, p.name, p.email].map(Words::Read),
            (None, Some(i)) => [i.login, i.name, i.email].map(Words::Stored),
            (None, None) => continue,
        };
        voices.push(Voice { rank: rank(draft.provider), says });
    }
    for other in rows.other_identities.iter().filter(|other| !other.gone) {
        let says = [other.login, other.name, other.email].map(Words::Stored);
        voices.push(Voice { rank: rank(observed.texts.get(other.provider)), says });
    }
    // Stable: of one provider's identities the older one speaks first.
    voices.sort_by_key(|voice| voice.rank);
    voices
}

impl Draft<'_> {
    /// The row of somebody of whom something changes, to be changed further.
    pub(super) fn user_row(&mut self, user: UserId) -> &mut UserWrite {
        self.books.user_row(&self.observed, &mut self.snapshot.texts, user)
    }
}

impl Bookkeeping {
    fn new_place(&self, user: UserId) -> Option<usize> {
        user.0.checked_sub(self.last_user_before)?.checked_sub(1).map(|place| place as usize)
    }

    /// The row of somebody who is new.
    pub(super) fn new_user(&self, user: UserId) -> Option<&UserWrite> {
        self.new_users.get(self.new_place(user)?)
    }

    /// The row of somebody of whom something changes, to be changed further. Starts as it is.
    pub(super) fn user_row(&mut self, observed: &Observed, texts: &mut Arena, user: UserId) -> &mut UserWrite {
        let new = self.new_place(user).and_then(|place| self.new_users.get_mut(place));
        if let Some(new) = new {
            return new;
        }
        self.changed_users.entry(user).or_insert_with(|| {
            let at = observed.users.binary_search_by_key(&user, |row| row.id);
            let row = at.ok().and_then(|at| observed.users.get(at));
            let mut copied = |text: Option<Text>| text.map_or(Text::EMPTY, |text| texts.push(observed.texts.get(text)));
            UserWrite {
                id: user,
                login: copied(row.map(|row| row.login)),
                name: copied(row.map(|row| row.name)),
                email: copied(row.map(|row| row.email)),
                state: row.map_or(UserState::Active, |row| row.state),
                synced_admin: row.is_some_and(|row| row.synced_admin),
            }
        })
    }
}
