//! `org_mapping` as rules.

use crate::import::Work;
use crate::import::draft::{Draft, Match, Rule, Test};
use crate::import::org_mapping::{self, Mapped, Parsed, Target};
use crate::import::read::list;
use crate::import::report::Verdict;
use crate::import::settings::{Said, Section};

/// What the left side of a mapping is compared with.
#[derive(Debug, Clone)]
pub(super) enum Left {
    Groups,
    Claim(String),
    /// With nothing: only `*` counts.
    Nothing,
}

/// The mappings that count, each with the organization's key or name.
pub(super) fn parse(section: &Section, strict: bool, work: &mut Work<'_>) -> Parsed {
    let Some(said) = section.get("org_mapping") else { return Parsed::default() };
    let items = list(&said.value);
    if items.is_empty() {
        let text = "Grafana reads no item in it: a JSON array of texts, or texts between commas or blanks, is wanted";
        work.report.line(&said.place, &said.what, Verdict::Look, text);
        return Parsed::default();
    }
    let parsed = org_mapping::parse(&items, strict, work.orgs);
    let verdict = if parsed.notes.is_empty() { Verdict::Converted } else { Verdict::Look };
    let text = format!("{} of {} items are rules", parsed.mapped.len(), items.len());
    work.report.line(&said.place, &said.what, verdict, text);
    for (number, note) in (1..).zip(&parsed.notes) {
        if note.never {
            work.report.never(&said.place, &note.text);
        } else {
            let what = format!("{} item note {number}", said.what);
            work.report.line(&said.place, &what, Verdict::Look, note.text.clone());
        }
    }
    if parsed.emptied {
        work.report.first(format!(
            "{}: `role_attribute_strict` is on and an item of `org_mapping` is bad, so Grafana ignores the whole mapping. \
             No rule was made of it. Mend the items that are named below, or nobody gets in without a role of their own.",
            said.place
        ));
    }
    parsed
}

/// A rule for each.
pub(super) fn rules(
    provider: &str,
    said: Option<&Said>,
    mapped: &[Mapped],
    left: &Left,
    draft: &mut Draft,
    work: &mut Work<'_>,
) {
    let Some(said) = said else { return };
    let mut number = 0;
    for one in mapped {
        let matches = match left {
            _ if one.external == "*" => Match::everybody(),
            Left::Nothing => {
                let why = format!("`{}`: without `org_attribute_path` nothing is compared with it", one.text);
                work.report.never(&said.place, &why);
                continue;
            }
            _ if one.external.is_empty() => {
                work.report.never(&said.place, &format!("`{}` is for a group without a name", one.text));
                continue;
            }
            Left::Groups => Match::GroupExact(one.external.clone()),
            Left::Claim(path) => Match::claim(path, Test::Equals(one.external.clone())),
        };
        number += 1;
        draft.rules.push(Rule {
            id: format!("{provider}-{number}"),
            provider: provider.to_owned(),
            from: format!("{}: {}", said.place, one.text),
            matches,
            org: Some(org(&one.target, said, work)),
            role: Some(one.role),
            server_admin: false,
            case_sensitive: None,
            aside: false,
            team: None,
        });
    }
}

fn org(target: &Target, said: &Said, work: &mut Work<'_>) -> String {
    match target {
        Target::All => "*".to_owned(),
        Target::Id(id) => work.orgs.mention(*id, &said.place),
        Target::Name(name) => name.clone(),
    }
}
