//! A setting that holds several texts.

/// As Grafana splits it (`util.SplitString`): a JSON array of texts if it begins with `[`, and an
/// array that is not one is an empty list; otherwise whatever stands between commas and blanks,
/// with double quotes around what holds one.
pub(crate) fn list(text: &str) -> Vec<String> {
    if text.trim().starts_with('[') {
        return serde_json::from_str(text).unwrap_or_default();
    }
    let mut items = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c != ',' && !blank(c)) {
        rest = rest.get(start..).unwrap_or_default();
        let quoted = rest.strip_prefix('"').and_then(|inner| inner.find('"')).filter(|end| *end > 0);
        let end = match quoted {
            Some(end) => end + 2,
            None => rest.find(|c: char| c == ',' || blank(c)).unwrap_or(rest.len()),
        };
        let (item, after) = rest.split_at(end);
        items.push(item.trim_matches('"').to_owned());
        rest = after;
    }
    items
}

fn blank(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

#[cfg(test)]
mod tests {
    use super::list;

    #[test]
    fn splits_as_grafana_does() {
        for (text, items) in [
            ("", vec![]),
            ("a:1:Editor, b:2:Viewer", vec!["a:1:Editor", "b:2:Viewer"]),
            ("a b\tc", vec!["a", "b", "c"]),
            ("\"Crew 1:1:Editor\" b", vec!["Crew 1:1:Editor", "b"]),
            (r#"["Crew 1:1:Editor", "urn\\:sre:1"]"#, vec!["Crew 1:1:Editor", r"urn\:sre:1"]),
            (r#"["a", 1]"#, vec![]),
            ("[\"a\"", vec![]),
            ("\"a", vec!["a"]),
        ] {
            assert_eq!(list(text), items, "{text}");
        }
    }
}
