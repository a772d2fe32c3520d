//! A rule as the lints look at it: who could be matched, for which providers, and what is given.
//!
//! Whatever is not well formed is left out; it is an error of its own.

use crate::config::tree::{Entry, Node};
use std::collections::BTreeSet;

/// The organization roles, lowest first.
pub(super) const ROLES: [&str; 4] = ["None", "Viewer", "Editor", "Admin"];

/// One rule.
pub(super) struct View<'a> {
    pub(super) node: &'a Node,
    pub(super) id: &'a str,
    pub(super) matches: Option<&'a Node>,
    /// Equal for rules that match the same people.
    pub(super) same: String,
    pub(super) orgs: Vec<&'a str>,
    /// The role's place in [`ROLES`].
    pub(super) role: Option<usize>,
    /// What it gives besides an organization role.
    pub(super) has_team: bool,
    pub(super) server_admin: bool,
    pub(super) aside: bool,
    /// The providers whose people it can match.
    pub(super) providers: Vec<&'a Entry>,
}

impl<'a> View<'a> {
    pub(super) fn all(rules: &'a [Node], providers: &'a [Entry]) -> Vec<Self> {
        rules.iter().map(|rule| Self::new(rule, providers)).collect()
    }

    fn new(node: &'a Node, providers: &'a [Entry]) -> Self {
        let matches = node.get("match");
        let case = node.get("case_sensitive").map(|case| case.to_json().to_string()).unwrap_or_default();
        let providers = match node.get("provider") {
            None => providers.iter().collect(),
            Some(named) => providers.iter().filter(|one| named.texts().any(|(_, name)| name == one.key)).collect(),
        };
        Self {
            node,
            id: node.text_of("id").unwrap_or_default(),
            matches,
            same: format!("{case}{}", matches.map(|matches| matches.to_json().to_string()).unwrap_or_default()),
            orgs: node.get("org").into_iter().flat_map(Node::texts).map(|(_, text)| text).collect(),
            role: node.text_of("role").and_then(|role| ROLES.iter().position(|known| *known == role)),
            has_team: node.get("team").is_some(),
            server_admin: node.is_true("server_admin"),
            aside: node.is_true("aside"),
            providers,
        }
    }

    pub(super) fn provider_names(&self) -> BTreeSet<&'a str> {
        self.providers.iter().map(|provider| provider.key.as_str()).collect()
    }

    /// Whether there is a provider that it is for, and this is so for each of them.
    pub(super) fn each_provider(&self, so: impl Fn(&Node) -> bool) -> bool {
        !self.providers.is_empty() && self.providers.iter().all(|provider| so(&provider.node))
    }

    /// Whether each provider takes the first rule's role.
    pub(super) fn first_wins(&self) -> bool {
        self.each_provider(|provider| provider.text_of("resolve") == Some("first"))
    }

    /// Whether each provider takes the highest role.
    pub(super) fn highest_wins(&self) -> bool {
        self.each_provider(|provider| provider.text_of("resolve").is_none_or(|resolve| resolve == "highest"))
    }
}
