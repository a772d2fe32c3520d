//! Where rules stand, for outputs that explain themselves by file and line.

use super::source::Source;
use super::tree::{Node, Origin};
use std::collections::BTreeMap;

/// The place of each rule.
#[derive(Debug, Clone, Default)]
pub struct Places(BTreeMap<String, String>);

impl Places {
    /// Where a rule begins, such as `rosterd.toml:12`.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<String> {
        self.0.get(id).cloned()
    }

    pub(super) fn of(root: &Node, source: &Source) -> Self {
        let rules = root.get("rules").map_or(&[][..], Node::items);
        Self(
            rules
                .iter()
                .filter_map(|rule| {
                    let place = match &rule.origin {
                        Origin::File(range) => format!("{}:{}", source.name(), source.line(range.start)),
                        Origin::Override(name) => name.to_string(),
                    };
                    Some((rule.text_of("id")?.to_owned(), place))
                })
                .collect(),
        )
    }
}
