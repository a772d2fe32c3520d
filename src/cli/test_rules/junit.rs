//! Results as JUnit XML, which build servers read.

use super::Tried;
use super::text::details;
use std::fmt::Write as _;

/// One suite a file. Writing to a String cannot fail, which is why results of `writeln!` are
/// dropped here.
pub(super) fn xml(tried: &[Tried<'_>]) -> String {
    let failures = |tried: &[Tried<'_>]| tried.iter().filter(|one| !one.differences.is_empty()).count();
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(out, "<testsuites tests=\"{}\" failures=\"{}\">", tried.len(), failures(tried));
    for suite in tried.chunk_by(|a, b| a.file == b.file) {
        let file = suite.first().map_or("", |one| one.file);
        let (name, count) = (escaped(file), suite.len());
        let _ = writeln!(out, "  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"{}\">", failures(suite));
        for one in suite {
            let case = one.case;
            let (name, class) = (escaped(&case.name), escaped(&case.provider));
            let _ = write!(out, "    <testcase name=\"{name}\" classname=\"{class}\"");
            if one.differences.is_empty() {
                out.push_str("/>\n");
                continue;
            }
            let fields: Vec<&str> = one.differences.iter().map(|difference| difference.field).collect();
            let message = escaped(&format!("{}: not as expected: {}", case.at, fields.join(", ")));
            let _ =
                writeln!(out, ">\n      <failure message=\"{message}\">{}</failure>", escaped(&details(one, false)));
            out.push_str("    </testcase>\n");
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Text that can stand in an attribute and between tags. What no XML 1.0 document may hold (its
/// section 2.2), not even escaped, is replaced.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // An attribute would lose them otherwise (section 3.3.3).
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_that_a_case_says_ends_a_tag_or_breaks_the_document() {
        assert_eq!(
            escaped("a<b> & \"c\" 'd'\n\u{1}\u{1b}[31m"),
            "a&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;&#10;\u{fffd}\u{fffd}[31m"
        );
        assert_eq!(escaped("é 語 \u{ffff}"), "é 語 \u{fffd}");
    }
}
