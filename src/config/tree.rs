//! A configuration as it is written, whatever the format: values that know where they stand.
//!
//! Nothing is interpreted or converted here; [`super::validate`] says what may stand where.

use std::ops::Range;
use std::sync::Arc;

/// Where something was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// Bytes of the file.
    File(Range<usize>),
    /// Not in the file, such as `environment variable ROSTERD__DATABASE__URL`.
    Override(Arc<str>),
}

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// Something that no key takes, such as a TOML date; its kind in words.
    Other(&'static str),
    List(Vec<Node>),
    /// In the order of the file; keys are unique.
    Map(Vec<Entry>),
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_origin: Origin,
    pub(super) node: Node,
}

/// What a file nests deeper than this is refused: nothing that makes sense does, and everything
/// that walks a tree is recursive.
pub(super) const DEEPEST: usize = 32;

impl Node {
    pub(super) fn entries(&self) -> &[Entry] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    pub(super) fn items(&self) -> &[Node] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// What a key says, unless that is null.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// A key that says something other than null.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key && !matches!(entry.node.value, Value::Null))
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The texts in it: itself, or those of its entries.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&Self, &str)> {
        std::iter::once(self).chain(self.items()).filter_map(|node| Some((node, node.text()?)))
    }

    /// The text of a key.
    pub(super) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// Whether a key is `true`.
    pub(super) fn is_true(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Node { value: Value::Bool(true), .. }))
    }

    /// In words, with the article.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "`true` or `false`",
            Value::Int(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Text(_) => "text",
            Value::Other(kind) => kind,
            Value::List(_) => "a list",
            Value::Map(_) => "a table",
        }
    }

    /// The same as part of another file's tree, whose text does not have it.
    pub(super) fn moved_to(self, name: &Arc<str>) -> Self {
        let origin = || Origin::Override(Arc::clone(name));
        let value = match self.value {
            Value::List(items) => Value::List(items.into_iter().map(|item| item.moved_to(name)).collect()),
            Value::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|entry| Entry { key_origin: origin(), node: entry.node.moved_to(name), ..entry })
                    .collect(),
            ),
            other => other,
        };
        Self { value, origin: origin() }
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(value) => (*value).into(),
            Value::Float(value) => (*value).into(),
            Value::Text(value) => value.as_str().into(),
            Value::Other(kind) => (*kind).into(),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.node.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    /// The places that may hold a secret: texts below a key that sounds like one, whether it is a
    /// key of ours or a misspelt one, and addresses with a password in them.
    pub(super) fn secrets(&self) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        self.collect_secrets(false, &mut found);
        found
    }

    fn collect_secrets(&self, within: bool, found: &mut Vec<Range<usize>>) {
        match &self.value {
            Value::Map(entries) => {
                for entry in entries {
                    // Where a secret is kept is not the secret, and must be seen to be mended.
                    let reference = within && ["file", "env", "credential"].contains(&entry.key.as_str());
                    entry.node.collect_secrets(!reference && (within || sounds_secret(&entry.key)), found);
                }
            }
            Value::List(items) => items.iter().for_each(|item| item.collect_secrets(within, found)),
            Value::Null | Value::Bool(_) => {}
            Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::Other(_) => {
                let hide = within || self.text().is_some_and(password_in_url);
                if let (true, Origin::File(range)) = (hide, &self.origin) {
                    found.push(range.clone());
                }
            }
        }
    }
}

/// Whether what stands behind this word could be a secret.
pub(super) fn sounds_secret(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ["passw", "passphrase", "secret", "token", "credential", "pwd"].iter().any(|part| word.contains(part))
}

/// Whether a text is an address with `user:password@`, or with a parameter that sounds like one.
pub(super) fn password_in_url(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A password may hold a slash that nobody encoded, so the last `@` of all counts.
    let user = rest.rsplit_once('@').map(|(user, _)| user);
    user.is_some_and(|user| user.contains(':'))
        || authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
        || rest.split_once('?').is_some_and(|(_, query)| {
            query.split('&').any(|pair| sounds_secret(pair.split('=').next().unwrap_or_default()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_passwords_are_known() {
        for text in ["postgres://u:p@h/d", "postgres://u:p/w@h/d", "postgres://h/d?password=x", "ldap://a:b@c"] {
            assert!(password_in_url(text), "{text}");
        }
        for text in ["postgres://u@h:5432/d?sslmode=verify-full", "ldaps://h:636", "sqlite:x.db", "a:b@c"] {
            assert!(!password_in_url(text), "{text}");
        }
    }
}
