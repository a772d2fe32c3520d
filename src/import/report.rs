//! What became of each line of Grafana's files, for the person who moves.
//!
//! No value of a setting is ever in here: one of them may be a secret.

use super::draft::{Draft, Reads};
use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write as _;

/// What became of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Converted,
    /// Converted as far as possible, or not at all, and a person must say what is meant.
    Look,
    /// Nothing in rosterd says this.
    Cannot,
    /// Has no part in who gets what.
    Aside,
}

impl Verdict {
    fn as_str(self) -> &'static str {
        match self {
            Self::Converted => "converted",
            Self::Look => "needs a look",
            Self::Cannot => "can't be said",
            Self::Aside => "not concerned",
        }
    }
}

/// A line of a file, or a variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Line(String, usize),
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(file, line) => write!(f, "{file}:{line}"),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

#[derive(Debug)]
struct Line {
    place: Place,
    what: String,
    verdict: Verdict,
    text: String,
}

/// Everything that there is to say.
#[derive(Debug)]
pub(super) struct Report {
    compat: bool,
    lines: Vec<Line>,
    /// `[section] key` of the lines, so that nothing is left out and nothing said twice.
    said: BTreeSet<(Place, String)>,
    first: Vec<String>,
    never: Vec<String>,
    secrets: Vec<String>,
}

impl Report {
    pub(super) fn new(compat: bool) -> Self {
        Self {
            compat,
            lines: Vec::new(),
            said: BTreeSet::new(),
            first: Vec::new(),
            never: Vec::new(),
            secrets: Vec::new(),
        }
    }

    pub(super) fn compat(&self) -> bool {
        self.compat
    }

    pub(super) fn line(&mut self, place: &Place, what: &str, verdict: Verdict, text: impl Into<String>) {
        self.said.insert((place.clone(), what.to_owned()));
        self.lines.push(Line { place: place.clone(), what: what.to_owned(), verdict, text: text.into() });
    }

    pub(super) fn has(&self, place: &Place, what: &str) -> bool {
        self.said.contains(&(place.clone(), what.to_owned()))
    }

    /// Something that must be read before anything else.
    pub(super) fn first(&mut self, text: impl Into<String>) {
        self.first.push(text.into());
    }

    /// A rule that can never fire.
    pub(super) fn never(&mut self, place: &Place, text: &str) {
        self.never.push(format!("{place}: {text}"));
    }

    /// A secret that must be put somewhere.
    pub(super) fn secret(&mut self, text: impl Into<String>) {
        self.secrets.push(text.into());
    }

    pub(super) fn counts(&self) -> (usize, usize, usize) {
        let count = |verdict| self.lines.iter().filter(|line| line.verdict == verdict).count();
        (count(Verdict::Converted), count(Verdict::Look), count(Verdict::Cannot))
    }

    pub(super) fn markdown(mut self, draft: &Draft) -> String {
        self.lines.sort_by(|a, b| (&a.place, &a.what).cmp(&(&b.place, &b.what)));
        let (converted, look, cannot) = self.counts();
        let mut out = format!(
            "# What became of Grafana's settings\n\n{converted} converted, {look} need a look, {cannot} can't be \
             said.\n\n"
        );
        list(&mut out, "Read this first", "", &self.first);
        list(
            &mut out,
            "Secrets to put in place",
            "Nothing secret was copied. `rosterd.toml` says where each is expected; a file must not be readable by \
             everybody (`chmod 600`).",
            &self.secrets,
        );
        list(
            &mut out,
            "Mappings that never do anything",
            "In Grafana they do nothing either. They were left out.",
            &self.never,
        );
        self.lines(&mut out);
        out.push_str(&differences(self.compat, draft));
        out
    }

    fn lines(&self, out: &mut String) {
        out.push_str("## Line by line\n\n| where | setting | | what it means |\n|---|---|---|---|\n");
        for line in &self.lines {
            let cells =
                [line.place.to_string(), line.what.clone(), line.verdict.as_str().to_owned(), line.text.clone()];
            let cells: Vec<String> = cells.iter().map(|cell| cell_of(cell)).collect();
            // Writing to a String cannot fail.
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
        out.push('\n');
    }
}

fn list(out: &mut String, title: &str, lead: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    let _ = write!(out, "## {title}\n\n");
    if !lead.is_empty() {
        let _ = write!(out, "{lead}\n\n");
    }
    for item in items {
        let _ = writeln!(out, "- {}", one_line(item));
    }
    out.push('\n');
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cell_of(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

/// Where rosterd means something else on purpose.
fn differences(compat: bool, draft: &Draft) -> String {
    let ldap = draft.providers.iter().any(|provider| matches!(provider.reads, Reads::Ldap(_)));
    let login = draft.providers.iter().any(|provider| matches!(provider.reads, Reads::Login { .. }));
    let mut out = String::from("## Where rosterd differs from Grafana on purpose\n\n");
    out.push_str(if compat {
        "`--compat` was given: the lines marked so below are as in Grafana.\n\n"
    } else {
        "The lines marked with `--compat` are as in Grafana when the import is done with it.\n\n"
    });
    let mut items = Vec::new();
    if ldap {
        items.push(
            "`--compat`: a group's DN is compared as a directory compares it, so that `cn=a, ou=g` and `CN=A,OU=g` are \
             the same group. Grafana compares texts, and locks people out whose directory writes a DN differently.",
        );
        items.push(
            "A directory that cannot be read in full removes nothing and suspends nobody. Grafana disables people \
             when the first of several servers is down and the second does not know them.",
        );
    }
    if login {
        items.push(
            "`--compat`: a claim that a login does not carry at all is unknown, and nothing is removed because of it. \
             Grafana takes it for an empty list.",
        );
    }
    items.push("What people were given by hand stays. Grafana removes a membership that the mapping does not name.");
    items.push("The last Admin of an organization stays until there is another; the rest of the change is done.");
    for item in items {
        let _ = writeln!(out, "- {}", one_line(item));
    }
    out
}
