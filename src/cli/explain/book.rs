//! The configuration's side of an explanation: which rules there are, where they stand, what they
//! look for.

use crate::config::{ClaimMatch, ClaimValue, Config, Loaded, Match, Places};
use crate::sync::rules_for;
use rosterd_core::mapping::RuleSet;
use std::collections::BTreeMap;

/// The rules of every configured provider.
pub(super) struct Book<'a> {
    pub(super) config: &'a Config,
    places: &'a Places,
    rules: BTreeMap<&'a str, RuleSet>,
    /// The configuration without its rules.
    bare: Config,
}

impl<'a> Book<'a> {
    /// # Errors
    /// One line for each rule that cannot be used.
    pub(super) fn new(loaded: &'a Loaded) -> Result<Self, String> {
        let mut rules = BTreeMap::new();
        for name in loaded.config.providers.keys() {
            rules.insert(name.as_str(), rules_for(&loaded.config, name)?);
        }
        let mut bare = loaded.config.clone();
        bare.rules.clear();
        Ok(Self { config: &loaded.config, places: &loaded.places, rules, bare })
    }

    /// The provider's rules; `None` when it is not configured.
    pub(super) fn of(&self, provider: &str) -> Option<&RuleSet> {
        self.rules.get(provider)
    }

    /// One rule as if the provider had no other. Compiled anew, because a set tests every group
    /// against the patterns of all of its rules: for thousands of rules that is seconds each time.
    pub(super) fn alone(&self, provider: &str, rule: &str) -> Option<RuleSet> {
        let found = self.config.rules.iter().find(|other| other.id == rule)?;
        let config = Config { rules: vec![found.clone()], ..self.bare.clone() };
        rules_for(&config, provider).ok()
    }

    /// File and line of a rule.
    pub(super) fn at(&self, rule: &str) -> Option<String> {
        self.places.rule(rule)
    }

    /// What a rule looks for.
    pub(super) fn wants(&self, rule: &str) -> String {
        let found = self.config.rules.iter().find(|other| other.id == rule);
        found.map(|rule| words(&rule.matches)).unwrap_or_default()
    }
}

/// A condition in the configuration's own words.
fn words(matches: &Match) -> String {
    let all = |parts: &[Match]| parts.iter().map(words).collect::<Vec<_>>().join(", ");
    match matches {
        Match::Group(text) => format!("group = {text:?}"),
        Match::GroupExact(text) => format!("group_exact = {text:?}"),
        Match::Claim(claim) => format!("claim {}{}", claim.path, test(claim)),
        Match::Expression(text) => format!("expression = {text:?}"),
        Match::GroupGlob(text) => format!("group_glob = {text:?}"),
        Match::GroupRegex(text) => format!("group_regex = {text:?}"),
        Match::Any(parts) => format!("any of [{}]", all(parts)),
        Match::All(parts) => format!("all of [{}]", all(parts)),
        Match::None(parts) => format!("none of [{}]", all(parts)),
    }
}

/// What a claim is held against.
fn test(claim: &ClaimMatch) -> String {
    let value = |value: &ClaimValue| match value {
        ClaimValue::Text(text) => format!("{text:?}"),
        ClaimValue::Number(number) => number.to_string(),
        ClaimValue::Bool(truth) => truth.to_string(),
    };
    match claim {
        ClaimMatch { equals: Some(equals), .. } => format!(" = {}", value(equals)),
        ClaimMatch { one_of: Some(values), .. } => {
            format!(" one of [{}]", values.iter().map(value).collect::<Vec<_>>().join(", "))
        }
        ClaimMatch { glob: Some(glob), .. } => format!(" like {glob:?}"),
        ClaimMatch { regex: Some(regex), .. } => format!(" matching {regex:?}"),
        ClaimMatch { .. } => " present".to_owned(),
    }
}
