//! The mapping language: what rules and terms say of one person, asked of [`Mapping::decide`].

mod cases;
mod claims;
mod direct;
mod expressions;
mod limits;
mod orgs;
mod properties;
mod sync;
mod terms;

use rosterd_core::dn;
use rosterd_core::mapping::{
    ClaimTest, ConditionSpec, Decision, Document, GroupFacts, Mapping, OrgName, Person, RuleSet, RuleSpec, Scalar,
    Slot, TermsSpec, Verdict,
};
use rosterd_core::rights::OrgRole;

/// A rule that gives a role in `Org`.
fn gives(id: &str, condition: ConditionSpec, role: OrgRole) -> RuleSpec {
    RuleSpec { id: id.to_owned(), condition, ..crate::world::role("", role) }
}

fn group(name: &str) -> ConditionSpec {
    ConditionSpec::Group(name.to_owned())
}

fn claim(path: &str, test: ClaimTest) -> ConditionSpec {
    ConditionSpec::Claim { path: path.to_owned(), test }
}

fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

fn equals(path: &str, value: &str) -> ConditionSpec {
    claim(path, ClaimTest::OneOf(vec![text(value)]))
}

fn rules(specs: &[RuleSpec], terms: &TermsSpec) -> RuleSet {
    RuleSet::compile(specs, terms).unwrap()
}

/// One that gives Viewer to whom `condition` matches.
fn one(condition: ConditionSpec) -> RuleSet {
    rules(&[gives("one", condition, OrgRole::Viewer)], &TermsSpec::default())
}

/// What is decided on somebody of whom the provider says this (JSON), line by line: `Org = Viewer`,
/// `Org/team = member`, `server admin`; the verdict, where it is not that rules give something;
/// `roles kept`, `admin kept`, `unknown`; and problems with expressions.
fn said(rules: &RuleSet, json: &str) -> Vec<String> {
    said_in(rules, json, Some(&["One", "Two"]))
}

/// The same, where these organizations are in the database.
fn said_in(rules: &RuleSet, json: &str, orgs: Option<&[&str]>) -> Vec<String> {
    let document = Document::parse(json).unwrap();
    let groups = document.groups.clone().or_else(|| rules.groups_of(&document.claims));
    let known = groups.is_some();
    let facts = |group: &String| match dn::first_rdn_value(group).filter(|_| group.contains('=')) {
        Some(name) => (group.clone(), name),
        None => (String::new(), group.clone()),
    };
    let groups: Vec<(String, String)> = groups.iter().flatten().map(facts).collect();
    let orgs = orgs.map(|orgs| orgs.iter().map(|name| OrgName::plain(name)));
    let mut mapping = Mapping::new(rules, groups.iter().map(|(dn, name)| GroupFacts { dn, name }), orgs, true);
    let places: Vec<u32> = (0..groups.len() as u32).collect();
    let dn = document.dn.as_deref().unwrap_or_default();
    let person = Person { groups: &places, groups_known: known, claims: &document.claims, dn };
    let mut decision = Decision::default();
    mapping.decide(&person, &mut decision);
    let first = lines(&decision, &mapping);
    mapping.decide(&person, &mut decision);
    assert_eq!(first, lines(&decision, &mapping), "deciding twice");
    first
}

fn lines(decision: &Decision, mapping: &Mapping<'_>) -> Vec<String> {
    let org = |slot: u32| mapping.slots.orgs[slot as usize].shown();
    let mut lines: Vec<String> = decision
        .claims
        .iter()
        .map(|claim| match claim.slot {
            Slot::Org(slot) => format!("{} = {}", org(slot), claim.org_role()),
            Slot::Team(slot) => {
                let team = &mapping.slots.teams[slot as usize];
                format!("{}/{} = {}", org(team.org), team.name, claim.team_role().name())
            }
            Slot::Entitlement(slot) => format!("{:?}", mapping.slots.entitlements[slot as usize]),
            Slot::ServerAdmin => "server admin".to_owned(),
        })
        .collect();
    lines.sort();
    if decision.verdict != Verdict::Given {
        lines.push(format!("{:?}", decision.verdict));
    }
    let flags =
        [(decision.orgs_kept, "roles kept"), (decision.server_admin_kept, "admin kept"), (decision.unknown, "unknown")];
    lines.extend(flags.iter().filter(|(set, _)| *set).map(|(_, name)| (*name).to_owned()));
    lines.extend(mapping.problems().map(|(problem, _)| format!("{}: {}", problem.source, problem.error)));
    lines
}

const VIEWER: [&str; 1] = ["Org = Viewer"];
const DENIED: [&str; 1] = ["Denied"];
