//! How much is made of one person's groups: nothing is dropped without a word.

use super::{gives, group, rules, said};
use rosterd_core::mapping::{ConditionSpec, RuleSpec, TermsSpec};
use rosterd_core::rights::OrgRole;

fn groups(parts: &[(&str, usize)]) -> String {
    let names: Vec<String> =
        parts.iter().flat_map(|(name, many)| (0..*many).map(move |n| format!("\"{name}{n}\""))).collect();
    format!("{{\"groups\": [{}]}}", names.join(", "))
}

fn regex(text: &str) -> ConditionSpec {
    ConditionSpec::Regex(text.to_owned())
}

fn team(id: &str, condition: ConditionSpec, name: &str) -> RuleSpec {
    RuleSpec { role: None, team: Some(name.to_owned()), ..gives(id, condition, OrgRole::None) }
}

#[test]
fn whoever_is_in_many_groups_is_in_as_many_teams() {
    let both = ConditionSpec::All(vec![group("staff0"), regex("team-(?P<name>.+)")]);
    let set = rules(&[team("teams", both, "${name}")], &TermsSpec::default());
    let lines = said(&set, &groups(&[("staff", 1), ("team-", 1500)]));
    assert_eq!(lines.len(), 1501, "membership of the organization, and of each team");
    assert!(!lines.contains(&"unknown".to_owned()));
}

#[test]
fn w25_more_combinations_than_anybody_means_are_reported_and_take_nothing() {
    let each_with_each = ConditionSpec::All(vec![regex("a(?P<a>.+)"), regex("b(?P<b>.+)")]);
    let set = rules(&[team("product", each_with_each, "${a}-${b}")], &TermsSpec::default());
    let few = said(&set, &groups(&[("a", 30), ("b", 30)]));
    assert_eq!(few.len(), 901);
    let many = said(&set, &groups(&[("a", 400), ("b", 400)]));
    assert_eq!(many.len(), 1003, "a thousand teams, and two lines that say what is left out");
    assert_eq!(many[1001], "unknown");
    assert!(many[1002].contains("too many ways"), "{:?}", many[1002]);
}

#[test]
fn w25_all_rules_together_have_one_allowance() {
    let of_all = |n: usize| {
        let condition = ConditionSpec::All(vec![regex("a.*"), regex(".*")]);
        gives(&format!("r{n}"), condition, OrgRole::Viewer)
    };
    let specs: Vec<RuleSpec> = (0..200).map(of_all).collect();
    let set = rules(&specs, &TermsSpec::default());
    let lines = said(&set, &groups(&[("a", 1000)]));
    assert_eq!(lines[..2], ["Org = Viewer", "unknown"]);
    let lines = said(&set, &groups(&[("a", 5)]));
    assert_eq!(lines, ["Org = Viewer"]);
}
