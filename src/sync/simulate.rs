//! One person, decided as a sync decides: the same rules, the same terms, the same function
//! ([`Mapping::decide`]). Nothing is read from a provider and nothing is written.

use super::answer::{Answer, Reason, TeamAnswer};
use crate::config::{Config, Places};
use crate::store::OrgListing;
use rosterd_core::dn;
use rosterd_core::mapping::{
    Claim, Decision, DirectSaid, Document, GroupFacts, Mapping, OrgName, Outcome, Person, Refusal, RuleSet, Slot,
    Verdict, outcomes,
};
use std::collections::BTreeMap;

/// What a simulation is made with.
#[derive(Debug)]
pub struct Simulation<'a> {
    rules: RuleSet,
    places: &'a Places,
    /// The organizations of the database; `None` where it could not be asked.
    orgs: Option<&'a [OrgListing]>,
}

fn name(org: &OrgListing) -> OrgName {
    OrgName { key: org.key.clone(), name: Some(org.name.clone()) }
}

/// A person's groups, as rules see them.
struct Groups {
    /// (DN or empty, name)
    texts: Vec<(String, String)>,
    known: bool,
}

impl Groups {
    fn facts(&self) -> impl Iterator<Item = GroupFacts<'_>> {
        self.texts.iter().map(|(dn, name)| GroupFacts { dn, name })
    }

    fn text(&self, place: u32) -> Option<&str> {
        self.texts.get(place as usize).map(|(dn, name)| if dn.is_empty() { name.as_str() } else { dn })
    }
}

impl<'a> Simulation<'a> {
    /// # Errors
    /// One line for each rule or key that cannot be used.
    pub fn new(
        config: &Config,
        places: &'a Places,
        provider: &str,
        orgs: Option<&'a [OrgListing]>,
    ) -> Result<Self, String> {
        Ok(Self { rules: super::rules_for(config, provider)?, places, orgs })
    }

    /// What a sync would decide about somebody of whom the provider says this.
    #[must_use]
    pub fn answer(&self, document: &Document) -> Answer {
        let groups = self.groups(document);
        let listed = self.orgs.map(|orgs| orgs.iter().map(name));
        // With the database out of reach, those that are declared are all that is known.
        let declared = self.rules.declared().iter().any(|org| org.name.is_some());
        let listed = listed.map(Vec::from_iter).or_else(|| declared.then(Vec::new));
        let mut mapping = Mapping::new(&self.rules, groups.facts(), listed.map(Vec::into_iter), true);
        let everything: Vec<u32> = (0..groups.texts.len() as u32).collect();
        let person = Person {
            groups: &everything,
            groups_known: groups.known,
            claims: &document.claims,
            dn: document.dn.as_deref().unwrap_or_default(),
        };
        let mut decision = Decision::default();
        mapping.decide(&person, &mut decision);
        let mut answer = self.said(&decision, &mapping);
        self.why(&decision, &mapping, &groups, &person, &mut answer.reasons);
        answer
    }

    fn groups(&self, document: &Document) -> Groups {
        let texts = document.groups.clone().or_else(|| self.rules.groups_of(&document.claims));
        let known = texts.is_some();
        let mut texts = texts.unwrap_or_default();
        texts.sort();
        texts.dedup();
        let facts = |text: String| match dn::first_rdn_value(&text).filter(|_| text.contains('=')) {
            Some(name) => (text, name),
            None => (String::new(), text),
        };
        Groups { texts: texts.into_iter().map(facts).collect(), known }
    }

    fn said(&self, decision: &Decision, mapping: &Mapping<'_>) -> Answer {
        let mut orgs = BTreeMap::new();
        let mut teams = Vec::new();
        let mut server_admin = false;
        for claim in &decision.claims {
            match claim.slot {
                Slot::Org(slot) => {
                    orgs.insert(self.org_id(mapping, slot), claim.org_role());
                }
                Slot::Team(slot) => {
                    if let Some(team) = mapping.slots.teams.get(slot as usize) {
                        let (org, name) = (self.org_id(mapping, team.org), team.name.clone());
                        teams.push(TeamAnswer { org, team: name, role: claim.team_role() });
                    }
                }
                Slot::ServerAdmin => server_admin = true,
            }
        }
        teams.sort();
        let silent = matches!(decision.verdict, Verdict::Refused(_) | Verdict::Kept);
        let orgs_kept = silent || decision.orgs_kept || decision.unknown && orgs.is_empty();
        let admin_kept = silent || decision.server_admin_kept || decision.unknown && !server_admin;
        Answer {
            denied: decision.denied(),
            suspended: decision.verdict == Verdict::Suspended,
            orgs: (!orgs_kept).then_some(orgs),
            teams,
            server_admin: (!admin_kept).then_some(server_admin),
            reasons: Vec::new(),
        }
    }

    /// The declared key, else the database's id, else the name.
    fn org_id(&self, mapping: &Mapping<'_>, slot: u32) -> String {
        let Some(org) = mapping.slots.orgs.get(slot as usize) else { return String::new() };
        if let Some(key) = &org.key {
            return key.clone();
        }
        let stored = self.orgs.into_iter().flatten().find(|stored| Some(&stored.name) == org.name.as_ref());
        stored.map_or_else(|| org.shown().to_owned(), |stored| stored.id.to_string())
    }

    fn why(
        &self,
        decision: &Decision,
        mapping: &Mapping<'_>,
        groups: &Groups,
        person: &Person<'_>,
        reasons: &mut Vec<Reason>,
    ) {
        let mut verdict = |text: &str| reasons.push(Reason::plain("verdict", text));
        match decision.verdict {
            Verdict::Given => {}
            Verdict::Nothing => verdict("no rule matches; on_no_match gives nothing and refuses nobody"),
            Verdict::Kept if decision.unknown => {
                verdict("no rule matches, but not all is known that rules look at: what was given before stays");
            }
            Verdict::Kept => verdict("no rule matches; on_no_match leaves what was given before"),
            Verdict::Refused(Refusal::NotAllowed) => {
                verdict("refused: `allow` does not match; what was given before stays")
            }
            Verdict::Refused(Refusal::Strict) => {
                verdict(
                    "refused: strict, no rule matches and there is no valid direct role; what was given before stays",
                );
            }
            Verdict::Refused(Refusal::Unlisted) => {
                verdict("refused: strict, and nobody knows which organizations there are; what was given before stays");
            }
            Verdict::Denied => verdict("refused: no rule matches"),
            Verdict::Suspended => verdict("refused and suspended: no rule matches"),
        }
        if decision.unknown {
            let text = "something that rules look at is not said: what was given before is not taken away";
            reasons.push(Reason::plain("unknown", text));
        }
        match decision.direct {
            None => {}
            Some(DirectSaid::Role { role, server_admin }) => {
                let besides = if server_admin { ", and server admin" } else { "" };
                reasons.push(Reason::plain("direct_role", format!("the provider says {role}{besides}")));
            }
            Some(DirectSaid::None { invalid: true, .. }) => {
                reasons.push(Reason::plain("direct_role", "the provider says something that is no role"));
            }
            Some(DirectSaid::None { .. }) => reasons.push(Reason::plain("direct_role", "the provider says none")),
            Some(DirectSaid::Unknown) => {
                reasons.push(Reason::plain(
                    "direct_role",
                    "no source says anything that the expression can be asked about",
                ));
            }
        }
        for claim in &decision.claims {
            reasons.push(self.given(claim, mapping, groups));
        }
        for (problem, _) in mapping.problems() {
            let text =
                format!("the expression {:?} fails on {}: {}", problem.expression, problem.source, problem.error);
            reasons.push(Reason::plain("expression", text));
        }
        let facts: Vec<GroupFacts<'_>> = groups.facts().collect();
        for outcome in outcomes(&self.rules, &facts, person) {
            let Some(rule) = self.rules.rules.get(outcome.rule as usize) else { continue };
            let won = decision.claims.iter().any(|claim| claim.rule == outcome.rule);
            let text = match outcome.outcome {
                Outcome::Hit(_) if won => continue,
                Outcome::Hit(_) => "matches, and decides nothing".to_owned(),
                Outcome::NoGroupFits => "does not match".to_owned(),
                Outcome::NotAll => "only a part of what it asks for fits".to_owned(),
                Outcome::RuledOut(group) => format!("ruled out by the group {}", groups.text(group).unwrap_or("?")),
                Outcome::Unknown => "what it looks at is not said".to_owned(),
            };
            let at = self.places.rule(&rule.id);
            reasons.push(Reason { rule: Some(rule.id.clone()), at, ..Reason::plain("rule", text) });
        }
    }

    fn given(&self, claim: &Claim, mapping: &Mapping<'_>, groups: &Groups) -> Reason {
        let (about, org, what) = match claim.slot {
            Slot::Org(slot) => ("org", Some(slot), claim.org_role().name().to_owned()),
            Slot::Team(slot) => {
                let team = mapping.slots.teams.get(slot as usize);
                let name = team.map_or("", |team| team.name.as_str());
                ("team", team.map(|team| team.org), format!("{} of {name}", claim.team_role().name()))
            }
            Slot::ServerAdmin => ("server_admin", None, "server admin".to_owned()),
        };
        let org = org.map(|slot| {
            let shown = mapping.slots.orgs.get(slot as usize).map_or("", OrgName::shown).to_owned();
            (self.org_id(mapping, slot), shown)
        });
        let place = org.as_ref().map(|(_, name)| format!(" in {name}")).unwrap_or_default();
        let rule = self.rules.name(claim.rule).to_owned();
        let via = claim.via.and_then(|place| groups.text(place)).map(str::to_owned);
        let by = via.as_ref().map(|via| format!(", group {via}")).unwrap_or_default();
        Reason {
            org: org.map(|(id, _)| id),
            at: self.places.rule(&rule),
            text: format!("{what}{place}: {rule}{by}"),
            rule: Some(rule),
            via,
            ..Reason::plain(about, "")
        }
    }
}
