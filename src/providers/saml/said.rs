//! From an assertion to what is said of somebody.

use super::super::{LoginError, Said, claims};
use crate::config::Saml;
use crate::saml::{Attribute, Statement};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// As `subject` and in claims: the name that the assertion is about.
pub(super) const NAME_ID: &str = "NameID";
/// Where Entra ID says that there are more groups than it writes into an assertion. It is not asked: it could be
/// anywhere.
const ELSEWHERE: &str = "http://schemas.microsoft.com/claims/groups.link";
/// The longest name of somebody.
const LONGEST: usize = 512;

/// `addresses_link`: whether an address counts.
pub(super) fn said(config: &Saml, addresses_link: bool, statement: &Statement) -> Result<Said, LoginError> {
    let all = Attributes::of(&statement.attributes);
    let subject = match config.subject.as_str() {
        NAME_ID => statement.name.value.clone(),
        name => all.one(name)?.ok_or_else(|| {
            let why = format!("the assertion has no attribute {name:?}, by which people are known (`subject`)");
            LoginError::Wrong("subject-missing", why)
        })?,
    };
    let email = all.one(&config.email)?;
    let login = all.one(&config.login)?.or_else(|| email.clone()).unwrap_or_else(|| subject.clone());
    let mut missing = Vec::new();
    let groups = match all.get(&config.groups) {
        Some(attribute) if attribute.unreadable => {
            let why = format!("a value of {:?} is no text", config.groups);
            missing.push(("bad_text".to_owned(), why));
            None
        }
        Some(attribute) => Some(attribute.values.clone()),
        None if all.get(ELSEWHERE).is_some() => {
            let why = "somebody is in more groups than their assertion holds, which are not in it";
            missing.push(("groups_elsewhere".to_owned(), why.to_owned()));
            None
        }
        // It says nothing of them, so that nothing is taken away; or another attribute does, by `claims`.
        None => None,
    };
    Ok(Said {
        login,
        name: all.one(&config.name)?,
        email: email.filter(|_| addresses_link),
        groups,
        claims: Some(claims::text([("assertion", all.claims(statement))])),
        at: Some(statement.issued_at),
        until: statement.session_ends,
        missing,
        subject,
    })
}

/// Attributes by their names, and by friendly names that are nobody's name.
struct Attributes<'a>(BTreeMap<&'a str, &'a Attribute>);

impl<'a> Attributes<'a> {
    fn of(attributes: &'a [Attribute]) -> Self {
        let mut all = BTreeMap::new();
        let mut friendly: BTreeMap<&str, Option<&Attribute>> = BTreeMap::new();
        for attribute in attributes {
            all.insert(attribute.name.as_str(), attribute);
            if let Some(name) = &attribute.friendly {
                // Two of one name are nobody's.
                friendly.entry(name).and_modify(|known| *known = None).or_insert(Some(attribute));
            }
        }
        for (name, attribute) in friendly.into_iter().filter_map(|(name, one)| Some((name, one?))) {
            all.entry(name).or_insert(attribute);
        }
        Self(all)
    }

    fn get(&self, name: &str) -> Option<&'a Attribute> {
        self.0.get(name).copied()
    }

    /// The one value; two that differ are none that counts.
    fn one(&self, name: &str) -> Result<Option<String>, LoginError> {
        let Some(attribute) = self.get(name) else { return Ok(None) };
        let mut values = attribute.values.iter().filter(|value| !value.is_empty());
        let first = values.next();
        if values.any(|other| Some(other) != first) {
            let why = format!("the assertion has several values of {name:?}, of which there can be one");
            return Err(LoginError::Wrong("attribute-several", why));
        }
        let fits = |value: &&String| value.len() <= LONGEST && !value.chars().any(char::is_control);
        Ok(first.filter(fits).cloned())
    }

    /// What rules can ask for.
    fn claims(&self, statement: &Statement) -> Map<String, Value> {
        let list = |attribute: &Attribute| -> Value { attribute.values.clone().into() };
        let mut claims: Map<String, Value> = self
            .0
            .iter()
            .filter(|(_, attribute)| !attribute.unreadable)
            .map(|(name, one)| ((*name).to_owned(), list(one)))
            .collect();
        claims.entry(NAME_ID).or_insert_with(|| statement.name.value.clone().into());
        claims
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(name: &str, friendly: Option<&str>, values: &[&str]) -> Attribute {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Attribute { name: name.to_owned(), friendly: friendly.map(str::to_owned), values, unreadable: false }
    }

    #[test]
    fn an_attribute_is_known_by_its_name_and_by_a_friendly_name_that_is_nobodys() {
        let all = [
            attribute("urn:oid:0.9", Some("uid"), &["ana"]),
            attribute("mail", Some("uid2"), &["a@x.org"]),
            attribute("urn:oid:1", Some("mail"), &["evil@x.org"]),
            attribute("urn:oid:2", Some("groups"), &["a"]),
            attribute("urn:oid:3", Some("groups"), &["b"]),
        ];
        let all = Attributes::of(&all);
        let one = |name: &str| all.one(name).ok().flatten();
        assert_eq!((one("uid").as_deref(), one("urn:oid:0.9").as_deref()), (Some("ana"), Some("ana")));
        // A name goes before a friendly name, and two of one friendly name are nobody's.
        assert_eq!(one("mail").as_deref(), Some("a@x.org"));
        assert!(all.get("groups").is_none() && all.get("absent").is_none());
    }

    #[test]
    fn s49_of_one_thing_there_is_one_value() {
        let all = [
            attribute("two", None, &["a", "b"]),
            attribute("same", None, &["a", "a", ""]),
            attribute("none", None, &["", ""]),
            attribute("control", None, &["a\u{7}"]),
            attribute("long", None, &[&"x".repeat(LONGEST + 1)]),
        ];
        let all = Attributes::of(&all);
        let one = |name: &str| all.one(name).map_err(|error| error.code());
        assert_eq!(one("two"), Err("attribute-several"));
        assert_eq!(one("same"), Ok(Some("a".to_owned())));
        assert_eq!((one("none"), one("control"), one("long")), (Ok(None), Ok(None), Ok(None)));
    }
}
