//! People with as much as a document may hold, and rules that look at all of it.

use super::{list, reasons, rule, simulate, site};

fn groups(n: u32) -> String {
    list((0..n).map(|n| format!("\"group-{n}\"")))
}

#[test]
fn w25_an_expression_that_takes_too_many_steps_is_reported_and_refuses_nobody() {
    let site = site(&rule(&format!("expression = \"groups[?{}]\"", vec!["x"; 250].join("||"))));
    let answer = simulate(&site, &format!("{{\"groups\": {}, \"id_token\": {{}}}}", groups(19_000))).expect(0).json();
    assert!(reasons(&answer).contains("steps"), "{:.500}", reasons(&answer));
    assert_eq!((&answer["denied"], &answer["orgs"]), (&false.into(), &serde_json::Value::Null));
    let answer = simulate(&site, "{\"groups\": [\"a\"], \"id_token\": {}}").expect(0).json();
    assert_eq!(answer["denied"], true);
}

#[test]
fn w25_many_patterns_on_many_groups_are_answered() {
    let rules: String = (0..30)
        .map(|n| {
            rule(&format!("group_regex = \"group-(?P<a>\\\\d*){n}(?P<b>\\\\d)\""))
                .replace("\"one\"", &format!("\"r{n}\""))
        })
        .collect();
    let answer = simulate(&site(&rules), &format!("{{\"groups\": {}}}", groups(19_000))).expect(0).json();
    assert_eq!(answer["orgs"]["Main"], "Viewer");
}

#[test]
fn w25_a_rule_that_combines_all_with_all_is_reported() {
    let parts = |n: usize| list((0..n).map(|n| format!("{{ group_regex = \"group-(?P<p{n}>.+)\" }}")));
    let team = rule(&format!("all = {}", parts(20))).replace("role = \"Viewer\"", "team = \"${p0}-${p1}\"");
    let answer = simulate(&site(&team), &format!("{{\"groups\": {}}}", groups(5_000))).expect(0).json();
    assert!(reasons(&answer).contains("too many ways"), "{:.500}", reasons(&answer));
}

#[test]
fn w25_many_rules_that_combine_tests_are_answered() {
    let rules: String = (0..1000)
        .map(|n| {
            rule(&format!("all = [{{ group = \"group-{n}\" }}, {{ none = [{{ group = \"x\" }}] }}]"))
                .replace("\"one\"", &format!("\"r{n}\""))
        })
        .collect();
    let answer = simulate(&site(&rules), &format!("{{\"groups\": {}}}", groups(19_000))).expect(0).json();
    assert_eq!(answer["orgs"]["Main"], "Viewer");
}

#[test]
fn w25_a_slice_with_a_huge_step_is_a_slice() {
    let site = site(&rule("expression = \"groups[1::2147483647]\""));
    let answer = simulate(&site, "{\"groups\": [\"a\", \"b\"], \"id_token\": {}}").expect(0).json();
    assert_eq!(answer["orgs"]["Main"], "Viewer");
}
