//! The heart of the plan: person by person, what the rules give against what stands there.
//!
//! People and the observed rows are both in the order of users, so this is one walk along all
//! lists at once; nobody is looked up.

use super::draft::{Digest, Draft};
use super::groups::Groups;
use super::memberships::{org_changes, team_changes};
use super::people::Work;
use super::rows::{PersonRows, Rows};
use super::targets::Targets;
use super::{Change, Reason, accounts, entitlements, leases, limits};
use crate::ids::{GroupId, RuleId, UserId};
use crate::mapping::{
    Claim, Decision, Document, Mapping, ON_NO_MATCH, OrgName, Person, Problem, RuleSet, Slot, Verdict,
};
use crate::observed::{Grant, IdentityRow, OrgRow, Right, Scope};
use crate::snapshot::PersonIndex;
use crate::text::Text;
use crate::writes::{IdentityWrite, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Adds to the draft what is to change for everybody this provider knows or knew.
pub(super) fn work_out(draft: &mut Draft<'_>, rules: &RuleSet, groups: Groups, work: &[Work]) {
    let observed = Arc::clone(&draft.observed);
    let text = |text: Text| (!text.is_empty()).then(|| observed.texts.get(text).to_owned());
    let name = |org: &OrgRow| OrgName { key: text(org.key), name: text(org.name) };
    let orgs: Vec<OrgName> = observed.orgs.iter().map(name).collect();
    let facts = groups.facts(&draft.snapshot, &observed);
    let mapping = Mapping::new(rules, facts, Some(orgs.iter().cloned()), draft.complete());
    let may_create = mapping.may_create_orgs(orgs.len());
    let mut walk = Walk {
        rules,
        rule_ids: vec![None; rules.rules.len()],
        mapping,
        targets: Targets::new(draft),
        groups,
        decision: Decision::default(),
        unreadable: BTreeMap::new(),
        places: Vec::new(),
        direct: Vec::new(),
        wanted: Vec::new(),
    };
    if rules.mentions_all_orgs() && draft.policy.create_orgs && may_create {
        let new = walk.new_orgs(draft, work, &orgs);
        let facts = walk.groups.facts(&draft.snapshot, &observed);
        let all = orgs.iter().cloned().chain(new);
        walk.mapping = Mapping::new(rules, facts, Some(all), draft.complete());
    }
    walk.targets.declare(draft, &walk.mapping.slots);
    let mut rows = Rows::new(&observed);
    for identities in work.chunk_by(|a, b| a.user == b.user) {
        if let Some(first) = identities.first() {
            let rows = rows.of(first.user);
            walk.person(draft, first.user, identities, &rows);
        }
    }
    walk.note_unusable(draft);
}

struct Walk<'r> {
    rules: &'r RuleSet,
    /// The numbers of those that were met already.
    rule_ids: Vec<Option<RuleId>>,
    mapping: Mapping<'r>,
    targets: Targets,
    groups: Groups,
    decision: Decision,
    /// Why somebody's claims could not be read, and of how many people.
    unreadable: BTreeMap<String, BTreeSet<PersonIndex>>,
    places: Vec<u32>,
    direct: Vec<GroupId>,
    /// What everybody who knows the person gives, by right.
    wanted: Vec<Grant>,
}

/// What one identity says about its person.
/// Of several, the first in this order counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    /// The provider has it, and rules give something (or nothing need match).
    Present,
    /// The reading says nothing of it: all stays as it is.
    Silent,
    /// The provider has it, no rule matches, and `on_no_match` is `suspend`.
    NoMatch,
    Gone,
}

impl Walk<'_> {
    /// Organizations that this plan will create: `*` stands for them too, or the next run would
    /// find something to do although nothing had happened.
    fn new_orgs(&mut self, draft: &Draft<'_>, work: &[Work], known: &[OrgName]) -> BTreeSet<OrgName> {
        let mut seen = BTreeSet::new();
        for work in work {
            let Some(index) = work.person else { continue };
            let stored = work.stored.and_then(|at| draft.observed.identities.get(at as usize));
            self.place(draft, index, stored);
            self.decide(draft, index);
            seen.extend(self.decision.claims.iter().filter_map(|claim| match claim.slot {
                Slot::Org(slot) => Some(slot),
                Slot::Team(_) | Slot::Entitlement(_) | Slot::ServerAdmin => None,
            }));
        }
        let known: BTreeSet<&str> = known.iter().filter_map(|org| org.name.as_deref()).collect();
        let names = seen.into_iter().filter_map(|slot| self.mapping.slots.orgs.get(slot as usize));
        // Those that are declared are among `*` already.
        let new = |org: &&OrgName| org.key.is_none() && org.name.as_deref().is_some_and(|name| !known.contains(name));
        names.filter(new).cloned().collect()
    }

    /// Decides on somebody who is directly in `places`.
    fn decide(&mut self, draft: &Draft<'_>, index: PersonIndex) {
        self.climb();
        let person = draft.snapshot.people.get(index.0 as usize);
        let dn = person.map_or("", |person| draft.snapshot.texts.get(person.dn));
        let text = person.map_or("", |person| draft.snapshot.texts.get(person.claims));
        let mut document = Document::default();
        if !text.is_empty() && self.rules.looks_at_claims() {
            match Document::parse(text) {
                Ok(read) => document = read,
                // What cannot be read is unknown: nothing is taken away because of it.
                Err(error) => {
                    self.unreadable.entry(error.to_string()).or_default().insert(index);
                }
            }
        }
        let person = Person { groups: &self.places, groups_known: true, claims: &document.claims, dn };
        self.mapping.decide(&person, &mut self.decision);
    }

    /// Makes `places` the groups that somebody is directly in; in an incomplete reading also
    /// those that were known before.
    fn place(&mut self, draft: &Draft<'_>, index: PersonIndex, stored: Option<&IdentityRow>) {
        self.places.clear();
        self.places.extend(draft.snapshot.groups_of(index).map(|group| group.0));
        if let (false, Some(stored)) = (draft.complete(), stored) {
            self.places.extend(stored.groups.iter().filter_map(|group| self.groups.place(*group)));
            self.places.sort_unstable();
            self.places.dedup();
        }
    }

    fn person(&mut self, draft: &mut Draft<'_>, user: UserId, identities: &[Work], rows: &PersonRows<'_>) {
        self.wanted.clear();
        let mut said = Said::Gone;
        for work in identities {
            said = said.min(self.identity(draft, *work));
        }
        self.wanted.extend(rows.other_grants.iter().map(|(_, grant)| *grant));
        // Of equal rights the strongest counts; of equally strong ones this provider's own, which
        // stand first.
        self.wanted.sort_by_key(|grant| (key(grant.right), std::cmp::Reverse(strength(grant.right))));
        self.wanted.dedup_by_key(|grant| key(grant.right));
        if draft.observed.scope == Scope::Provider {
            limits::count(&mut draft.base, &draft.observed, identities, rows);
        }
        org_changes(draft, user, &self.wanted, rows.org_members);
        team_changes(draft, user, &self.wanted, rows.team_members);
        entitlements::changes(draft, user, &self.wanted, rows.holders);
        let admin = self.wanted.iter().find(|grant| grant.right == Right::ServerAdmin);
        if admin.is_some() != rows.user.is_some_and(|u| u.synced_admin) {
            let reason = admin.map_or_else(Reason::default, |g| Reason { rule: g.rule.into(), via: g.via });
            draft.changes.push(Change::ServerAdmin { user, give: admin.is_some(), reason });
        }
        let state = match said {
            Said::Present => accounts::Presence::Present,
            Said::Silent => accounts::Presence::Silent,
            Said::NoMatch => accounts::Presence::NoMatch,
            Said::Gone if rows.other_identities.iter().any(|other| !other.gone) => accounts::Presence::Elsewhere,
            Said::Gone => accounts::Presence::Gone,
        };
        accounts::settle(draft, user, identities, rows, state);
    }

    /// Works out what one identity gives, adds it to `wanted`, and notes what has to be stored.
    fn identity(&mut self, draft: &mut Draft<'_>, work: Work) -> Said {
        let observed = Arc::clone(&draft.observed);
        let stored = work.stored.and_then(|at| observed.identities.get(at as usize));
        let Some(index) = work.person else {
            let Some(stored) = stored else { return Said::Gone };
            if stored.gone_at.is_some() {
                return Said::Gone;
            }
            if leases::leaves(draft, &work) {
                store_gone(draft, work, stored);
                leases::end(draft, &work);
                return Said::Gone;
            }
            leases::begin(draft, &work);
            self.wanted.extend(draft.given_to(work.identity).iter().map(|(_, grant)| *grant));
            return Said::Silent;
        };
        let Some(person) = draft.snapshot.people.get(index.0 as usize).copied() else { return Said::Gone };
        leases::renew(draft, work.identity);
        self.place(draft, index, stored);
        self.direct.clear();
        self.direct.extend(self.places.iter().filter_map(|place| self.groups.ids.get(*place as usize)));
        self.direct.sort_unstable();
        self.decide(draft, index);
        if self.decision.denied() && draft.observed.scope == Scope::People {
            draft.denied.push(index);
        }
        let from = draft.books.grants.len();
        let said = self.grants(draft, work);
        self.wanted.extend_from_slice(&draft.books.grants[from..]);

        let texts = &draft.snapshot.texts;
        let observation = [person.dn, person.login, person.name, person.email];
        let mut digest = observation.iter().fold(Digest::new(), |digest, text| digest.text(texts.get(*text)));
        if !person.claims.is_empty() {
            // No length of a text and no group has this number.
            digest = digest.number(u32::MAX).text(texts.get(person.claims));
        }
        let digest = self.direct.iter().fold(digest, |digest, group| digest.number(group.0)).finish();
        let grants_digest = grants_digest(&draft.books.grants[from..]);
        let same = stored.is_some_and(|row| {
            row.digest == digest && row.grants_digest == grants_digest && row.gone_at.is_none() && row.user == work.user
        });
        if same {
            draft.books.grants.truncate(from);
            return said;
        }
        let start = draft.books.group_lists.len() as u32;
        draft.books.group_lists.extend_from_slice(&self.direct);
        draft.books.identities.push(IdentityWrite {
            id: work.identity,
            subject: person.subject,
            user: work.user,
            dn: person.dn,
            login: person.login,
            name: person.name,
            email: person.email,
            claims: person.claims,
            groups: Span { start, end: draft.books.group_lists.len() as u32 },
            grants: Span { start: from as u32, end: draft.books.grants.len() as u32 },
            digest,
            grants_digest,
            gone: false,
            new: stored.is_none(),
        });
        said
    }

    /// Makes `places` all groups that stand above those in it, each once.
    fn climb(&mut self) {
        let direct = self.places.len();
        for at in 0..direct {
            if let Some(place) = self.places.get(at).copied() {
                self.groups.nesting.extend_with_ancestors(place, &mut self.places);
            }
        }
        self.places.sort_unstable();
        self.places.dedup();
    }

    /// Appends to the draft's grants what the decision comes to, by right.
    fn grants(&mut self, draft: &mut Draft<'_>, work: Work) -> Said {
        let from = draft.books.grants.len();
        let decision = std::mem::take(&mut self.decision);
        // In an incomplete reading a group that was not read could match: nobody falls through.
        let complete = draft.complete();
        for claim in decision.claims.iter().filter(|claim| complete || claim.rule != ON_NO_MATCH) {
            self.grant(draft, claim);
        }
        let (all, orgs, admin) = (decision.keeps_all(), decision.orgs_kept, decision.server_admin_kept);
        let stays = |right: Right| match right {
            _ if all || !complete => true,
            Right::Org(..) => orgs,
            Right::Team(..) | Right::Entitlement(_) => false,
            Right::ServerAdmin => admin,
        };
        let given = draft.given_to(work.identity).iter().map(|(_, grant)| *grant);
        let kept: Vec<Grant> = given.filter(|grant| stays(grant.right)).collect();
        draft.books.grants.extend(kept);
        if let Some(new) = draft.books.grants.get_mut(from..) {
            new.sort_by_key(|grant| (key(grant.right), std::cmp::Reverse(strength(grant.right))));
        }
        let mut kept = draft.books.grants.split_off(from);
        kept.dedup_by_key(|grant| key(grant.right));
        draft.books.grants.append(&mut kept);
        let suspended = decision.verdict == Verdict::Suspended && complete;
        self.decision = decision;
        if suspended { Said::NoMatch } else { Said::Present }
    }

    /// Appends what one claim comes to, if what it names exists or may be created.
    fn grant(&mut self, draft: &mut Draft<'_>, claim: &Claim) {
        let right = match claim.slot {
            Slot::Org(slot) => {
                let org = self.targets.org(draft, &self.mapping.slots, slot);
                org.map(|org| Right::Org(org, claim.org_role()))
            }
            Slot::Team(slot) => {
                let team = self.targets.team(draft, &self.mapping.slots, &self.groups, slot);
                team.map(|team| Right::Team(team, claim.team_role()))
            }
            Slot::Entitlement(slot) => {
                let entitlement = self.targets.entitlement(draft, &self.mapping.slots, slot);
                entitlement.map(Right::Entitlement)
            }
            Slot::ServerAdmin => Some(Right::ServerAdmin),
        };
        let Some(right) = right else { return };
        let via = claim.via.and_then(|place| self.groups.ids.get(place as usize).copied());
        let known = self.rule_ids.get(claim.rule as usize).copied().flatten();
        let rule = known.unwrap_or_else(|| draft.rule_id(self.rules.name(claim.rule)));
        if let Some(slot) = self.rule_ids.get_mut(claim.rule as usize) {
            *slot = Some(rule);
        }
        draft.books.grants.push(Grant { right, rule, via: via.into() });
    }

    fn note_unusable(&self, draft: &mut Draft<'_>) {
        let mut names: Vec<String> = Vec::new();
        for (rule, group, key) in self.mapping.unusable() {
            let rule = self.rules.rules.get(rule as usize).map_or("", |rule| rule.id.as_str());
            if names.is_empty() && group.is_some() {
                let facts = self.groups.facts(&draft.snapshot, &draft.observed);
                names = facts.map(|group| group.name.to_owned()).collect();
            }
            let name = group.and_then(|place| names.get(place as usize));
            let group = name.map(|name| format!(" for the group {name:?}")).unwrap_or_default();
            draft.note(format!("rule {rule}: what `{key}` comes to{group} cannot be used"));
        }
        for (error, people) in &self.unreadable {
            draft.note(format!("what is said of {} people besides groups cannot be read: {error}", people.len()));
        }
        for (problem, times) in self.mapping.problems() {
            let Problem { expression, source, error } = problem;
            draft.note(format!("the expression {expression:?} fails on {source} of {times} people: {error}"));
        }
    }
}

fn store_gone(draft: &mut Draft<'_>, work: Work, stored: &IdentityRow) {
    let [subject, login, name, email] =
        [stored.subject, stored.login, stored.name, stored.email].map(|text| draft.copied(text));
    draft.books.identities.push(IdentityWrite {
        id: work.identity,
        subject,
        user: work.user,
        dn: Text::EMPTY,
        login,
        name,
        email,
        claims: Text::EMPTY,
        groups: Span::default(),
        grants: Span::default(),
        digest: 0,
        grants_digest: 0,
        gone: true,
        new: false,
    });
}

fn key(right: Right) -> (u8, u32) {
    match right {
        Right::Org(org, _) => (0, org.0),
        Right::Team(team, _) => (1, team.0),
        Right::ServerAdmin => (2, 0),
        Right::Entitlement(entitlement) => (3, entitlement.0),
    }
}

fn strength(right: Right) -> u8 {
    match right {
        Right::Org(_, role) => role as u8,
        Right::Team(_, role) => role as u8,
        Right::ServerAdmin | Right::Entitlement(_) => 0,
    }
}

fn grants_digest(grants: &[Grant]) -> i64 {
    let one = |digest: Digest, grant: &Grant| {
        let (kind, id) = key(grant.right);
        digest
            .number(u32::from(kind))
            .number(id)
            .number(u32::from(strength(grant.right)))
            .number(grant.rule.0)
            .number(grant.via.get().map_or(0, |group| group.0))
    };
    grants.iter().fold(Digest::new(), one).finish()
}
