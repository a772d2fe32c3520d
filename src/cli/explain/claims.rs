//! What each rule that matches somebody would give on its own, so that those that lost can be named.

use super::book::Book;
use super::value::{Kind, Place};
use super::ways::Ways;
use rosterd_core::mapping::{Claims, Mapping, OrgName, Outcome, Person, Resolve, RuleSet, Slot, outcomes};
use rosterd_core::rights::{OrgRole, TeamRole};

/// What one rule gives.
pub(super) struct Claim {
    pub(super) place: Place,
    pub(super) role: &'static str,
    /// The rule's place in the set.
    pub(super) rule: usize,
    /// The group that made it match, by its place in the ways' order.
    pub(super) via: Option<u32>,
}

/// The rules of a provider, tried on everything that somebody is in.
pub(super) struct Tried<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) claims: Vec<Claim>,
}

impl<'a> Tried<'a> {
    /// `None` when the provider is not configured. `orgs` are the organizations that `*` stands for.
    pub(super) fn new(book: &'a Book<'_>, provider: &str, ways: &Ways<'_>, orgs: &[&str]) -> Option<Self> {
        let rules = book.of(provider)?;
        let facts = ways.facts();
        let everything: Vec<u32> = (0..facts.len() as u32).collect();
        let claims = &Claims::default();
        let person = Person { groups: &everything, groups_known: true, claims, dn: "" };
        let outcomes: Vec<Outcome> =
            outcomes(rules, &facts, &person).into_iter().map(|outcome| outcome.outcome).collect();
        let mut given = Vec::new();
        for (at, rule) in rules.rules.iter().enumerate() {
            if !matches!(outcomes.get(at), Some(Outcome::Hit(_))) {
                continue;
            }
            let Some(alone) = book.alone(provider, &rule.id) else { continue };
            let orgs = orgs.iter().map(|name| OrgName::plain(name));
            let mut mapping = Mapping::new(&alone, facts.iter().copied(), Some(orgs), true);
            let mut found = Vec::new();
            mapping.matched(&person, &mut found);
            for claim in found {
                let org = |org: u32| mapping.slots.orgs.get(org as usize).map(|org| org.shown().to_owned());
                let (place, role) = match claim.slot {
                    // What a team brings with it is no word of the rule's on the organization.
                    Slot::Org(_) if rule.role.is_none() => continue,
                    Slot::Org(slot) => (Place { kind: Kind::Org, org: org(slot), team: None }, claim.org_role().name()),
                    Slot::Team(slot) => {
                        let Some(team) = mapping.slots.teams.get(slot as usize) else { continue };
                        let team_name = Some(team.name.clone());
                        (Place { kind: Kind::Team, org: org(team.org), team: team_name }, claim.team_role().name())
                    }
                    Slot::ServerAdmin => (Place { kind: Kind::ServerAdmin, org: None, team: None }, SERVER_ADMIN),
                };
                given.push(Claim { place, role, rule: at, via: claim.via });
            }
        }
        Some(Self { rules, outcomes, claims: given })
    }

    /// The place of a rule in the set.
    pub(super) fn place_of(&self, rule: &str) -> Option<usize> {
        self.rules.rules.iter().position(|other| other.id == rule)
    }

    /// Whether the order of rules decides there.
    pub(super) fn ordered(&self, kind: Kind) -> bool {
        kind == Kind::Org && self.rules.resolve() == Resolve::First
    }
}

/// The role of a server admin, who has no other.
pub(super) const SERVER_ADMIN: &str = "server admin";

/// Roles of one kind in order of power.
pub(super) fn rank(kind: Kind, role: &str) -> u8 {
    match kind {
        Kind::Org => OrgRole::parse(role).map_or(0, |role| role as u8),
        Kind::Team => TeamRole::parse(role).map_or(0, |role| role as u8),
        Kind::ServerAdmin => 0,
    }
}
