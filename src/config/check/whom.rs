//! Whom a match can match at all, where its text alone tells.

use super::expression;
use crate::config::tree::{Entry, Node, Value};

/// Only what is certain for every directory and every login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whom {
    Everybody,
    /// And why.
    Nobody(&'static str),
    Some,
}

/// Whom a match matches.
pub(super) fn whom(matches: &Node) -> Whom {
    match matches.entries() {
        [one] => key(one),
        _ => Whom::Some,
    }
}

fn key(entry: &Entry) -> Whom {
    let node = &entry.node;
    let parts = || node.items().iter().map(whom).collect::<Vec<_>>();
    match entry.key.as_str() {
        "group" if node.text() == Some("*") => Whom::Everybody,
        "group_regex" if node.text().is_some_and(is_empty_regex) => Whom::Nobody(REGEX),
        "claim" if node.text_of("regex").is_some_and(is_empty_regex) => Whom::Nobody(REGEX),
        "expression" => match node.text().and_then(expression::constant) {
            Some(true) => Whom::Everybody,
            Some(false) => Whom::Nobody("the expression is false for everybody"),
            None => Whom::Some,
        },
        "any" => any(&parts()),
        "all" => {
            if let Some(why) = contradiction(node) {
                return why;
            }
            let parts = parts();
            let nobody = parts.iter().find(|part| matches!(part, Whom::Nobody(_)));
            match nobody {
                Some(nobody) => *nobody,
                None if !parts.is_empty() && parts.iter().all(|part| *part == Whom::Everybody) => Whom::Everybody,
                None => Whom::Some,
            }
        }
        "none" => match any(&parts()) {
            Whom::Everybody => Whom::Nobody("`none` rules everybody out"),
            Whom::Nobody(_) => Whom::Everybody,
            Whom::Some => Whom::Some,
        },
        _ => Whom::Some,
    }
}

fn any(parts: &[Whom]) -> Whom {
    if parts.contains(&Whom::Everybody) {
        return Whom::Everybody;
    }
    match parts.first() {
        Some(nobody @ Whom::Nobody(_)) if parts.iter().all(|part| matches!(part, Whom::Nobody(_))) => *nobody,
        _ => Whom::Some,
    }
}

/// `all = [A, { none = [A] }]`.
fn contradiction(all: &Node) -> Option<Whom> {
    let wanted: Vec<_> = all.items().iter().filter(|part| part.get("none").is_none()).map(Node::to_json).collect();
    let mut unwanted = all.items().iter().filter_map(|part| part.get("none")).flat_map(Node::items);
    unwanted
        .any(|part| wanted.contains(&part.to_json()))
        .then_some(Whom::Nobody("`all` asks for the same that `none` in it rules out"))
}

const REGEX: &str = "the expression matches no text";

/// Whether a regular expression matches no text whatever. Says so only of plain ones: without
/// alternatives, groups, flags and what may be left out.
fn is_empty_regex(text: &str) -> bool {
    if ["[^\\s\\S]", "[^\\S\\s]", "[^\\w\\W]", "[^\\d\\D]"].contains(&text) {
        return true;
    }
    if text.contains(['|', '(', '[', '?', '*', '{']) {
        return false;
    }
    let mut chars = text.chars().peekable();
    let (mut before, mut after_end) = (false, false);
    while let Some(c) = chars.next() {
        match c {
            '$' => after_end = true,
            '^' if before || after_end => return true,
            '^' => {}
            _ if after_end => return true,
            '\\' => {
                // `\b`, `\z` and the like take no character.
                before |= chars.next().is_some_and(|c| !c.is_ascii_alphabetic() || "dDwWsSntr".contains(c));
            }
            _ => before = true,
        }
    }
    false
}

/// As [`whom`] says, or by a test that everybody passes in practice.
pub(super) fn practically_everybody(matches: &Node) -> bool {
    let parts = |node: &Node| node.items().iter().map(practically_everybody).collect::<Vec<_>>();
    whom(matches) == Whom::Everybody
        || matches.entries().iter().any(|entry| match entry.key.as_str() {
            "group_glob" => entry.node.text().is_some_and(|text| text.chars().all(|c| c == '*') && !text.is_empty()),
            "group_regex" => matches!(entry.node.text(), Some(".*" | ".+" | "^.*$" | "^.+$")),
            "claim" => {
                let always = entry.node.text_of("path").is_some_and(|path| ALWAYS.contains(&path));
                let loose = matches!(entry.node.text_of("regex"), Some(".*" | ".+"))
                    || entry.node.text_of("glob") == Some("*")
                    || matches!(entry.node.get("present"), Some(Node { value: Value::Bool(true), .. }));
                always && loose
            }
            "expression" => entry.node.text().is_some_and(|text| ALWAYS.contains(&text.trim())),
            "any" => parts(&entry.node).contains(&true),
            "all" => !entry.node.items().is_empty() && !parts(&entry.node).contains(&false),
            _ => false,
        })
}

/// Claims that every ID token has (OpenID Connect Core 1.0, section 2), and the document itself.
const ALWAYS: [&str; 6] = ["sub", "iss", "aud", "exp", "iat", "@"];

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

    use super::*;
    use crate::config::source::Source;

    fn node(json: &str) -> Node {
        let mut source = Source::new("x", json.to_owned());
        crate::config::read::read(&mut source, crate::config::Format::Json).unwrap()
    }

    #[test]
    fn only_what_is_certain_is_said() {
        for json in [
            r#"{"none":[{"group":"*"}]}"#,
            r#"{"any":[{"group_regex":"a$b"},{"expression":"`false`"}]}"#,
            r#"{"all":[{"group":"a"},{"none":[{"group":"b"},{"group":"a"}]}]}"#,
            r#"{"claim":{"path":"a","regex":"[^\\s\\S]"}}"#,
        ] {
            assert!(matches!(whom(&node(json)), Whom::Nobody(_)), "{json}");
        }
        for json in [
            r#"{"group":"*"}"#,
            r#"{"any":[{"group":"a"},{"group":"*"}]}"#,
            r#"{"none":[{"none":[{"group":"*"}]}]}"#,
            r#"{"expression":"`true`"}"#,
        ] {
            assert_eq!(whom(&node(json)), Whom::Everybody, "{json}");
        }
        for json in [
            r#"{"group":"a"}"#,
            r#"{"group_glob":"*"}"#,
            r#"{"any":[{"group":"a"},{"group_regex":"a$b"}]}"#,
            r#"{"all":[{"group":"a"},{"none":[{"group":"b"}]}]}"#,
            r#"{"all":[{"claim":{"path":"a","equals":"x"}},{"claim":{"path":"a","equals":"y"}}]}"#,
        ] {
            assert_eq!(whom(&node(json)), Whom::Some, "{json}");
        }
    }

    #[test]
    fn regular_expressions_that_match_nothing() {
        for text in ["a$b", "x^a", "$a", "a\\$b$c", "[^\\s\\S]", "a+^b"] {
            assert!(is_empty_regex(text), "{text}");
        }
        for text in ["^a$", "a\\$b", "a$|b", "a$b*", "(?m)a$\nb", "^^a$$", "\\b^a", "a*^b", ".+", "", "\\^a\\$b"] {
            assert!(!is_empty_regex(text), "{text}");
        }
    }

    #[test]
    fn in_practice_everybody() {
        for json in [
            r#"{"group_glob":"*"}"#,
            r#"{"group_regex":".*"}"#,
            r#"{"claim":{"path":"sub","present":true}}"#,
            r#"{"any":[{"group":"a"},{"claim":{"path":"iss","glob":"*"}}]}"#,
        ] {
            assert!(practically_everybody(&node(json)), "{json}");
        }
        for json in [
            r#"{"claim":{"path":"department","present":true}}"#,
            r#"{"claim":{"path":"sub","equals":"1"}}"#,
            r#"{"all":[{"group":"a"},{"group":"*"}]}"#,
            r#"{"group_glob":"a*"}"#,
        ] {
            assert!(!practically_everybody(&node(json)), "{json}");
        }
    }
}
