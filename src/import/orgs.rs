//! Grafana's organizations: what `orgs.json` names, and what the mappings mention.

use super::draft::Org;
use super::read::object;
use super::report::{Place, Report, Verdict};
use super::{Problem, Text};
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
        for (name, id) in object(file)? {
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
                "No list of organizations was given. In Grafana, `curl -su admin \
                 'https://grafana.example.org/api/orgs?perpage=1000' | jq 'map({(.name): .id}) | add' > orgs.json` makes \
                 one; import again with `--orgs orgs.json`, and every organization gets its name.",
            );
        }
        all.into_iter().map(|(id, name)| Org { key: id.to_string(), name }).collect()
    }
}
