//! Who may be in a group, packed: whoever was in it when it was last read whole.
//!
//! A provider that tells of a changed group lists all its members. Who came and who left follows from who was
//! there before; nobody else need be looked at. What stands here says only of whom that is to be asked: what
//! somebody's groups are stands with them.

use crate::ids::IdentityId;
use siphasher::sip::SipHasher24;
use std::hash::Hasher;

/// Appends the packed form of ids, which ascend: the distance of each to the one before, in groups of seven
/// bits, the lowest first (LEB128). Some 1.2 bytes a member.
pub fn pack(ids: &[IdentityId], out: &mut Vec<u8>) {
    let mut before = 0;
    for id in ids {
        let mut rest = id.0.wrapping_sub(before);
        before = id.0;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }
}

/// What [`pack`] wrote; `None` where it is damaged.
#[must_use]
pub fn unpack(mut bytes: &[u8]) -> Option<Vec<IdentityId>> {
    let mut ids = Vec::with_capacity(bytes.len());
    let mut before = 0u32;
    while !bytes.is_empty() {
        before = before.checked_add(take(&mut bytes)?)?;
        ids.push(IdentityId(before));
    }
    Some(ids)
}

/// A digest of the packed form, to see whether it is what is stored.
#[must_use]
pub fn digest(packed: &[u8]) -> i64 {
    let mut hasher = SipHasher24::new();
    hasher.write(packed);
    hasher.finish() as i64
}

fn take(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0u32;
    for shift in (0..35).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u32::from(first & 0x7f);
        if shift == 28 && part > 0xf {
            return None;
        }
        number |= part << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_out(ids in proptest::collection::btree_set(any::<u32>(), 0..50)) {
            let ids: Vec<IdentityId> = ids.into_iter().map(IdentityId).collect();
            let mut packed = Vec::new();
            pack(&ids, &mut packed);
            prop_assert_eq!(unpack(&packed), Some(ids));
        }

        #[test]
        fn damaged_bytes_are_refused_or_ascend(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert!(unpack(&bytes).is_none_or(|ids| ids.is_sorted()));
        }
    }

    #[test]
    fn a_list_that_is_cut_is_damaged() {
        assert_eq!(unpack(&[0x80]), None);
        assert_eq!(unpack(&[0xff, 0xff, 0xff, 0xff, 0x1f]), None);
        assert_eq!(unpack(&[]), Some(Vec::new()));
    }
}
