//! What a provider says of one person besides names and groups, as the text that is kept.
//!
//! One text for equal claims, whatever order they came in: the text is compared to see whether
//! anything changed. What a claim is worth is not known here.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// At most so many values, and so many bytes of them, are kept of one person's attributes.
const MOST_VALUES: usize = 1000;
const MOST_BYTES: usize = 64 * 1024;

/// A gap's code and what it is about.
pub(super) type Missing = (&'static str, String);

/// A person's attributes. Values are sets: a directory keeps them in no order.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    values: BTreeMap<String, BTreeSet<String>>,
    count: usize,
    bytes: usize,
}

impl Attributes {
    /// Takes one value of the attribute that the configuration calls `name`.
    ///
    /// # Errors
    /// What is missing now.
    pub(super) fn put(&mut self, name: &str, value: &[u8]) -> Result<(), Missing> {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(value.len());
        if self.count > MOST_VALUES || self.bytes > MOST_BYTES {
            let detail = format!("more than {MOST_VALUES} values or {} KiB of `attributes`", MOST_BYTES >> 10);
            return Err(("too_many_claims", detail));
        }
        let Ok(text) = std::str::from_utf8(value) else {
            let detail = format!("a value of {name} is not UTF-8; `attributes` is for attributes that hold text");
            return Err(("not_utf8", detail));
        };
        if text.contains('\0') {
            return Err(("bad_text", format!("a NUL character in a value of {name}")));
        }
        match self.values.get_mut(name) {
            Some(values) => values.insert(text.to_owned()),
            None => self.values.insert(name.to_owned(), BTreeSet::from([text.to_owned()])).is_none(),
        };
        Ok(())
    }

    /// `{"department":["Sales"]}`
    pub(super) fn into_map(self) -> Map<String, Value> {
        let list = |values: BTreeSet<String>| values.into_iter().collect::<Vec<_>>().into();
        self.values.into_iter().map(|(name, values)| (name, list(values))).collect()
    }
}

/// The text of all that is said, by source.
pub(super) fn text(sources: impl IntoIterator<Item = (&'static str, Map<String, Value>)>) -> String {
    let mut all = Value::Object(sources.into_iter().map(|(name, map)| (name.to_owned(), map.into())).collect());
    all.sort_all_objects();
    all.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[(&str, &str)]) -> String {
        let mut attributes = Attributes::default();
        for (name, value) in values {
            assert_eq!(attributes.put(name, value.as_bytes()), Ok(()));
        }
        text([("attributes", attributes.into_map())])
    }

    #[test]
    fn equal_claims_are_one_text() {
        let shown = r#"{"attributes":{"department":["Sales"],"title":["Boss","Zoë \"Z\""]}}"#;
        assert_eq!(of(&[("title", "Zoë \"Z\""), ("department", "Sales"), ("title", "Boss")]), shown);
        assert_eq!(of(&[("title", "Boss"), ("title", "Boss"), ("title", "Zoë \"Z\""), ("department", "Sales")]), shown);
        assert_eq!(of(&[]), r#"{"attributes":{}}"#);
        let map = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
        let one = text([("userinfo", map(r#"{"b":{"d":1,"c":2},"a":[{"f":1,"e":2}]}"#)), ("id_token", Map::new())]);
        assert_eq!(one, r#"{"id_token":{},"userinfo":{"a":[{"e":2,"f":1}],"b":{"c":2,"d":1}}}"#);
    }

    #[test]
    fn what_cannot_be_kept_is_missing() {
        let mut attributes = Attributes::default();
        let code = |missing: Result<(), Missing>| missing.err().map(|(code, _)| code);
        assert_eq!(code(attributes.put("photo", &[0xff])), Some("not_utf8"));
        assert_eq!(code(attributes.put("title", b"a\0b")), Some("bad_text"));
        for n in 2..MOST_VALUES {
            assert_eq!(code(attributes.put("n", n.to_string().as_bytes())), None);
        }
        assert_eq!(code(attributes.put("n", b"one more")), Some("too_many_claims"));
        let mut attributes = Attributes::default();
        assert_eq!(code(attributes.put("n", &vec![b'x'; MOST_BYTES])), None);
        assert_eq!(code(attributes.put("n", b"x")), Some("too_many_claims"));
    }
}
