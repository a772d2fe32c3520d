//! `${name}` in a rule's `org` and `team`, and the captures that give it its value.

use crate::config::tree::Node;
use crate::config::words::quoted;
use rosterd_core::mapping::Template;
use std::collections::BTreeSet;

/// Says whether a regular expression can be used, by the same limits as where it is used; its
/// captures, by number and by name.
pub(super) fn regex(text: &str) -> Result<Vec<String>, String> {
    rosterd_core::mapping::check_regex(text)
}

/// Says whether a glob can be used.
pub(super) fn glob(text: &str) -> Result<(), String> {
    let parts = text.chars().map(|c| match c {
        '*' => ".*".to_owned(),
        '?' => ".".to_owned(),
        c => regex::escape(c.encode_utf8(&mut [0; 4])),
    });
    regex(&parts.collect::<String>()).map(|_| ())
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
            "group_regex" | "claim" => {
                let text = if entry.key == "claim" { entry.node.text_of("regex") } else { entry.node.text() };
                let Some(text) = text else { continue };
                all.extend(regex(text).ok()?);
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
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(why) => return Some((format!("this is not a template: {why}"), "such as \"team ${name}\"".to_owned())),
    };
    let missing = template.captures().find(|name| !captures.contains(*name))?;
    let named: Vec<&str> = captures.iter().map(String::as_str).collect();
    let help = if named.is_empty() {
        "only a `group_regex` or a claim's `regex` captures, such as \"team-(?P<name>.+)\"".to_owned()
    } else {
        crate::config::words::suggest(missing, named)
    };
    Some((format!("the rule's match does not always capture {}", quoted(missing)), help))
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
        assert_eq!(captured(r#"{"group_regex":"(?P<a>x)(y)"}"#), ["1", "2", "a"]);
        assert_eq!(captured(r#"{"any":[{"group_regex":"(?P<a>x)"},{"group_regex":"y(?P<a>.)(?P<b>.)"}]}"#), ["1", "a"]);
        assert_eq!(captured(r#"{"any":[{"group_regex":"(?P<a>x)"},{"group":"y"}]}"#), Vec::<String>::new());
        assert_eq!(captured(r#"{"all":[{"group_regex":"(?P<a>x)"},{"group":"y"}]}"#), ["1", "a"]);
        assert_eq!(captured(r#"{"none":[{"group_regex":"(?P<a>x)"}]}"#), Vec::<String>::new());
    }

    #[test]
    fn w25_a_regex_bomb_is_refused() {
        assert_eq!(regex("((a{1,1000}){1,1000}){1,1000}").unwrap_err(), "it is too large");
        assert!(regex("(").unwrap_err().contains("unclosed"));
        assert!(regex("a)|(b").is_err());
        assert_eq!(glob(&"*".repeat(8000)), Err("it is too large".to_owned()));
        assert_eq!(glob("[team]-*?"), Ok(()));
    }
}
