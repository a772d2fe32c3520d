//! What is asked of a directory about a few people: their entries, then the groups that they are
//! in, then those that these are in, level by level up to the top. Each search is about one person
//! or one group, so that the server says who is in what: members are never listed, there may be a
//! hundred thousand. Searches of one level are under way together.
//!
//! What comes out must be what a full read says of the same people. The servers' matching rules do
//! here what comparing names does there. A `uniqueMember` that ends in a uid (`#'0101'B`, RFC 4517
//! §3.3.21) is found by that uid only, so here it is missed; there it is a gap, and counts for nobody.

mod groups;
mod people;

use super::LdapDirectory;
use super::connection::Connection;
use super::entry::{Gathered, Kind, Ranged};
use super::failure::Failure;
use super::pages::Asked;
use super::primary_group::PrimaryGroup;
use super::reference::References;
use super::search::{Question, Sink, follow};
use super::wire::KeptEntry;
use crate::providers::{Found, Match, ReadRequest, Sought};
use rosterd_core::snapshot::{GroupIndex, Part, PersonIndex, SnapshotBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// More levels of groups are not believed.
const LEVELS: u32 = 1000;

/// One look at a few people.
pub(super) struct Walk<'a> {
    directory: &'a LdapDirectory,
    sought: &'a Sought,
    sink: Sink<'a>,
    parts: Vec<Part>,
    /// For each key, the entries that have it.
    entries: Vec<Entries>,
    /// Groups by the normal form of their DNs.
    known: BTreeMap<String, GroupIndex>,
    level: Vec<Node>,
    ranged: Vec<Ranged>,
    /// DNs that were asked for already.
    fetched: BTreeSet<String>,
    /// The first.
    refusal: Option<Failure>,
    references: References,
}

/// What has one key.
#[derive(Default)]
struct Entries {
    /// By DN, as the server writes it. A second is enough to know that there are several.
    of: BTreeMap<Vec<u8>, KeptEntry>,
    /// Where the person is in the reading: its DN.
    taken: Option<String>,
}

/// Whose groups are asked for next.
enum Node {
    Person { person: PersonIndex, dn: String, login: Option<String>, alone: bool, primary: PrimaryGroup },
    Group { group: GroupIndex, dn: String },
}

/// A search that owns what it asks.
struct Search<A> {
    base: String,
    /// Only the entry of that DN, which need not be there.
    itself: bool,
    filter: Vec<u8>,
    about: A,
}

impl<A> Search<A> {
    fn asked<'s>(&'s self, question: &'s Question) -> Asked<'s> {
        Asked {
            base: &self.base,
            scope: if self.itself { 0 } else { question.scope },
            filter: &self.filter,
            attributes: &question.wanted.request,
            what: question.kind.name(),
            may_be_absent: self.itself,
            deleted: false,
        }
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(directory: &'a LdapDirectory, sought: &'a Sought, request: &'a ReadRequest) -> Self {
        let mut builder = SnapshotBuilder::new(request.seed);
        let parts = vec![builder.begin(Kind::People.name()), builder.begin(Kind::Groups.name())];
        let gathered = Mutex::new(Gathered { builder, named: Some(Vec::new()), now: request.now });
        Self {
            directory,
            sought,
            sink: Sink { gathered, progress: &request.progress },
            parts,
            entries: sought.people.iter().map(|_| Entries::default()).collect(),
            known: BTreeMap::new(),
            level: Vec::new(),
            ranged: Vec::new(),
            fetched: BTreeSet::new(),
            refusal: None,
            references: References::default(),
        }
    }

    /// Asks everything. An error is of the connection.
    pub(super) async fn run(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        self.ask_people(connection).await?;
        self.take_people(&connection.server)?;
        self.ask_groups(connection).await?;
        self.follow(connection).await?;
        let mut levels = 0;
        while self.ask_level(connection).await? {
            levels += 1;
            if levels == LEVELS {
                let text = format!("groups are in groups through more than {LEVELS} levels");
                self.sink.gathered().builder.gap("too_deep", text);
                break;
            }
        }
        if let Some(missing) = self.references.missing(connection).await? {
            self.sink.gathered().builder.gap("referral", missing);
        }
        Ok(())
    }

    /// Lists of which only the start came.
    async fn follow(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        for list in std::mem::take(&mut self.ranged) {
            match follow(connection, list, &self.sink).await {
                Err(failure) if failure.code == "result_code" => self.refused([failure]),
                outcome => outcome?,
            }
        }
        Ok(())
    }

    /// The server did not answer these. Something is missing now.
    fn refused(&mut self, refusals: impl IntoIterator<Item = Failure>) {
        for refusal in refusals {
            self.sink.gathered().builder.gap(refusal.code, refusal.message.clone());
            self.refusal.get_or_insert(refusal);
        }
    }

    /// What was found.
    pub(super) fn end(mut self) -> Result<Found, Failure> {
        if self.empty()
            && let Some(refusal) = self.refusal.take()
        {
            return Err(refusal);
        }
        let mut gathered = self.sink.gathered();
        self.parts.drain(..).for_each(|part| gathered.builder.end(part));
        drop(gathered);
        Ok(self.found())
    }

    /// What was found until then, if it was anything.
    pub(super) fn cut(self, failure: &Failure) -> Option<Found> {
        if self.empty() {
            return None;
        }
        self.sink.gathered().builder.gap(failure.code, failure.message.clone());
        Some(self.found())
    }

    fn empty(&self) -> bool {
        let gathered = self.sink.gathered();
        gathered.builder.people_len() + gathered.builder.groups_len() == 0
    }

    fn found(self) -> Found {
        let gathered = self.sink.gathered.into_inner().unwrap_or_else(PoisonError::into_inner);
        let reading = gathered.builder.finish_people();
        let snapshot = reading.snapshot();
        let places: BTreeMap<&str, u32> =
            snapshot.people.iter().map(|person| snapshot.texts.get(person.dn)).zip(0u32..).collect();
        let matches = self.entries.iter().map(|entries| match &entries.taken {
            _ if entries.of.len() > 1 => Match::Several,
            Some(dn) => places.get(dn.as_str()).map_or(Match::Nobody, |at| Match::One(PersonIndex(*at))),
            None => Match::Nobody,
        });
        Found { matches: matches.collect(), reading }
    }
}
