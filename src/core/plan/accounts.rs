//! A person's account: name, e-mail, login, and whether it is active.

use super::draft::Draft;
use super::people::Work;
use super::rows::PersonRows;
use super::{Bookkeeping, Change, Field, SuspendReason};
use crate::ids::UserId;
use crate::observed::{Observed, UserState};
use crate::text::{Arena, Text};
use crate::writes::{SuspensionWrite, UserWrite};

/// What the providers say of somebody's being there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Present,
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
        Presence::Present | Presence::Elsewhere => None,
        Presence::NoMatch => Some(SuspendReason::NoMatch),
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
            if due && rows.user.is_some_and(|row| row.state == UserState::Suspended) {
                draft.changes.push(Change::Archive { user });
            }
        }
        (None, None) => {}
    }
}

/// One provider's word on somebody.
struct Voice<'t> {
    rank: (u32, &'t str),
    login: &'t str,
    name: &'t str,
    email: &'t str,
}

fn attributes(draft: &mut Draft<'_>, user: UserId, identities: &[Work], rows: &PersonRows<'_>) {
    let observed = std::sync::Arc::clone(&draft.observed);
    let policy = draft.policy;
    let rank = |provider: &str| policy.precedence.get(provider).copied().unwrap_or(u32::MAX);
    let mut voices = Vec::with_capacity(1 + rows.other_identities.len());
    for work in identities {
        let read = work.person.and_then(|index| draft.snapshot.people.get(index.0 as usize));
        let stored = work.stored.and_then(|at| observed.identities.get(at as usize)).filter(|i| i.gone_at.is_none());
        let texts = match (read, stored) {
            (Some(p), _) => [p.login, p.name, p.email].map(|text| draft.snapshot.texts.get(text)),
            (None, Some(i)) => [i.login, i.name, i.email].map(|text| observed.texts.get(text)),
            (None, None) => continue,
        };
        let [login, name, email] = texts;
        voices.push(Voice { rank: (rank(draft.provider), draft.provider), login, name, email });
    }
    for other in rows.other_identities.iter().filter(|other| !other.gone) {
        let [provider, login, name, email] =
            [other.provider, other.login, other.name, other.email].map(|text| observed.texts.get(text));
        voices.push(Voice { rank: (rank(provider), provider), login, name, email });
    }
    voices.sort_by(|a, b| a.rank.cmp(&b.rank).then_with(|| a.login.cmp(b.login)));
    let first = |of: fn(&Voice<'_>) -> Option<String>| voices.iter().find_map(of);
    let login = first(|v| (!v.login.is_empty()).then(|| v.login.to_owned()));
    let name = first(|v| (!v.name.is_empty()).then(|| v.name.to_owned()));
    let email = first(|v| (!v.email.is_empty()).then(|| v.email.to_owned()));
    let Some(row) = rows.user else {
        // Somebody who is new says it all already.
        return;
    };
    let old = [row.login, row.name, row.email].map(|text| observed.texts.get(text));
    if let Some(login) = login.filter(|login| login != old[0]) {
        let login = draft.snapshot.texts.push(&login);
        draft.logins.push((user, login));
    }
    for (field, text, new) in [(Field::Name, row.name, name), (Field::Email, row.email, email)] {
        let new = new.unwrap_or_default();
        if new != observed.texts.get(text) {
            let old = draft.copied(text);
            let new = draft.snapshot.texts.push(&new);
            draft.changes.push(Change::UpdateUser { user, field, old, new });
        }
    }
}

impl Draft<'_> {
    /// The row of somebody of whom something changes, to be changed further.
    pub(super) fn user_row(&mut self, user: UserId) -> &mut UserWrite {
        self.books.user_row(&self.observed, &mut self.snapshot.texts, user)
    }
}

impl Bookkeeping {
    /// The row of somebody of whom something changes, to be changed further. Starts as it is.
    pub(super) fn user_row(&mut self, observed: &Observed, texts: &mut Arena, user: UserId) -> &mut UserWrite {
        self.users.entry(user).or_insert_with(|| {
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
