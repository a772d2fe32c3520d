//! W25: a configuration that is made to hurt costs a clear refusal. How fast is no test's matter;
//! what would take hours if it were not bounded is.

use super::codes;
use rosterd::config::Code::{self, *};
use std::fmt::Write as _;

const PROVIDER: &str = "version = 1\n[providers.sso]\nlogin.protocol = 'oidc'\n";

fn rule(matches: &str, gives: &str) -> String {
    format!("{PROVIDER}[[rules]]\nid = 'r'\nmatch.{matches}\n{gives}\n")
}

#[track_caller]
fn refused(text: &str, expected: Code) {
    assert_eq!(codes(text), [expected]);
}

#[test]
fn w25_expressions() {
    let deep = |n: usize| format!("{}a{}", "(".repeat(n), ")".repeat(n));
    for expression in [
        "a".repeat(1 << 20),
        deep(1000),
        deep(100_000),
        "!".repeat(1000),
        "[".repeat(1000),
        "'".to_owned(),
        "a ||".to_owned(),
    ] {
        let quoted = serde_json::to_string(&expression).unwrap();
        refused(&rule(&format!("expression = {quoted}"), "server_admin = true"), BadExpression);
        refused(&rule(&format!("claim = {{ path = {quoted}, present = true }}"), "server_admin = true"), BadExpression);
        refused(&format!("{PROVIDER}claims.groups = {quoted}\n"), BadExpression);
    }
    assert_eq!(codes(&rule(&format!("expression = '{}'", deep(50)), "server_admin = true")), []);
}

#[test]
fn w25_regular_expressions() {
    let long = format!("({})", "a|".repeat(1 << 19));
    for regex in
        ["((a{1,1000}){1,1000}){1,1000}", "(\\w{1000}){1000}", &"(".repeat(10_000), &long, "(?:a(?=b))", "(a)\\1"]
    {
        let quoted = serde_json::to_string(regex).unwrap();
        refused(&rule(&format!("group_regex = {quoted}"), "server_admin = true"), BadRegex);
        let claim = format!("claim = {{ path = 'a', regex = {quoted} }}");
        refused(&rule(&claim, "server_admin = true"), BadRegex);
    }
}

#[test]
fn w25_templates() {
    let regex = "group_regex = '(?P<a>.+)'";
    let gives = |team: &str| format!("org = 'o'\nteam = \"{team}\"");
    refused(&rule(regex, &gives(&"${b}".repeat(100_000))), BadTemplate);
    refused(&rule(regex, &gives(&"${".repeat(100_000))), BadTemplate);
    refused(&rule(regex, &gives("$")), BadTemplate);
    assert_eq!(codes(&rule(regex, &gives(&"${a}".repeat(100)))), []);
}

#[test]
fn w25_nesting() {
    let deep =
        |n: usize| rule(&format!("{}group = 'a'{}", "any = [{ ".repeat(n), " }]".repeat(n)), "server_admin = true");
    // toml_edit has a limit of its own.
    let said = codes(&deep(1000));
    assert!(said == [Syntax] || said == [TooDeep], "{said:?}");
    refused(&deep(20), TooDeep);
    assert_eq!(codes(&deep(10)), []);
}

/// Fewer than the 100,000 that are meant, because tests are not optimized.
#[test]
fn w25_very_many_rules_with_one_name() {
    let mut text = PROVIDER.to_owned();
    for n in 0..20_000 {
        write!(text, "[[rules]]\nid = 'r'\nmatch.group = 'g{n}'\norg = 'o'\nrole = 'Viewer'\n").unwrap();
    }
    refused(&text, DuplicateRuleId);
}

/// Each of them alike, which is where comparing each with each would show.
#[test]
fn w25_very_many_rules_of_one_match() {
    for resolve in ["first", "highest"] {
        let mut text = format!("{PROVIDER}resolve = '{resolve}'\n");
        for n in 0..20_000 {
            let role = ["Viewer", "Editor"][n % 2];
            write!(text, "[[rules]]\nid = '{n}'\nmatch.group = '*'\norg = 'o'\nrole = '{role}'\n").unwrap();
        }
        let expected = if resolve == "first" { vec![RuleShadowed] } else { vec![RuleAddsNothing, RuleContradicts] };
        assert_eq!(codes(&text), expected);
    }
}

#[test]
fn w25_very_many_values() {
    let many: Vec<String> = (0..20_000).map(|n| format!("'v{n}'")).collect();
    let many = many.join(",");
    assert_eq!(codes(&rule(&format!("claim = {{ path = 'a', one_of = [{many}] }}"), "server_admin = true")), []);
    let orgs = rule("group = 'g'", &format!("role = 'Viewer'\norg = [{many}]"));
    assert_eq!(codes(&orgs), []);
    let values = format!(
        "{PROVIDER}default = {{ org = 'o', role = 'Viewer' }}\n[providers.sso.direct_role]\nexpression = 'a'\n\
         values = {{ Viewer = [{many}], Editor = [{many}] }}\n"
    );
    refused(&values, DirectRoleValues);
}
