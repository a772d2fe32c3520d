//! From the configuration's words to the core's.

use crate::config::{Config, Create, LinkKey, Match, NoMatch, Resolve, Rule};
use rosterd_core::mapping::{self, ConditionSpec, RuleSet, RuleSpec};
use rosterd_core::plan::{self, Policy};

/// The rules that can match people of `provider`, in order.
///
/// # Errors
/// One line for each rule that cannot be used.
pub fn rules_for(config: &Config, provider: &str) -> Result<RuleSet, String> {
    let (resolve, case_sensitive) =
        config.providers.get(provider).map_or_else(Default::default, |p| (p.resolve, p.case_sensitive));
    let resolve = match resolve {
        Resolve::Highest => mapping::Resolve::Highest,
        Resolve::First => mapping::Resolve::First,
    };
    let applies =
        |rule: &&Rule| rule.provider.as_ref().is_none_or(|names| names.as_slice().iter().any(|n| n == provider));
    let specs: Vec<RuleSpec> = config.rules.iter().filter(applies).map(spec).collect();
    RuleSet::compile(&specs, resolve, case_sensitive)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

fn spec(rule: &Rule) -> RuleSpec {
    RuleSpec {
        id: rule.id.clone(),
        condition: condition(&rule.matches),
        org: rule.org.clone(),
        role: rule.role.map(Into::into),
        team: rule.team.clone(),
        team_role: rule.team_role.map(Into::into),
        server_admin: rule.server_admin,
    }
}

fn condition(matches: &Match) -> ConditionSpec {
    let all = |parts: &[Match]| parts.iter().map(condition).collect();
    match matches {
        Match::Group(text) => ConditionSpec::Group(text.clone()),
        Match::GroupGlob(text) => ConditionSpec::Glob(text.clone()),
        Match::GroupRegex(text) => ConditionSpec::Regex(text.clone()),
        Match::Any(parts) => ConditionSpec::Any(all(parts)),
        Match::All(parts) => ConditionSpec::All(all(parts)),
        Match::None(parts) => ConditionSpec::None(all(parts)),
    }
}

/// What a plan for `provider` may do besides the rules. A provider that is not configured (one
/// that is being retired) creates nothing.
#[must_use]
pub fn policy_for(config: &Config, provider: &str) -> Policy {
    let limits = plan::Limits {
        removals_percent: config.limits.removals_percent,
        removals_at_least: config.limits.removals_at_least,
        emptied_at_least: config.limits.emptied_at_least,
        privileged_gains: config.limits.privileged_gains,
    };
    let link = |key: &LinkKey| match key {
        LinkKey::Email => plan::LinkKey::Email,
        LinkKey::Login => plan::LinkKey::Login,
    };
    let own = config.providers.get(provider);
    let on_no_match = own.map_or(plan::NoMatch::Deny, |own| match (own.on_no_match, &own.default) {
        (NoMatch::Keep, _) => plan::NoMatch::Keep,
        (NoMatch::Default, Some(default)) => {
            plan::NoMatch::Default { org: default.org.clone(), role: default.role.into() }
        }
        // Without a `default` there is nothing to give; the configuration is refused before.
        (NoMatch::Default, None) | (NoMatch::Deny, _) => plan::NoMatch::Deny,
        (NoMatch::Suspend, _) => plan::NoMatch::Suspend,
    });
    Policy {
        on_no_match,
        create_orgs: own.is_some_and(|own| own.create_missing.contains(&Create::Orgs)),
        create_teams: own.is_some_and(|own| own.create_missing.contains(&Create::Teams)),
        precedence: config.providers.iter().map(|(name, p)| (name.clone(), p.precedence)).collect(),
        link_by: config
            .providers
            .iter()
            .map(|(name, p)| (name.clone(), p.link.by.iter().map(link).collect()))
            .collect(),
        limits,
        archive_after: config.accounts.archive_after.millis(),
    }
}
