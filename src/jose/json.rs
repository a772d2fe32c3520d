//! JSON from outside, into a value, within bounds of depth and number; no key twice.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::Cell;
use std::fmt;

/// The deepest nesting: as for documents of the mapping language.
const DEEPEST: usize = 64;
/// The most values of what comes without being asked for, those inside others counted.
pub const FEW: usize = 20_000;
/// The most of what was asked for: somebody may be in a hundred thousand groups.
pub const MANY: usize = 200_000;

/// It is no JSON text, or one out of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON text within bounds")]
pub struct NotJson;

/// Reads one JSON text of at most so many values.
///
/// # Errors
/// Where it is none (RFC 8259), or nested deeper than 64, or says a key twice.
pub fn parse(bytes: &[u8], most: usize) -> Result<Value, NotJson> {
    let values = Cell::new(most);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    Node { values: &values, depth: 0 }
        .deserialize(&mut json)
        .and_then(|root| json.end().map(|()| root))
        .map_err(|_| NotJson)
}

struct Node<'a> {
    /// How many more there may be.
    values: &'a Cell<usize>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let Some(left) = self.values.get().checked_sub(1) else { return Err(D::Error::custom("too many values")) };
        self.values.set(left);
        deserializer.deserialize_any(self)
    }
}

impl Node<'_> {
    fn inner<E: serde::de::Error>(&self) -> Result<Node<'_>, E> {
        if self.depth == DEEPEST {
            return Err(E::custom("nested too deep"));
        }
        Ok(Node { values: self.values, depth: self.depth + 1 })
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Number(n.into()))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(Value::Number(n.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, n: f64) -> Result<Value, E> {
        Number::from_f64(n).map(Value::Number).ok_or_else(|| E::custom("a number that is none"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.inner()?)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            // Two programs that each believe another of the two would see two people.
            if map.contains_key(&key) {
                return Err(A::Error::custom("a key stands twice"));
            }
            let value = entries.next_value_seed(self.inner()?)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w07_o28_what_is_hostile_is_refused_and_nothing_overflows() {
        let good = br#"{"a":[1,-2,1.5,true,null,"x"]}"#;
        assert_eq!(parse(good, FEW).map(|value| value.to_string().into_bytes()), Ok(good.to_vec()));
        let deep = "[".repeat(200_000);
        let many = format!("[{}1]", "1,".repeat(30_000));
        for text in [
            deep.as_str(),
            many.as_str(),
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            "{} x",
            "",
            "{\"a\":\"\u{0}",
            "NaN",
            "1e999",
            r#"{"a":"\ud800"}"#,
        ] {
            assert_eq!(parse(text.as_bytes(), FEW), Err(NotJson), "{text:.20}");
        }
        assert_eq!(parse(b"{\"a\":\"\xff\xfe\"}", FEW), Err(NotJson));
        assert!(parse(many.as_bytes(), MANY).is_ok());
    }
}
