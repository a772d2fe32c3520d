//! The audit chain: each record's hash covers the record and the hash before it.

use crate::ids::{Timestamp, UserId};
use sha2::{Digest, Sha256};

/// A link of the chain.
pub type Link = [u8; 32];

/// Where the chain starts.
pub const START: Link = [0; 32];

/// What a record's hash covers.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// From 1, without gaps.
    pub seq: i64,
    /// `runs.id`, where a run made the change.
    pub run: Option<i64>,
    pub at: Timestamp,
    /// Who: a provider's name for a run, a person's for a command.
    pub actor: &'a str,
    pub user: Option<UserId>,
    /// What changed, as compact JSON.
    pub body: &'a str,
}

/// The hash of a record that follows `previous`: SHA-256 over both, every field with its length,
/// so that no two different records read the same.
#[must_use]
pub fn link(previous: &Link, record: &Record<'_>) -> Link {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(record.seq.to_be_bytes());
    hash.update(record.run.unwrap_or(0).to_be_bytes());
    hash.update(record.at.0.to_be_bytes());
    hash.update(i64::from(record.user.map_or(0, |u| u.0)).to_be_bytes());
    for text in [record.actor, record.body] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_counts() {
        let record =
            Record { seq: 1, run: Some(2), at: Timestamp(3), actor: "corp", user: Some(UserId(4)), body: "{}" };
        let first = link(&START, &record);
        let others = [
            link(&[1; 32], &record),
            link(&START, &Record { seq: 2, ..record }),
            link(&START, &Record { run: None, ..record }),
            link(&START, &Record { at: Timestamp(4), ..record }),
            link(&START, &Record { actor: "corp2", ..record }),
            link(&START, &Record { user: None, ..record }),
            link(&START, &Record { body: "[]", ..record }),
            link(&START, &Record { actor: "corp{", body: "}", ..record }),
        ];
        assert!(others.iter().all(|other| *other != first));
    }
}
