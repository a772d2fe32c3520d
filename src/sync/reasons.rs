//! Why a simulation answers as it does: the verdict, what is given by what, what lost to what, and
//! what does not match.
//!
//! Nothing here decides; it tells of a [`Decision`] that was made.

use super::answer::{Answer, Reason, RuleTried};
use super::simulate::{Groups, Simulation};
use rosterd_core::mapping::{
    Claim, DIRECT_ROLE, Decision, DirectSaid, EntitlementName, GroupFacts, Mapping, ON_NO_MATCH, OrgName, Outcome,
    Person, Refusal, Resolve, Slot, Verdict, outcomes,
};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// What there is to tell of.
pub(super) struct Why<'a> {
    pub(super) simulation: &'a Simulation<'a>,
    pub(super) decision: &'a Decision,
    pub(super) mapping: &'a Mapping<'a>,
    pub(super) groups: &'a Groups,
    /// What every rule that matches gives.
    pub(super) given: &'a [Claim],
}

impl Why<'_> {
    pub(super) fn tell(&self, person: &Person<'_>, answer: &mut Answer) {
        let reasons = &mut answer.reasons;
        if let Some(text) = verdict(self.decision) {
            reasons.push(Reason::plain("verdict", text));
        }
        if self.decision.unknown {
            let text = "something that rules look at is not said: what was given before is not taken away";
            reasons.push(Reason::plain("unknown", text));
        }
        if let Some(said) = self.decision.direct {
            reasons.push(Reason::plain("direct_role", self::said(said)));
        }
        reasons.extend(self.decision.claims.iter().map(|claim| self.won(claim)));
        for (problem, _) in self.mapping.problems() {
            let text =
                format!("the expression {:?} fails on {}: {}", problem.expression, problem.source, problem.error);
            reasons.push(Reason::plain("expression", text));
        }
        let rules = &self.simulation.rules;
        let facts: Vec<GroupFacts<'_>> = self.groups.facts().collect();
        // Somebody can be in thousands of groups, each with a rule: nothing is searched rule by rule.
        let winners: BTreeSet<u32> = self.decision.claims.iter().map(|claim| claim.rule).collect();
        let mut own: BTreeMap<u32, Vec<&Claim>> = BTreeMap::new();
        for claim in self.given {
            own.entry(claim.rule).or_default().push(claim);
        }
        for outcome in outcomes(rules, &facts, person) {
            let Some(rule) = rules.rules.get(outcome.rule as usize) else { continue };
            let matched = matches!(outcome.outcome, Outcome::Hit(_));
            let won = matched && winners.contains(&outcome.rule);
            answer.rules.push(RuleTried { rule: rule.id.clone(), matched, won });
            let text = match outcome.outcome {
                Outcome::Hit(_) => match self.lost(own.get(&outcome.rule).map_or(&[], Vec::as_slice)) {
                    lost if !lost.is_empty() => format!("matches, but {}", lost.join("; ")),
                    _ if won => continue,
                    _ => "matches, and decides nothing".to_owned(),
                },
                Outcome::NoGroupFits => "does not match".to_owned(),
                Outcome::NotAll => "only a part of what it asks for fits".to_owned(),
                Outcome::RuledOut(group) => {
                    format!("ruled out by the group {}", self.groups.text(group).unwrap_or("?"))
                }
                Outcome::Unknown => "what it looks at is not said".to_owned(),
            };
            let at = self.simulation.places.rule(&rule.id);
            answer.reasons.push(Reason { rule: Some(rule.id.clone()), at, ..Reason::plain("rule", text) });
        }
    }

    /// Something that is given, and by what.
    fn won(&self, claim: &Claim) -> Reason {
        let about = match claim.slot {
            Slot::Org(_) => "org",
            Slot::Team(_) => "team",
            Slot::Entitlement(_) => "entitlement",
            Slot::ServerAdmin => "server_admin",
        };
        let rules = &self.simulation.rules;
        let rule = rules.name(claim.rule).to_owned();
        let via = claim.via.and_then(|place| self.groups.text(place)).map(str::to_owned);
        let by = match claim.rule {
            DIRECT_ROLE => match self.best(claim.slot) {
                Some(other) => {
                    format!("the provider says so; rule {} gives {}", rules.name(other.rule), self.what(other))
                }
                None => "the provider says so".to_owned(),
            },
            ON_NO_MATCH => "no rule matches (on_no_match)".to_owned(),
            index => {
                let carrying = rules.rules.get(index as usize);
                let carried = match carrying.filter(|rule| matches!(claim.slot, Slot::Org(_)) && rule.role.is_none()) {
                    Some(rule) if rule.team.is_some() => "comes with the team, ",
                    Some(_) => "comes with the role, ",
                    None => "",
                };
                let group = via.as_ref().map(|via| format!(", group {via}")).unwrap_or_default();
                format!("{carried}rule {rule}{group}")
            }
        };
        Reason {
            org: self.org(claim.slot).map(|slot| self.simulation.org_id(self.mapping, slot)),
            at: self.simulation.places.rule(&rule),
            text: format!("{}{}: {by}", self.what(claim), self.place(claim.slot)),
            rule: Some(rule),
            via,
            ..Reason::plain(about, "")
        }
    }

    /// Of the rules, the one that would have decided there.
    fn best(&self, slot: Slot) -> Option<&Claim> {
        let rules = &self.simulation.rules;
        let aside = |claim: &&Claim| rules.rules.get(claim.rule as usize).is_some_and(|rule| rule.aside);
        let there = self.given.iter().filter(|claim| claim.slot == slot && !aside(claim));
        match rules.resolve() {
            Resolve::First => there.min_by_key(|claim| claim.rule),
            Resolve::Highest => there.max_by_key(|claim| (claim.rank, std::cmp::Reverse(claim.rule))),
        }
    }

    /// What a rule that matches gives and somebody else decides, each with why.
    fn lost(&self, own: &[&Claim]) -> Vec<String> {
        let decided = &self.decision.claims;
        own.iter()
            .filter_map(|claim| {
                let winner = decided.binary_search_by_key(&claim.slot, |other| other.slot).ok();
                let winner = winner.and_then(|at| decided.get(at));
                if winner.is_some_and(|winner| winner.rule == claim.rule) {
                    return None;
                }
                let why = winner.and_then(|winner| self.beaten(claim, winner));
                let why = why.unwrap_or_else(|| unsaid(self.decision, claim.slot).to_owned());
                Some(format!("{}{} {why}", self.what(claim), self.place(claim.slot)))
            })
            .collect()
    }

    /// Why something else stands there; `None` when it is not because that is stronger.
    fn beaten(&self, claim: &Claim, winner: &Claim) -> Option<String> {
        let rules = &self.simulation.rules;
        let by = match winner.rule {
            DIRECT_ROLE => "what the provider says".to_owned(),
            ON_NO_MATCH => "on_no_match".to_owned(),
            rule => format!("rule {}", rules.name(rule)),
        };
        // Membership that only comes with a team beats nothing.
        let carried = matches!(claim.slot, Slot::Org(_))
            && rules.rules.get(winner.rule as usize).is_some_and(|rule| rule.role.is_none());
        let order = matches!(claim.slot, Slot::Org(_)) && rules.resolve() == Resolve::First;
        if order && !carried && winner.rule < claim.rule {
            return Some(format!("stands behind {by} (resolve = \"first\")"));
        }
        match (claim.slot, claim.rank.cmp(&winner.rank)) {
            (Slot::ServerAdmin | Slot::Entitlement(_), _) | (_, Ordering::Equal) => {
                Some(format!("is given by {by} already"))
            }
            (_, Ordering::Less) => Some(format!("is less than {} by {by}", self.what(winner))),
            (_, Ordering::Greater) => None,
        }
    }

    fn what(&self, claim: &Claim) -> String {
        match claim.slot {
            Slot::Org(_) => claim.org_role().name().to_owned(),
            Slot::Team(slot) => {
                let team = self.mapping.slots.teams.get(slot as usize).map_or("", |team| team.name.as_str());
                format!("{} of {team}", claim.team_role().name())
            }
            Slot::Entitlement(slot) => {
                self.mapping.slots.entitlements.get(slot as usize).map_or_else(String::new, EntitlementName::shown)
            }
            Slot::ServerAdmin => "server admin".to_owned(),
        }
    }

    fn org(&self, slot: Slot) -> Option<u32> {
        self.mapping.slots.org_of(slot)
    }

    fn place(&self, slot: Slot) -> String {
        let org = self.org(slot).and_then(|slot| self.mapping.slots.orgs.get(slot as usize));
        org.map(|org| format!(" in {}", OrgName::shown(org))).unwrap_or_default()
    }
}

/// Why nobody has something there although a rule gives it.
#[must_use]
pub fn unsaid(decision: &Decision, slot: Slot) -> &'static str {
    match slot {
        _ if decision.denied() => "is not given to somebody who is refused",
        Slot::Org(_) if decision.orgs_kept => "is not given: organization roles are left as they are",
        Slot::Org(_) => "is not given: this provider gives no organization roles (org_roles = \"none\")",
        Slot::ServerAdmin if decision.server_admin_kept => "is not given: the flag is left as it is",
        Slot::ServerAdmin => {
            "is not reached: a rule further up gives a role in that organization (resolve = \"first\")"
        }
        Slot::Team(_) | Slot::Entitlement(_) => "is not given",
    }
}

/// A decision in words; `None` where something is given.
#[must_use]
pub fn verdict(decision: &Decision) -> Option<&'static str> {
    Some(match decision.verdict {
        Verdict::Given => return None,
        Verdict::Nothing => "no rule matches; on_no_match gives nothing and refuses nobody",
        Verdict::Kept if decision.unknown => {
            "no rule matches, but not all is known that rules look at: what was given before stays"
        }
        Verdict::Kept => "no rule matches; on_no_match leaves what was given before",
        Verdict::Refused(Refusal::NotAllowed) => "refused: `allow` does not match; what was given before stays",
        Verdict::Refused(Refusal::Strict) => {
            "refused: strict, no rule matches and there is no valid direct role; what was given before stays"
        }
        Verdict::Refused(Refusal::Unlisted) => {
            "refused: strict, and nobody knows which organizations there are; what was given before stays"
        }
        Verdict::Denied => "refused: no rule matches",
        Verdict::Suspended => "refused and suspended: no rule matches",
    })
}

/// What the provider itself says, in words.
#[must_use]
pub fn said(said: DirectSaid) -> String {
    match said {
        DirectSaid::Role { role, server_admin } => {
            let besides = if server_admin { ", and server admin" } else { "" };
            format!("the provider says {role}{besides}")
        }
        DirectSaid::None { invalid: true, .. } => "the provider says something that is no role".to_owned(),
        DirectSaid::None { .. } => "the provider says none".to_owned(),
        DirectSaid::Unknown => "no source says anything that the expression can be asked about".to_owned(),
    }
}
