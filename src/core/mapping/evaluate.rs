//! From a person's groups to what the rules give.

use super::condition::{Condition, GroupFacts};
use super::rule::{OrgTarget, Resolve, Rule, RuleSet};
use super::slots::{Slot, Slots};
use super::template::Captures;
use crate::dn;
use crate::rights::{OrgRole, TeamRole};
use std::collections::BTreeMap;

/// What one rule gives one person. The derived order puts, within a slot, the stronger role
/// first, then the earlier rule, then the earlier group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    pub slot: Slot,
    /// The organization role, or 0 and 1 for a team's member and admin, as a rank.
    pub rank: u8,
    /// The rule's place in the set.
    pub rule: u32,
    /// The group that made it match, as its place in the list given to the mapping.
    pub via: Option<u32>,
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

/// More ways than this to bind the captures of one rule for one person are a mistake in the rule.
const MOST_BINDINGS: usize = 1000;

/// One way in which a condition holds: the group that shows it, and what was captured.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Binding {
    pub(super) via: Option<u32>,
    pub(super) captures: Captures,
    /// How many groups took part in the captures.
    sources: u32,
}

/// The rules of a provider, applied to its groups.
#[derive(Debug)]
pub struct Mapping<'a> {
    rules: &'a RuleSet,
    pub slots: Slots,
    /// For each group: what rules on that one group give.
    direct: Vec<Box<[Claim]>>,
    /// For each group: the tests that hold for it, with what they capture.
    hits: Vec<Vec<(usize, Captures)>>,
    everybody: Vec<Claim>,
    combined: Vec<u32>,
    all_orgs: Vec<u32>,
    /// Names that came out unusable: rule, group.
    unusable: BTreeMap<(u32, Option<u32>), ()>,
    scratch: Vec<Claim>,
}

impl<'a> Mapping<'a> {
    /// `groups` are all of the provider's; `orgs` the names of the organizations there are.
    /// With `complete` false, rules with `none` give nothing: a group that was not read could
    /// contradict them.
    pub fn new<'g>(
        rules: &'a RuleSet,
        groups: impl Iterator<Item = GroupFacts<'g>>,
        orgs: impl Iterator<Item = &'g str>,
        complete: bool,
    ) -> Self {
        let mut mapping = Self {
            rules,
            slots: Slots::default(),
            direct: Vec::new(),
            hits: Vec::new(),
            everybody: Vec::new(),
            combined: Vec::new(),
            all_orgs: Vec::new(),
            unusable: BTreeMap::new(),
            scratch: Vec::new(),
        };
        mapping.all_orgs = orgs.map(|name| mapping.slots.org(name)).collect();
        let mut normal = String::new();
        for group in groups {
            normal.clear();
            if dn::normalize_into(group.dn, &mut normal).is_err() {
                normal.clear();
            }
            let test = |(leaf, test): (usize, &super::condition::GroupTest)| {
                test.captures(group, &normal).map(|captures| (leaf, captures))
            };
            mapping.hits.push(rules.leaves.iter().enumerate().filter_map(test).collect());
        }
        let mut direct = vec![Vec::new(); mapping.hits.len()];
        for (index, rule) in (0u32..).zip(&rules.rules) {
            match &rule.condition {
                _ if rule.condition.has_negation() && !complete => {}
                Condition::Everybody => {
                    let mut claims = std::mem::take(&mut mapping.everybody);
                    mapping.claim(index, rule, &Binding::default(), &mut claims);
                    mapping.everybody = claims;
                }
                Condition::Leaf(leaf) => {
                    for (group, claims) in direct.iter_mut().enumerate() {
                        let Some((_, captures)) = mapping.hits[group].iter().find(|(l, _)| l == leaf) else { continue };
                        let binding = Binding { via: Some(group as u32), captures: captures.clone(), sources: 1 };
                        mapping.claim(index, rule, &binding, claims);
                    }
                }
                Condition::Any(_) | Condition::All(_) | Condition::None(_) => mapping.combined.push(index),
            }
        }
        mapping.direct = direct.into_iter().map(Vec::into_boxed_slice).collect();
        mapping
    }

    /// What the rules give somebody who is in these groups (all of them, nested ones included, in
    /// any order, each once). `out` is emptied first; afterwards it has one claim for each slot,
    /// by slot. Membership of a team brings membership of its organization with it.
    pub fn person(&mut self, groups: &[u32], out: &mut Vec<Claim>) {
        let mut claims = std::mem::take(&mut self.scratch);
        claims.clear();
        claims.extend_from_slice(&self.everybody);
        for group in groups {
            if let Some(direct) = self.direct.get(*group as usize) {
                claims.extend_from_slice(direct);
            }
        }
        let rules = self.rules;
        for at in 0..self.combined.len() {
            let index = self.combined[at];
            if let Some(rule) = rules.rules.get(index as usize) {
                for binding in bindings(&rule.condition, groups, &self.hits) {
                    self.claim(index, rule, &binding, &mut claims);
                }
            }
        }
        self.resolve(&mut claims, out);
        self.scratch = claims;
    }

    /// Whether the rules could name an organization beside the `known` first ones.
    #[must_use]
    pub fn may_create_orgs(&self, known: usize) -> bool {
        self.slots.orgs.len() > known || !self.combined.is_empty()
    }

    /// Rules whose names could not be filled in for a group: (rule, group).
    pub fn unusable(&self) -> impl Iterator<Item = (u32, Option<u32>)> + '_ {
        self.unusable.keys().copied()
    }

    fn resolve(&self, claims: &mut [Claim], out: &mut Vec<Claim>) {
        let first = self.rules.resolve == Resolve::First;
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
        out.dedup_by_key(|claim| claim.slot);
        let teams_from = out.partition_point(|claim| matches!(claim.slot, Slot::Org(_)));
        let mut implied: Vec<Claim> = Vec::new();
        for claim in &out[teams_from..] {
            if let Slot::Team(team) = claim.slot
                && let Some(team) = self.slots.teams.get(team as usize)
                && out[..teams_from].binary_search_by_key(&Slot::Org(team.org), |c| c.slot).is_err()
                && !implied.iter().any(|c| c.slot == Slot::Org(team.org))
            {
                implied.push(Claim { slot: Slot::Org(team.org), rank: 0, ..*claim });
            }
        }
        if !implied.is_empty() {
            out.extend(implied);
            out.sort_unstable_by_key(|claim| claim.slot);
        }
    }

    /// Adds what `rule` gives under one binding.
    fn claim(&mut self, index: u32, rule: &Rule, binding: &Binding, claims: &mut Vec<Claim>) {
        let via = binding.via;
        if rule.server_admin {
            claims.push(Claim { slot: Slot::ServerAdmin, rank: 0, rule: index, via });
        }
        let one;
        let orgs: &[u32] = match &rule.org {
            None => return,
            Some(OrgTarget::All) => &self.all_orgs,
            Some(OrgTarget::Named(template)) => match template.expand(&binding.captures) {
                Some(name) => {
                    one = [self.slots.org(&name)];
                    &one
                }
                None => {
                    self.unusable.insert((index, via), ());
                    return;
                }
            },
        };
        if let Some(role) = rule.role {
            claims.extend(orgs.iter().map(|org| Claim { slot: Slot::Org(*org), rank: role as u8, rule: index, via }));
        }
        if let Some((template, role)) = &rule.team {
            let Some(name) = template.expand(&binding.captures) else {
                self.unusable.insert((index, via), ());
                return;
            };
            let named_after = via.filter(|_| binding.sources == 1 && template.captures().next().is_some());
            for org in orgs {
                let team = self.slots.team(*org, &name, named_after);
                claims.push(Claim { slot: Slot::Team(team), rank: *role as u8, rule: index, via });
            }
        }
    }
}

/// All ways in which a condition holds for somebody in `groups`.
pub(super) fn bindings(condition: &Condition, groups: &[u32], hits: &[Vec<(usize, Captures)>]) -> Vec<Binding> {
    let mut found = match condition {
        Condition::Everybody => vec![Binding::default()],
        Condition::Leaf(leaf) => groups
            .iter()
            .filter_map(|group| {
                let (_, captures) = hits.get(*group as usize)?.iter().find(|(l, _)| l == leaf)?;
                Some(Binding { via: Some(*group), captures: captures.clone(), sources: 1 })
            })
            .collect(),
        Condition::Any(parts) => parts.iter().flat_map(|part| bindings(part, groups, hits)).collect(),
        Condition::All(parts) => {
            let mut all = vec![Binding::default()];
            for part in parts {
                let more = bindings(part, groups, hits);
                all = all
                    .iter()
                    .flat_map(|left| more.iter().map(|right| joined(left, right)))
                    .take(MOST_BINDINGS)
                    .collect();
            }
            all
        }
        Condition::None(parts) => {
            if parts.iter().all(|part| bindings(part, groups, hits).is_empty()) {
                vec![Binding::default()]
            } else {
                Vec::new()
            }
        }
    };
    found.sort();
    found.dedup();
    found
}

fn joined(left: &Binding, right: &Binding) -> Binding {
    let mut captures = left.captures.clone();
    captures.extend(right.captures.iter().map(|(k, v)| (k.clone(), v.clone())));
    Binding { via: left.via.or(right.via), captures, sources: left.sources + right.sources }
}
