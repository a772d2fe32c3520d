//! Grafana's organizations: what `orgs.json` names, and what the mappings mention.
//!
//! `{"<name>": <id>}`, or what Grafana's own `/api/orgs` answers: `[{"id": 1, "name": "…"}]`.

use super::draft::Org;
use super::read::json;
use super::report::{Place, Report, Verdict};
use super::{Problem, Text};
use serde_json::Value;
use std::collections::BTreeMap;

/// Organizations by id and by name.
#[derive(Debug, Default)]
pub(super) struct Orgs {
    /// Whether there is a list at all: without one, a name cannot be said to be wrong.
    file: Option<String>,
    ids: BTreeMap<String, i64>,
    names: BTreeMap<i64, String>,
    /// Where each was mentioned first.
    mentioned: BTreeMap<i64, Place>,
}

impl Orgs {
    pub(super) fn read(file: Option<&Text>) -> Result<Self, Vec<Problem>> {
        let Some(file) = file else { return Ok(Self::default()) };
        let mut orgs = Self { file: Some(file.name.clone()), ..Self::default() };
        let mut problems = Vec::new();
        for (name, id) in pairs(file)? {
            let Some(id) = id.as_i64().filter(|id| *id > 0) else {
                problems.push(Problem::whole(&file.name, format!("{name:?} needs its id, a whole number above 0")));
                continue;
            };
            if let Some(other) = orgs.names.insert(id, name.clone()) {
                problems.push(Problem::whole(&file.name, format!("{other:?} and {name:?} have the same id, {id}")));
            }
            orgs.ids.insert(name, id);
        }
        if problems.is_empty() { Ok(orgs) } else { Err(problems) }
    }

    pub(super) fn given(&self) -> bool {
        self.file.is_some()
    }

    /// The id of a name, written exactly so.
    pub(super) fn id(&self, name: &str) -> Option<i64> {
        self.ids.get(name).copied()
    }

    /// The key under which the organization is declared.
    pub(super) fn mention(&mut self, id: i64, place: &Place) -> String {
        self.mentioned.entry(id).or_insert_with(|| place.clone());
        id.to_string()
    }

    /// Every organization to declare, by id.
    pub(super) fn declared(&self, report: &mut Report) -> Vec<Org> {
        let known = self.names.iter().map(|(id, name)| (*id, Some(name.clone())));
        let unnamed = self.mentioned.keys().filter(|id| !self.names.contains_key(id)).map(|id| (*id, None));
        let mut all: Vec<(i64, Option<String>)> = known.chain(unnamed).collect();
        all.sort();
        for (id, _) in all.iter().filter(|(_, name)| name.is_none()) {
            if let Some(place) = self.mentioned.get(id) {
                let text = format!(
                    "organization {id} has no name here: it is found in the database by its key only, and never made. \
                     Give it a `name` in `[orgs.{id}]`, or list it in a file for --orgs."
                );
                report.line(place, &format!("organization {id}"), Verdict::Look, text);
            }
        }
        if !self.given() && !all.is_empty() {
            report.first(
                "No list of organizations was given. As a server admin, save what Grafana answers at \
                 `/api/orgs?perpage=1000` as `orgs.json`; import again with `--orgs orgs.json`, and every organization \
                 gets its name.",
            );
        }
        all.into_iter().map(|(id, name)| Org { key: id.to_string(), name }).collect()
    }
}

/// Names with what stands for their ids.
fn pairs(file: &Text) -> Result<Vec<(String, Value)>, Vec<Problem>> {
    let wrong = || vec![Problem::whole(&file.name, "this must be {\"<name>\": <id>}, or what /api/orgs answers")];
    match json(file)? {
        Value::Object(map) => Ok(map.into_iter().collect()),
        Value::Array(list) => list
            .iter()
            .map(|org| Some((org.get("name")?.as_str()?.to_owned(), org.get("id")?.clone())))
            .collect::<Option<_>>()
            .ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Orgs, Vec<Problem>> {
        Orgs::read(Some(&Text { name: "orgs.json".to_owned(), text: text.to_owned() }))
    }

    #[test]
    fn a_list_by_hand_and_grafanas_own_are_the_same() {
        for text in
            [r#"{"Main Org.": 1, "b": 2}"#, r#"[{"id": 1, "name": "Main Org."}, {"id": 2, "name": "b", "x": 0}]"#]
        {
            let orgs = read(text);
            assert!(orgs.is_ok_and(|orgs| orgs.id("Main Org.") == Some(1) && orgs.id("b") == Some(2)), "{text}");
        }
        for text in [r#"{"a": 0}"#, r#"{"a": "1"}"#, r#"{"a": 1, "b": 1}"#, r#"[{"id": 1}]"#, "1", "[1]"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
