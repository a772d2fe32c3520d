//! From the configuration's words to the core's.

use super::terms::terms;
use crate::config::{ClaimMatch, ClaimValue, Config, Create, Duration, LinkKey, Match, Provider, Rule};
use rosterd_core::mapping::{ClaimTest, ConditionSpec, EntitlementSpec, RuleSet, RuleSpec, Scalar};
use rosterd_core::plan::{self, Policy};

/// The rules that can match people of `provider`, in order, and the terms under which they count.
///
/// # Errors
/// One line for each rule or key that cannot be used.
pub fn rules_for(config: &Config, provider: &str) -> Result<RuleSet, String> {
    let applies =
        |rule: &&Rule| rule.provider.as_ref().is_none_or(|names| names.as_slice().iter().any(|n| n == provider));
    let specs: Vec<RuleSpec> = config.rules.iter().filter(applies).map(spec).collect();
    RuleSet::compile(&specs, &terms(config, provider))
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

fn spec(rule: &Rule) -> RuleSpec {
    RuleSpec {
        id: rule.id.clone(),
        condition: condition(&rule.matches),
        orgs: rule.org.as_ref().map(|orgs| orgs.as_slice().to_vec()).unwrap_or_default(),
        role: rule.role.map(Into::into),
        team: rule.team.clone(),
        team_role: rule.team_role.map(Into::into),
        server_admin: rule.server_admin,
        entitlements: EntitlementSpec {
            roles: rule.roles.clone(),
            act_for: rule.act_for.clone(),
            scope: rule.scope.clone(),
            parameters: rule.parameters.clone(),
        },
        case_sensitive: rule.case_sensitive,
        aside: rule.aside,
    }
}

pub(super) fn condition(matches: &Match) -> ConditionSpec {
    let all = |parts: &[Match]| parts.iter().map(condition).collect();
    match matches {
        Match::Group(text) => ConditionSpec::Group(text.clone()),
        Match::GroupExact(text) => ConditionSpec::Exact(text.clone()),
        Match::GroupGlob(text) => ConditionSpec::Glob(text.clone()),
        Match::GroupRegex(text) => ConditionSpec::Regex(text.clone()),
        Match::Claim(claim) => ConditionSpec::Claim { path: claim.path.clone(), test: test(claim) },
        Match::Expression(text) => ConditionSpec::Expression(text.clone()),
        Match::Any(parts) => ConditionSpec::Any(all(parts)),
        Match::All(parts) => ConditionSpec::All(all(parts)),
        Match::None(parts) => ConditionSpec::None(all(parts)),
    }
}

/// The one test of a claim; the configuration is refused when there are none or several.
fn test(claim: &ClaimMatch) -> ClaimTest {
    let value = |value: &ClaimValue| match value {
        ClaimValue::Text(text) => Scalar::Text(text.clone()),
        ClaimValue::Number(number) => Scalar::Number(number.to_string()),
        ClaimValue::Bool(truth) => Scalar::Bool(*truth),
    };
    match claim {
        ClaimMatch { equals: Some(equals), .. } => ClaimTest::OneOf(vec![value(equals)]),
        ClaimMatch { one_of: Some(values), .. } => ClaimTest::OneOf(values.iter().map(value).collect()),
        ClaimMatch { glob: Some(glob), .. } => ClaimTest::Glob(glob.clone()),
        ClaimMatch { regex: Some(regex), .. } => ClaimTest::Regex(regex.clone()),
        ClaimMatch { .. } => ClaimTest::Present,
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
    let rechecked = config.providers.values().filter(|other| other.recheck.as_deref() == Some(provider));
    Policy {
        create_orgs: own.is_some_and(|own| own.create_missing.contains(&Create::Orgs)),
        create_teams: own.is_some_and(|own| own.create_missing.contains(&Create::Teams)),
        precedence: config.providers.iter().map(|(name, p)| (name.clone(), p.precedence)).collect(),
        link_by: config
            .providers
            .iter()
            .map(|(name, p)| (name.clone(), p.link.by.iter().map(link).collect()))
            .collect(),
        limits,
        lease: own.and_then(Provider::lease).map(Duration::millis),
        recheck: own.and_then(|own| own.recheck.clone()),
        rechecks: rechecked.filter_map(Provider::lease).map(Duration::millis).min(),
        archive_after: config.accounts.archive_after.millis(),
        follow: false,
        break_glass: config.accounts.break_glass.iter().cloned().collect(),
    }
}
