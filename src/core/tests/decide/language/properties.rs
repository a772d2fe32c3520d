//! What holds for all rules, people and claims: tried on many small ones.

use super::{claim, equals, gives, group, rules, said};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rosterd_core::mapping::{ClaimTest, ConditionSpec, Resolve, RuleSpec, TermsSpec};
use rosterd_core::rights::OrgRole;
use std::collections::BTreeMap;

const GROUPS: [&str; 6] = ["a", "b", "c", "t-web", "t-ops", "cn=d,dc=x"];
const VALUES: [&str; 5] = ["\"a\"", "\"b\"", "[\"a\", \"t-web\"]", "true", "[]"];

fn leaf() -> impl Strategy<Value = ConditionSpec> {
    prop_oneof![
        select(GROUPS.to_vec()).prop_map(group),
        Just(ConditionSpec::Glob("t-*".to_owned())),
        Just(ConditionSpec::Regex("t-(?P<name>.+)".to_owned())),
        (0..3u8, select(vec!["a", "b"])).prop_map(|(at, value)| equals(&format!("c{at}"), value)),
        (0..3u8).prop_map(|at| claim(&format!("c{at}"), ClaimTest::Present)),
    ]
}

/// With `none` or without.
fn condition(none: bool) -> impl Strategy<Value = ConditionSpec> {
    leaf().prop_recursive(2, 6, 3, move |inner| {
        let parts = proptest::collection::vec(inner, 1..3);
        (parts, 0..if none { 3u8 } else { 2 }).prop_map(|(parts, kind)| match kind {
            0 => ConditionSpec::Any(parts),
            1 => ConditionSpec::All(parts),
            _ => ConditionSpec::None(parts),
        })
    })
}

fn some_rules(none: bool) -> impl Strategy<Value = Vec<RuleSpec>> {
    let role = select(vec![None, Some(OrgRole::Viewer), Some(OrgRole::Editor), Some(OrgRole::Admin)]);
    let orgs = subsequence(vec!["X", "Y", "*"], 1..3);
    let rule = (condition(none), orgs, role, any::<bool>(), any::<bool>(), any::<bool>());
    let rules = proptest::collection::vec(rule, 0..6);
    rules.prop_map(|rules| {
        let rule =
            |(at, (condition, orgs, role, team, server_admin, aside)): (usize, (_, Vec<&str>, _, bool, bool, bool))| {
                RuleSpec {
                    orgs: orgs.into_iter().map(str::to_owned).collect(),
                    role,
                    team: (team || role.is_none()).then(|| "team".to_owned()),
                    server_admin,
                    aside,
                    ..gives(&format!("r{at}"), condition, OrgRole::None)
                }
            };
        rules.into_iter().enumerate().map(rule).collect()
    })
}

/// What two sources say, key by key.
fn claims() -> impl Strategy<Value = [BTreeMap<String, &'static str>; 2]> {
    let source =
        || proptest::collection::btree_map((0..3u8).prop_map(|at| format!("c{at}")), select(VALUES.to_vec()), 0..3);
    (source(), source()).prop_map(|(a, b)| [a, b])
}

fn document(groups: &[&str], claims: &[BTreeMap<String, &'static str>; 2], more: &str) -> String {
    let groups: Vec<String> = groups.iter().map(|group| format!("{group:?}")).collect();
    let [a, b] = claims.each_ref().map(|claims| {
        let mut pairs: Vec<String> = claims.iter().map(|(key, value)| format!("{key:?}: {value}")).collect();
        pairs.extend((!more.is_empty()).then(|| format!("\"zz\": {more}")));
        pairs.join(", ")
    });
    format!("{{\"groups\": [{}], \"id_token\": {{{a}}}, \"userinfo\": {{{b}}}}}", groups.join(", "))
}

/// How much each line gives: `X = Viewer` is 1 of `X`.
fn given(lines: &[String]) -> BTreeMap<String, usize> {
    let rank = |role: &str| ["None", "Viewer", "Editor", "Admin"].iter().position(|name| *name == role).unwrap_or(0);
    let line = |line: &String| {
        let (what, role) = line.split_once(" = ").unwrap_or((line, ""));
        (what.contains('=') || line.contains(" = ") || line == "server admin").then(|| (what.to_owned(), rank(role)))
    };
    lines.iter().filter_map(line).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn order_does_not_matter(
        (specs, mixed) in some_rules(true).prop_flat_map(|specs| (Just(specs.clone()), Just(specs).prop_shuffle())),
        groups in subsequence(GROUPS.to_vec(), 0..5).prop_shuffle(),
        claims in claims(),
    ) {
        let mut sorted = groups.clone();
        sorted.sort_unstable();
        let terms = TermsSpec::default();
        let one = said(&rules(&specs, &terms), &document(&groups, &claims, ""));
        let other = said(&rules(&mixed, &terms), &document(&sorted, &claims, ""));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn what_no_rule_looks_at_does_not_matter(
        specs in some_rules(true), groups in subsequence(GROUPS.to_vec(), 0..5), claims in claims(), first in any::<bool>(),
    ) {
        let resolve = if first { Resolve::First } else { Resolve::Highest };
        let set = rules(&specs, &TermsSpec { resolve, ..TermsSpec::default() });
        let plain = said(&set, &document(&groups, &claims, ""));
        for more in ["1", "[\"a\", {\"a\": null}]", "\"\"", "{\"c0\": \"a\"}"] {
            prop_assert_eq!(&plain, &said(&set, &document(&groups, &claims, more)), "{}", more);
        }
    }

    #[test]
    fn another_group_takes_nothing_away(
        specs in some_rules(false), groups in subsequence(GROUPS.to_vec(), 0..5), claims in claims(),
    ) {
        let set = rules(&specs, &TermsSpec::default());
        let before = given(&said(&set, &document(&groups, &claims, "")));
        for group in GROUPS.iter().filter(|group| !groups.contains(*group)) {
            let mut more = groups.clone();
            more.push(group);
            let after = given(&said(&set, &document(&more, &claims, "")));
            for (what, rank) in &before {
                prop_assert!(after.get(what).is_some_and(|now| now >= rank), "{}: {:?} after {:?}", group, after, before);
            }
        }
    }

    /// A source more that says nothing new, or groups that come in another way, change nothing.
    #[test]
    fn an_empty_source_says_nothing(
        specs in some_rules(true), groups in subsequence(GROUPS.to_vec(), 0..5), claims in claims(),
    ) {
        let set = rules(&specs, &TermsSpec::default());
        let json = document(&groups, &claims, "");
        let more = json.replacen('{', "{\"assertion\": {}, \"access_token\": null, ", 1);
        prop_assert_eq!(said(&set, &json), said(&set, &more));
    }
}
