//! Explanations for people.

use crate::cli::output::moment;
use crate::explain::value::{Event, Group, Identity, Kind, Person, Place, Reach, Right};
use std::fmt::Write as _;

/// Writing to a String cannot fail, which is why results of `writeln!` are dropped here.
pub(super) fn person(person: &Person) -> String {
    let mut out = format!("{} (#{}), {}", person.login, person.number, person.state);
    let names: Vec<&str> = [person.name.as_str(), &person.email].into_iter().filter(|text| !text.is_empty()).collect();
    if !names.is_empty() {
        let _ = write!(out, ": {}", names.join(", "));
    }
    out.push('\n');
    for suspension in &person.suspensions {
        let _ = writeln!(out, "  suspended since {}: {}", moment(Some(suspension.since)), suspension.reason);
    }
    person.identities.iter().for_each(|one| identity(&mut out, one));
    out.push_str("\nhas\n");
    if person.rights.is_empty() {
        out.push_str("  nothing\n");
    }
    person.rights.iter().for_each(|one| right(&mut out, one));
    if !person.ended.is_empty() {
        out.push_str("\nhad\n");
    }
    for one in &person.ended {
        let by = if one.by == "manual" { "by hand" } else { "by a provisioning file" };
        let _ = writeln!(out, "  {}: {by}, until {}", place(&one.place), moment(Some(one.until)));
    }
    if !person.not_applied.is_empty() {
        out.push_str("\nshould have\n");
        for waiting in &person.not_applied {
            let _ = writeln!(out, "  {}: {}", place(&waiting.place), waiting.role);
            reach(&mut out, "by", waiting, false);
        }
    }
    if !person.not_given.is_empty() {
        out.push_str("\nnot given\n");
        for one in &person.not_given {
            let _ = writeln!(out, "  {}: {}", place(&one.place), one.role);
            reach(&mut out, "by", one, false);
        }
    }
    if !person.not_matching.is_empty() {
        out.push_str("\nwhy not more\n");
        for miss in &person.not_matching {
            let _ = writeln!(out, "  {}{}: {}; it wants {}", miss.rule, at(miss.at.as_ref()), miss.why, miss.wants);
        }
    }
    if !person.history.is_empty() {
        out.push_str("\nlately\n");
    }
    person.history.iter().for_each(|one| event(&mut out, one));
    out
}

/// As many characters of claims are shown.
const MOST_CLAIMS: usize = 300;

fn identity(out: &mut String, identity: &Identity) {
    let configured = if identity.configured { "" } else { ", which is not configured any more" };
    let _ = write!(out, "  at provider {}{configured}: id {}", identity.provider, identity.id);
    if !identity.dn.is_empty() {
        let _ = write!(out, ", {}", identity.dn);
    }
    let _ = match identity.gone_at {
        Some(gone) => writeln!(out, ", gone since {}", moment(Some(gone))),
        None => writeln!(out, ", as of {}", moment(Some(identity.observed_at))),
    };
    if let (Some(renewed), Some(ends)) = (identity.renewed_at, identity.lease_ends_at) {
        let ends = match identity.gone_at {
            Some(_) => format!("the lease ended on {}", moment(Some(ends))),
            None if identity.rechecked_at.is_some() => {
                format!("the lease ends on {} unless a login or a re-check renews it", moment(Some(ends)))
            }
            None => format!("the lease ends on {} unless a login renews it", moment(Some(ends))),
        };
        let _ = write!(out, "    {ends}; last login {}", moment(Some(renewed)));
        if let (Some(by), Some(at)) = (&identity.rechecked_by, identity.rechecked_at) {
            let _ = write!(out, "; re-checked at {by}, {}", moment(Some(at)));
        }
        out.push('\n');
    }
    if !identity.claims.is_null() {
        let said = identity.claims.to_string();
        let shown: String = said.chars().take(MOST_CLAIMS).collect();
        let cut = if shown.len() < said.len() { " … (all of it: --output json)" } else { "" };
        let _ = writeln!(out, "    it says {shown}{cut}");
    }
    for said in identity.direct_role.iter().chain(&identity.verdict) {
        let _ = writeln!(out, "    {said}");
    }
}

fn place(place: &Place) -> String {
    match (&place.org, &place.team, &place.entitlement) {
        (Some(org), Some(team), _) => format!("{org} / {team}"),
        (Some(org), None, Some(what)) => format!("{org}: {what}"),
        (None, _, Some(what)) => format!("every organization: {what}"),
        (Some(org), None, None) => org.clone(),
        _ => "installation".to_owned(),
    }
}

fn right(out: &mut String, right: &Right) {
    let indent = if right.place.kind == Kind::Team { "  " } else { "" };
    let mut text = format!("  {}: {}\n", place(&right.place), right.role);
    if let Some(role) = &right.manual_role {
        let _ = writeln!(text, "    by a person, in the database (manual): {role}");
    }
    if let Some(role) = &right.declared_role {
        let _ = writeln!(text, "    by a provisioning file (declared): {role}");
    }
    right.given_by.iter().for_each(|one| reach(&mut text, "by", one, right.role != one.role));
    for said in right.kept.iter().chain(&right.idle) {
        let _ = writeln!(text, "    {said}");
    }
    right.lost.iter().for_each(|one| reach(&mut text, "lost:", one, true));
    for line in text.lines() {
        let _ = writeln!(out, "{indent}{line}");
    }
}

fn reach(out: &mut String, word: &str, reach: &Reach, with_role: bool) {
    let _ = write!(out, "    {word} {}{}", reach.rule, at(reach.at.as_ref()));
    if with_role {
        let _ = write!(out, " {}", reach.role);
    }
    match (&reach.group, reach.path.as_slice()) {
        (_, path @ [_, ..]) => {
            let _ = write!(out, ", {}", path.join(" → "));
        }
        (Some(group), _) => {
            let _ = write!(out, ", group {group}");
        }
        _ => {}
    }
    if let Some(note) = &reach.note {
        let _ = write!(out, ": {note}");
    }
    out.push('\n');
}

fn event(out: &mut String, event: &Event) {
    let run = event.run.map(|run| format!(", run {run}")).unwrap_or_default();
    let when = moment(Some(event.at));
    let _ = writeln!(out, "  {when} {}{run}: {}", event.actor, event.changes.join("; "));
}

fn at(place: Option<&String>) -> String {
    place.map(|place| format!(" ({place})")).unwrap_or_default()
}

fn people(number: i64) -> String {
    if number == 1 { "1 person".to_owned() } else { format!("{number} people") }
}

/// A group and what it does.
pub(super) fn group(group: &Group) -> String {
    let mut out = format!("{} at provider {}: id {}", group.name, group.provider, group.id);
    if !group.dn.is_empty() {
        let _ = write!(out, ", {}", group.dn);
    }
    if let Some(gone) = group.gone_at {
        let _ = write!(out, ", gone since {}", moment(Some(gone)));
    }
    if !group.configured {
        let _ = write!(out, "; that provider is not configured any more");
    }
    let children = if group.groups.is_empty() { "no groups".to_owned() } else { group.groups.join(", ") };
    let _ = writeln!(out, "\n\nin it\n  {} directly\n  {children}", people(group.direct_people));
    if !group.within.is_empty() {
        out.push_str("\nit is in\n");
    }
    for path in &group.within {
        let _ = writeln!(out, "  {}", path.join(" → "));
    }
    out.push_str("\nrules that look at it\n");
    if group.rules.is_empty() {
        out.push_str("  none: being in it gives nothing\n");
    }
    for look in &group.rules {
        let how = match look.how {
            "part" => ": needs more than this",
            "rules_out" => ": does not match whoever is in it",
            _ => "",
        };
        let path = if look.path.len() > 1 { format!(", {}", look.path.join(" → ")) } else { String::new() };
        let _ = writeln!(out, "  {}{}{path}{how}; it wants {}", look.rule, at(look.at.as_ref()), look.wants);
    }
    out.push_str("\ngives, by rules that saw this very group\n");
    if group.gives.is_empty() {
        out.push_str("  nothing to anybody\n");
    }
    for gives in &group.gives {
        let what = if gives.target.is_empty() {
            "server admin".to_owned()
        } else {
            format!("{} {}", gives.kind, gives.target)
        };
        let _ = writeln!(out, "  {what} to {} by {}{}", people(gives.people), gives.rule, at(gives.at.as_ref()));
    }
    out
}
