//! `${name}` in a rule's `org` and `team`, and the captures that give it its value.

use crate::config::tree::Node;
use crate::config::words::quoted;
use regex::{Regex, RegexBuilder};
use std::collections::BTreeSet;

/// The largest compiled expression, in bytes; an expression that counts to thousands inside
/// another is refused, not compiled (W25).
const LARGEST: usize = 1 << 20;

/// Compiles a `group_regex` as it is used: from start to end.
pub(super) fn regex(text: &str) -> Result<Regex, String> {
    // Alone first: `a)|(b` is none, but would be one between the brackets that follow.
    build(text)?;
    build(&format!("^(?:{text})$"))
}

fn build(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text).size_limit(LARGEST).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
        // The library's message draws the expression over several lines; its last says what is wrong.
        other => other.to_string().lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned(),
    })
}

/// The captures that always have a value when the match matches, by name and by number.
///
/// One of `any` is enough, so only what each of them captures counts; `none` captures nothing.
/// Without a value: an expression that does not compile, which is another error.
pub(super) fn captures(matches: &Node) -> Option<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for entry in matches.entries() {
        let inner = || entry.node.items().iter().map(captures).collect::<Option<Vec<_>>>();
        match entry.key.as_str() {
            "group_regex" => {
                let regex = regex(entry.node.text()?).ok()?;
                all.extend(regex.capture_names().flatten().map(str::to_owned));
                all.extend((0..regex.captures_len()).map(|number| number.to_string()));
            }
            "all" => all.extend(inner()?.into_iter().flatten()),
            "any" => {
                let common = inner()?.into_iter().reduce(|a, b| a.intersection(&b).cloned().collect());
                all.extend(common.unwrap_or_default());
            }
            _ => {}
        }
    }
    Some(all)
}

/// What is wrong with a template, and what to do.
pub(super) fn check(text: &str, captures: &BTreeSet<String>) -> Option<(String, String)> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            return Some(("`${` has no `}`".to_owned(), "such as ${name}".to_owned()));
        };
        if !captures.contains(name) {
            let named: Vec<&str> = captures.iter().map(String::as_str).collect();
            let help = if named.is_empty() {
                "only a `group_regex` captures, such as \"team-(?P<name>.+)\"".to_owned()
            } else {
                crate::config::words::suggest(name, named)
            };
            return Some((format!("the rule's match does not always capture {}", quoted(name)), help));
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

    use super::*;
    use crate::config::source::Source;

    fn captured(json: &str) -> Vec<String> {
        let mut source = Source::new("x", json.to_owned());
        let node = crate::config::read::read(&mut source, crate::config::Format::Json).unwrap();
        captures(&node).unwrap().into_iter().collect()
    }

    #[test]
    fn any_captures_what_each_of_them_does() {
        assert_eq!(captured(r#"{"group_regex":"(?P<a>x)(y)"}"#), ["0", "1", "2", "a"]);
        assert_eq!(
            captured(r#"{"any":[{"group_regex":"(?P<a>x)"},{"group_regex":"y(?P<a>.)(?P<b>.)"}]}"#),
            ["0", "1", "a"]
        );
        assert_eq!(captured(r#"{"any":[{"group_regex":"(?P<a>x)"},{"group":"y"}]}"#), Vec::<String>::new());
        assert_eq!(captured(r#"{"all":[{"group_regex":"(?P<a>x)"},{"group":"y"}]}"#), ["0", "1", "a"]);
        assert_eq!(captured(r#"{"none":[{"group_regex":"(?P<a>x)"}]}"#), Vec::<String>::new());
    }

    #[test]
    fn w25_a_regex_bomb_is_refused() {
        assert_eq!(regex("((a{1,1000}){1,1000}){1,1000}").unwrap_err(), "it is too large");
        assert!(regex("(").unwrap_err().contains("unclosed"));
        assert!(regex("a)|(b").is_err());
    }
}
