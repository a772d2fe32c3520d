//! Matches on claims.

use super::{DENIED, VIEWER, claim, equals, gives, group, one, rules, said, text};
use rosterd_core::mapping::{ClaimTest, ConditionSpec, Reading, Scalar, Source, TermsSpec};
use rosterd_core::rights::OrgRole;

/// Whether a rule on `info.role` matches where that claim has this value.
fn fits(test: ClaimTest, value: &str) -> bool {
    let lines = said(
        &one(claim("info.role", test)),
        &format!("{{\"groups\": [], \"id_token\": {{\"info\": {{\"role\": {value}}}}}}}"),
    );
    assert!(lines == VIEWER || lines == DENIED, "{lines:?}");
    lines == VIEWER
}

#[test]
fn values_compare_by_kind_alone_or_in_a_list() {
    let is = |scalar: Scalar| ClaimTest::OneOf(vec![scalar]);
    for (test, value, expected) in [
        (is(text("dev")), r#""dev""#, true),
        (is(text("dev")), r#"["ops", "dev"]"#, true),
        (is(text("dev")), r#"["ops"]"#, false),
        (is(text("dev")), r#"[]"#, false),
        (is(text("dev")), r#"["developer", ["dev"]]"#, false),
        (is(text("dev")), r#"{"dev": "dev"}"#, false),
        (is(text("7")), "7", false),
        (is(Scalar::Number("7".to_owned())), "7", true),
        (is(Scalar::Number("7".to_owned())), r#"["x", 7]"#, true),
        (is(Scalar::Number("7".to_owned())), r#""7""#, false),
        (is(Scalar::Bool(true)), "true", true),
        (is(Scalar::Bool(true)), r#""true""#, false),
        (is(Scalar::Bool(false)), "false", true),
        (is(Scalar::Bool(true)), "false", false),
        (ClaimTest::OneOf(vec![text("a"), text("b")]), r#""b""#, true),
        (ClaimTest::OneOf(vec![text("a"), text("b")]), r#""c""#, false),
    ] {
        assert_eq!(fits(test.clone(), value), expected, "{test:?} on {value}");
    }
}

#[test]
fn patterns_fit_whole_texts_and_present_is_anything_but_empty() {
    for (test, value, expected) in [
        (ClaimTest::Glob("team-*".to_owned()), r#""team-a""#, true),
        (ClaimTest::Glob("team-*".to_owned()), r#""my-team-a""#, false),
        (ClaimTest::Glob("t?".to_owned()), r#"["x", "ta"]"#, true),
        (ClaimTest::Glob("1*".to_owned()), "12", false),
        (ClaimTest::Regex("team-[a-c]".to_owned()), r#""team-b""#, true),
        (ClaimTest::Regex("team-[a-c]".to_owned()), r#""team-bb""#, false),
        (ClaimTest::Regex("a|b".to_owned()), r#""ab""#, false),
        (ClaimTest::Present, r#""x""#, true),
        (ClaimTest::Present, "false", true),
        (ClaimTest::Present, r#"{"a": 1}"#, true),
        (ClaimTest::Present, r#"[["x"]]"#, true),
        (ClaimTest::Present, r#""""#, false),
        (ClaimTest::Present, "[]", false),
    ] {
        assert_eq!(fits(test.clone(), value), expected, "{test:?} on {value}");
    }
}

#[test]
fn case_is_the_providers_unless_the_rule_says_its_own() {
    let value = r#"{"groups": ["Staff"], "id_token": {"role": "DEV", "team": "TEAM-a"}}"#;
    let conditions = [
        group("staff"),
        ConditionSpec::Exact("staff".to_owned()),
        ConditionSpec::Glob("st*".to_owned()),
        equals("role", "dev"),
        claim("team", ClaimTest::Regex("team-.".to_owned())),
    ];
    for condition in conditions {
        for (provider, own, matches) in
            [(false, None, true), (true, None, false), (true, Some(false), true), (false, Some(true), false)]
        {
            let mut rule = gives("one", condition.clone(), OrgRole::Viewer);
            rule.case_sensitive = own;
            let set = rules(&[rule], &TermsSpec { case_sensitive: provider, ..TermsSpec::default() });
            let expected = if matches { VIEWER } else { DENIED };
            assert_eq!(said(&set, value), expected, "{condition:?} {provider} {own:?}");
        }
    }
}

fn reading(reading: Reading) -> rosterd_core::mapping::RuleSet {
    rules(&[gives("one", equals("role", "dev"), OrgRole::Viewer)], &TermsSpec { reading, ..TermsSpec::default() })
}

#[test]
fn the_first_source_that_has_something_counts() {
    let all = reading(Reading::default());
    for (json, expected) in [
        (r#"{"groups": [], "id_token": {"role": "dev"}, "userinfo": {"role": "x"}}"#, &VIEWER[..]),
        (r#"{"groups": [], "id_token": {"role": "x"}, "userinfo": {"role": "dev"}}"#, &DENIED),
        (r#"{"groups": [], "id_token": {"other": 1}, "userinfo": {"role": "dev"}}"#, &VIEWER),
        // An empty one does not count where another has a value.
        (r#"{"groups": [], "id_token": {"role": []}, "attributes": {"role": "dev"}}"#, &VIEWER),
        (r#"{"groups": [], "id_token": {"role": ""}, "userinfo": {"role": null}}"#, &DENIED),
    ] {
        assert_eq!(said(&all, json), expected, "{json}");
    }
    let userinfo = reading(Reading { sources: vec![Source::Userinfo], ..Reading::default() });
    let json = r#"{"groups": [], "id_token": {"role": "dev"}, "userinfo": {"role": "x"}}"#;
    assert_eq!(said(&userinfo, json), DENIED);
}

#[test]
fn where_lists_are_asked_for_a_single_text_is_none() {
    let lists = reading(Reading { lists_only: true, ..Reading::default() });
    assert_eq!(said(&lists, r#"{"groups": [], "id_token": {"role": ["dev"]}}"#), VIEWER);
    assert_eq!(said(&lists, r#"{"groups": [], "id_token": {"role": "dev"}}"#), DENIED);
}

#[test]
fn what_no_source_has_is_unknown_unless_absent_is_none() {
    let nothing = r#"{"groups": [], "id_token": {"name": "ana"}}"#;
    assert_eq!(said(&reading(Reading::default()), nothing), ["Kept", "roles kept", "admin kept", "unknown"]);
    let none = reading(Reading { absent_is_none: true, ..Reading::default() });
    assert_eq!(said(&none, nothing), DENIED);
}

#[test]
fn an_unknown_claim_is_ruled_out_by_nobody() {
    let not = |path: &str| ConditionSpec::None(vec![equals(path, "external")]);
    let set = one(not("kind"));
    assert_eq!(said(&set, r#"{"groups": [], "id_token": {"kind": "internal"}}"#), VIEWER);
    assert_eq!(said(&set, r#"{"groups": [], "id_token": {"kind": "external"}}"#), DENIED);
    assert_eq!(said(&set, r#"{"groups": [], "id_token": {}}"#)[0], "Kept");
}

#[test]
fn groups_can_come_from_a_claim() {
    let terms = TermsSpec { groups: Some("info.groups[].name".to_owned()), ..TermsSpec::default() };
    let set = rules(&[gives("one", group("dev"), OrgRole::Viewer)], &terms);
    let json = |groups: &str| format!("{{\"userinfo\": {{\"info\": {{\"groups\": {groups}}}}}}}");
    assert_eq!(said(&set, &json(r#"[{"name": "ops"}, {"name": "Dev"}]"#)), VIEWER);
    assert_eq!(said(&set, &json("[]")), DENIED);
    assert_eq!(said(&set, r#"{"userinfo": {}}"#), ["Kept", "roles kept", "admin kept", "unknown"]);
    // The login's own list comes first.
    assert_eq!(said(&set, r#"{"groups": ["x"], "userinfo": {"info": {"groups": [{"name": "dev"}]}}}"#), DENIED);
}

#[test]
fn captures_of_a_claim_name_organizations_and_teams() {
    let mut rule =
        gives("one", claim("units", ClaimTest::Regex("(?P<org>[^/]+)/(?P<team>.+)".to_owned())), OrgRole::Editor);
    rule.orgs = vec!["${org}".to_owned()];
    rule.team = Some("${team}".to_owned());
    let set = rules(&[rule], &TermsSpec::default());
    let json = r#"{"groups": [], "assertion": {"units": ["Lab/web", "Lab/ops", "Shop/web", "none", "Shop/\u0007"]}}"#;
    let expected = ["Lab = Editor", "Lab/ops = member", "Lab/web = member", "Shop = Editor", "Shop/web = member"];
    assert_eq!(said(&set, json), expected);
}

#[test]
fn captures_of_a_claim_and_a_group_go_together() {
    let mut rule = gives(
        "one",
        ConditionSpec::All(vec![
            claim("org", ClaimTest::Regex("(?P<org>.+)".to_owned())),
            ConditionSpec::Regex("team-(?P<team>.+)".to_owned()),
        ]),
        OrgRole::Viewer,
    );
    rule.orgs = vec!["${org}".to_owned()];
    rule.team = Some("${team}".to_owned());
    let set = rules(&[rule], &TermsSpec::default());
    let json = r#"{"groups": ["team-a", "team-b", "c"], "id_token": {"org": "Lab"}}"#;
    assert_eq!(said(&set, json), ["Lab = Viewer", "Lab/a = member", "Lab/b = member"]);
    assert_eq!(said(&set, r#"{"groups": ["c"], "id_token": {"org": "Lab"}}"#), DENIED);
}
