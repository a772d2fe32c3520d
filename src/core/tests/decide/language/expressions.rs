//! Expressions come to what the JMESPath library says they do, and nothing makes them stall or
//! panic.

use super::{gives, rules, said};
use jmespath::{Rcvar, Variable};
use proptest::prelude::*;
use proptest::sample::select;
use rosterd_core::mapping::{ConditionSpec, DirectRoleSpec, Document, Expression, Source, TermsSpec};
use rosterd_core::rights::OrgRole;

fn claims(json: &str) -> Rcvar {
    let document = Document::parse(&format!("{{\"id_token\": {json}}}")).unwrap();
    Rcvar::clone(document.claims.get(Source::IdToken).unwrap())
}

fn json() -> impl Strategy<Value = String> {
    let leaf = select(vec!["null", "true", "1", "-2.5", "1e300", "\"a\"", "\"b\"", "\"\"", "\"\u{e9}\u{1f600}\""]);
    let value = leaf.prop_map(str::to_owned).prop_recursive(4, 24, 4, |inner| {
        let pair = (select(vec!["a", "b", "c"]), inner.clone()).prop_map(|(key, value)| (key.to_owned(), value));
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::btree_map(
                pair.clone().prop_map(|(key, _)| key),
                pair.prop_map(|(_, value)| value),
                0..3
            )
            .prop_map(|entries| {
                let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
                format!("{{{}}}", entries.join(","))
            }),
        ]
    });
    proptest::collection::vec(value, 3).prop_map(|values| {
        let entries: Vec<String> =
            ["a", "b", "c"].iter().zip(values).map(|(key, value)| format!("{key:?}:{value}")).collect();
        format!("{{{}}}", entries.join(","))
    })
}

/// By the grammar; `slices` with or without steps that the library itself overflows on.
fn expression(wild: bool) -> impl Strategy<Value = String> {
    let numbers =
        if wild { vec!["", "0", "1", "-1", "2147483647", "-2147483647"] } else { vec!["", "0", "1", "-1", "-2", "3"] };
    let leaf = prop_oneof![
        select(vec!["a", "b", "c", "@", "*", "[*]", "[]", "[0]", "[-1]", "'a'", "`1`", "`[1,\"a\"]`", "`null`", "zz"])
            .prop_map(str::to_owned),
        [select(numbers.clone()), select(numbers.clone()), select(numbers)]
            .prop_map(|[a, b, c]| format!("[{a}:{b}:{c}]")),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let one = || inner.clone();
        prop_oneof![
            (one(), select(vec!["a", "b", "*"])).prop_map(|(x, key)| format!("{x}.{key}")),
            (one(), select(vec!["[*]", "[]", "[0]", "[-1]", "[::2]", "[::-1]", "[1:]", "[:-1]"]))
                .prop_map(|(x, i)| format!("{x}{i}")),
            (one(), one()).prop_map(|(x, y)| format!("{x}[?{y}]")),
            (one(), one()).prop_map(|(x, y)| format!("{x} | {y}")),
            (one(), select(vec!["||", "&&", "==", "!=", "<", ">="]), one())
                .prop_map(|(x, op, y)| format!("({x} {op} {y})")),
            one().prop_map(|x| format!("!({x})")),
            (one(), one()).prop_map(|(x, y)| format!("[{x}, {y}]")),
            (one(), one()).prop_map(|(x, y)| format!("{{a: {x}, b: {y}}}")),
            (
                select(vec![
                    "length",
                    "keys",
                    "values",
                    "to_string",
                    "to_number",
                    "to_array",
                    "type",
                    "sort",
                    "reverse",
                    "max",
                    "min",
                    "sum",
                    "avg",
                    "abs",
                    "ceil",
                    "floor",
                    "not_null",
                    "merge",
                    "nope"
                ]),
                one()
            )
                .prop_map(|(f, x)| format!("{f}({x})")),
            (select(vec!["contains", "starts_with", "ends_with", "merge", "not_null"]), one(), one())
                .prop_map(|(f, x, y)| format!("{f}({x}, {y})")),
            one().prop_map(|x| format!("join(', ', {x})")),
            (select(vec!["sort_by", "max_by", "min_by"]), one(), one()).prop_map(|(f, x, y)| format!("{f}({x}, &{y})")),
            (one(), one()).prop_map(|(x, y)| format!("map(&{x}, {y})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn they_come_to_what_the_library_says(text in expression(false), json in json()) {
        let (Ok(ours), Ok(theirs)) = (Expression::compile(&text), jmespath::compile(&text)) else { return Ok(()) };
        let claims = claims(&json);
        match (ours.evaluate(&claims), theirs.search(&*claims)) {
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours, theirs, "{} on {}", text, json),
            (Err(ours), Err(theirs)) => {
                let theirs = theirs.reason.to_string();
                prop_assert!(ours.contains("expects type expref") || theirs.ends_with(&ours), "{} on {}: {} {}", text, json, ours, theirs);
            }
            (ours, theirs) => prop_assert!(false, "{} on {}: {:?}, not {:?}", text, json, ours, theirs),
        }
    }

    #[test]
    fn no_document_and_no_expression_makes_a_decision_panic(
        matches in expression(true), role in expression(true), json in json(), groups in proptest::collection::vec("[a-c=, ]{0,6}", 0..4),
    ) {
        let direct = DirectRoleSpec {
            expression: role,
            sources: None,
            several: true,
            case_sensitive: false,
            values: Vec::new(),
            only_values: false,
            unknown_keeps_server_admin: true,
        };
        let terms = TermsSpec { direct_role: Some(direct), default: Some(("Org".to_owned(), OrgRole::None)), ..TermsSpec::default() };
        let specs = [gives("one", ConditionSpec::Expression(matches), OrgRole::Viewer)];
        if rosterd_core::mapping::RuleSet::compile(&specs, &terms).is_ok() {
            said(&rules(&specs, &terms), &format!("{{\"groups\": {groups:?}, \"id_token\": {json}}}"));
        }
    }
}

#[test]
fn slices_with_huge_steps_are_slices() {
    let list = claims(r#"{"l": [0, 1, 2, 3]}"#);
    let value = |text: &str| Expression::compile(text).unwrap().evaluate(&list).unwrap().to_string();
    assert_eq!(value("l[1::2147483647]"), "[1]");
    assert_eq!(value("l[2::-2147483647]"), "[2]");
    assert_eq!(value("l[-2147483647:2147483647:2]"), "[0,2]");
    assert_eq!(value("l[-2147483647]"), "null");
    assert!(Expression::compile("l[-2147483648]").is_err());
}

/// Each of these makes far more of a document than it holds, or looks at it far too often.
#[test]
fn w25_what_takes_too_many_steps_stops() {
    let texts: Vec<String> = (0..19_000).map(|n| format!("\"{n}\"")).collect();
    let large = claims(&format!("{{\"l\": [{}]}}", texts.join(",")));
    let long = claims(&format!("{{\"l\": \"{}\"}}", "\u{e9}".repeat(500_000)));
    let eight = format!("[`{:?}`][][]", [0; 8]);
    for (claims, text) in [
        (&large, format!("l[?{}]", vec!["x"; 250].join("||"))),
        (&large, format!("l[*].{eight}{}", format!("[*].{eight}").repeat(3))),
        (&large, vec!["sort(l)"; 60].join("&&")),
        (&large, vec!["l==l"; 100].join("&&")),
        (&large, vec!["to_string(l)"; 40].join("&&")),
        (&large, format!("length(join('{}', l[*].['x'][]))", "-".repeat(900))),
        (&large, vec!["l[::-1]"; 60].join("&&")),
        (&large, "l[*].[@,@,@,@,@,@,@,@][][].[@,@][][]".to_owned()),
        (&long, vec!["reverse(l)"; 60].join("&&")),
        (&long, vec!["length(l)"; 60].join("&&")),
    ] {
        let expression = Expression::compile(&text).unwrap();
        let outcome = expression.evaluate(claims);
        assert!(
            outcome.as_ref().is_err_and(|why| why.contains("steps")),
            "{text}: {:?}",
            outcome.map(|v| v.get_type())
        );
    }
    let found = Expression::compile("contains(l[*], '18999') && 'Admin' || 'Viewer'").unwrap().evaluate(&large);
    assert_eq!(found, Ok(Rcvar::new(Variable::String("Admin".to_owned()))));
}
