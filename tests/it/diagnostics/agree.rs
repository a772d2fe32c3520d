//! What the checks let pass can be used: there is no second opinion without a place.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use rosterd::config::{Format, parse};
use rosterd::sync::rules_for;
use serde_json::{Value, json};

/// Good in one place or another.
const GOOD: &[&str] = &["a", "cn", "groups", "team"];

/// Good in few places, if in any.
const TEXTS: &[&str] = &[
    "*",
    "a",
    " a",
    "a=b",
    "cn=x,dc=y",
    "=",
    "cn=",
    "a*b",
    "team-(?P<n>.+)",
    "(.)(.)",
    "(",
    "a)|(b",
    "${n}",
    "${1}",
    "${0}",
    "${3}",
    "$",
    "$$",
    "${",
    "a${n}b${1}",
    "groups",
    "groups[?a=='b']",
    "a.b",
    "'x'",
    "`true`",
    "`",
    "a ||",
    "[@,@][][@,@][][@,@][]",
    "join(a, b)",
    "\\",
    "[^\\s\\S]",
    "\u{e4}",
    "\u{130}",
    "i\u{307}",
    "\u{1}",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => prop::sample::select(GOOD).prop_map(str::to_owned),
        3 => prop::sample::select(TEXTS).prop_map(str::to_owned),
        1 => ".{0,5}",
        1 => (prop::sample::select(vec!["*", "(a{9}){9}", "?", "\\w"]), 0_usize..300).prop_map(|(t, n)| t.repeat(n)),
    ]
}

fn claim() -> impl Strategy<Value = Value> {
    let test = prop_oneof![
        text().prop_map(|t| ("equals", json!(t))),
        Just(("equals", json!(1))),
        Just(("equals", json!(true))),
        prop::collection::vec(text(), 1..3).prop_map(|t| ("one_of", json!(t))),
        text().prop_map(|t| ("glob", json!(t))),
        text().prop_map(|t| ("regex", json!(t))),
        Just(("present", json!(true))),
    ];
    (text(), test).prop_map(|(path, (key, value))| json!({ "path": path, key: value }))
}

fn matches() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (prop::sample::select(vec!["group", "group_exact", "group_glob", "group_regex", "expression"]), text())
            .prop_map(|(key, text)| json!({ key: text })),
        claim().prop_map(|claim| json!({ "claim": claim })),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        (prop::sample::select(vec!["any", "all", "none"]), prop::collection::vec(inner, 1..3))
            .prop_map(|(key, parts)| json!({ key: parts }))
    })
}

fn rule() -> impl Strategy<Value = Value> {
    let org = prop_oneof![text().prop_map(Value::from), prop::collection::vec(text(), 1..3).prop_map(Value::from)];
    (matches(), prop::option::weighted(0.8, org), prop::option::of(text()), any::<(bool, bool, bool)>()).prop_map(
        |(matches, org, team, (role, server_admin, case))| {
            json!({
                "id": "r", "match": matches, "org": org, "team": team, "role": role.then_some("Admin"),
                "server_admin": server_admin, "case_sensitive": case,
            })
        },
    )
}

fn config() -> impl Strategy<Value = Value> {
    let values = || prop::collection::vec(text(), 0..3);
    let direct = (text(), values(), values(), any::<bool>()).prop_map(|(expression, viewer, admin, case)| {
        let values = json!({ "Viewer": viewer, "Admin": admin });
        json!({ "expression": expression, "values": values, "case_sensitive": case })
    });
    let default = json!({ "org": "o", "role": "Viewer" });
    (
        rule(),
        prop::option::weighted(0.2, matches()),
        prop::option::weighted(0.2, direct),
        prop::option::weighted(0.2, text()),
    )
        .prop_map(move |(rule, allow, direct, groups)| {
            let default = direct.is_some().then(|| default.clone());
            let provider = json!({
                "login": { "protocol": "oidc" }, "allow": allow, "direct_role": direct, "default": default,
                "claims": { "groups": groups },
            });
            json!({ "version": 1, "providers": { "p": provider }, "rules": [rule] })
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_checks_let_pass_can_be_used(config in config()) {
        if let Ok(loaded) = parse(&config.to_string(), Format::Json, "x", &[]) {
            let rules = rules_for(&loaded.config, "p");
            prop_assert!(rules.is_ok(), "{}\n{config:#}", rules.err().unwrap_or_default());
        }
    }
}

/// The test above is none when nearly nothing passes.
#[test]
fn a_good_part_of_them_passes() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut passed = 0;
    for _ in 0..500 {
        let config = config().new_tree(&mut runner).unwrap().current();
        passed += usize::from(parse(&config.to_string(), Format::Json, "x", &[]).is_ok());
    }
    assert!(passed >= 50, "{passed} of 500");
}
