//! A plan while it is being worked out.

use super::limits::{Exceeded, Measure};
use super::{Bookkeeping, Change, Known, Plan, Policy};
use crate::ids::{IdentityId, ReadingNumber, RuleId, Timestamp, UserId};
use crate::lifecycle::{Kind, State};
use crate::observed::{Base, Grant, LastIds, Observed, Scope, UserRow};
use crate::renewal::Renewal;
use crate::snapshot::{Gap, PersonIndex, Snapshot};
use crate::text::Text;
use siphasher::sip::SipHasher24;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hasher;
use std::sync::Arc;

/// Collects changes and bookkeeping. Every [`Text`] in either is of `snapshot.texts`.
pub(super) struct Draft<'a> {
    pub(super) provider: &'a str,
    pub(super) known: Known,
    pub(super) snapshot: Snapshot,
    pub(super) observed: Arc<Observed>,
    pub(super) policy: &'a Policy,
    pub(super) number: ReadingNumber,
    /// By identity.
    pub(super) given: Vec<(IdentityId, Grant)>,
    pub(super) login: Option<Renewal>,
    pub(super) now: Timestamp,
    pub(super) changes: Vec<Change>,
    /// One sentence each, with how often it was true.
    notes: BTreeMap<String, u32>,
    pub(super) books: Bookkeeping,
    /// People whose login is to become another, and what they want.
    pub(super) logins: Vec<(UserId, Text)>,
    /// Who of this provider's people would be left without any provider that has them.
    pub(super) absent: Vec<UserId>,
    /// Of a few people: whose login is refused.
    pub(super) denied: Vec<PersonIndex>,
    pub(super) base: Base,
    pub(super) next: LastIds,
    /// The rules that have a number, once somebody asked.
    rules_by_name: HashMap<String, RuleId>,
}

impl<'a> Draft<'a> {
    #[expect(clippy::too_many_arguments, reason = "the parts of a plan's input, taken apart once")]
    pub(super) fn new(
        provider: &'a str,
        known: Known,
        snapshot: Snapshot,
        observed: Observed,
        policy: &'a Policy,
        number: ReadingNumber,
        mut given: Vec<(IdentityId, Grant)>,
        login: Option<Renewal>,
        now: Timestamp,
    ) -> Self {
        given.sort_unstable();
        // A first run's lists are the largest there are. Grown bit by bit, each leaves half its size
        // behind in holes of the heap; room that is never used costs no memory.
        let room = if observed.identities.is_empty() { snapshot.direct.len() * 3 / 2 } else { 0 };
        let newcomers = if room > 0 { snapshot.people.len() } else { 0 };
        let books = Bookkeeping {
            new_provider: observed.provider.is_none(),
            last_user_before: observed.last.user,
            new_users: Vec::with_capacity(newcomers),
            identities: Vec::with_capacity(newcomers),
            group_lists: Vec::with_capacity(if room > 0 { snapshot.direct.len() } else { 0 }),
            grants: Vec::with_capacity(room + newcomers),
            ..Bookkeeping::default()
        };
        // Of everybody it is counted on the way.
        let counted = observed.provider.as_ref().filter(|_| observed.scope == Scope::People);
        let base = counted.and_then(|provider| provider.base.clone()).unwrap_or_default();
        Self {
            provider,
            known,
            number,
            snapshot,
            next: observed.last,
            observed: Arc::new(observed),
            policy,
            given,
            login,
            now,
            changes: Vec::with_capacity(room + newcomers * 2),
            notes: BTreeMap::new(),
            books,
            logins: Vec::new(),
            absent: Vec::new(),
            denied: Vec::new(),
            base,
            rules_by_name: HashMap::new(),
        }
    }

    /// Whose account it is: by the configuration, which may say so before the table does.
    pub(super) fn kind(&self, row: &UserRow) -> Kind {
        match row.kind {
            Kind::Service => Kind::Service,
            _ if self.policy.break_glass.contains(self.observed.texts.get(row.login)) => Kind::BreakGlass,
            Kind::Person | Kind::BreakGlass => Kind::Person,
        }
    }

    /// The account's kind and state.
    pub(super) fn stands(&self, row: &UserRow) -> (Kind, State) {
        (self.kind(row), State::of(row.state, self.origins(row.id)))
    }

    /// Who suspended somebody.
    pub(super) fn origins(&self, user: UserId) -> impl Iterator<Item = &str> {
        let rows = &self.observed.suspensions;
        let from = rows.partition_point(|row| row.user < user);
        let own = rows.iter().skip(from).take_while(move |row| row.user == user);
        own.map(|row| self.observed.texts.get(row.origin))
    }

    /// Whether the reading says all of the people that are in it.
    pub(super) fn complete(&self) -> bool {
        self.known != Known::Part
    }

    /// Whether who and what is not in the reading is gone.
    pub(super) fn everybody(&self) -> bool {
        self.known == Known::Everybody && self.observed.scope == Scope::Provider
    }

    /// Whether somebody who is not in the reading is gone.
    pub(super) fn gone(&self, subject: Text) -> bool {
        let few = self.known == Known::People && self.snapshot.says_gone(self.observed.texts.get(subject));
        few || self.everybody()
    }

    /// Whether a group that is not in the reading is gone.
    pub(super) fn group_gone(&self, subject: Text) -> bool {
        let few = self.known == Known::People && self.snapshot.says_group_gone(self.observed.texts.get(subject));
        few || self.everybody()
    }

    /// Tells the operator something; said once however often it is true.
    pub(super) fn note(&mut self, sentence: impl Into<String>) {
        *self.notes.entry(sentence.into()).or_insert(0) += 1;
    }

    /// The number of a rule, new if the database has not met it yet.
    pub(super) fn rule_id(&mut self, name: &str) -> RuleId {
        if self.rules_by_name.is_empty() {
            let texts = &self.observed.texts;
            let known = self.observed.rules.iter().map(|(id, text)| (texts.get(*text).to_owned(), *id));
            self.rules_by_name = known.collect();
        }
        if let Some(id) = self.rules_by_name.get(name) {
            return *id;
        }
        self.next.rule += 1;
        let id = RuleId(self.next.rule);
        self.rules_by_name.insert(name.to_owned(), id);
        let name = self.snapshot.texts.push(name);
        self.books.new_rules.push((id, name));
        id
    }

    /// A copy, among the plan's texts, of a text of the observed state.
    pub(super) fn copied(&mut self, text: Text) -> Text {
        if text.is_empty() {
            return Text::EMPTY;
        }
        self.snapshot.texts.push(self.observed.texts.get(text))
    }

    /// What this provider gave an identity before.
    pub(super) fn given_to(&self, identity: IdentityId) -> &[(IdentityId, Grant)] {
        let from = self.given.partition_point(|(id, _)| *id < identity);
        let to = self.given.partition_point(|(id, _)| *id <= identity);
        &self.given[from..to]
    }

    pub(super) fn finish(
        mut self,
        gaps: Vec<Gap>,
        withheld: Vec<Change>,
        measures: Vec<Measure>,
        exceeded: Vec<Exceeded>,
    ) -> Plan {
        self.books.groups.sort_unstable_by_key(|group| group.id);
        let often = |(sentence, times)| if times == 1u32 { sentence } else { format!("{sentence} ({times} times)") };
        Plan {
            provider: self.provider.to_owned(),
            complete: self.complete(),
            everybody: self.everybody(),
            gaps,
            changes: self.changes,
            withheld,
            exceeded,
            notes: self.notes.into_iter().map(often).collect(),
            number: self.number,
            denied: self.denied,
            measures,
            observed: self.observed,
            snapshot: self.snapshot,
            bookkeeping: self.books,
        }
    }
}

/// A digest to see whether something stored is still what it was. Not a secret, not a proof.
pub(super) struct Digest(SipHasher24);

impl Digest {
    pub(super) fn new() -> Self {
        Self(SipHasher24::new())
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        self.0.write_u32(text.len() as u32);
        self.0.write(text.as_bytes());
        self
    }

    pub(super) fn number(mut self, number: u32) -> Self {
        self.0.write_u32(number);
        self
    }

    pub(super) fn finish(self) -> i64 {
        self.0.finish() as i64
    }
}
