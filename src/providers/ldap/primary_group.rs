//! A person's primary group: the one that their own entry names, by a number, and that mostly does not list them.
//!
//! POSIX accounts have the group's `gidNumber` (RFC 2307 §2.2). In Active Directory `primaryGroupID` is the last part
//! of the group's `objectSid`, whose other parts are those of the person's (\[MS-ADTS\] 2.166, \[MS-DTYP\] 2.4.2.2).

use super::attribute::{Role, Wanted};
use super::entry::Kind;
use super::wire::Entry;
use super::wire::ber::BerError;
use crate::config;

/// The parts of a SID are counted in its second byte, each four bytes long, behind eight others.
const SID_HEAD: usize = 8;

/// What an entry says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PrimaryGroup {
    /// Nothing, or nothing is asked.
    None,
    /// A person's, or a group's own: equal where the one is the other, and the value of the group's
    /// [attribute](attributes).
    Named(Vec<u8>),
    /// What is written there names no group.
    Unreadable(&'static str),
}

/// The attributes that say it.
pub(super) fn attributes(by: config::PrimaryGroup, kind: Kind) -> Vec<(Role, &'static str)> {
    use config::PrimaryGroup::{GidNumber, PrimaryGroupId};
    match (by, kind) {
        (GidNumber, _) => vec![(Role::GroupNumber, "gidNumber")],
        (PrimaryGroupId, Kind::People) => vec![(Role::GroupNumber, "primaryGroupID"), (Role::Sid, "objectSid")],
        (PrimaryGroupId, Kind::Groups) => vec![(Role::Sid, "objectSid")],
    }
}

/// As it is wanted.
pub(super) fn primary_group(kind: Kind, wanted: &Wanted, entry: &Entry<'_>) -> Result<PrimaryGroup, BerError> {
    let (mut number, mut sid) = (None, None);
    for attribute in entry.attributes() {
        let attribute = attribute?;
        for role in wanted.roles(attribute.description) {
            let found = match role {
                Role::GroupNumber => &mut number,
                Role::Sid => &mut sid,
                _ => continue,
            };
            *found = attribute.values().next().transpose()?;
        }
    }
    Ok(said(kind, wanted.has(Role::Sid), number, sid))
}

fn said(kind: Kind, by_sid: bool, number: Option<&[u8]>, sid: Option<&[u8]>) -> PrimaryGroup {
    let parsed = number.map(|text| std::str::from_utf8(text).ok().and_then(|text| text.trim().parse::<u32>().ok()));
    match (kind, by_sid, parsed, sid) {
        (_, _, Some(None), _) => PrimaryGroup::Unreadable("the number of the primary group is none"),
        (_, false, Some(Some(number)), _) => PrimaryGroup::Named(number.to_string().into_bytes()),
        (Kind::Groups, true, _, Some(sid)) => PrimaryGroup::Named(sid.to_owned()),
        (Kind::Groups, true, _, None) => PrimaryGroup::Unreadable("there is no objectSid, by which people name it"),
        (Kind::People, true, Some(Some(number)), sid) => match sid.and_then(|sid| beside(sid, number)) {
            Some(group) => PrimaryGroup::Named(group),
            None => PrimaryGroup::Unreadable("there is a primaryGroupID, and no objectSid that it goes with"),
        },
        _ => PrimaryGroup::None,
    }
}

/// The SID in the same domain with another last part.
fn beside(sid: &[u8], last: u32) -> Option<Vec<u8>> {
    let parts = usize::from(*sid.get(1)?);
    if parts == 0 || sid.len() != SID_HEAD + 4 * parts {
        return None;
    }
    let domain = sid.get(..sid.len() - 4)?;
    Some([domain, &last.to_le_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-1-5-21-1-2-3-1105
    const ANA: [u8; 28] = [1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0x51, 4, 0, 0];

    #[test]
    fn a_gid_number_is_compared_as_a_number() {
        let named = |text: &[u8]| said(Kind::People, false, Some(text), None);
        assert_eq!(named(b"100"), PrimaryGroup::Named(b"100".to_vec()));
        assert_eq!(named(b"0100"), said(Kind::Groups, false, Some(b"100"), None));
        assert_eq!(said(Kind::People, false, None, None), PrimaryGroup::None);
        for none in [&b"-1"[..], b"", b"staff", b"4294967296", b"\xff"] {
            assert!(matches!(named(none), PrimaryGroup::Unreadable(_)), "{none:?}");
        }
    }

    #[test]
    fn a_primary_group_id_is_in_the_persons_domain() {
        let group = said(Kind::People, true, Some(b"513"), Some(&ANA));
        let mut sid = ANA.to_vec();
        sid.splice(24.., [1, 2, 0, 0]);
        assert_eq!(group, said(Kind::Groups, true, None, Some(&sid)));
        sid.splice(20..21, [4]);
        assert_ne!(group, said(Kind::Groups, true, None, Some(&sid)));
    }

    #[test]
    fn who_has_no_readable_sid_is_a_gap() {
        let short: &[u8] = ANA.get(..27).unwrap_or_default();
        for sid in [None, Some(&b""[..]), Some(&b"\x01"[..]), Some(short), Some(&[1, 0, 0, 0, 0, 0, 0, 5][..])] {
            assert!(matches!(said(Kind::People, true, Some(b"513"), sid), PrimaryGroup::Unreadable(_)), "{sid:?}");
        }
        assert_eq!(said(Kind::People, true, None, Some(&ANA)), PrimaryGroup::None);
        assert!(matches!(said(Kind::Groups, true, None, None), PrimaryGroup::Unreadable(_)));
    }
}
