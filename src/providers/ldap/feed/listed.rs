//! Whom a group's entry lists.

use super::super::attribute::{Description, Role};
use super::super::entry::group_name;
use super::super::search::Question;
use super::super::wire::ber::BerError;
use super::super::wire::{Attribute, Entry};
use crate::providers::follow::{Listed, Members};

/// A list of which the server sent only the start: its attribute, as the server calls it, and the first value that
/// is not here yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    pub(super) attribute: String,
    pub(super) next: u64,
}

/// What an entry lists, and the lists of which more is to be fetched. `bytes` grows by what the names take.
pub(super) fn listed(
    question: &Question,
    entry: &Entry<'_>,
    bytes: &mut usize,
) -> Result<(Listed, Vec<Beginning>), BerError> {
    let dn = String::from_utf8_lossy(entry.dn).into_owned();
    let name = group_name(&question.wanted, entry)?;
    let (mut dns, mut logins, mut beginnings) = (Vec::new(), Vec::new(), Vec::new());
    for attribute in entry.attributes() {
        let attribute = attribute?;
        let description = Description::parse(attribute.description);
        for role in question.wanted.roles(description.name) {
            let list = match role {
                Role::Members => &mut dns,
                Role::MemberLogins => &mut logins,
                _ => continue,
            };
            texts(&attribute, list, bytes)?;
            if let Some(high) = description.range.and_then(|range| range.high) {
                let attribute = String::from_utf8_lossy(description.name).into_owned();
                beginnings.push(Beginning { attribute, next: high + 1 });
            }
        }
    }
    Ok((Listed { dn, name, members: Members::All { dns, logins } }, beginnings))
}

/// Adds the values of an attribute, and says how many there are.
pub(super) fn texts(attribute: &Attribute<'_>, list: &mut Vec<String>, bytes: &mut usize) -> Result<u64, BerError> {
    let mut count = 0;
    for value in attribute.values() {
        count += 1;
        // What is no text names nobody.
        if let Ok(text) = std::str::from_utf8(value?) {
            *bytes += text.len() + size_of::<String>();
            list.push(text.to_owned());
        }
    }
    Ok(count)
}
