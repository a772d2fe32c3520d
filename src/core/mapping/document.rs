//! One person as a provider says it: JSON with groups and claims, read strictly.
//!
//! Whoever writes such a document may be hostile: size, depth, number of values and keys that
//! stand twice are bounded or refused while it is read.

use super::claim::{Claims, Source};
use jmespath::{Rcvar, Variable};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use thiserror::Error;

/// The largest document, in bytes (4 MiB): a hundred thousand names of groups are some megabytes.
const LARGEST: usize = 4 << 20;
/// The deepest nesting.
const DEEPEST: usize = 64;
/// The most values, those inside others counted.
const MOST_VALUES: usize = 200_000;

/// What a provider says of one person. What is absent is unknown.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// DNs or names.
    pub groups: Option<Vec<String>>,
    pub dn: Option<String>,
    pub claims: Claims,
}

/// Why a document cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct DocumentError(String);

impl Document {
    /// Reads `{"groups": […], "dn": "…", "id_token": {…}, …}`; `null` is absent.
    ///
    /// # Errors
    /// What is wrong with it, with line and column where JSON itself is.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        let refuse = |why: String| Err(DocumentError(why));
        if text.len() > LARGEST {
            return refuse(format!("it is larger than {LARGEST} bytes"));
        }
        let values = Cell::new(0);
        let mut json = serde_json::Deserializer::from_str(text);
        let root = Node { values: &values, depth: 0 }
            .deserialize(&mut json)
            .and_then(|root| json.end().map(|()| root))
            .map_err(|error| DocumentError(error.to_string()))?;
        let Some(entries) = root.as_object() else {
            return refuse("it must be an object, such as {\"groups\": []}".to_owned());
        };
        let mut document = Self::default();
        for (key, value) in entries {
            match (key.as_str(), &**value) {
                (_, Variable::Null) => {}
                ("groups", Variable::Array(items)) => {
                    let texts: Option<Vec<String>> = items.iter().map(|item| item.as_string().cloned()).collect();
                    let Some(texts) = texts else { return refuse("`groups` must hold texts only".to_owned()) };
                    document.groups = Some(texts);
                }
                ("groups", _) => return refuse("`groups` must be a list of texts".to_owned()),
                ("dn", Variable::String(dn)) => document.dn = Some(dn.clone()),
                ("dn", _) => return refuse("`dn` must be a text".to_owned()),
                (name, Variable::Object(_)) if Source::parse(name).is_some() => {
                    if let Some(source) = Source::parse(name) {
                        document.claims.set(source, Rcvar::clone(value));
                    }
                }
                (name, _) if Source::parse(name).is_some() => return refuse(format!("`{name}` must be an object")),
                (name, _) => {
                    let known: Vec<&str> = Source::ALL.iter().map(|source| source.name()).collect();
                    return refuse(format!("unknown key {name:?}; there are groups, dn, {}", known.join(", ")));
                }
            }
        }
        Ok(document)
    }
}

/// Builds a value, counting.
struct Node<'a> {
    values: &'a Cell<usize>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Rcvar;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Rcvar, D::Error> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > MOST_VALUES {
            return Err(D::Error::custom(format!("more than {MOST_VALUES} values")));
        }
        deserializer.deserialize_any(self)
    }
}

impl Node<'_> {
    fn inner<E: serde::de::Error>(&self) -> Result<Node<'_>, E> {
        if self.depth == DEEPEST {
            return Err(E::custom(format!("nested more than {DEEPEST} deep")));
        }
        Ok(Node { values: self.values, depth: self.depth + 1 })
    }
}

fn number<E: serde::de::Error>(number: Option<serde_json::Number>) -> Result<Rcvar, E> {
    number.map(|n| Rcvar::new(Variable::Number(n))).ok_or_else(|| E::custom("a number that is none"))
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Rcvar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Rcvar, E> {
        Ok(Rcvar::new(Variable::Null))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Rcvar, E> {
        Ok(Rcvar::new(Variable::Bool(truth)))
    }

    fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<Rcvar, E> {
        number(Some(n.into()))
    }

    fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<Rcvar, E> {
        number(Some(n.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, n: f64) -> Result<Rcvar, E> {
        number(serde_json::Number::from_f64(n))
    }

    fn visit_str<E>(self, text: &str) -> Result<Rcvar, E> {
        Ok(Rcvar::new(Variable::String(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Rcvar, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.inner()?)? {
            list.push(item);
        }
        Ok(Rcvar::new(Variable::Array(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Rcvar, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {:.100?} stands twice", key)));
            }
            let value = entries.next_value_seed(self.inner()?)?;
            map.insert(key, value);
        }
        Ok(Rcvar::new(Variable::Object(map)))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Document::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn reads_groups_dn_and_claims_and_takes_null_for_absent() {
        let text = r#"{"groups": ["a"], "dn": "cn=x", "id_token": {"n": 1.5}, "userinfo": null}"#;
        let document = Document::parse(text).unwrap();
        assert_eq!(document.groups, Some(vec!["a".to_owned()]));
        assert_eq!(document.dn.as_deref(), Some("cn=x"));
        assert!(document.claims.get(Source::IdToken).is_some());
        assert!(document.claims.get(Source::Userinfo).is_none());
        assert_eq!(Document::parse("{}").unwrap().groups, None);
    }

    #[test]
    fn what_is_hostile_or_mistaken_is_refused() {
        assert!(refused(r#"{"id_token": {"a": 1, "a": 2}}"#).contains("stands twice"));
        assert!(refused(&format!("{{\"id_token\": {}", "{\"a\":".repeat(1000))).contains("64 deep"));
        assert!(refused(&format!("{{\"groups\": [{}\"x\"]}}", "\"g\",".repeat(200_000))).contains("200000 values"));
        assert!(refused(&" ".repeat(LARGEST + 1)).contains("larger than"));
        assert!(refused(r#"{"groups": "a"}"#).contains("list of texts"));
        assert!(refused(r#"{"gruops": []}"#).contains("unknown key"));
        assert!(refused("[]").contains("object"));
        assert!(refused("{} x").contains("line 1"));
    }
}
