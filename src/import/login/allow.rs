//! Who may sign in at all.

use super::kind::Kind;
use crate::import::draft::Match;
use crate::import::read::list;
use crate::import::report::{Report, Verdict};
use crate::import::settings::Section;
use serde_json::{Value, json};

/// Restrictions, and what somebody must have to pass them.
#[derive(Debug, Default)]
pub(super) struct Allow {
    /// All of these.
    pub(super) matches: Vec<Match>,
    /// Groups and claims with which somebody passes.
    pub(super) groups: Vec<String>,
    pub(super) claims: Vec<(String, Value)>,
    /// What the kind demands by itself, for whoever reads the configuration.
    pub(super) always: &'static str,
}

/// What the kind knows itself, and what all know.
pub(super) fn read(kind: &Kind, section: &Section, report: &mut Report) -> Allow {
    let mut allow = (kind.allow)(section, report);
    if let Some(said) = section.get("allowed_groups") {
        let groups = list(&said.value);
        allow.matches.push(any(groups.iter().cloned().map(Match::GroupExact)));
        allow.groups.extend(groups.into_iter().next());
        report.line(&said.place, &said.what, Verdict::Converted, "`allow`: who is in none of them is refused");
    }
    if let Some(said) = section.get("allowed_domains") {
        let path = section.text("email_attribute_path").unwrap_or(kind.email);
        let domains = list(&said.value);
        let tests: Vec<String> =
            domains.iter().map(|domain| format!("ends_with({path}, {})", raw(&format!("@{domain}")))).collect();
        allow.matches.push(Match::Expression(format!("({path}) && ({})", tests.join(" || "))));
        allow.claims.extend(domains.first().map(|domain| ("email".to_owned(), json!(format!("somebody@{domain}")))));
        let text = "`allow`: the e-mail address as the login says it; Grafana may fetch it elsewhere";
        report.line(&said.place, &said.what, Verdict::Look, text);
    }
    allow
}

fn any(matches: impl Iterator<Item = Match>) -> Match {
    Match::Any(matches.collect())
}

/// A text as JMESPath's raw string.
pub(super) fn raw(text: &str) -> String {
    format!("'{}'", text.replace('\'', "\\'"))
}
