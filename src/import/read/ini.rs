//! `grafana.ini`, as go-ini v1 reads it with the options that Grafana uses (its defaults): `#` and
//! `;` begin a comment even inside a value, `"""` and backticks keep a value whole, one pair of
//! quotes around a value is dropped, a backslash at the end continues the line, `=` and `:` both
//! end a key, a later key wins, `%(key)s` stands for another key.

use crate::import::{Problem, Text};
use std::collections::BTreeMap;

/// `%(a)s` may stand for a text with `%(b)s`; go-ini follows as far.
const DEEPEST: usize = 99;
/// A value that grows beyond this, in bytes, is a key that names itself.
const LONGEST: usize = 1 << 20;

/// A key, its last value and where that stands.
#[derive(Debug, Clone)]
pub(crate) struct IniKey {
    pub(crate) value: String,
    /// A pair of `'` around it was dropped.
    pub(crate) unquoted: bool,
    pub(crate) line: usize,
}

/// Sections by name; keys before the first one are in `DEFAULT`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ini(pub(crate) BTreeMap<String, BTreeMap<String, IniKey>>);

impl Ini {
    pub(crate) fn read(file: &Text) -> Result<Self, Vec<Problem>> {
        let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
        let mut lines = Lines { lines: text.split_inclusive('\n'), number: 0 };
        let mut sections: BTreeMap<String, BTreeMap<String, IniKey>> = BTreeMap::new();
        let mut section = "DEFAULT".to_owned();
        while let Some((number, line)) = lines.next() {
            let wrong = |message: &str| vec![Problem::at(&file.name, number, message)];
            let line = line.trim_start();
            if line.trim_end().is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line.strip_prefix('[') {
                let Some(end) = name.rfind(']') else { return Err(wrong("this section has no closing `]`")) };
                section = name.get(..end).unwrap_or_default().trim().to_owned();
                sections.entry(section.clone()).or_default();
                continue;
            }
            let Some((key, rest)) = key(line) else { return Err(wrong("a key needs `=` and a value")) };
            let Some(value) = value(rest, &mut lines) else {
                return Err(wrong("this value begins with quotes that nothing closes"));
            };
            let unquoted = rest.trim().strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) == Some(&value);
            sections.entry(section.clone()).or_default().insert(key, IniKey { value, unquoted, line: number });
        }
        Ok(Self(sections))
    }

    /// A value with the keys it names put in.
    pub(crate) fn filled(&self, section: &str, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..DEEPEST {
            let Some(found) = text.find("%(").and_then(|start| {
                let end = start + text.get(start..)?.find(")s")?;
                let name = text.get(start + 2..end)?;
                let known = |section: &str| self.0.get(section).and_then(|keys| keys.get(name));
                let value = known(section).or_else(|| known("DEFAULT"))?.value.clone();
                Some((start..end + 2, value))
            }) else {
                break;
            };
            if text.len() + found.1.len() > LONGEST {
                break;
            }
            text.replace_range(found.0, &found.1);
        }
        text
    }
}

struct Lines<'a> {
    lines: std::str::SplitInclusive<'a, char>,
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<(usize, &'a str)> {
        self.number += 1;
        self.lines.next().map(|line| (self.number, line))
    }
}

/// The key of a line, and what follows its `=` or `:`.
fn key(line: &str) -> Option<(String, &str)> {
    for quote in ["\"\"\"", "\"", "`"] {
        let Some(inner) = line.strip_prefix(quote) else { continue };
        let (name, after) = inner.split_once(quote)?;
        let (_, rest) = after.split_once(['=', ':'])?;
        return Some((name.to_owned(), rest));
    }
    let (name, rest) = line.split_once(['=', ':'])?;
    (!name.trim().is_empty()).then(|| (name.trim().to_owned(), rest))
}

/// A value that may go on over further lines. None when its quotes are never closed.
fn value(rest: &str, lines: &mut Lines<'_>) -> Option<String> {
    let line = rest.trim_start();
    for quote in ["\"\"\"", "`"] {
        if let Some(inner) = line.strip_prefix(quote) {
            return match inner.rfind(quote) {
                Some(end) => Some(inner.get(..end)?.to_owned()),
                None => quoted_lines(inner, quote, lines),
            };
        }
    }
    let line = line.trim_end();
    if let Some(first) = line.strip_suffix('\\') {
        return Some(continued(first, lines));
    }
    let line = line.find(['#', ';']).map_or(line, |at| line.get(..at).unwrap_or_default().trim_end());
    for quote in ['\'', '"'] {
        let inner = line.strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.contains(quote)) {
            return Some(inner.to_owned());
        }
    }
    Some(line.to_owned())
}

fn quoted_lines(first: &str, quote: &str, lines: &mut Lines<'_>) -> Option<String> {
    let mut value = first.to_owned();
    loop {
        let (_, line) = lines.next()?;
        if let Some(end) = line.rfind(quote) {
            value.push_str(line.get(..end)?);
            return Some(value);
        }
        value.push_str(line);
    }
}

fn continued(first: &str, lines: &mut Lines<'_>) -> String {
    let mut value = first.to_owned();
    while let Some((_, line)) = lines.next() {
        let next = line.trim();
        if next.is_empty() {
            break;
        }
        value.push_str(next);
        match value.strip_suffix('\\') {
            Some(more) => value.truncate(more.len()),
            None => break,
        }
    }
    value
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

    use super::*;

    fn read(text: &str) -> Result<Ini, Vec<Problem>> {
        Ini::read(&Text { name: "grafana.ini".to_owned(), text: text.to_owned() })
    }

    fn said(value: &str) -> String {
        let ini = read(&format!("[a]\nk = {value}\n")).unwrap();
        ini.0["a"]["k"].value.clone()
    }

    #[test]
    fn values_are_cut_and_unquoted_as_go_ini_does() {
        for (written, value) in [
            ("plain", "plain"),
            ("", ""),
            ("abc#def", "abc"),
            ("abc ; def", "abc"),
            ("'Viewer'", "Viewer"),
            ("\"a b\"", "a b"),
            ("'a' || 'b'", "'a' || 'b'"),
            ("\"\"\"'Viewer'\"\"\"", "'Viewer'"),
            ("\"\"\"pass#;word\"\"\"", "pass#;word"),
            ("`a;b`", "a;b"),
            ("one \\\n  two", "one two"),
            ("\"\"\"one\ntwo\"\"\"", "one\ntwo"),
            ("a = b", "a = b"),
        ] {
            assert_eq!(said(written), value, "{written}");
        }
    }

    #[test]
    fn sections_lines_and_the_last_value() {
        let ini = read("top: 1\n; no\n[auth.x]\n# no\na = 1\na = 2\n[other]\n").unwrap();
        assert_eq!(ini.0["DEFAULT"]["top"].value, "1");
        assert_eq!((ini.0["auth.x"]["a"].value.as_str(), ini.0["auth.x"]["a"].line), ("2", 6));
        assert!(ini.0["other"].is_empty());
    }

    #[test]
    fn a_value_may_name_another() {
        let ini = read("d = x\n[a]\nk = 1\n[b]\nself = %(self)s\n").unwrap();
        assert_eq!(ini.filled("a", "%(k)s-%(d)s-%(none)s"), "1-x-%(none)s");
        assert_eq!(ini.filled("b", "%(self)s"), "%(self)s");
    }

    #[test]
    fn what_grafana_refuses_is_refused_with_its_line() {
        for (text, start) in [
            ("[a]\nword\n", "grafana.ini:2: a key"),
            ("[a\n", "grafana.ini:1: this sec"),
            ("\n= 1\n", "grafana.ini:2: a"),
        ] {
            assert!(read(text).unwrap_err()[0].to_string().starts_with(start), "{text}");
        }
        assert!(read("a = \"\"\"open\n").unwrap_err()[0].to_string().contains("nothing closes"));
    }
}
