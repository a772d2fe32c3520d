//! From a person's groups and claims to what each rule gives.

use super::condition::GroupFacts;
use super::leaves::Hit;
use super::rule::{OrgTarget, Owner, Resolve, Rule, RuleSet};
use super::scope::{Allowance, Binding, Person, Problem, Scope, Seen, sorted_hits};
use super::slots::{OrgName, Slot, Slots};
use crate::rights::{OrgRole, TeamRole};
use std::collections::{BTreeMap, BTreeSet};

/// What one rule gives one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    pub slot: Slot,
    /// The organization role, or 0 and 1 for a team's member and admin, as a rank.
    pub rank: u8,
    /// The rule's place in the set, [`super::DIRECT_ROLE`] or [`super::ON_NO_MATCH`].
    pub rule: u32,
    /// The group that made it match, as its place in the list given to the mapping.
    pub via: Option<u32>,
    /// For server admin: an organization of the rule.
    pub(super) under: Option<u32>,
}

impl Claim {
    /// The role, when the claim is about an organization.
    #[must_use]
    pub fn org_role(&self) -> OrgRole {
        OrgRole::ALL.get(usize::from(self.rank)).copied().unwrap_or(OrgRole::None)
    }

    /// The role, when the claim is about a team.
    #[must_use]
    pub fn team_role(&self) -> TeamRole {
        if self.rank == 0 { TeamRole::Member } else { TeamRole::Admin }
    }
}

/// At most so many different problems with expressions are kept.
const MOST_PROBLEMS: usize = 100;

/// The rules of a provider, applied to its groups.
#[derive(Debug)]
pub struct Mapping<'a> {
    pub(super) rules: &'a RuleSet,
    pub slots: Slots,
    /// For each group: what rules on that one group give.
    direct: Vec<Box<[Claim]>>,
    /// For each group: the tests that hold for it, with what they capture.
    hits: Vec<Box<[Hit]>>,
    /// What a group is called in expressions.
    names: Vec<Box<str>>,
    everybody: Vec<Claim>,
    /// `None`: nobody knows which there are.
    all_orgs: Option<Vec<u32>>,
    complete: bool,
    /// What came out unusable: rule, group, key of the rule.
    unusable: BTreeSet<(u32, Option<u32>, &'static str)>,
    /// What expressions could not be evaluated on, and how often.
    problems: BTreeMap<Problem, u32>,
    pub(super) seen: Seen,
    candidates: Vec<u32>,
    /// The tests that hold for the person because of a group, where rules combine tests.
    by_leaf: Vec<(u32, u32)>,
    /// A rule about `*` matched somebody, and nobody knows which organizations there are.
    pub(super) unlisted: bool,
}

impl<'a> Mapping<'a> {
    /// `groups` are all of the provider's; `orgs` the organizations there are, `None` where that is
    /// not known. With `complete` false, rules with `none` over groups give nothing: a group that
    /// was not read could contradict them.
    pub fn new<'g>(
        rules: &'a RuleSet,
        groups: impl Iterator<Item = GroupFacts<'g>>,
        orgs: Option<impl Iterator<Item = OrgName>>,
        complete: bool,
    ) -> Self {
        let mut mapping = Self {
            rules,
            slots: Slots::default(),
            direct: Vec::new(),
            hits: Vec::new(),
            names: Vec::new(),
            everybody: Vec::new(),
            all_orgs: None,
            complete,
            unusable: BTreeSet::new(),
            problems: BTreeMap::new(),
            seen: Seen::default(),
            candidates: Vec::new(),
            by_leaf: Vec::new(),
            unlisted: false,
        };
        let declared: Vec<u32> = rules.declared().iter().map(|org| mapping.slots.declare(org)).collect();
        mapping.all_orgs = orgs.map(|orgs| {
            let named = declared.into_iter().zip(rules.declared()).filter(|(_, org)| org.name.is_some());
            let mut all: Vec<u32> = named.map(|(slot, _)| slot).collect();
            all.extend(orgs.map(|org| mapping.slots.stored(&org)));
            all.sort_unstable();
            all.dedup();
            all
        });
        let by_name = rules.looks_at_claims();
        let groups: Vec<GroupFacts<'_>> = groups.collect();
        let hits = rules.leaves.group_hits(&groups);
        for ((place, group), hits) in (0u32..).zip(groups).zip(hits) {
            let mut claims = Vec::new();
            for (leaf, captures) in &hits {
                if let Some(Owner::Single(index)) = rules.owners.get(*leaf as usize)
                    && let Some(rule) = rules.rules.get(*index as usize)
                {
                    let binding = Binding { via: Some(place), captures: captures.clone(), sources: 1 };
                    mapping.claim(*index, rule, &binding, &mut claims);
                }
            }
            mapping.direct.push(claims.into_boxed_slice());
            mapping.hits.push(hits.into_boxed_slice());
            if by_name {
                mapping.names.push(group.text().into());
            }
        }
        let mut everybody = Vec::new();
        for index in &rules.everybody {
            if let Some(rule) = rules.rules.get(*index as usize) {
                mapping.claim(*index, rule, &Binding::default(), &mut everybody);
            }
        }
        mapping.everybody = everybody;
        mapping.unlisted = false;
        mapping
    }

    /// Evaluates the person's claims, and collects what every rule that matches gives, in no
    /// order and not yet resolved.
    pub(super) fn collect(&mut self, person: &Person<'_>, claims: &mut Vec<Claim>) {
        let rules = self.rules;
        let mut seen = std::mem::take(&mut self.seen);
        seen.look(rules, person, &|group| self.names.get(group as usize).map(|name| name.to_string()));
        for problem in &seen.problems {
            if self.problems.len() < MOST_PROBLEMS || self.problems.contains_key(problem) {
                *self.problems.entry(problem.clone()).or_insert(0) += 1;
            }
        }
        self.unlisted = self.all_orgs.is_none()
            && rules.everybody.iter().any(|rule| rules.rules.get(*rule as usize).is_some_and(about_all_orgs));
        claims.extend_from_slice(&self.everybody);
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.clear();
        candidates.extend_from_slice(&rules.always);
        for group in person.groups {
            if let Some(direct) = self.direct.get(*group as usize) {
                claims.extend_from_slice(direct);
            }
            for (leaf, _) in self.hits.get(*group as usize).into_iter().flatten() {
                match rules.owners.get(*leaf as usize) {
                    Some(Owner::Combined(rule)) => candidates.push(*rule),
                    Some(Owner::Single(rule)) if self.all_orgs.is_none() => {
                        self.unlisted |= rules.rules.get(*rule as usize).is_some_and(about_all_orgs);
                    }
                    _ => {}
                }
            }
        }
        for (leaf, captures) in &seen.hits {
            match rules.owners.get(*leaf as usize) {
                Some(Owner::Combined(rule)) => candidates.push(*rule),
                Some(Owner::Single(index)) => {
                    if let Some(rule) = rules.rules.get(*index as usize) {
                        let binding = Binding { via: None, captures: captures.clone(), sources: 1 };
                        self.claim(*index, rule, &binding, claims);
                    }
                }
                _ => {}
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        if rules.has_combined() || rules.terms.allow.is_some() {
            sorted_hits(person.groups, &self.hits, &mut self.by_leaf);
        }
        let allowance = Allowance::default();
        for index in &candidates {
            let Some(rule) = rules.rules.get(*index as usize) else { continue };
            let bindings = self.scope(&seen, &allowance).bindings(&rule.condition);
            for binding in bindings {
                self.claim(*index, rule, &binding, claims);
            }
        }
        seen.too_much = allowance.exceeded();
        self.candidates = candidates;
        self.seen = seen;
    }

    /// The person whose claims were collected last.
    pub(super) fn scope<'s>(&'s self, seen: &'s Seen, allowance: &'s Allowance) -> Scope<'s> {
        let (leaves, by_leaf, hits) = (&self.rules.leaves, self.by_leaf.as_slice(), self.hits.as_slice());
        Scope { leaves, by_leaf, hits, seen, complete: self.complete, allowance }
    }

    /// The tests that hold for each group.
    pub(super) fn hits(&self) -> &[Box<[Hit]>] {
        &self.hits
    }

    /// Whether the rules could name an organization beside the `known` first ones.
    #[must_use]
    pub fn may_create_orgs(&self, known: usize) -> bool {
        self.slots.orgs.len() > known || self.rules.looks_at_claims() || self.rules.has_combined()
    }

    /// Rules whose names could not be filled in for a group: (rule, group).
    pub fn unusable(&self) -> impl Iterator<Item = (u32, Option<u32>, &'static str)> + '_ {
        self.unusable.iter().copied()
    }

    /// What expressions could not be evaluated on so far, and for how many people.
    pub fn problems(&self) -> impl Iterator<Item = (&Problem, u32)> {
        self.problems.iter().map(|(problem, times)| (problem, *times))
    }

    /// Counts one more problem.
    pub(super) fn note(&mut self, problem: Problem) {
        if self.problems.len() < MOST_PROBLEMS || self.problems.contains_key(&problem) {
            *self.problems.entry(problem).or_insert(0) += 1;
        }
    }

    /// Of each slot the claim that wins, by slot.
    pub(super) fn resolve(&self, claims: &mut [Claim], out: &mut Vec<Claim>) {
        let first = self.rules.terms.resolve == Resolve::First;
        claims.sort_unstable_by(|a, b| {
            let order = a.slot.cmp(&b.slot);
            let strength = b.rank.cmp(&a.rank);
            let place = a.rule.cmp(&b.rule);
            match a.slot {
                Slot::Org(_) if first => order.then(place).then(strength),
                _ => order.then(strength).then(place),
            }
            .then(a.via.cmp(&b.via))
        });
        out.clear();
        out.extend_from_slice(claims);
        let mut reached = None;
        if first {
            // Sorted by slot: the winners of all organizations stand before server admin.
            out.dedup_by(|b, a| a.slot == b.slot && a.slot != Slot::ServerAdmin);
            let orgs = out.partition_point(|claim| matches!(claim.slot, Slot::Org(_)));
            let (winners, rest) = out.split_at(orgs);
            let taken = |claim: &Claim| {
                claim.under.is_some_and(|org| {
                    let winner = winners.binary_search_by_key(&Slot::Org(org), |w| w.slot);
                    winner.is_ok_and(|at| winners.get(at).is_some_and(|w| w.rule < claim.rule))
                })
            };
            reached = Some(rest.iter().find(|claim| claim.slot == Slot::ServerAdmin && !taken(claim)).copied());
        }
        out.dedup_by_key(|claim| claim.slot);
        if let Some(reached) = reached {
            out.retain(|claim| claim.slot != Slot::ServerAdmin);
            out.extend(reached);
        }
    }

    /// Adds what `rule` gives under one binding.
    fn claim(&mut self, index: u32, rule: &Rule, binding: &Binding, claims: &mut Vec<Claim>) {
        let via = binding.via;
        let mut orgs = Vec::with_capacity(1);
        for target in &rule.orgs {
            match target {
                OrgTarget::All => match &self.all_orgs {
                    Some(all) => orgs.extend_from_slice(all),
                    None => self.unlisted = true,
                },
                OrgTarget::Named(template) => match template.expand(&binding.captures) {
                    Some(name) => orgs.push(self.slots.org(&name)),
                    None => {
                        self.unusable.insert((index, via, "org"));
                    }
                },
            }
        }
        if rule.server_admin {
            let claim = Claim { slot: Slot::ServerAdmin, rank: 0, rule: index, via, under: None };
            if rule.orgs.is_empty() {
                claims.push(claim);
            }
            claims.extend(orgs.iter().map(|org| Claim { under: Some(*org), ..claim }));
        }
        if let Some(role) = rule.role {
            let claim = |org: &u32| Claim { slot: Slot::Org(*org), rank: role as u8, rule: index, via, under: None };
            claims.extend(orgs.iter().map(claim));
        }
        self.entitle(index, rule, binding, &orgs, claims);
        if let Some((template, role)) = &rule.team {
            let Some(name) = template.expand(&binding.captures) else {
                self.unusable.insert((index, via, "team"));
                return;
            };
            let named_after = via.filter(|_| binding.sources == 1 && template.captures().next().is_some());
            for org in orgs {
                let team = self.slots.team(org, &name, named_after);
                claims.push(Claim { slot: Slot::Team(team), rank: *role as u8, rule: index, via, under: None });
            }
        }
    }
}

impl Mapping<'_> {
    /// Adds the roles that `rule` gives, and whom it lets act for, in these organizations; in every one where it
    /// names none.
    fn entitle(&mut self, index: u32, rule: &Rule, binding: &Binding, orgs: &[u32], claims: &mut Vec<Claim>) {
        if rule.entitlements.is_empty() {
            return;
        }
        let places = orgs.iter().copied().map(Some).chain(rule.orgs.is_empty().then_some(None));
        for name in places.flat_map(|org| rule.entitlements.expand(org, &binding.captures)) {
            let name = match name {
                Ok(name) => name,
                Err(key) => {
                    self.unusable.insert((index, binding.via, key));
                    continue;
                }
            };
            let slot = Slot::Entitlement(self.slots.entitlement(name));
            claims.push(Claim { slot, rank: 0, rule: index, via: binding.via, under: None });
        }
    }
}

fn about_all_orgs(rule: &Rule) -> bool {
    rule.orgs.iter().any(|org| matches!(org, OrgTarget::All))
}
