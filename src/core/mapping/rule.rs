//! Rules as written, and compiled for one provider.

use super::claim::{Claims, Found, Scalar};
use super::condition::{Condition, ConditionSpec, PatternError};
use super::direct::DirectRole;
use super::entitlement::{EntitlementSpec, Entitlements};
use super::expression::Expression;
use super::leaves::Leaves;
use super::slots::OrgName;
use super::template::{Template, TemplateError};
use super::terms::{NoMatch, OrgRoles, Terms, TermsSpec};
use crate::rights::{OrgRole, TeamRole};
use thiserror::Error;

/// A rule as the operator wrote it.
#[derive(Debug, Clone)]
pub struct RuleSpec {
    pub id: String,
    pub condition: ConditionSpec,
    /// Names, keys, templates, or `*`.
    pub orgs: Vec<String>,
    pub role: Option<OrgRole>,
    pub team: Option<String>,
    pub team_role: Option<TeamRole>,
    pub server_admin: bool,
    pub entitlements: EntitlementSpec,
    /// `None`: as the provider.
    pub case_sensitive: Option<bool>,
    /// It does not count as a match.
    pub aside: bool,
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
    /// The first rule. One that stands behind it is not reached for that organization: neither its
    /// role nor its server admin. Teams are not affected.
    First,
}

/// Which organization a rule is about.
#[derive(Debug, Clone)]
pub enum OrgTarget {
    Named(Template),
    /// Every organization there is when the rules are evaluated, those that are declared, and
    /// those that the same run creates.
    All,
}

/// A rule, ready to be evaluated.
#[derive(Debug, Clone)]
pub struct Rule {
    pub id: String,
    pub condition: Condition,
    pub orgs: Vec<OrgTarget>,
    pub role: Option<OrgRole>,
    pub team: Option<(Template, TeamRole)>,
    pub server_admin: bool,
    pub(super) entitlements: Entitlements,
    pub aside: bool,
}

/// What a leaf leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// A rule that is this one test.
    Single(u32),
    /// A rule that may hold when this test does.
    Combined(u32),
    /// None: it is one of several tests of a rule, another of which leads to it.
    Nobody,
}

/// The rules of one provider, in order, with the terms under which they count.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    pub rules: Vec<Rule>,
    pub(super) leaves: Leaves,
    /// By leaf.
    pub(super) owners: Vec<Owner>,
    /// Rules that match everybody.
    pub(super) everybody: Vec<u32>,
    /// Rules that can match without any test that holds.
    pub(super) always: Vec<u32>,
    pub(super) has_asides: bool,
    /// Whether some test looks at groups.
    pub(super) looks_at_groups: bool,
    has_combined: bool,
    pub(super) terms: Terms,
}

impl RuleSet {
    /// Compiles rules.
    ///
    /// # Errors
    /// Everything that cannot be used, with the rule and the key that is wrong.
    pub fn compile(specs: &[RuleSpec], terms: &TermsSpec) -> Result<Self, Vec<RuleError>> {
        let mut set = Self::default();
        let mut errors = Vec::new();
        let mut refuse = |rule: &str, field, problem| errors.push(RuleError { rule: rule.to_owned(), field, problem });
        for spec in specs {
            match set.rule(spec, spec.case_sensitive.unwrap_or(terms.case_sensitive)) {
                Ok(rule) => set.rules.push(rule),
                Err((field, problem)) => refuse(&spec.id, field, problem),
            }
        }
        match &terms.allow {
            None => {}
            Some(spec) => match Condition::compile(spec, terms.case_sensitive, &mut set.leaves) {
                Ok(condition) => set.terms.allow = Some(condition),
                Err(error) => refuse("allow", "allow", error.to_string()),
            },
        }
        match terms.groups.as_deref().map(Expression::compile).transpose() {
            Ok(groups) => set.terms.groups = groups,
            Err(problem) => refuse("claims", "groups", problem),
        }
        match terms.direct_role.as_ref().map(DirectRole::compile).transpose() {
            Ok(direct) => set.terms.direct_role = direct,
            Err(problem) => refuse("direct_role", "expression", problem),
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        set.terms.take(terms);
        set.index();
        Ok(set)
    }

    /// Whether some rule is about `*`.
    #[must_use]
    pub fn mentions_all_orgs(&self) -> bool {
        self.rules.iter().any(|rule| rule.orgs.iter().any(|org| matches!(org, OrgTarget::All)))
    }

    /// Whether a person may keep what was given before, so that it has to be known.
    #[must_use]
    pub fn may_keep(&self) -> bool {
        let terms = &self.terms;
        terms.on_no_match == NoMatch::Keep
            || terms.org_roles == OrgRoles::Keep
            || terms.keep_server_admin
            || terms.strict
            || terms.allow.is_some()
            || terms.direct_role.is_some()
            || !self.leaves.lookups.is_empty()
            || !self.leaves.expressions.is_empty()
    }

    /// Whether claims count at all.
    #[must_use]
    pub fn looks_at_claims(&self) -> bool {
        self.terms.direct_role.is_some() || !self.leaves.lookups.is_empty() || !self.leaves.expressions.is_empty()
    }

    /// The groups that claims name; `None` where nothing says them. Errors of the expression count
    /// as nothing said.
    #[must_use]
    pub fn groups_of(&self, claims: &Claims) -> Option<Vec<String>> {
        let path = self.terms.groups.as_ref()?;
        match self.terms.reading.look_up(path, claims, None, &mut |_, _| {}) {
            Found::Values(values) => {
                let said = !values.is_empty();
                let text = |value| if let Scalar::Text(text) = value { Some(text) } else { None };
                let names: Vec<String> = values.into_iter().filter_map(text).collect();
                // Where nothing of what is said is a name, it is not understood: unknown, not none.
                (!said || !names.is_empty()).then_some(names)
            }
            Found::Present | Found::Unknown => self.terms.reading.absent_is_none.then(Vec::new),
        }
    }

    /// How rules are resolved.
    #[must_use]
    pub fn resolve(&self) -> Resolve {
        self.terms.resolve
    }

    /// The organizations that are declared.
    #[must_use]
    pub fn declared(&self) -> &[OrgName] {
        &self.terms.orgs
    }

    /// What a claim's rule is called: the rule's id, or what stands in for one.
    #[must_use]
    pub fn name(&self, rule: u32) -> &str {
        match rule {
            super::DIRECT_ROLE => "direct_role",
            super::ON_NO_MATCH => "on_no_match",
            rule => self.rules.get(rule as usize).map_or("", |rule| &rule.id),
        }
    }

    /// Whether what a rule gives can depend on several groups or claims at once.
    #[must_use]
    pub(super) fn has_combined(&self) -> bool {
        self.has_combined
    }

    fn index(&mut self) {
        self.has_asides = self.rules.iter().any(|rule| rule.aside);
        self.looks_at_groups = self.leaves.looks_at_groups();
        self.owners = vec![Owner::Nobody; self.leaves.all.len()];
        for (index, rule) in (0u32..).zip(&self.rules) {
            match &rule.condition {
                Condition::Everybody => self.everybody.push(index),
                Condition::Leaf(leaf) => {
                    if let Some(owner) = self.owners.get_mut(*leaf as usize) {
                        *owner = Owner::Single(index);
                    }
                }
                combined => match combined.anchors() {
                    None => {
                        self.has_combined = true;
                        self.always.push(index);
                    }
                    Some(anchors) => {
                        self.has_combined = true;
                        for leaf in anchors {
                            if let Some(owner) = self.owners.get_mut(leaf as usize) {
                                *owner = Owner::Combined(index);
                            }
                        }
                    }
                },
            }
        }
    }

    fn rule(&mut self, spec: &RuleSpec, case_sensitive: bool) -> Result<Rule, (&'static str, String)> {
        let first_leaf = self.leaves.all.len() as u32;
        let condition = Condition::compile(&spec.condition, case_sensitive, &mut self.leaves)
            .map_err(|e: PatternError| ("match", e.to_string()))?;
        let last_leaf = self.leaves.all.len() as u32;
        let captures: Vec<String> = (first_leaf..last_leaf).flat_map(|leaf| self.leaves.capture_names(leaf)).collect();
        let template = |field: &'static str, text: &str| {
            let template = Template::parse(text).map_err(|e: TemplateError| (field, e.to_string()))?;
            if let Some(name) = template.captures().find(|name| !captures.iter().any(|c| c == name)) {
                return Err((field, format!("`${{{name}}}` is not captured by the rule's match")));
            }
            Ok(template)
        };
        let org = |text: &String| match text.as_str() {
            "*" => Ok(OrgTarget::All),
            text => Ok(OrgTarget::Named(template("org", text)?)),
        };
        let orgs = spec.orgs.iter().map(org).collect::<Result<Vec<_>, _>>()?;
        let team = match spec.team.as_deref() {
            None => None,
            Some(text) => Some((template("team", text)?, spec.team_role.unwrap_or(TeamRole::Member))),
        };
        let entitlements = Entitlements::compile(&spec.entitlements, template)?;
        if orgs.is_empty() && (spec.role.is_some() || team.is_some()) {
            return Err(("org", "a role or team needs the organization it is in".to_owned()));
        }
        let elsewhere = spec.server_admin || !entitlements.is_empty();
        if !orgs.is_empty() && spec.role.is_none() && team.is_none() && !elsewhere {
            return Err(("org", "an organization needs a role or a team to give in it".to_owned()));
        }
        if orgs.is_empty() && !elsewhere {
            return Err(("id", "the rule gives nothing: no org, no roles, no server_admin".to_owned()));
        }
        let (id, role, server_admin, aside) = (spec.id.clone(), spec.role, spec.server_admin, spec.aside);
        Ok(Rule { id, condition, orgs, role, team, server_admin, entitlements, aside })
    }
}
