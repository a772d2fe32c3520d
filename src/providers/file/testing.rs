//! For the tests beside: a reading as text.

use super::{Refused, ldif, yaml};
use crate::providers::Progress;
use rosterd_core::snapshot::{PersonIndex, Reading, SnapshotBuilder};
use std::path::Path;

/// Reads LDIF as the provider does.
pub(super) fn ldif(file: &[u8]) -> Result<Reading, Refused> {
    ldif_with(file, &[])
}

/// The same with attributes that are claims.
pub(super) fn ldif_with(file: &[u8], attributes: &[String]) -> Result<Reading, Refused> {
    reading(|builder, progress| ldif::read(file, Path::new("people.ldif"), attributes, builder, progress))
}

/// Reads YAML as the provider does.
pub(super) fn yaml(file: &[u8]) -> Result<Reading, Refused> {
    reading(|builder, progress| yaml::read(file, builder, progress))
}

fn reading(read: impl FnOnce(&mut SnapshotBuilder, &Progress) -> Result<(), Refused>) -> Result<Reading, Refused> {
    let mut builder = SnapshotBuilder::new(1);
    let part = builder.begin("file");
    read(&mut builder, &Progress::default())?;
    builder.end(part);
    Ok(builder.finish())
}

/// One line for each person (`id login name email: groups`), each nesting (`child < parent`),
/// each gap (`! code`).
pub(super) fn show(reading: &Reading) -> String {
    let s = reading.snapshot();
    let mut lines = Vec::new();
    for (at, p) in (0u32..).zip(&s.people) {
        let groups: Vec<&str> =
            s.groups_of(PersonIndex(at)).map(|g| s.texts.get(s.groups[g.0 as usize].name)).collect();
        let [id, login, name, email] = [p.subject, p.login, p.name, p.email].map(|text| s.texts.get(text));
        lines.push(format!("{id} {login} {name} {email}: {}", groups.join(" ")));
    }
    for (child, parent) in &s.nested {
        let [child, parent] = [child, parent].map(|g| s.texts.get(s.groups[g.0 as usize].name));
        lines.push(format!("{child} < {parent}"));
    }
    lines.extend(reading.gaps().iter().map(|gap| format!("! {}", gap.code)));
    lines.join("\n")
}

/// Everybody's claims, a line each.
pub(super) fn claims(reading: &Reading) -> String {
    let s = reading.snapshot();
    s.people.iter().map(|p| s.texts.get(p.claims)).collect::<Vec<_>>().join("\n")
}

/// The place and text of what was refused; empty when nothing was.
pub(super) fn refusal(result: Result<Reading, Refused>) -> String {
    match result {
        Ok(_) => String::new(),
        Err(refused) => refused.into_error(Path::new("f")).message,
    }
}
