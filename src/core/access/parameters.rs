//! What an application is told besides yes or no: a few named texts, and which of several counts.

use std::collections::BTreeMap;

/// Named texts, such as a row filter.
pub type Parameters = BTreeMap<String, String>;

/// The parameters in a text of the database: a JSON object of texts. `None` when it is none.
#[must_use]
pub fn parameters(text: &str) -> Option<Parameters> {
    if text == "{}" {
        return Some(Parameters::new());
    }
    serde_json::from_str(text).ok()
}

/// Puts the parameters of several permissions together: of each name the value of the nearest, of equally near ones the
/// smallest text, so that no order of permissions says anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nearest {
    by_name: BTreeMap<String, (i64, String)>,
}

impl Nearest {
    /// How near what a role itself says is: farther than whatever is said of somebody, a team or an organization.
    pub const ROLE: i64 = 2;

    /// One more permission's, which are so near.
    pub fn add(&mut self, nearness: i64, parameters: Parameters) {
        for (name, value) in parameters {
            let said = (nearness, value);
            match self.by_name.get_mut(&name) {
                Some(best) if *best <= said => {}
                Some(best) => *best = said,
                None => drop(self.by_name.insert(name, said)),
            }
        }
    }

    /// What counts.
    #[must_use]
    pub fn finish(self) -> Parameters {
        self.by_name.into_iter().map(|(name, (_, value))| (name, value)).collect()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(name: &str, value: &str) -> Parameters {
        Parameters::from([(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn the_nearest_counts_and_of_equals_the_smallest() {
        let mut nearest = Nearest::default();
        nearest.add(Nearest::ROLE, one("region", "aaa"));
        nearest.add(Nearest::ROLE, one("tier", "gold"));
        nearest.add(1, one("region", "emea"));
        nearest.add(1, one("region", "apac"));
        nearest.add(0, one("row", "x"));
        let expected = [("region", "apac"), ("row", "x"), ("tier", "gold")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(nearest.finish(), Parameters::from(expected));
    }

    #[test]
    fn only_an_object_of_texts_is_read() {
        assert_eq!(parameters("{}").unwrap(), Parameters::new());
        assert_eq!(parameters(r#"{"a":"b"}"#).unwrap(), one("a", "b"));
        for bad in ["", "[]", "null", r#"{"a":1}"#, r#"{"a":{"b":"c"}}"#] {
            assert_eq!(parameters(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_order_says_anything(
            said in proptest::collection::vec((0..3i64, "[a-c]", "[a-c]{0,2}"), 0..8),
            turn in any::<prop::sample::Index>(),
        ) {
            let put = |said: &[(i64, String, String)]| {
                let mut nearest = Nearest::default();
                said.iter().for_each(|(nearness, name, value)| nearest.add(*nearness, one(name, value)));
                nearest.finish()
            };
            let mut other = said.clone();
            if !other.is_empty() {
                let at = turn.index(other.len());
                other.rotate_left(at);
                other.reverse();
            }
            prop_assert_eq!(put(&said), put(&other));
            for (name, value) in put(&said) {
                let least = said.iter().filter(|(_, n, _)| *n == name).map(|(near, _, v)| (*near, v)).min();
                prop_assert_eq!(least.map(|(_, v)| v.clone()), Some(value));
            }
        }
    }
}
