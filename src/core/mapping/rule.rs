//! Rules as written, and compiled for one provider.

use super::condition::{Condition, ConditionSpec, GroupTest, PatternError};
use super::template::{Template, TemplateError};
use crate::rights::{OrgRole, TeamRole};
use thiserror::Error;

/// A rule as the operator wrote it.
#[derive(Debug, Clone)]
pub struct RuleSpec {
    pub id: String,
    pub condition: ConditionSpec,
    pub org: Option<String>,
    pub role: Option<OrgRole>,
    pub team: Option<String>,
    pub team_role: Option<TeamRole>,
    pub server_admin: bool,
}

/// Why a rule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("rule {rule}: {field}: {problem}")]
pub struct RuleError {
    pub rule: String,
    /// The key that is wrong.
    pub field: &'static str,
    pub problem: String,
}

/// Which rule wins where several give one organization's role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Resolve {
    /// The highest role; of equal ones the first rule.
    #[default]
    Highest,
    /// The first rule. Teams and server admin are not affected: any rule gives them.
    First,
}

/// Which organization a rule is about.
#[derive(Debug, Clone)]
pub enum OrgTarget {
    Named(Template),
    /// Every organization there is when the rules are evaluated, and those that the same run
    /// creates.
    All,
}

/// A rule, ready to be evaluated.
#[derive(Debug, Clone)]
pub struct Rule {
    pub id: String,
    pub condition: Condition,
    pub org: Option<OrgTarget>,
    pub role: Option<OrgRole>,
    pub team: Option<(Template, TeamRole)>,
    pub server_admin: bool,
}

/// The rules of one provider, in order.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    pub rules: Vec<Rule>,
    pub(super) leaves: Vec<GroupTest>,
    pub resolve: Resolve,
}

impl RuleSet {
    /// Compiles rules.
    ///
    /// # Errors
    /// Every rule that cannot be used, with the key that is wrong.
    pub fn compile(specs: &[RuleSpec], resolve: Resolve, case_sensitive: bool) -> Result<Self, Vec<RuleError>> {
        let mut set = Self { resolve, ..Self::default() };
        let mut errors = Vec::new();
        for spec in specs {
            match set.rule(spec, case_sensitive) {
                Ok(rule) => set.rules.push(rule),
                Err((field, problem)) => errors.push(RuleError { rule: spec.id.clone(), field, problem }),
            }
        }
        if errors.is_empty() { Ok(set) } else { Err(errors) }
    }

    /// Whether some rule is about `*`.
    #[must_use]
    pub fn mentions_all_orgs(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.org, Some(OrgTarget::All)))
    }

    fn rule(&mut self, spec: &RuleSpec, case_sensitive: bool) -> Result<Rule, (&'static str, String)> {
        let first_leaf = self.leaves.len();
        let condition = Condition::compile(&spec.condition, case_sensitive, &mut self.leaves)
            .map_err(|e: PatternError| ("match", e.to_string()))?;
        let captures: Vec<String> = self.leaves[first_leaf..].iter().flat_map(GroupTest::capture_names).collect();
        let template = |field: &'static str, text: &str| {
            let template = Template::parse(text).map_err(|e: TemplateError| (field, e.to_string()))?;
            if let Some(name) = template.captures().find(|name| !captures.iter().any(|c| c == name)) {
                return Err((field, format!("`${{{name}}}` is not captured by the rule's group_regex")));
            }
            Ok(template)
        };
        let org = match spec.org.as_deref() {
            None => None,
            Some("*") => Some(OrgTarget::All),
            Some(text) => Some(OrgTarget::Named(template("org", text)?)),
        };
        let team = match spec.team.as_deref() {
            None => None,
            Some(text) => Some((template("team", text)?, spec.team_role.unwrap_or(TeamRole::Member))),
        };
        if org.is_none() && (spec.role.is_some() || team.is_some()) {
            return Err(("org", "a role or team needs the organization it is in".to_owned()));
        }
        if org.is_some() && spec.role.is_none() && team.is_none() {
            return Err(("org", "an organization needs a role or a team to give in it".to_owned()));
        }
        if org.is_none() && !spec.server_admin {
            return Err(("id", "the rule gives nothing: no org, no server_admin".to_owned()));
        }
        Ok(Rule { id: spec.id.clone(), condition, org, role: spec.role, team, server_admin: spec.server_admin })
    }
}
