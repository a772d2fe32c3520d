//! Grafana's `org_mapping`: `external:org[:role]`.

use super::orgs::Orgs;
use rosterd_core::rights::OrgRole;
use std::collections::BTreeMap;

/// An organization of a mapping.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    All,
    Id(i64),
    /// There is no list of organizations to look it up in.
    Name(String),
}

/// A mapping that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapped {
    pub(super) external: String,
    pub(super) target: Target,
    pub(super) role: OrgRole,
    /// As it was written.
    pub(super) text: String,
}

/// Something to tell of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) text: String,
    /// The item does nothing, in Grafana too.
    pub(super) never: bool,
}

/// What a setting comes to.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) mapped: Vec<Mapped>,
    pub(super) notes: Vec<Note>,
    /// Strict: one bad item has emptied the whole.
    pub(super) emptied: bool,
}

/// Reads the items as Grafana's newest releases do. Strict: one bad item empties the whole mapping.
pub(super) fn parse(items: &[String], strict: bool, orgs: &Orgs) -> Parsed {
    let mut parsed = Parsed::default();
    let mut at: BTreeMap<(String, Target), usize> = BTreeMap::new();
    let mut bad = false;
    for text in items {
        let note = |text: String, never: bool| Note { text, never };
        match item(text, strict, orgs) {
            Err(why) => {
                bad = true;
                parsed.notes.push(note(format!("`{text}` is left out, as Grafana does: {why}"), true));
            }
            Ok((mapped, remark)) => {
                parsed.notes.extend(remark.map(|remark| note(format!("`{text}`: {remark}"), false)));
                let key = (mapped.external.clone(), mapped.target.clone());
                if let Some(before) = at.get(&key).and_then(|before| parsed.mapped.get_mut(*before)) {
                    let why = format!("`{}` never counts: `{text}` is for the same and comes later", before.text);
                    parsed.notes.push(note(why, true));
                    *before = mapped;
                } else {
                    at.insert(key, parsed.mapped.len());
                    parsed.mapped.push(mapped);
                }
            }
        }
    }
    if strict && bad {
        parsed.mapped.clear();
        parsed.emptied = true;
    }
    parsed
}

fn item(text: &str, strict: bool, orgs: &Orgs) -> Result<(Mapped, Option<String>), String> {
    let parts = split(text);
    let (external, org, role) = match parts.as_slice() {
        [external, org] => (external, org, None),
        [external, org, role] => (external, org, Some(role.as_str())),
        _ => return Err("it needs two or three parts between colons".to_owned()),
    };
    let (target, mut remark) = target(org, orgs)?;
    let known = role.and_then(OrgRole::parse);
    if known.is_none() {
        let what = match role {
            None => "no role is given".to_owned(),
            Some(role) => format!("{role:?} is not a role (they are written exactly so: None, Viewer, Editor, Admin)"),
        };
        if strict {
            return Err(what);
        }
        remark = Some(format!("{what}, which means Viewer"));
    }
    let role = known.unwrap_or(OrgRole::Viewer);
    Ok((Mapped { external: external.clone(), target, role, text: text.to_owned() }, remark))
}

fn target(org: &str, orgs: &Orgs) -> Result<(Target, Option<String>), String> {
    if org.is_empty() {
        return Err("it names no organization".to_owned());
    }
    if org == "*" {
        return Ok((Target::All, None));
    }
    // Go's integers: a sign and decimal digits.
    match org.parse::<i64>() {
        Ok(-1) => return Ok((Target::All, Some("-1 is Grafana's own sign for every organization".to_owned()))),
        Ok(id) => return Ok((Target::Id(id), None)),
        Err(_) => {}
    }
    match orgs.id(org) {
        Some(id) => Ok((Target::Id(id), None)),
        None if orgs.given() => Err(format!("there is no organization {org:?} (names are exact)")),
        None => {
            let remark = "no list of organizations was given, so the name is kept as it is: see --orgs";
            Ok((Target::Name(org.to_owned()), Some(remark.to_owned())))
        }
    }
}

/// At colons that no backslash stands before; other backslashes stay.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let escaped = c == '\\' && letters.peek() == Some(&':');
        match parts.last_mut() {
            Some(part) if escaped => part.extend(letters.next()),
            Some(part) if c != ':' => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

    use super::*;
    use crate::import::Text;

    fn read(items: &[&str], strict: bool) -> Parsed {
        let file = Text { name: "orgs.json".to_owned(), text: r#"{"alpha": 1, "Dept:9": 9}"#.to_owned() };
        let items: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
        parse(&items, strict, &Orgs::read(Some(&file)).unwrap())
    }

    fn short(parsed: &Parsed) -> Vec<String> {
        parsed.mapped.iter().map(|m| format!("{} {:?} {:?}", m.external, m.target, m.role)).collect()
    }

    #[test]
    fn items_are_read_as_grafana_reads_them() {
        for (item, result) in [
            ("ops:1", "ops Id(1) Viewer"),
            ("ops:1:editor", "ops Id(1) Viewer"),
            ("ops:alpha:Editor", "ops Id(1) Editor"),
            ("core:Dept\\:9:Viewer", "core Id(9) Viewer"),
            ("urn\\:sre:01:Editor", "urn:sre Id(1) Editor"),
            ("ops:+1:Editor", "ops Id(1) Editor"),
            ("CORP\\net:1:Admin", "CORP\\net Id(1) Admin"),
            ("ops:*:Admin", "ops All Admin"),
            ("ops:-1:Admin", "ops All Admin"),
            ("équipe:99:None", "équipe Id(99) None"),
        ] {
            assert_eq!(short(&read(&[item], false)), [result], "{item}");
        }
        for bad in ["ops", "", "sre:", "a:b:1:Viewer", "ops: 1:Editor", "ops:Alpha:Editor", "ops:nowhere"] {
            assert!(read(&[bad], false).mapped.is_empty(), "{bad}");
            assert!(read(&["x:1:Viewer", bad], true).emptied, "{bad}");
        }
    }

    #[test]
    fn strict_wants_a_role_of_every_item() {
        assert!(read(&["x:1:Viewer", "y:1"], true).mapped.is_empty());
        assert!(read(&["x:1:Viewer", "y:1:viewer"], true).mapped.is_empty());
        assert_eq!(read(&["x:1:Viewer", "y:1:None"], true).mapped.len(), 2);
    }

    #[test]
    fn the_last_of_two_for_the_same_counts_and_the_other_is_told() {
        let parsed = read(&["sre:1:Admin", "sre:alpha:Viewer"], false);
        assert_eq!(short(&parsed), ["sre Id(1) Viewer"]);
        assert!(parsed.notes.iter().any(|note| note.never && note.text.contains("sre:1:Admin")));
    }

    #[test]
    fn without_a_list_of_organizations_names_stay() {
        let parsed = parse(&["ops:Main:Editor".to_owned()], true, &Orgs::default());
        assert_eq!(parsed.mapped.first().unwrap().target, Target::Name("Main".to_owned()));
    }
}
