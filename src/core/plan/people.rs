//! The provider's people: which stored identity, and which user, each is.

use super::draft::Draft;
use super::policy::LinkKey;
use super::{Change, SuspendReason};
use crate::ids::{IdentityId, ReadingNumber, UserId};
use crate::lifecycle::{self, Access};
use crate::observed::{IdentityRow, Scope, UserRow, UserState};
use crate::snapshot::PersonIndex;
use crate::text::Text;
use crate::writes::UserWrite;
use std::collections::{BTreeSet, HashMap};

/// One identity and what is to be done about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work {
    pub(super) user: UserId,
    pub(super) identity: IdentityId,
    /// Its place in `observed.identities`; `None` when it is new.
    pub(super) stored: Option<u32>,
    /// Its place in `snapshot.people`; `None` when it was not read.
    pub(super) person: Option<PersonIndex>,
    /// A later reading than this plan's has said what is stored: that stays (N9).
    pub(super) newer: bool,
}

impl Work {
    fn stored(identity: &IdentityRow, at: u32, person: Option<PersonIndex>, number: ReadingNumber) -> Self {
        let newer = identity.reading > number;
        let person = person.filter(|_| !newer);
        Self { user: identity.user, identity: identity.id, stored: Some(at), person, newer }
    }
}

/// All identities of this provider but of people whom runs do not touch, by user, then identity. For a plan about a few
/// people: theirs only, whatever else was read to see whom they could touch.
pub(super) fn gather(draft: &mut Draft<'_>) -> Vec<Work> {
    let mut by_subject: Vec<u32> = (0..draft.observed.identities.len() as u32).collect();
    {
        let observed = &draft.observed;
        let subject = |at: &u32| observed.identities.get(*at as usize).map(|i| observed.texts.get(i.subject));
        by_subject.sort_unstable_by(|a, b| subject(a).cmp(&subject(b)));
    }
    let mut work = Vec::with_capacity(draft.snapshot.people.len().max(by_subject.len()));
    let mut new = Vec::new();
    {
        let (observed, snapshot, number) = (&draft.observed, &draft.snapshot, draft.number);
        let mut stored =
            by_subject.iter().copied().filter_map(|at| Some((at, observed.identities.get(at as usize)?))).peekable();
        for (index, person) in (0u32..).zip(&snapshot.people) {
            let subject = snapshot.texts.get(person.subject);
            while let Some((at, identity)) = stored.next_if(|(_, i)| observed.texts.get(i.subject) < subject) {
                work.push(Work::stored(identity, at, None, number));
            }
            let person = Some(PersonIndex(index));
            match stored.next_if(|(_, i)| observed.texts.get(i.subject) == subject) {
                Some((at, identity)) => {
                    work.push(Work::stored(identity, at, person, number));
                }
                None => new.push(PersonIndex(index)),
            }
        }
        for (at, identity) in stored {
            work.push(Work::stored(identity, at, None, number));
        }
    }
    add_new(draft, &new, &mut work);
    if draft.observed.scope == Scope::People {
        let said = |w: &&Work| {
            let stored = w.stored.and_then(|at| draft.observed.identities.get(at as usize));
            w.person.is_some() || stored.is_some_and(|identity| draft.gone(identity.subject))
        };
        let read: BTreeSet<UserId> = work.iter().filter(said).map(|w| w.user).collect();
        work.retain(|w| read.contains(&w.user));
    }
    let untouched = |row: &&UserRow| lifecycle::untouched(draft.kind(row));
    let untouched: BTreeSet<UserId> = draft.observed.users.iter().filter(untouched).map(|row| row.id).collect();
    if !untouched.is_empty() {
        work.retain(|w| !untouched.contains(&w.user));
    }
    work.sort_unstable_by_key(|w| (w.user, w.identity));
    work
}

fn add_new(draft: &mut Draft<'_>, new: &[PersonIndex], work: &mut Vec<Work>) {
    let mut links = Links::new(draft, new, work);
    for index in new {
        let Some(person) = draft.snapshot.people.get(index.0 as usize).copied() else { continue };
        if person.login.is_empty() {
            draft.note("somebody has no login and is left out");
            continue;
        }
        draft.next.identity += 1;
        let identity = IdentityId(draft.next.identity);
        let user = match links.find(draft, person.login, person.email) {
            Some(user) => {
                draft.changes.push(Change::Link { user });
                user
            }
            None => {
                draft.next.user += 1;
                let user = UserId(draft.next.user);
                let (name, email) = (person.name, person.email);
                let (state, synced_admin) = (UserState::Active, false);
                let row = UserWrite { id: user, login: person.login, name, email, state, synced_admin };
                draft.books.new_users.push(row);
                draft.changes.push(Change::CreateUser { user });
                draft.logins.push((user, person.login));
                user
            }
        };
        work.push(Work { user, identity, stored: None, person: Some(*index), newer: false });
    }
}

/// Finds people of this provider among those of others, by keys that both sides verify.
struct Links {
    keys: BTreeSet<LinkKey>,
    /// Key and its value: the one user that has it; `None` for several.
    known: HashMap<(LinkKey, String), Option<UserId>>,
    /// How many new people have it.
    wanted: HashMap<(LinkKey, String), u32>,
    /// Who has a present identity of this provider already.
    taken: BTreeSet<UserId>,
}

impl Links {
    fn new(draft: &Draft<'_>, new: &[PersonIndex], work: &[Work]) -> Self {
        let keys = draft.policy.link_by.get(draft.provider).cloned().unwrap_or_default();
        let mut links = Self { keys, known: HashMap::new(), wanted: HashMap::new(), taken: BTreeSet::new() };
        if links.keys.is_empty() || new.is_empty() {
            return links;
        }
        let observed = &draft.observed;
        for other in &observed.other_identities {
            let theirs = draft.policy.link_by.get(observed.texts.get(other.provider));
            for key in links.keys.iter().filter(|key| !other.gone && theirs.is_some_and(|t| t.contains(key))) {
                let value = value(*key, observed.texts.get(other.login), observed.texts.get(other.email));
                if let Some(value) = value {
                    let user = links.known.entry((*key, value)).or_insert(Some(other.user));
                    if *user != Some(other.user) {
                        *user = None;
                    }
                }
            }
        }
        for index in new {
            let Some(person) = draft.snapshot.people.get(index.0 as usize) else { continue };
            for key in &links.keys {
                let texts = &draft.snapshot.texts;
                if let Some(value) = value(*key, texts.get(person.login), texts.get(person.email)) {
                    *links.wanted.entry((*key, value)).or_insert(0) += 1;
                }
            }
        }
        let present = |w: &&Work| w.person.is_some() || (!draft.everybody() && w.stored.is_some());
        links.taken = work.iter().filter(present).map(|w| w.user).collect();
        links
    }

    fn find(&mut self, draft: &mut Draft<'_>, login: Text, email: Text) -> Option<UserId> {
        for key in self.keys.clone() {
            let texts = &draft.snapshot.texts;
            let Some(value) = value(key, texts.get(login), texts.get(email)) else { continue };
            let place = (key, value);
            let Some(found) = self.known.get(&place) else { continue };
            let Some(user) = *found else {
                draft.note("somebody is not linked: several people have the same key");
                continue;
            };
            if self.wanted.get(&place) != Some(&1) || self.taken.contains(&user) {
                draft.note("somebody is not linked: several people have the same key");
                continue;
            }
            let at = draft.observed.users.binary_search_by_key(&user, |u| u.id);
            let row = at.ok().and_then(|at| draft.observed.users.get(at)).copied();
            if row.is_some_and(|row| row.synced_admin || row.manual_admin) {
                draft.note("somebody is not linked: the account is a server admin");
                continue;
            }
            let stands = row.map(|row| draft.stands(&row));
            if stands.is_some_and(|(kind, state)| !lifecycle::may(kind, state, Access::Linked).ever()) {
                draft.note("somebody is not linked: runs do not touch the account");
                continue;
            }
            self.taken.insert(user);
            return Some(user);
        }
        None
    }
}

fn value(key: LinkKey, login: &str, email: &str) -> Option<String> {
    let value = match key {
        LinkKey::Email => email.to_lowercase(),
        LinkKey::Login => login.to_owned(),
    };
    (!value.is_empty()).then_some(value)
}

impl SuspendReason {
    /// What stands in `user_suspensions.reason`.
    #[must_use]
    pub fn sentence(self, provider: &str) -> String {
        match self {
            Self::Gone => format!("gone from provider {provider}"),
            Self::NoMatch => format!("no rule of provider {provider} matches"),
            Self::Lease => format!("the lease of provider {provider} ended: no login renewed it"),
        }
    }
}
