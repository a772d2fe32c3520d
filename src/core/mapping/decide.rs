//! The decision on one person: the same for a sync, a login and a simulation.
//!
//! ```text
//! allow ─▶ rules ─▶ resolve ─▶ direct role ─▶ nothing matched? ─▶ asides ─▶ Decision
//! ```

use super::direct::DirectSaid;
use super::evaluate::{Claim, Mapping};
use super::scope::{Allowance, Person, Problem};
use super::slots::Slot;
use super::terms::{NoMatch, OrgRoles};
use super::{DIRECT_ROLE, ON_NO_MATCH};

/// What becomes of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verdict {
    /// Rules, the direct role or the default give what [`Decision::claims`] says.
    #[default]
    Given,
    /// Nothing matched, and nobody is refused for that: nothing is given.
    Nothing,
    /// Nothing matched, or too little is known: what was given before stays.
    Kept,
    /// Refused, and nothing is said: what was given before stays.
    Refused(Refusal),
    /// Refused: nothing is given.
    Denied,
    /// As [`Verdict::Denied`], and the account is suspended.
    Suspended,
}

/// Why somebody is refused about whom nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// `allow` does not match.
    NotAllowed,
    /// `strict`: nothing matched, and there is no valid direct role.
    Strict,
    /// `strict`: a rule about every organization matched, and nobody knows which there are.
    Unlisted,
}

/// See the module's text. Reused from person to person.
#[derive(Debug, Default)]
pub struct Decision {
    pub verdict: Verdict,
    /// One for each slot, by slot. A team and a role bring membership of their organization.
    pub claims: Vec<Claim>,
    /// Nothing is said about organization roles: what was given before stays.
    pub orgs_kept: bool,
    /// Nothing is said about server admin.
    pub server_admin_kept: bool,
    /// Something that the rules look at is unknown: what was given before stays besides.
    pub unknown: bool,
    /// What the provider itself said.
    pub direct: Option<DirectSaid>,
    raw: Vec<Claim>,
    aside: Vec<Claim>,
}

impl Decision {
    /// Whether a login would be refused.
    #[must_use]
    pub fn denied(&self) -> bool {
        matches!(self.verdict, Verdict::Refused(_) | Verdict::Denied | Verdict::Suspended)
    }

    /// Whether all that was given before stays.
    #[must_use]
    pub fn keeps_all(&self) -> bool {
        self.unknown || matches!(self.verdict, Verdict::Refused(_) | Verdict::Kept)
    }

    fn clear(&mut self) {
        *self = Self {
            claims: std::mem::take(&mut self.claims),
            raw: std::mem::take(&mut self.raw),
            aside: std::mem::take(&mut self.aside),
            ..Self::default()
        };
        self.claims.clear();
        self.raw.clear();
        self.aside.clear();
    }
}

impl Mapping<'_> {
    /// Decides on one person.
    pub fn decide(&mut self, person: &Person<'_>, decision: &mut Decision) {
        let rules = self.rules;
        let terms = &rules.terms;
        decision.clear();
        self.collect(person, &mut decision.raw);
        decision.unknown = self.seen.something_unknown(rules);
        if self.seen.too_much {
            let [expression, source] = ["match", "groups and claims"].map(str::to_owned);
            self.note(Problem { expression, source, error: "rules can be bound in too many ways".to_owned() });
        }
        if let Some(allow) = &terms.allow
            && !self.scope(&self.seen, &Allowance::default()).holds(allow)
        {
            decision.verdict = Verdict::Refused(Refusal::NotAllowed);
            return;
        }
        let is_aside = |claim: &Claim| rules.rules.get(claim.rule as usize).is_some_and(|rule| rule.aside);
        if rules.has_asides {
            decision.aside.extend(decision.raw.extract_if(.., |claim| is_aside(claim)));
        }
        self.resolve(&mut decision.raw, &mut decision.claims);
        let unlisted = self.unlisted;
        let direct = self.ask_direct(person);
        decision.direct = direct;
        decision.unknown |= direct == Some(DirectSaid::Unknown) && !terms.reading.absent_is_none;
        if unlisted && terms.strict {
            return decision.refuse(Refusal::Unlisted);
        }
        let matched = !decision.claims.is_empty() || unlisted;
        if let Some(DirectSaid::Role { role, server_admin }) = direct {
            self.give_direct(decision, role as u8, server_admin);
        }
        let has_direct = matches!(direct, Some(DirectSaid::Role { .. }));
        if !matched && !has_direct {
            if terms.strict {
                return decision.refuse(Refusal::Strict);
            }
            self.nothing_matched(decision);
            if decision.denied() {
                decision.server_admin_kept = terms.keep_server_admin;
                return;
            }
        }
        decision.orgs_kept = unlisted || terms.org_roles == OrgRoles::Keep || decision.verdict == Verdict::Kept;
        decision.server_admin_kept = terms.keep_server_admin
            || decision.verdict == Verdict::Kept
            || matches!(direct, Some(DirectSaid::None { keeps: true, .. }));
        if decision.orgs_kept || terms.org_roles == OrgRoles::None {
            decision.claims.retain(|claim| !matches!(claim.slot, Slot::Org(_)));
        }
        if decision.server_admin_kept {
            decision.claims.retain(|claim| claim.slot != Slot::ServerAdmin);
        }
        self.add_asides(decision);
        self.imply_memberships(&mut decision.claims);
    }

    /// What every rule that matches the person gives, what loses included, by slot and rule.
    pub fn given_by_rules(&mut self, person: &Person<'_>) -> Vec<Claim> {
        let mut claims = Vec::new();
        self.collect(person, &mut claims);
        claims.sort_by_key(|claim| (claim.slot, claim.rule, std::cmp::Reverse(claim.rank), claim.via));
        claims.dedup_by_key(|claim| (claim.slot, claim.rule));
        claims
    }

    /// What the provider itself says; its problems are noted.
    fn ask_direct(&mut self, person: &Person<'_>) -> Option<DirectSaid> {
        let terms = &self.rules.terms;
        let direct = terms.direct_role.as_ref()?;
        let mut problems = Vec::new();
        let mut problem = |source: &str, error: String| {
            let (expression, source) = ("direct_role".to_owned(), source.to_owned());
            problems.push(Problem { expression, source, error });
        };
        let groups = self.seen.groups_document.as_ref();
        let said = direct.ask(person.claims, &terms.reading.sources, groups, &mut problem);
        // One source that answers is enough; the others need not know the claim.
        if !matches!(said, DirectSaid::Role { .. }) {
            problems.into_iter().for_each(|problem| self.note(problem));
        }
        Some(said)
    }

    /// Raises every organization role that rules gave; where they gave none, the direct role is
    /// the default organization's.
    fn give_direct(&mut self, decision: &mut Decision, rank: u8, server_admin: bool) {
        let claim = |slot, rank| Claim { slot, rank, rule: DIRECT_ROLE, via: None, under: None };
        let mut any = false;
        for given in decision.claims.iter_mut().filter(|claim| matches!(claim.slot, Slot::Org(_))) {
            any = true;
            if given.rank < rank {
                *given = claim(given.slot, rank);
            }
        }
        if let (false, Some((org, _))) = (any || self.unlisted, &self.rules.terms.default) {
            let org = self.slots.org(org);
            decision.claims.push(claim(Slot::Org(org), rank));
        }
        if server_admin && !decision.claims.iter().any(|claim| claim.slot == Slot::ServerAdmin) {
            decision.claims.push(claim(Slot::ServerAdmin, 0));
        }
        decision.claims.sort_unstable_by_key(|claim| claim.slot);
    }

    fn nothing_matched(&mut self, decision: &mut Decision) {
        let terms = &self.rules.terms;
        decision.verdict = match (terms.on_no_match, &terms.default) {
            (NoMatch::Default, Some((org, role))) => {
                let slot = Slot::Org(self.slots.org(org));
                let rank = *role as u8;
                decision.claims.push(Claim { slot, rank, rule: ON_NO_MATCH, via: None, under: None });
                Verdict::Given
            }
            (NoMatch::Keep, _) => Verdict::Kept,
            // Who knows too little refuses nobody and takes nothing.
            (NoMatch::Deny | NoMatch::Suspend | NoMatch::Nothing, _) if decision.unknown => Verdict::Kept,
            (NoMatch::Suspend, _) => Verdict::Suspended,
            (NoMatch::Nothing, _) => Verdict::Nothing,
            (NoMatch::Deny | NoMatch::Default, _) => Verdict::Denied,
        };
    }

    /// What comes on top: the stronger of both, slot by slot.
    fn add_asides(&mut self, decision: &mut Decision) {
        if decision.aside.is_empty() {
            return;
        }
        let mut aside = std::mem::take(&mut decision.aside);
        let mut resolved = std::mem::take(&mut decision.raw);
        self.resolve(&mut aside, &mut resolved);
        let kept = |claim: &Claim| match claim.slot {
            Slot::Org(_) => decision.orgs_kept || self.rules.terms.org_roles == OrgRoles::None,
            Slot::ServerAdmin => decision.server_admin_kept,
            Slot::Team(_) | Slot::Entitlement(_) => false,
        };
        resolved.retain(|claim| !kept(claim));
        decision.claims.append(&mut resolved);
        decision.claims.sort_by_key(|claim| (claim.slot, std::cmp::Reverse(claim.rank)));
        decision.claims.dedup_by_key(|claim| claim.slot);
        (decision.aside, decision.raw) = (aside, resolved);
    }

    /// Whoever is in a team, or holds a role in an organization, is in that.
    fn imply_memberships(&self, claims: &mut Vec<Claim>) {
        let teams_from = claims.partition_point(|claim| matches!(claim.slot, Slot::Org(_)));
        let mut implied: Vec<Claim> = Vec::new();
        let (orgs, rest) = claims.split_at(teams_from);
        for claim in rest {
            if let Some(org) = self.slots.brings(claim.slot)
                && orgs.binary_search_by_key(&Slot::Org(org), |c| c.slot).is_err()
            {
                implied.push(Claim { slot: Slot::Org(org), rank: 0, ..*claim });
            }
        }
        if !implied.is_empty() {
            // Of several of one organization the first.
            implied.sort_by_key(|claim| claim.slot);
            implied.dedup_by_key(|claim| claim.slot);
            claims.extend(implied);
            claims.sort_unstable_by_key(|claim| claim.slot);
        }
    }
}

impl Decision {
    fn refuse(&mut self, refusal: Refusal) {
        self.verdict = Verdict::Refused(refusal);
        self.claims.clear();
    }
}
