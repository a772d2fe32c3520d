//! A plan's changes as lines in columns, and its sum: the same for providers' plans and for that of files.

use super::Summary;
use std::fmt::Write as _;

/// A change, in words.
pub(crate) struct Line {
    pub(crate) sign: char,
    pub(crate) kind: &'static str,
    pub(crate) place: String,
    pub(crate) who: String,
    pub(crate) what: String,
    pub(crate) why: String,
}

/// What cannot steer a terminal (W19): names come from elsewhere.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Appends the lines in columns; all with this `sign`, if there is one.
pub(crate) fn columns(out: &mut String, lines: &[Line], sign: Option<char>) {
    let width = |of: fn(&Line) -> &str| lines.iter().map(|l| of(l).chars().count()).max().unwrap_or(0).min(40);
    let (kinds, places) = (width(|l| l.kind), width(|l| &l.place));
    let (whos, whats) = (width(|l| &l.who), width(|l| &l.what));
    for line in lines {
        let Line { kind, place, who, what, why, .. } = line;
        let sign = sign.unwrap_or(line.sign);
        let text = format!("{sign} {kind:kinds$}  {place:places$}  {who:whos$}  {what:whats$}  {why}");
        out.push_str(&plain(text.trim_end()));
        out.push('\n');
    }
}

/// Appends how much that is.
pub(crate) fn sum(out: &mut String, summary: Summary) {
    let Summary { added, changed, removed, withheld } = summary;
    if summary == Summary::default() {
        out.push_str("nothing to change\n");
        return;
    }
    let _ = write!(out, "{added} to add, {changed} to change, {removed} to remove");
    out.push_str(&if withheld > 0 { format!(", {withheld} withheld\n") } else { "\n".to_owned() });
}
