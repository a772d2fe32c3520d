//! The configuration's side of an explanation: which rules there are, where they stand, what they
//! look for.

use crate::config::{ClaimMatch, ClaimValue, Config, Duration, Match, Places, Rule};
use crate::sync::rules_for;
use rosterd_core::mapping::RuleSet;
use std::collections::BTreeMap;

/// The rules of every configured provider.
pub(crate) struct Book<'a> {
    pub(super) config: &'a Config,
    places: &'a Places,
    rules: BTreeMap<&'a str, RuleSet>,
    /// The configuration without its rules.
    bare: Config,
}

impl<'a> Book<'a> {
    /// # Errors
    /// One line for each rule that cannot be used.
    pub(crate) fn new(config: &'a Config, places: &'a Places) -> Result<Self, String> {
        let mut rules = BTreeMap::new();
        for name in config.providers.keys() {
            rules.insert(name.as_str(), rules_for(config, name)?);
        }
        let mut bare = config.clone();
        bare.rules.clear();
        Ok(Self { config, places, rules, bare })
    }

    /// The provider's rules; `None` when it is not configured.
    pub(super) fn of(&self, provider: &str) -> Option<&RuleSet> {
        self.rules.get(provider)
    }

    /// How long what a login at the provider said holds, in milliseconds.
    pub(super) fn lease(&self, provider: &str) -> Option<i64> {
        self.config.providers.get(provider)?.lease().map(Duration::millis)
    }

    /// The provider that re-checks people of this one.
    pub(super) fn recheck(&self, provider: &str) -> Option<&str> {
        self.config.providers.get(provider)?.recheck.as_deref()
    }

    /// Only what a rule asks of groups, each by itself enough; `None` when it asks nothing of them.
    pub(super) fn group_part(&self, provider: &str, rule: &str) -> Option<RuleSet> {
        let found = self.config.rules.iter().find(|other| other.id == rule)?;
        let mut groups = Vec::new();
        group_tests(&found.matches, &mut groups);
        if groups.is_empty() {
            return None;
        }
        // What it gives does not count here, and could need captures that are left out.
        let part = Rule {
            matches: Match::Any(groups),
            org: None,
            role: None,
            team: None,
            team_role: None,
            server_admin: true,
            ..found.clone()
        };
        let config = Config { rules: vec![part], ..self.bare.clone() };
        rules_for(&config, provider).ok()
    }

    /// Why a rule does not match that could.
    pub(super) fn misfit(&self, rule: &Rule) -> &'static str {
        let mut groups = Vec::new();
        group_tests(&rule.matches, &mut groups);
        match (groups.is_empty(), claims(&rule.matches)) {
            (true, true) => "no claim fits",
            (false, true) => "no group and no claim fits",
            (_, false) => "no group fits",
        }
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

/// The tests of groups that can make a rule match.
fn group_tests(matches: &Match, out: &mut Vec<Match>) {
    match matches {
        Match::Group(_) | Match::GroupExact(_) | Match::GroupGlob(_) | Match::GroupRegex(_) => {
            out.push(matches.clone());
        }
        Match::Any(parts) | Match::All(parts) => parts.iter().for_each(|part| group_tests(part, out)),
        Match::None(_) | Match::Claim(_) | Match::Expression(_) => {}
    }
}

/// Whether it looks at claims.
fn claims(matches: &Match) -> bool {
    match matches {
        Match::Claim(_) | Match::Expression(_) => true,
        Match::Any(parts) | Match::All(parts) | Match::None(parts) => parts.iter().any(claims),
        Match::Group(_) | Match::GroupExact(_) | Match::GroupGlob(_) | Match::GroupRegex(_) => false,
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
