//! What a rule gives besides memberships: roles, narrowed to a scope, and acting for somebody.

use super::template::{Captures, Template, TemplateError};
use crate::access::Pattern;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A rule's `roles`, `act_for`, `scope` and `parameters` as the operator wrote them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntitlementSpec {
    /// Names or templates.
    pub roles: Vec<String>,
    /// The login, or a template of it, of somebody whom it lets act for.
    pub act_for: Option<String>,
    /// A template; `None` for `*`.
    pub scope: Option<String>,
    /// By name, each a template.
    pub parameters: BTreeMap<String, String>,
}

impl EntitlementSpec {
    /// Whether it gives anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty() && self.act_for.is_none()
    }
}

/// What an entitlement is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// A role of that name.
    Role(String),
    /// Acting for whoever has that login.
    Person(String),
}

/// An entitlement that a rule names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntitlementName {
    /// An index into [`super::Slots::orgs`]; `None` for every organization.
    pub org: Option<u32>,
    pub about: About,
    pub scope: String,
    /// A JSON object of texts, its keys in order, without blanks.
    pub parameters: String,
}

/// Something that is held, by the names that outputs use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// `None`: in every organization.
    pub org: Option<String>,
    pub about: About,
    pub scope: String,
    /// As in [`EntitlementName`].
    pub parameters: String,
}

impl Held {
    /// As outputs show it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (role, acts_for) = match &self.about {
            About::Role(role) => (Some(role), None),
            About::Person(login) => (None, Some(login)),
        };
        let parameters: Value = serde_json::from_str(&self.parameters).unwrap_or_default();
        json!({ "org": self.org, "role": role, "acts_for": acts_for, "scope": self.scope, "parameters": parameters })
    }
}

impl EntitlementName {
    /// In words, without its organization.
    #[must_use]
    pub fn shown(&self) -> String {
        let (role, person) = match &self.about {
            About::Role(role) => (Some(role.as_str()), None),
            About::Person(login) => (None, Some(login.as_str())),
        };
        crate::entitlements::shown(role, person, &self.scope, &self.parameters)
    }
}

/// The same, ready to be filled in.
#[derive(Debug, Clone, Default)]
pub(super) struct Entitlements {
    roles: Vec<Template>,
    act_for: Option<Template>,
    scope: Option<Template>,
    parameters: Vec<(String, Template)>,
}

impl Entitlements {
    /// Compiles it. `template` compiles one text of the key that is named.
    pub(super) fn compile<E>(
        spec: &EntitlementSpec,
        mut template: impl FnMut(&'static str, &str) -> Result<Template, E>,
    ) -> Result<Self, E> {
        let roles = spec.roles.iter().map(|role| template("roles", role)).collect::<Result<_, _>>()?;
        let act_for = spec.act_for.as_deref().map(|login| template("act_for", login)).transpose()?;
        let scope = spec.scope.as_deref().map(|scope| template("scope", scope)).transpose()?;
        let mut parameters = Vec::new();
        for (name, text) in &spec.parameters {
            parameters.push((name.clone(), template("parameters", text)?));
        }
        Ok(Self { roles, act_for, scope, parameters })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.roles.is_empty() && self.act_for.is_none()
    }

    /// What it comes to in one place; of each that came out unusable, the key that did.
    pub(super) fn expand(
        &self,
        org: Option<u32>,
        captures: &Captures,
    ) -> impl Iterator<Item = Result<EntitlementName, &'static str>> {
        let scope = self.scope.as_ref().map_or_else(|| Some("*".to_owned()), |scope| scope_of(scope, captures));
        let scope = scope.ok_or("scope");
        let mut parameters = Some(serde_json::Map::new());
        for (name, template) in &self.parameters {
            match (template.expand(captures), &mut parameters) {
                (Some(text), Some(all)) => drop(all.insert(name.clone(), text.into())),
                _ => parameters = None,
            }
        }
        let parameters = parameters.map(|all| Value::Object(all).to_string()).ok_or("parameters");
        let roles = self.roles.iter().map(|role| role.expand(captures).map(About::Role).ok_or("roles"));
        let person = |login: &Template| login.expand(captures).map(About::Person).ok_or("act_for");
        let abouts = roles.chain(self.act_for.as_ref().map(person));
        abouts.map(move |about| {
            Ok(EntitlementName { org, about: about?, scope: scope.clone()?, parameters: parameters.clone()? })
        })
    }
}

/// A scope filled in. What was captured widens nothing: it has no `*`, and it is not empty, because `folders:${1}*`
/// would be all folders then.
fn scope_of(template: &Template, captures: &Captures) -> Option<String> {
    let wide = |name: &str| captures.get(name).is_some_and(|text| text.contains('*') || text.trim().is_empty());
    if template.captures().any(wide) {
        return None;
    }
    template.expand(captures).filter(|scope| Pattern::parse(scope).is_ok())
}

/// Says what is wrong with a rule's `scope`, as far as it can be told before it is filled in.
///
/// # Errors
/// One sentence.
pub fn check_scope(text: &str) -> Result<(), String> {
    let template = Template::parse(text).map_err(|error: TemplateError| error.to_string())?;
    let stand_in = template.captures().map(|name| (name.to_owned(), "x".to_owned())).collect();
    let filled_in = template.expand(&stand_in).unwrap_or_default();
    Pattern::parse(&filled_in).map(drop).map_err(|error| format!("it {error}"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::*;

    fn expand(scope: &str, captured: &str) -> Option<String> {
        let spec = EntitlementSpec {
            roles: vec!["fixed:reports:reader".to_owned()],
            scope: Some(scope.to_owned()),
            ..EntitlementSpec::default()
        };
        let made = Entitlements::compile(&spec, |_, text| Template::parse(text)).unwrap();
        let captures = [("1".to_owned(), captured.to_owned())].into();
        let mut all: Vec<_> = made.expand(None, &captures).collect();
        all.pop().unwrap().ok().map(|name| name.scope)
    }

    #[test]
    fn what_was_captured_widens_no_scope() {
        assert_eq!(expand("folders:${1}", "emea").as_deref(), Some("folders:emea"));
        assert_eq!(expand("folders:${1}:*", "emea").as_deref(), Some("folders:emea:*"));
        for wide in ["*", "em*", "emea *"] {
            assert_eq!(expand("folders:${1}", wide), None, "{wide:?}");
            assert_eq!(expand("${1}", wide), None, "{wide:?}");
        }
        assert_eq!(expand("folders:${1}", "e mea"), None);
        for (scope, blank) in [("folders:${1}*", ""), ("${1}*", ""), ("folders:${1}:*", ""), ("folders:${1}", " ")] {
            assert_eq!(expand(scope, blank), None, "{scope:?} {blank:?}");
        }
    }

    #[test]
    fn a_scope_is_looked_at_before_it_is_filled_in() {
        for good in ["*", "folders:*", "folders:${1}", "${a}:${b}:*"] {
            assert_eq!(check_scope(good), Ok(()), "{good}");
        }
        for bad in ["", "a b", "*:a", "a*b", "${1}**", "$"] {
            assert!(check_scope(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn parameters_are_one_text_whatever_their_order() {
        let parameters = [("b", "2"), ("a", "${1}\"")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let spec = EntitlementSpec { act_for: Some("boss".to_owned()), parameters, ..EntitlementSpec::default() };
        let made = Entitlements::compile(&spec, |_, text| Template::parse(text)).unwrap();
        let captures = [("1".to_owned(), "x".to_owned())].into();
        let all: Vec<_> = made.expand(Some(3), &captures).map(Result::unwrap).collect();
        assert_eq!(all[0].parameters, r#"{"a":"x\"","b":"2"}"#);
        assert_eq!(all[0].about, About::Person("boss".to_owned()));
    }
}
