//! Regular expressions that are made to be slow, on as many groups as one document holds.

use anyhow::Result;
use rosterd_core::mapping::{ConditionSpec, GroupFacts, Mapping, RuleSet, RuleSpec, TermsSpec};
use rosterd_core::rights::OrgRole;
use std::time::Instant;

pub(crate) fn measure() {
    let groups: Vec<String> = (0..19_000u32).map(|n| format!("{:040b}", n.wrapping_mul(2_654_435_761))).collect();
    println!("{:<34} {:>10} {:>14}  outcome", "", "compiled", "19,000 groups");
    for text in [
        "[01]+",
        "(?P<x>[01]{10})(?P<y>[01]+)",
        "(.*)(.*)(.*)(.*)(.*)x",
        "(a|a?)+$",
        "([01]*1)*x",
        "(.*1.{12})",
        "(.*1.{200})",
        "\\w+-\\w+-\\w+-\\w+-\\w+-\\w+",
        "(0?1?){500}",
        "(0?1?){3000}",
        "([01]{0,60}){60}",
        "\\w{1,12}",
        "\\w{500}",
        "((((((((((a{10}){10}){10}){10}){10}){10}){10}){10}){10}){10})",
    ] {
        let (compiled, matched, outcome) = match one(text, &groups) {
            Ok((compiled, matched, hits)) => (compiled, matched, format!("{hits} match")),
            Err((compiled, why)) => (compiled, 0.0, format!("refused: {:.60}", why.replace('\n', " "))),
        };
        println!("{text:<34.34} {compiled:>7.2} ms {matched:>11.2} ms  {outcome}");
    }
}

type Refused = (f64, String);

fn one(text: &str, groups: &[String]) -> Result<(f64, f64, usize), Refused> {
    let rule = RuleSpec {
        id: "one".to_owned(),
        condition: ConditionSpec::Regex(text.to_owned()),
        orgs: vec!["Org".to_owned()],
        role: Some(OrgRole::Viewer),
        team: None,
        team_role: None,
        server_admin: false,
        entitlements: rosterd_core::mapping::EntitlementSpec::default(),
        case_sensitive: None,
        aside: false,
    };
    let begun = Instant::now();
    let millis = |begun: Instant| begun.elapsed().as_secs_f64() * 1e3;
    let rules = RuleSet::compile(&[rule], &TermsSpec::default());
    let compiled = millis(begun);
    let rules = rules.map_err(|errors| (compiled, errors.first().map(ToString::to_string).unwrap_or_default()))?;
    let begun = Instant::now();
    let facts = groups.iter().map(|name| GroupFacts { dn: "", name });
    let mapping = Mapping::new(&rules, facts, Some(std::iter::empty()), true);
    let matched = millis(begun);
    Ok((compiled, matched, mapping.slots.orgs.len()))
}
