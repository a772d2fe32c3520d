//! The decision of `simulate`, in this process.

use rosterd::config::Config;
use rosterd::sync::rules_for;
use rosterd_core::mapping::{Decision, Document, GroupFacts, Mapping, OrgName, Person, Slot, Source, Verdict, search};
use serde_json::{Map, Value, json};

pub fn decide(config: &Config, provider: &str, person: &Value) -> Value {
    let rules = rules_for(config, provider).unwrap();
    let own = &config.providers[provider];
    let document = Document::parse(&person.to_string()).unwrap();
    let mut groups = document.groups.clone();
    if groups.is_none()
        && let Some(path) = &own.claims.groups
    {
        for source in &own.claims.sources.0 {
            let name = Source::from(*source).name();
            let Ok(Value::Array(list)) = search(path, person.get(name).unwrap_or(&Value::Null)) else { continue };
            groups = Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect());
            if groups.as_ref().is_some_and(|g| !g.is_empty()) {
                break;
            }
        }
    }
    let known = groups.is_some() || own.claims.absent == rosterd::config::Absent::None;
    let groups = groups.unwrap_or_default();
    let facts: Vec<(String, String)> = groups
        .iter()
        .map(|g| match g.contains('=') {
            true => (g.clone(), rosterd_core::dn::first_rdn_value(g).unwrap_or_default()),
            false => (String::new(), g.clone()),
        })
        .collect();
    let facts = facts.iter().map(|(dn, name)| GroupFacts { dn, name });
    let listed = config.orgs.values().any(|org| org.name.is_some());
    let mut mapping = Mapping::new(&rules, facts, listed.then(std::iter::empty::<OrgName>), true);
    let all: Vec<u32> = (0..groups.len() as u32).collect();
    let person = Person { groups: &all, groups_known: known, claims: &document.claims, dn: "" };
    let mut decision = Decision::default();
    mapping.decide(&person, &mut decision);
    let keeps = matches!(decision.verdict, Verdict::Refused(_) | Verdict::Kept);
    let name = |org: u32| {
        let org = &mapping.slots.orgs[org as usize];
        org.key.clone().or(org.name.clone()).unwrap()
    };
    let mut orgs = Map::new();
    let mut teams = Vec::new();
    let mut admin = false;
    for claim in &decision.claims {
        match claim.slot {
            Slot::Org(org) => {
                orgs.insert(name(org), json!(claim.org_role().name()));
            }
            Slot::Team(team) => {
                let team = &mapping.slots.teams[team as usize];
                teams.push(json!({ "org": name(team.org), "team": team.name, "role": claim.team_role().name() }));
            }
            Slot::ServerAdmin => admin = true,
        }
    }
    json!({
        "denied": decision.denied(),
        "account": if decision.verdict == Verdict::Suspended { "suspended" } else { "active" },
        "orgs": if keeps || decision.orgs_kept { Value::Null } else { Value::Object(orgs) },
        "teams": teams,
        "server_admin": if keeps || decision.server_admin_kept { Value::Null } else { json!(admin) },
    })
}
