//! One person, decided as a sync decides: the same rules, the same terms, the same function
//! ([`Mapping::decide`]). Nothing is read from a provider and nothing is written.

use super::answer::{Answer, TeamAnswer};
use super::reasons::Why;
use crate::config::{Config, Places};
use crate::store::OrgListing;
use rosterd_core::dn;
use rosterd_core::mapping::{
    Condition, Decision, Document, GroupFacts, Held, Mapping, OrgName, Person, RuleSet, Slot, Verdict,
};
use std::collections::{BTreeMap, HashMap};

/// What a simulation is made with.
#[derive(Debug)]
pub struct Simulation<'a> {
    pub(super) rules: RuleSet,
    pub(super) places: &'a Places,
    /// The organizations of the database; `None` where it could not be asked.
    orgs: Option<&'a [OrgListing]>,
    /// The numbers of those, by name.
    ids: HashMap<&'a str, i64>,
}

fn name(org: &OrgListing) -> OrgName {
    OrgName { key: org.key.clone(), name: Some(org.name.clone()) }
}

/// A person's groups, as rules see them.
pub(super) struct Groups {
    /// (DN or empty, name)
    texts: Vec<(String, String)>,
    known: bool,
}

impl Groups {
    pub(super) fn facts(&self) -> impl Iterator<Item = GroupFacts<'_>> {
        self.texts.iter().map(|(dn, name)| GroupFacts { dn, name })
    }

    pub(super) fn text(&self, place: u32) -> Option<&str> {
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
        let ids = orgs.into_iter().flatten().map(|org| (org.name.as_str(), org.id)).collect();
        Ok(Self { rules: super::rules_for(config, provider)?, places, orgs, ids })
    }

    /// What a sync would decide about somebody of whom the provider says this, and why: a word on
    /// each rule.
    #[must_use]
    pub fn answer(&self, document: &Document) -> Answer {
        self.decided(document, true)
    }

    /// As [`Simulation::answer`], without the reasons: its cost follows what matches, not the number
    /// of rules.
    #[must_use]
    pub fn outline(&self, document: &Document) -> Answer {
        self.decided(document, false)
    }

    fn decided(&self, document: &Document, with_reasons: bool) -> Answer {
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
        if !with_reasons {
            return answer;
        }
        let given = mapping.given_by_rules(&person);
        let why = Why { simulation: self, decision: &decision, mapping: &mapping, groups: &groups, given: &given };
        why.tell(&person, &mut answer);
        answer
    }

    /// Each rule that can match people of the provider, and whether it matches everybody.
    pub fn rules(&self) -> impl Iterator<Item = (&str, bool)> {
        self.rules.rules.iter().map(|rule| (rule.id.as_str(), matches!(rule.condition, Condition::Everybody)))
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
        let mut entitlements = Vec::new();
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
                Slot::Entitlement(slot) => {
                    if let Some(name) = mapping.slots.entitlements.get(slot as usize) {
                        entitlements.push(Held {
                            org: name.org.map(|org| self.org_id(mapping, org)),
                            about: name.about.clone(),
                            scope: name.scope.clone(),
                            parameters: name.parameters.clone(),
                        });
                    }
                }
                Slot::ServerAdmin => server_admin = true,
            }
        }
        teams.sort();
        entitlements.sort();
        let silent = matches!(decision.verdict, Verdict::Refused(_) | Verdict::Kept);
        let orgs_kept = silent || decision.orgs_kept || decision.unknown && orgs.is_empty();
        let admin_kept = silent || decision.server_admin_kept || decision.unknown && !server_admin;
        Answer {
            denied: decision.denied(),
            suspended: decision.verdict == Verdict::Suspended,
            orgs: (!orgs_kept).then_some(orgs),
            teams,
            entitlements,
            server_admin: (!admin_kept).then_some(server_admin),
            reasons: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// The declared key, else the database's id, else the name.
    pub(super) fn org_id(&self, mapping: &Mapping<'_>, slot: u32) -> String {
        let Some(org) = mapping.slots.orgs.get(slot as usize) else { return String::new() };
        if let Some(key) = &org.key {
            return key.clone();
        }
        let stored = org.name.as_ref().and_then(|name| self.ids.get(name.as_str()));
        stored.map_or_else(|| org.shown().to_owned(), i64::to_string)
    }
}
