//! Groups by their own text, and expressions as matches.

use super::{DENIED, VIEWER, one, said};
use rosterd_core::mapping::ConditionSpec;

fn expression(text: &str) -> ConditionSpec {
    ConditionSpec::Expression(text.to_owned())
}

#[test]
fn an_exact_group_is_text_and_a_group_with_an_equals_sign_a_dn() {
    let groups = |group: &str| format!("{{\"groups\": [{group:?}]}}");
    for (condition, group, matches) in [
        (ConditionSpec::Group("CN=a, DC=x".to_owned()), "cn=a,dc=x", true),
        (ConditionSpec::Exact("CN=a, DC=x".to_owned()), "cn=a,dc=x", false),
        (ConditionSpec::Exact("CN=a, DC=x".to_owned()), "cn=a, dc=x", true),
        (ConditionSpec::Group("a".to_owned()), "cn=a,dc=x", true),
        (ConditionSpec::Exact("a".to_owned()), "cn=a,dc=x", false),
        (ConditionSpec::Exact("@acme/night-watch".to_owned()), "@acme/night-watch", true),
    ] {
        let expected = if matches { VIEWER } else { DENIED };
        assert_eq!(said(&one(condition.clone()), &groups(group)), expected, "{condition:?} on {group}");
    }
}

#[test]
fn an_expression_sees_all_sources_together_and_the_groups() {
    let all = one(expression("email_verified && contains(groups, 'dev') && level > `3`"));
    let json = |verified: &str, groups: &str| {
        format!(
            "{{\"groups\": [{groups}], \"id_token\": {{\"email_verified\": {verified}}}, \"userinfo\": {{\"level\": 4, \"email_verified\": true}}}}"
        )
    };
    assert_eq!(said(&all, &json("true", r#""dev""#)), VIEWER);
    assert_eq!(said(&all, &json("false", r#""dev""#)), DENIED);
    assert_eq!(said(&all, &json("null", r#""dev""#)), VIEWER);
    assert_eq!(said(&all, &json("true", r#""ops""#)), DENIED);
}

#[test]
fn an_expression_that_fails_is_reported_and_takes_nothing() {
    let set = one(expression("contains(roles, 'dev')"));
    let lines = said(&set, r#"{"groups": [], "id_token": {"name": "ana"}}"#);
    assert_eq!(lines[..4], ["Kept", "roles kept", "admin kept", "unknown"]);
    assert!(lines[4].starts_with("claims: Argument 0 expects type"), "{lines:?}");
}

#[test]
fn empty_false_and_null_are_not_true() {
    let set = one(expression("x"));
    for (value, matches) in
        [("\"\"", false), ("[]", false), ("{}", false), ("false", false), ("0", true), ("\"no\"", true), ("[0]", true)]
    {
        let expected = if matches { VIEWER } else { DENIED };
        assert_eq!(said(&set, &format!("{{\"groups\": [], \"id_token\": {{\"x\": {value}}}}}")), expected, "{value}");
    }
}
