//! Results for people.

use super::Tried;
use super::coverage::Coverage;
use std::fmt::Write as _;

/// Writing to a String cannot fail, which is why results of `writeln!` are dropped here.
pub(super) fn table(tried: &[Tried<'_>], diff: bool, coverage: Option<&Coverage>) -> String {
    let mut out = String::new();
    for one in tried {
        if one.differences.is_empty() {
            let _ = writeln!(out, "ok    {}", one.case.name);
        } else {
            out.push_str(&failure(one, diff));
        }
    }
    let failed = tried.iter().filter(|one| !one.differences.is_empty()).count();
    let cases = if tried.len() == 1 { "case" } else { "cases" };
    let _ = writeln!(out, "{} {cases}: {} passed, {failed} failed", tried.len(), tried.len() - failed);
    if let Some(coverage) = coverage {
        let _ = write!(out, "\n{}", coverage.text());
    }
    out
}

fn failure(tried: &Tried<'_>, diff: bool) -> String {
    let mut out = format!("FAIL  {} ({})\n", tried.case.name, tried.case.at);
    out.push_str(&details(tried, diff));
    out
}

/// What differs, and why it is so.
pub(super) fn details(tried: &Tried<'_>, diff: bool) -> String {
    let mut out = String::new();
    for difference in &tried.differences {
        if diff {
            for line in difference.lines() {
                let _ = writeln!(out, "      {line}");
            }
        } else {
            let (field, expected, found) = (difference.field, &difference.expected, &difference.found);
            let _ = writeln!(out, "      {field}: expected {expected}, found {found}");
        }
    }
    out.push_str("      why\n");
    for reason in &tried.answer.reasons {
        let at = reason.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
        let _ = match (&reason.rule, reason.about) {
            (Some(rule), "rule") => writeln!(out, "        {rule}{at}: {}", reason.text),
            _ => writeln!(out, "        {}{at}", reason.text),
        };
    }
    out
}
