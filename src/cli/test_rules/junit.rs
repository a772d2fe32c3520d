//! Results as JUnit XML, which build servers read.

use super::Tried;
use super::text::details;
use rosterd_core::text::markup;
use std::fmt::Write as _;

/// One suite a file. Writing to a String cannot fail, which is why results of `writeln!` are
/// dropped here.
pub(super) fn xml(tried: &[Tried<'_>]) -> String {
    let failures = |tried: &[Tried<'_>]| tried.iter().filter(|one| !one.differences.is_empty()).count();
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(out, "<testsuites tests=\"{}\" failures=\"{}\">", tried.len(), failures(tried));
    for suite in tried.chunk_by(|a, b| a.file == b.file) {
        let file = suite.first().map_or("", |one| one.file);
        let (name, count) = (markup(file), suite.len());
        let _ = writeln!(out, "  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"{}\">", failures(suite));
        for one in suite {
            let case = one.case;
            let (name, class) = (markup(&case.name), markup(&case.provider));
            let _ = write!(out, "    <testcase name=\"{name}\" classname=\"{class}\"");
            if one.differences.is_empty() {
                out.push_str("/>\n");
                continue;
            }
            let fields: Vec<&str> = one.differences.iter().map(|difference| difference.field).collect();
            let message = markup(&format!("{}: not as expected: {}", case.at, fields.join(", ")));
            let _ = writeln!(out, ">\n      <failure message=\"{message}\">{}</failure>", markup(&details(one, false)));
            out.push_str("    </testcase>\n");
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}
