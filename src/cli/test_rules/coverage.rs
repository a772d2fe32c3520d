//! Which rules the cases say nothing about.

use crate::config::Places;
use crate::sync::{Answer, Simulation};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What the cases made of one rule.
#[derive(Debug, Default)]
struct Rule {
    at: Option<String>,
    /// In the order of the configuration, as far as one provider has it.
    place: usize,
    /// It cannot miss.
    everybody: bool,
    matched: bool,
    won: bool,
    missed: bool,
}

impl Rule {
    /// What no case shows; `None` when it is covered.
    fn lacks(&self) -> Option<&'static str> {
        match self {
            Self { matched: false, .. } => Some("no case matches it"),
            Self { won: false, .. } => Some("it matches, and decides nothing in any case"),
            Self { missed: false, everybody: false, .. } => Some("every case matches it"),
            _ => None,
        }
    }
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct Coverage(BTreeMap<String, Rule>);

impl Coverage {
    pub(super) fn new(simulations: &BTreeMap<&str, Simulation<'_>>, places: &Places) -> Self {
        let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
        for (place, (id, everybody)) in simulations.values().flat_map(|one| one.rules().enumerate()) {
            let rule = Rule { at: places.rule(id), place, everybody, ..Rule::default() };
            rules.entry(id.to_owned()).or_insert(rule);
        }
        Self(rules)
    }

    pub(super) fn count(&mut self, answer: &Answer) {
        for tried in &answer.rules {
            if let Some(rule) = self.0.get_mut(&tried.rule) {
                rule.matched |= tried.matched;
                rule.won |= tried.won;
                rule.missed |= !tried.matched;
            }
        }
    }

    /// Rules that something is missing of, in the configuration's order.
    fn lacking(&self) -> Vec<(&str, &Rule, &'static str)> {
        let mut found: Vec<_> =
            self.0.iter().filter_map(|(id, rule)| Some((id.as_str(), rule, rule.lacks()?))).collect();
        found.sort_by_key(|(id, rule, _)| (rule.place, *id));
        found
    }

    /// Of a hundred rules, those that decide something in one case and do not match in another.
    fn percent(&self) -> usize {
        let covered = self.0.len() - self.lacking().len();
        (covered * 100).checked_div(self.0.len()).unwrap_or(100)
    }

    pub(super) fn to_json(&self) -> Value {
        let lacking = self.lacking();
        let one = |(id, rule, lacks): &(&str, &Rule, &str)| {
            json!({ "rule": id, "at": rule.at, "matched": rule.matched, "won": rule.won, "missed": rule.missed,
                    "lacks": lacks })
        };
        json!({
            "rules": self.0.len(),
            "covered": self.0.len() - lacking.len(),
            "percent": self.percent(),
            "lacking": lacking.iter().map(one).collect::<Vec<_>>(),
        })
    }

    /// Writing to a String cannot fail, which is why results of `writeln!` are dropped here.
    pub(super) fn text(&self) -> String {
        let lacking = self.lacking();
        let (all, covered) = (self.0.len(), self.0.len() - lacking.len());
        let mut out = format!(
            "coverage: {covered} of {all} rules ({} %) decide something in one case and do not match in another\n",
            self.percent()
        );
        for (id, rule, lacks) in lacking {
            let at = rule.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
            let _ = writeln!(out, "  {id}{at}: {lacks}");
        }
        out
    }
}
