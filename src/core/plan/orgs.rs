//! From the organizations that rules name to those that exist, or will.
//!
//! One that the configuration declares is found by its key, whatever it is called now, so that it
//! survives renames on both sides. One without a key is found by its name. Nothing here gives
//! anybody anything.

use super::Change;
use super::draft::Draft;
use crate::ids::OrgId;
use crate::mapping::{OrgName, Slots};
use crate::text::Text;
use crate::writes::OrgWrite;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Remembers what each slot of the mapping stands for. `None`: it does not exist and may not be
/// created.
#[derive(Default)]
pub(super) struct Orgs {
    by_slot: HashMap<u32, Option<OrgId>>,
    by_key: HashMap<String, OrgId>,
    /// Names as they will be, with the changes that are declared.
    by_name: HashMap<String, OrgId>,
}

impl Orgs {
    pub(super) fn new(draft: &Draft<'_>) -> Self {
        let mut orgs = Self::default();
        let texts = &draft.observed.texts;
        for org in &draft.observed.orgs {
            orgs.by_name.insert(texts.get(org.name).to_owned(), org.id);
            if !org.key.is_empty() {
                orgs.by_key.insert(texts.get(org.key).to_owned(), org.id);
            }
        }
        orgs
    }

    /// Brings what is there in line with what is declared: names, and the keys of those that were
    /// there before they were declared. Creates nothing; that waits until somebody is given
    /// something.
    pub(super) fn declare(&mut self, draft: &mut Draft<'_>, declared: &[OrgName]) {
        let declared: BTreeMap<&str, Option<&str>> =
            declared.iter().filter_map(|org| Some((org.key.as_deref()?, org.name.as_deref()))).collect();
        self.rename(draft, &declared);
        self.adopt(draft, &declared);
    }

    fn rename(&mut self, draft: &mut Draft<'_>, declared: &BTreeMap<&str, Option<&str>>) {
        let mut wanted: BTreeMap<OrgId, &str> = BTreeMap::new();
        let mut names = BTreeSet::new();
        for (key, name) in declared {
            if let (Some(org), Some(name)) = (self.by_key.get(*key), name)
                && self.by_name.get(*name) != Some(org)
                && names.insert(*name)
            {
                wanted.insert(*org, name);
            }
        }
        // A name is free if nobody has it, or if who has it gives it up; who cannot rename gives up
        // nothing.
        while let Some((org, name)) = wanted
            .iter()
            .find(|(_, name)| self.by_name.get(**name).is_some_and(|holder| !wanted.contains_key(holder)))
            .map(|(org, name)| (*org, *name))
        {
            wanted.remove(&org);
            draft.note(format!(
                "the organization {:?} keeps its name: another one is called {name:?}, as it is declared",
                observed_name(draft, org)
            ));
        }
        for org in wanted.keys() {
            self.by_name.remove(observed_name(draft, *org));
        }
        for (org, name) in wanted {
            let new = draft.snapshot.texts.push(name);
            let row = change(draft, org);
            let old = std::mem::replace(&mut row.name, new);
            draft.changes.push(Change::RenameOrg { org, old, new });
            self.by_name.insert(name.to_owned(), org);
        }
    }

    /// Gives their keys to organizations that are known by their names so far. A key that is no
    /// longer declared gives way: what it names has another key now.
    fn adopt(&mut self, draft: &mut Draft<'_>, declared: &BTreeMap<&str, Option<&str>>) {
        let held: BTreeSet<OrgId> = declared.keys().filter_map(|key| self.by_key.get(*key).copied()).collect();
        for (key, name) in declared {
            if let (None, Some(name)) = (self.by_key.get(*key), name)
                && let Some(org) = self.by_name.get(*name).copied()
                && !held.contains(&org)
                && !draft.books.changed_orgs.contains_key(&org)
            {
                let text = draft.snapshot.texts.push(key);
                change(draft, org).key = text;
                self.by_key.insert((*key).to_owned(), org);
            }
        }
    }

    /// What a slot stands for; created if that is allowed.
    pub(super) fn slot(&mut self, draft: &mut Draft<'_>, slots: &Slots, slot: u32) -> Option<OrgId> {
        if let Some(known) = self.by_slot.get(&slot) {
            return *known;
        }
        let org = match slots.orgs.get(slot as usize)? {
            OrgName { key: Some(key), name } => self.declared(draft, key, name.as_deref()),
            OrgName { key: None, name: Some(name) } => self.plain(draft, name),
            OrgName { key: None, name: None } => None,
        };
        self.by_slot.insert(slot, org);
        org
    }

    fn declared(&mut self, draft: &mut Draft<'_>, key: &str, name: Option<&str>) -> Option<OrgId> {
        if let Some(org) = self.by_key.get(key) {
            return Some(*org);
        }
        let Some(name) = name else {
            draft.note(format!("the organization {key:?} is declared without a name: it is not created"));
            return None;
        };
        if self.by_name.contains_key(name) {
            draft.note(format!(
                "the organization {key:?} is declared with the name {name:?}, which belongs to one with another key"
            ));
            return None;
        }
        Some(self.create(draft, name, Some(key)))
    }

    /// The organization of that name, created if rules may.
    fn plain(&mut self, draft: &mut Draft<'_>, name: &str) -> Option<OrgId> {
        if let Some(org) = self.by_name.get(name) {
            return Some(*org);
        }
        if !draft.policy.create_orgs {
            draft.note(format!(
                "the organization {name:?} does not exist, and create_missing of provider {} does not have \"orgs\"",
                draft.provider
            ));
            return None;
        }
        Some(self.create(draft, name, None))
    }

    fn create(&mut self, draft: &mut Draft<'_>, name: &str, key: Option<&str>) -> OrgId {
        draft.next.org += 1;
        let id = OrgId(draft.next.org);
        let texts = &mut draft.snapshot.texts;
        let row = OrgWrite { id, name: texts.push(name), key: key.map_or(Text::EMPTY, |key| texts.push(key)) };
        draft.books.new_orgs.insert(id, row);
        draft.changes.push(Change::CreateOrg { org: id });
        self.by_name.insert(name.to_owned(), id);
        if let Some(key) = key {
            self.by_key.insert(key.to_owned(), id);
        }
        id
    }
}

fn observed_name<'d>(draft: &'d Draft<'_>, org: OrgId) -> &'d str {
    let at = draft.observed.orgs.binary_search_by_key(&org, |row| row.id);
    at.ok().and_then(|at| draft.observed.orgs.get(at)).map_or("?", |row| draft.observed.texts.get(row.name))
}

/// The row of an organization that changes, to be changed further. Starts as it is.
fn change<'d>(draft: &'d mut Draft<'_>, org: OrgId) -> &'d mut OrgWrite {
    let at = draft.observed.orgs.binary_search_by_key(&org, |row| row.id);
    let row = at.ok().and_then(|at| draft.observed.orgs.get(at).copied());
    let [name, key] = row.map_or([Text::EMPTY; 2], |row| [row.name, row.key]).map(|text| draft.copied(text));
    draft.books.changed_orgs.entry(org).or_insert(OrgWrite { id: org, name, key })
}

#[cfg(test)]
mod tests {
    use super::super::{Form, Known, Plan, Policy, RunFacts};
    use super::*;
    use crate::ids::{ReadingNumber, Timestamp};
    use crate::observed::{LastIds, Observed, OrgRow};
    use crate::snapshot::Snapshot;
    use crate::writes::Trigger;

    /// Declares `declared` (key, name) over `stored` (key, name), asks for each of `texts`, and says
    /// what came of it: what each text means, what is written, what changes, and what is noted.
    fn settled(stored: &[(&str, &str)], declared: &[(&str, &str)], texts: &[&str]) -> String {
        planned(stored, declared, texts).0
    }

    fn planned(stored: &[(&str, &str)], declared: &[(&str, &str)], texts: &[&str]) -> (String, Plan) {
        let mut observed = Observed::default();
        for (id, (key, name)) in (1..).zip(stored) {
            let (name, key) = (observed.texts.push(name), observed.texts.push(key));
            observed.orgs.push(OrgRow { id: OrgId(id), name, key });
        }
        observed.last = LastIds { org: stored.len() as u32, ..LastIds::default() };
        let policy = Policy::default();
        let (snapshot, given) = (Snapshot::default(), Vec::new());
        let mut draft = Draft::new(
            "corp",
            Known::Everybody,
            snapshot,
            observed,
            &policy,
            ReadingNumber(1),
            given,
            None,
            Timestamp(1),
        );
        let mut slots = Slots::default();
        for (key, name) in declared {
            let name = (!name.is_empty()).then(|| (*name).to_owned());
            slots.declare(&OrgName { key: Some((*key).to_owned()), name });
        }
        let mut orgs = Orgs::new(&draft);
        orgs.declare(&mut draft, &slots.orgs);
        let mut out = Vec::new();
        for text in texts {
            let slot = slots.org(text);
            let org = orgs.slot(&mut draft, &slots, slot);
            out.push(format!("{text}={}", org.map_or(0, |org| org.0)));
        }
        let text = |text| draft.snapshot.texts.get(text);
        let rows = draft.books.changed_orgs.values().chain(draft.books.new_orgs.values());
        out.extend(rows.map(|row| format!("{}:{}:{}", row.id, text(row.key), text(row.name))));
        out.extend(draft.changes.iter().map(|change| match *change {
            Change::CreateOrg { org } => format!("+{org}"),
            Change::RenameOrg { org, old, new } => format!("~{org} {}>{}", text(old), text(new)),
            _ => "?".to_owned(),
        }));
        let plan = draft.finish(Vec::new(), Vec::new(), Vec::new(), Vec::new());
        out.extend(plan.notes.iter().map(|note| note.split(':').next().unwrap_or_default().to_owned()));
        (out.join("; "), plan)
    }

    #[test]
    fn what_is_declared_is_found_by_key_then_by_name_and_made_when_asked_for() {
        assert_eq!(settled(&[("1", "Main")], &[("1", "Main")], &["1", "Main"]), "1=1; Main=1");
        assert_eq!(settled(&[("", "Main")], &[("1", "Main")], &["1", "Main"]), "1=1; Main=1; 1:1:Main");
        assert_eq!(settled(&[], &[("1", "Main")], &[]), "");
        assert_eq!(settled(&[], &[("1", "Main")], &["Main", "1"]), "Main=1; 1=1; 1:1:Main; +1");
        assert_eq!(settled(&[("1", "Main")], &[("1", "")], &["1", "Main"]), "1=1; Main=1");
        let note = "the organization \"1\" is declared without a name";
        assert_eq!(settled(&[], &[("1", "")], &["1"]), format!("1=0; {note}"));
        let note =
            "the organization \"Main\" does not exist, and create_missing of provider corp does not have \"orgs\"";
        assert_eq!(settled(&[("1", "Old")], &[], &["Old"]), "Old=1");
        assert!(settled(&[("1", "Old")], &[], &["Main", "1"]).starts_with("Main=0; 1=0; "));
        assert!(settled(&[("1", "Old")], &[("1", "New")], &["Main"]).contains(note));
    }

    #[test]
    fn a_declared_name_is_what_it_is_called() {
        assert_eq!(settled(&[("1", "Old")], &[("1", "New")], &["1", "New"]), "1=1; New=1; 1:1:New; ~1 Old>New");
        // Nobody has the old name any more.
        assert!(settled(&[("1", "Old")], &[("1", "New")], &["Old"]).starts_with("Old=0; 1:1:New"));
        let swapped = settled(&[("1", "A"), ("2", "B")], &[("1", "B"), ("2", "A")], &["A", "B"]);
        assert_eq!(swapped, "A=2; B=1; 1:1:B; 2:2:A; ~1 A>B; ~2 B>A");
        // One moves up, and the name that it gives up is taken by a new one.
        let moved = settled(&[("1", "A")], &[("1", "B"), ("2", "A")], &["A"]);
        assert_eq!(moved, "A=2; 1:1:B; 2:2:A; ~1 A>B; +2");
    }

    #[test]
    fn a_rename_is_a_change_and_a_key_alone_is_written_in_silence() {
        let (_, plan) = planned(&[("1", "Old")], &[("1", "New")], &["1"]);
        let text = plan.render(Form::Text);
        assert!(text.contains("\n~ org  New    Old → New  its declared name\n0 to add, 1 to change"), "{text}");
        let change =
            serde_json::json!({ "effect": "change", "org": "New", "old": "Old", "new": "New", "kind": "rename_org" });
        assert_eq!(plan.to_json()["changes"], serde_json::json!([change]));
        let (_, plan) = planned(&[("", "Main")], &[("1", "Main")], &[]);
        assert!(plan.changes.is_empty() && !plan.is_empty());
        let facts = RunFacts { trigger: Trigger::Command, started_at: Timestamp(1), hold: None, epoch: None };
        let writes = plan.into_writes(facts);
        let rows: Vec<_> = writes
            .changed_orgs
            .iter()
            .map(|row| (row.id.0, writes.texts.get(row.key), writes.texts.get(row.name)))
            .collect();
        assert_eq!(rows, [(1, "1", "Main")]);
        assert!(planned(&[("1", "Main")], &[("1", "Main")], &["1"]).1.is_empty());
    }

    #[test]
    fn a_name_that_another_has_stays_with_it() {
        let note = "the organization \"A\" keeps its name";
        assert_eq!(settled(&[("1", "A"), ("", "B")], &[("1", "B")], &["1"]), format!("1=1; {note}"));
        // Who cannot rename gives up nothing, so the next cannot either.
        let stored = [("1", "A"), ("2", "B"), ("", "C")];
        let chain = settled(&stored, &[("1", "B"), ("2", "C")], &["1", "2"]);
        assert_eq!(chain, format!("1=1; 2=2; {note}; the organization \"B\" keeps its name"));
        let taken = settled(&[("1", "A"), ("2", "B")], &[("2", "B"), ("3", "B")], &["3"]);
        assert!(taken.starts_with("3=0; the organization \"3\" is declared with the name \"B\""), "{taken}");
    }

    #[test]
    fn a_key_that_is_no_longer_declared_gives_way() {
        assert_eq!(settled(&[("main", "A")], &[("1", "A")], &["1", "A"]), "1=1; A=1; 1:1:A");
        assert_eq!(settled(&[("main", "A")], &[("1", "B")], &["A"]), "A=1");
        // Declared twice under one name: the first key has it.
        assert!(settled(&[("", "A")], &[("1", "A"), ("2", "A")], &["1", "2"]).starts_with("1=1; 2=0; 1:1:A; "));
    }
}
