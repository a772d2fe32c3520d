//! A match and everything inside it: patterns and expressions that compile, tests of claims that
//! ask for one thing.

use super::{Report, template};
use crate::config::Code;
use crate::config::tree::{Entry, Node, Value};
use crate::config::words::{either, quoted};
use rosterd_core::{dn, mapping};

/// A match, in a rule or in `allow`.
pub(super) fn check(matches: &Node, report: &mut Report<'_>) {
    for entry in matches.entries() {
        // A hundred thousand bombs cost a millisecond each.
        if report.found.is_full() {
            return;
        }
        match (entry.key.as_str(), entry.node.text()) {
            ("group" | "group_exact" | "group_glob" | "group_regex" | "expression", Some(text))
                if text.trim().is_empty() =>
            {
                let message = format!("`{}` must not be empty", entry.key);
                report.say(&entry.node.origin, Code::EmptyValue, message, "`group = \"*\"` is everybody");
            }
            ("group_regex", Some(text)) => regex(&entry.node, text, report),
            ("group_glob", Some(text)) => glob(&entry.node, text, report),
            ("group", Some(text)) => group(&entry.node, text, report),
            ("expression", Some(_)) => expression(&entry.node, report),
            ("claim", _) => claim(entry, report),
            ("any" | "all" | "none", _) => {
                // An empty `all` would match everybody.
                not_empty(entry, report);
                entry.node.items().iter().for_each(|inner| check(inner, report));
            }
            _ => {}
        }
    }
}

fn not_empty(entry: &Entry, report: &mut Report<'_>) {
    if matches!(&entry.node.value, Value::List(items) if items.is_empty()) {
        report.say(&entry.node.origin, Code::EmptyValue, format!("`{}` must not be empty", entry.key), "");
    }
}

fn group(node: &Node, text: &str, report: &mut Report<'_>) {
    if text.contains('=') && dn::normalize_into(text, &mut String::new()).is_err() {
        let help = "with a `=` it is compared as a DN, such as cn=sre,ou=groups,dc=example,dc=org";
        report.say(&node.origin, Code::BadDn, "this is not a distinguished name", help);
    } else if text != "*" && text.contains('*') {
        let help = "use `group_glob` if it stands for any run of characters";
        report.say(&node.origin, Code::AsteriskInGroup, "`*` in a `group` stands for itself", help);
    }
}

fn regex(node: &Node, text: &str, report: &mut Report<'_>) {
    if let Err(why) = template::regex(text) {
        report.say(&node.origin, Code::BadRegex, "this is not a regular expression", why);
    }
}

fn glob(node: &Node, text: &str, report: &mut Report<'_>) {
    if let Err(why) = template::glob(text) {
        report.say(&node.origin, Code::BadRegex, "this pattern cannot be used", why);
    }
}

/// A JMESPath expression, by the same limits as where it is used.
pub(super) fn expression(node: &Node, report: &mut Report<'_>) {
    if let Some(Err(why)) = node.text().map(mapping::check_expression) {
        report.say(&node.origin, Code::BadExpression, "this JMESPath expression cannot be used", why);
    }
}

/// The tests of which a claim needs one.
const TESTS: [&str; 5] = ["equals", "one_of", "glob", "regex", "present"];

fn claim(entry: &Entry, report: &mut Report<'_>) {
    let claim = &entry.node;
    if !matches!(claim.value, Value::Map(_)) {
        return;
    }
    if let Some(path) = claim.get("path") {
        if path.text().is_some_and(|text| text.trim().is_empty()) {
            report.say(&path.origin, Code::EmptyValue, "`path` must not be empty", "such as info.roles");
        } else {
            expression(path, report);
        }
    }
    let given: Vec<&Entry> = TESTS.into_iter().filter_map(|key| claim.entry(key)).collect();
    match given.as_slice() {
        [] => {
            let message = "`claim` does not say what to look for";
            report.say(&entry.key_origin, Code::ClaimTest, message, format!("add {}", either(TESTS)));
        }
        [_] => {}
        [first, second, ..] => {
            let message = format!("`claim` has both {} and {}", quoted(&first.key), quoted(&second.key));
            report.say(&second.key_origin, Code::ClaimTest, message, "one test each; put two claims into `all`");
        }
    }
    for test in given {
        match (test.key.as_str(), &test.node.value) {
            ("glob" | "regex", Value::Text(text)) if text.is_empty() => {
                let message = format!("`{}` must not be empty", test.key);
                report.say(&test.node.origin, Code::EmptyValue, message, "use `equals = \"\"` for an empty text");
            }
            ("regex", Value::Text(text)) => regex(&test.node, text, report),
            ("glob", Value::Text(text)) => glob(&test.node, text, report),
            ("one_of", _) => not_empty(test, report),
            ("present", Value::Bool(false)) => {
                let help = "for its absence, put the claim with `present = true` into `none`";
                report.say(&test.node.origin, Code::ClaimTest, "`present` can only be `true`", help);
            }
            _ => {}
        }
    }
}
