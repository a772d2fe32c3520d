//! What each rule that matches somebody would give on its own, so that those that lost can be named;
//! and what a sync would decide, by the same function.

use super::book::Book;
use super::value::{Kind, Place};
use super::ways::Ways;
use crate::store::{IdentityView, OrgListing};
use crate::sync::{said, unsaid, verdict};
use rosterd_core::mapping::{
    Claim as Given, DIRECT_ROLE, Decision, Document, Mapping, ON_NO_MATCH, OrgName, Outcome, Person, Resolve, RuleSet,
    Slot, Verdict, outcomes,
};
use rosterd_core::rights::{OrgRole, TeamRole};

/// What one rule gives.
pub(super) struct Claim {
    pub(super) place: Place,
    pub(super) role: &'static str,
    /// The rule's place in the set, or what stands for one.
    pub(super) rule: u32,
    /// The group that made it match, by its place in the ways' order.
    pub(super) via: Option<u32>,
    slot: Slot,
}

/// The rules of a provider, tried on everything that somebody is in and that is said of them.
pub(super) struct Tried<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) outcomes: Vec<Outcome>,
    /// What rules that match give, each by itself.
    pub(super) claims: Vec<Claim>,
    /// What a sync would give.
    decided: Vec<Claim>,
    decision: Decision,
}

impl<'a> Tried<'a> {
    /// `None` when the provider is not configured. `orgs` are the organizations there are.
    pub(super) fn new(
        book: &'a Book<'_>,
        identity: &IdentityView,
        ways: &Ways<'_>,
        orgs: &[OrgListing],
    ) -> Option<Self> {
        let rules = book.of(&identity.provider)?;
        let facts = ways.facts();
        let everything: Vec<u32> = (0..facts.len() as u32).collect();
        // What a sync could not read either is unknown.
        let document = Document::parse(&identity.claims).unwrap_or_default();
        let person = Person { groups: &everything, groups_known: true, claims: &document.claims, dn: &identity.dn };
        let outcomes = outcomes(rules, &facts, &person).into_iter().map(|outcome| outcome.outcome).collect();
        let listed = orgs.iter().map(|org| OrgName { key: org.key.clone(), name: Some(org.name.clone()) });
        let mut mapping = Mapping::new(rules, facts.iter().copied(), Some(listed), true);
        let mut decision = Decision::default();
        mapping.decide(&person, &mut decision);
        let given = mapping.given_by_rules(&person);
        let named = |claims: &[Given]| claims.iter().filter_map(|claim| named(&mapping, orgs, claim)).collect();
        Some(Self { rules, outcomes, claims: named(&given), decided: named(&decision.claims), decision })
    }

    /// The place of a rule in the set.
    pub(super) fn place_of(&self, rule: &str) -> Option<u32> {
        (0u32..).zip(&self.rules.rules).find(|(_, other)| other.id == rule).map(|(at, _)| at)
    }

    pub(super) fn outcome(&self, rule: u32) -> Option<&Outcome> {
        self.outcomes.get(rule as usize)
    }

    pub(super) fn hits(&self, rule: u32) -> bool {
        matches!(self.outcome(rule), Some(Outcome::Hit(_)))
    }

    /// Whether the order of rules decides there.
    pub(super) fn ordered(&self, kind: Kind) -> bool {
        kind == Kind::Org && self.rules.resolve() == Resolve::First
    }

    /// Whether what it gives comes on top of all else.
    pub(super) fn is_aside(&self, rule: u32) -> bool {
        self.rules.rules.get(rule as usize).is_some_and(|rule| rule.aside)
    }

    /// Whether a sync would give this, by this very rule.
    pub(super) fn gives(&self, claim: &Claim) -> bool {
        self.decided.iter().any(|other| other.slot == claim.slot && other.rule == claim.rule)
    }

    /// What a sync would give there instead, and by which rule.
    pub(super) fn winner(&self, claim: &Claim) -> Option<(&str, &Claim)> {
        let other = self.decided.iter().find(|other| other.slot == claim.slot)?;
        Some((self.rules.name(other.rule), other))
    }

    /// What a sync would give without a rule: because the provider says a role, or by default.
    pub(super) fn without_rule(&self) -> impl Iterator<Item = (&Claim, &str)> {
        let ruleless = self.decided.iter().filter(|claim| [DIRECT_ROLE, ON_NO_MATCH].contains(&claim.rule));
        ruleless.map(|claim| (claim, self.rules.name(claim.rule)))
    }

    /// Why a sync gives nothing there although a rule does.
    pub(super) fn unsaid(&self, claim: &Claim) -> &'static str {
        unsaid(&self.decision, claim.slot)
    }

    /// Why what was given before is left alone; `None` when it is not.
    pub(super) fn keeps(&self, kind: Kind) -> Option<&'static str> {
        let decision = &self.decision;
        let unknown = "something that rules look at is not said";
        match kind {
            _ if matches!(decision.verdict, Verdict::Refused(_) | Verdict::Kept) => verdict(decision),
            _ if decision.unknown => Some(unknown),
            Kind::Org if decision.orgs_kept => Some("organization roles are left as they are"),
            Kind::ServerAdmin if decision.server_admin_kept => Some("the flag is left as it is"),
            _ => None,
        }
    }

    /// What becomes of the person as a whole, in words, where it is not simply what rules give.
    pub(super) fn verdict(&self) -> Option<&'static str> {
        verdict(&self.decision)
    }

    /// What the provider itself says, in words, where it is asked.
    pub(super) fn direct(&self) -> Option<String> {
        self.decision.direct.map(said)
    }
}

fn named(mapping: &Mapping<'_>, orgs: &[OrgListing], claim: &Given) -> Option<Claim> {
    let org = |slot: u32| {
        let org = mapping.slots.orgs.get(slot as usize)?;
        let stored = orgs.iter().find(|stored| org.key.is_some() && stored.key == org.key);
        Some(stored.map_or(org.shown(), |stored| stored.name.as_str()).to_owned())
    };
    let (place, role) = match claim.slot {
        Slot::Org(slot) => {
            let place = Place { kind: Kind::Org, org: org(slot), team: None, entitlement: None };
            (place, claim.org_role().name())
        }
        Slot::Team(slot) => {
            let team = mapping.slots.teams.get(slot as usize)?;
            let (kind, team_name) = (Kind::Team, Some(team.name.clone()));
            let place = Place { kind, org: org(team.org), team: team_name, entitlement: None };
            (place, claim.team_role().name())
        }
        Slot::ServerAdmin => {
            (Place { kind: Kind::ServerAdmin, org: None, team: None, entitlement: None }, SERVER_ADMIN)
        }
        Slot::Entitlement(slot) => {
            let name = mapping.slots.entitlements.get(slot as usize)?;
            let (kind, org) = (Kind::Entitlement, name.org.and_then(org));
            (Place { kind, org, team: None, entitlement: Some(name.shown()) }, HELD)
        }
    };
    Some(Claim { place, role, rule: claim.rule, via: claim.via, slot: claim.slot })
}

/// What stands for a role where something is held or not.
pub(super) const HELD: &str = "held";

/// The role of a server admin, who has no other.
pub(super) const SERVER_ADMIN: &str = "server admin";

/// Roles of one kind in order of power.
pub(super) fn rank(kind: Kind, role: &str) -> u8 {
    match kind {
        Kind::Org => OrgRole::parse(role).map_or(0, |role| role as u8),
        Kind::Team => TeamRole::parse(role).map_or(0, |role| role as u8),
        Kind::ServerAdmin | Kind::Entitlement => 0,
    }
}
