//! When an entry was changed, and what else says that it was.

use super::super::super::time::generalized;
use super::super::super::wire::Entry;
use super::super::super::wire::ber::BerError;
use super::Key;
use rosterd_core::text::hex;
use sha2::{Digest as _, Sha256};

/// What is asked for besides the id. Of the last two servers have one or none: OpenLDAP a number for each change
/// (draft-chu-ldap-csn), others a digest of the entry.
pub(super) const ATTRIBUTES: [&str; 3] = ["modifyTimestamp", "entryCSN", "etag"];
/// `modifyTimestamp` (RFC 4512 §3.4.3).
const OID: &[u8] = b"2.5.18.2";
/// The times of two servers differ by no more than this, in milliseconds; of one they don't go back.
const SKEW: i64 = 2000;
/// No time or number of a change is longer.
const LONGEST: usize = 100;

/// See the module's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    /// In milliseconds.
    pub(super) at: i64,
    text: String,
    csn: String,
    tag: String,
}

impl Stamp {
    /// Of an entry; `None` where it says no time.
    pub(super) fn of(entry: &Entry<'_>) -> Result<Option<Self>, BerError> {
        let [mut text, mut csn, mut tag] = [const { String::new() }; 3];
        for attribute in entry.attributes() {
            let attribute = attribute?;
            let is = |name: &str| attribute.description.eq_ignore_ascii_case(name.as_bytes());
            let into = match ATTRIBUTES.map(is) {
                [true, ..] => &mut text,
                [_, true, _] => &mut csn,
                [.., true] => &mut tag,
                _ if attribute.description == OID => &mut text,
                _ => continue,
            };
            if let Some(value) = attribute.values().next() {
                *into = word(value?);
            }
        }
        Ok(generalized(&text).map(|at| Self { at: at.0, text, csn, tag }))
    }

    /// What a witness is remembered by.
    pub(super) fn mark(&self) -> &str {
        if self.csn.is_empty() { &self.text } else { &self.csn }
    }

    /// Equal for an entry that has not been changed. Where nothing tells two changes in one second apart, another while
    /// that second may go on than when it is `over`.
    pub(super) fn digest(&self, key: &Key, over: bool) -> u64 {
        let tells = !self.csn.is_empty() || !self.tag.is_empty();
        digest([key.0, &key.1, &self.text, &self.csn, &self.tag, if over && !tells { "over" } else { "" }])
    }

    /// The same with its name, which some servers change without the time.
    pub(super) fn digest_at(&self, key: &Key, dn: &[u8]) -> u64 {
        digest([key.0, &key.1, &self.text, &self.csn, &self.tag, &String::from_utf8_lossy(dn)])
    }
}

/// A value as it is, where it is short and without gaps; else something in its place that is.
fn word(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if text.len() <= LONGEST && !text.contains(|c: char| c.is_whitespace() || c.is_control()) => {
            text.to_owned()
        }
        _ => hex(&Sha256::digest(value)),
    }
}

fn digest(parts: [&str; 6]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Whether an entry with this mark is older than it was with that one. One server's numbers of changes only grow.
pub(super) fn older(now: &str, then: &str) -> bool {
    let by = |csn: &'_ str| csn.split('#').nth(2).map(str::to_owned);
    match (by(now), by(then)) {
        (Some(by), Some(same)) if by == same => now < then,
        _ => {
            let at = |mark: &str| generalized(mark.split('#').next().unwrap_or_default());
            at(now).zip(at(then)).is_some_and(|(now, then)| now.plus_millis(SKEW) < then)
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Of that second, with that number of a change.
    pub(in super::super) fn stamp(second: u32, csn: &str) -> Stamp {
        let text = format!("202611281200{second:02}Z");
        let at = generalized(&text).map(|at| at.0).unwrap_or_default();
        Stamp { at, text, csn: csn.to_owned(), tag: String::new() }
    }

    #[test]
    fn r09_what_is_older_is_told_by_one_servers_numbers_or_by_clear_times() {
        let csn = |second: u32, by: u32| format!("202611281200{second:02}.000001Z#000000#{by:03x}#000000");
        assert!(older(&csn(4, 1), &csn(5, 1)) && !older(&csn(5, 1), &csn(5, 1)) && !older(&csn(6, 1), &csn(5, 1)));
        assert!(!older(&csn(4, 1), &csn(5, 2)), "two clocks");
        assert!(older(&csn(4, 1), &csn(9, 2)));
        assert!(!older("20261128120003Z", "20261128120005Z") && older("20261128120002Z", "20261128120005Z"));
        assert!(!older("", "20261128120005Z") && !older("20261128120005Z", "x"));
    }

    #[test]
    fn w25_what_is_remembered_of_an_entry_is_short_whatever_it_says() {
        assert_eq!(word(b"20261128120005Z"), "20261128120005Z");
        for odd in [&b"a b"[..], b"a\nb", b"\xff", &[b'a'; 101]] {
            assert!(word(odd).len() == 64 && word(odd) != word(b"another thing"));
        }
    }

    #[test]
    fn two_changes_in_one_second_are_told_apart() {
        let key = ("people", "a".to_owned());
        assert_ne!(stamp(5, "x").digest(&key, false), stamp(5, "y").digest(&key, false));
        assert_eq!(stamp(5, "x").digest(&key, false), stamp(5, "x").digest(&key, true));
        assert_ne!(stamp(5, "").digest(&key, false), stamp(5, "").digest(&key, true));
        assert_ne!(stamp(5, "x").digest_at(&key, b"cn=a"), stamp(5, "x").digest_at(&key, b"cn=b"));
    }
}
