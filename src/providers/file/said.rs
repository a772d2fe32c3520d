//! What a file in YAML says of people besides names and groups.
//!
//! ```yaml
//! attributes: { department: Sales, title: [Engineer, Manager] }
//! claims:
//!   userinfo: { email_verified: true, roles: [dev] }
//! ```
//!
//! Attributes are texts, as in a directory; claims are whatever a login brings.

use crate::providers::claims;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// By name.
pub(super) type Attributes = BTreeMap<String, Texts>;

/// What a login says, by source.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Claims {
    id_token: Option<Map<String, Value>>,
    userinfo: Option<Map<String, Value>>,
    access_token: Option<Map<String, Value>>,
    assertion: Option<Map<String, Value>>,
}

/// A text, or a list of texts.
#[derive(Debug)]
pub(super) struct Texts(Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What looks like a number or a truth value would lose its spelling.
        f.write_str("a text (in quotes if it looks like something else) or a list of texts")
    }

    fn visit_str<E>(self, text: &str) -> Result<Texts, E> {
        Ok(Texts(vec![text.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = list.next_element()? {
            texts.push(text);
        }
        Ok(Texts(texts))
    }
}

/// All of it as the text that is kept; `None` for nothing at all.
///
/// # Errors
/// What is too much, to be said of a person.
pub(super) fn text(attributes: Option<&Attributes>, claims: Option<&Claims>) -> Result<Option<String>, String> {
    let mut sources = Vec::new();
    if let Some(said) = attributes {
        let mut attributes = claims::Attributes::default();
        for (name, values) in said {
            for value in &values.0 {
                attributes.put(name, value.as_bytes()).map_err(|(_, what)| what)?;
            }
        }
        sources.push(("attributes", attributes.into_map()));
    }
    if let Some(Claims { id_token, userinfo, access_token, assertion }) = claims {
        let named =
            [("id_token", id_token), ("userinfo", userinfo), ("access_token", access_token), ("assertion", assertion)];
        sources.extend(named.into_iter().filter_map(|(name, said)| Some((name, said.clone()?))));
    }
    Ok((!sources.is_empty()).then(|| claims::text(sources)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::super::testing::{claims, refusal, yaml};

    const FILE: &str = "people:\n  - id: a\n    login: ana\n  - id: b\n    login: bob\n";

    #[test]
    fn attributes_and_claims_are_one_text() {
        let with = |more: &str| format!("{FILE}{more}groups: []\n");
        let said = "    claims:\n      userinfo: { roles: [a, 7, 07.5, true, no, null, '1'], info: { b: x, a: {} } }\n      \
                    id_token: {}\n      assertion:\n    attributes: { title: [Boss, 007], department: no, none: [] }\n";
        let shown = "\n{\"attributes\":{\"department\":[\"no\"],\"title\":[\"007\",\"Boss\"]},\"id_token\":{},\
                     \"userinfo\":{\"info\":{\"a\":{},\"b\":\"x\"},\"roles\":[\"a\",7,7.5,true,\"no\",null,\"1\"]}}";
        assert_eq!(claims(&yaml(with(said).as_bytes()).unwrap()), shown);
        assert_eq!(claims(&yaml(with("").as_bytes()).unwrap()), "\n");
        for (more, says) in [
            ("    attributes: { title: 7 }\n", "f:6:19: invalid type: integer `7`, expected a text (in quotes"),
            ("    attributes: { title: { a: b } }\n", "f:6:"),
            ("    attributes: [title]\n", "f:6:"),
            ("    claims: { cookie: {} }\n", "f:6:15: unknown field `cookie`"),
            ("    claims: { userinfo: [] }\n", "f:6:"),
            ("    claims: { userinfo: { a: 1, a: 2 } }\n", "f:6:33: a second `a`"),
        ] {
            let message = refusal(yaml(with(more).as_bytes()));
            assert!(message.starts_with(says), "{more}: {message}");
        }
        let deep = format!("    claims: {{ userinfo: {{ a: {}1{} }} }}\n", "[".repeat(60), "]".repeat(60));
        assert!(refusal(yaml(with(&deep).as_bytes())).contains("nested deeper"));
        let many: Vec<String> = (0..1001).map(|n| format!("x{n}")).collect();
        let many = format!("    attributes: {{ a: [{}] }}\n", many.join(","));
        assert!(refusal(yaml(with(&many).as_bytes())).starts_with("f:4:9: this person has more than 1000 values"));
    }
}
