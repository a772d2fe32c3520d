//! What a case expects against what was answered. Only what is said is compared.

use crate::config::Expected;
use crate::sync::Answer;
use rosterd_core::mapping::Held;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A field that is not as expected.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    pub(super) field: &'static str,
    pub(super) expected: Value,
    pub(super) found: Value,
}

impl Difference {
    pub(super) fn to_json(&self) -> Value {
        json!({ "field": self.field, "expected": self.expected, "found": self.found })
    }

    /// Line by line: `-` expected and not found, `+` found and not expected, ` ` both.
    pub(super) fn lines(&self) -> Vec<String> {
        let (expected, found) = (lines(self.field, &self.expected), lines(self.field, &self.found));
        let all: BTreeSet<&String> = expected.union(&found).collect();
        let sign = |line: &String| match (expected.contains(line), found.contains(line)) {
            (true, true) => ' ',
            (true, false) => '-',
            _ => '+',
        };
        all.into_iter().map(|line| format!("{} {line}", sign(line))).collect()
    }
}

fn lines(field: &str, value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().map(|(key, value)| format!("{field} {key}: {}", bare(value))).collect()
        }
        Value::Array(items) if field == "entitlements" && !items.is_empty() => {
            items.iter().map(|item| format!("{field} {item}")).collect()
        }
        Value::Array(items) if !items.is_empty() => items
            .iter()
            .map(|item| format!("{field} {} / {}: {}", bare(&item["org"]), bare(&item["team"]), bare(&item["role"])))
            .collect(),
        other => BTreeSet::from([format!("{field}: {}", bare(other))]),
    }
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn differences(expect: &Expected, answer: &Answer) -> Vec<Difference> {
    let found = answer.to_json();
    let mut differences = Vec::new();
    let mut compare = |field: &'static str, expected: Option<Value>| {
        let found = found.get(field).cloned().unwrap_or_default();
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            differences.push(Difference { field, expected, found });
        }
    };
    compare("denied", expect.denied.map(Value::from));
    compare("account", expect.suspended.map(|suspended| if suspended { "suspended" } else { "active" }.into()));
    compare(
        "orgs",
        expect.orgs.as_ref().map(|orgs| {
            let object = |(id, role): (&String, &rosterd_core::rights::OrgRole)| (id.clone(), role.name().into());
            orgs.as_ref().map_or(Value::Null, |orgs| Value::Object(orgs.iter().map(object).collect::<Map<_, _>>()))
        }),
    );
    compare(
        "teams",
        expect.teams.as_ref().map(|teams| {
            teams.iter().map(|team| json!({ "org": team.org, "team": team.team, "role": team.role.name() })).collect()
        }),
    );
    let held = |held: &Vec<Held>| held.iter().map(Held::to_json).collect();
    compare("entitlements", expect.entitlements.as_ref().map(held));
    compare("server_admin", expect.server_admin.map(|said| said.map_or(Value::Null, Value::Bool)));
    differences
}

#[cfg(test)]
mod tests {
    use super::*;
    use rosterd_core::rights::OrgRole;
    use std::collections::BTreeMap;

    fn answer() -> Answer {
        Answer {
            denied: false,
            suspended: false,
            orgs: Some(BTreeMap::from([("1".to_owned(), OrgRole::Viewer), ("2".to_owned(), OrgRole::Admin)])),
            teams: Vec::new(),
            entitlements: Vec::new(),
            server_admin: None,
            reasons: Vec::new(),
            rules: Vec::new(),
        }
    }

    #[test]
    fn what_is_not_said_is_not_compared_and_null_is_not_none() {
        assert_eq!(differences(&Expected::default(), &answer()), []);
        let expect =
            Expected { denied: Some(false), server_admin: Some(None), teams: Some(vec![]), ..Expected::default() };
        assert_eq!(differences(&expect, &answer()), []);
        let expect = Expected { server_admin: Some(Some(false)), orgs: Some(None), ..Expected::default() };
        let fields: Vec<&str> = differences(&expect, &answer()).iter().map(|one| one.field).collect();
        assert_eq!(fields, ["orgs", "server_admin"]);
    }

    #[test]
    fn a_difference_can_be_read_line_by_line() {
        let orgs = BTreeMap::from([("1".to_owned(), OrgRole::Editor), ("2".to_owned(), OrgRole::Admin)]);
        let expect = Expected { orgs: Some(Some(orgs)), suspended: Some(true), ..Expected::default() };
        let found = differences(&expect, &answer());
        let lines: Vec<String> = found.iter().flat_map(Difference::lines).collect();
        assert_eq!(
            lines,
            ["+ account: active", "- account: suspended", "- orgs 1: Editor", "+ orgs 1: Viewer", "  orgs 2: Admin"]
        );
    }
}
