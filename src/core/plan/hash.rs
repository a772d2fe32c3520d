//! The name of a plan: SHA-256 over what it does and everything it rests on.

use super::{Change, Effect, Plan};
use crate::rights::OrgRole;
use crate::text::hex;
use sha2::{Digest, Sha256};

impl Plan {
    /// The name under which a plan over a limit is approved: over its removals and its gains of
    /// privilege only. People who join while a plan waits for its approval do not undo it; one
    /// more removal does. Of a provider that stands before where it was read, over everything.
    #[must_use]
    pub fn harm_hash(&self, config_hash: &str) -> String {
        let harmful: Vec<Change> =
            self.changes.iter().copied().filter(|change| self.snapshot.behind || is_harmful(change)).collect();
        let mut hash = Sha256::new();
        for part in ["rosterd hold 1", &self.provider, config_hash] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        for change in self.ordered(&harmful) {
            hash.update(self.change_json(change).to_string());
            hash.update("\n");
        }
        hex(&hash.finalize())
    }

    /// The name of what a plan rests on besides the target: the configuration and everything the
    /// provider said. Lower-case hexadecimal.
    #[must_use]
    pub fn basis_hash(&self, config_hash: &str) -> String {
        let mut hash = Sha256::new();
        let mut put = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        put(b"rosterd basis 1");
        put(self.provider.as_bytes());
        put(config_hash.as_bytes());
        put(&[u8::from(self.complete)]);
        let texts = &self.snapshot.texts;
        for person in &self.snapshot.people {
            for text in [person.subject, person.dn, person.login, person.name, person.email, person.claims] {
                put(texts.get(text).as_bytes());
            }
        }
        for group in &self.snapshot.groups {
            for text in [group.subject, group.dn, group.name] {
                put(texts.get(text).as_bytes());
            }
        }
        let direct = self.snapshot.direct.iter().map(|(person, group)| (person.0, group.0));
        let nested = self.snapshot.nested.iter().map(|(child, parent)| (child.0, parent.0));
        for (one, other) in direct.chain([(u32::MAX, u32::MAX)]).chain(nested) {
            put(&[one.to_be_bytes(), other.to_be_bytes()].concat());
        }
        for renewal in self.bookkeeping.renewals.iter().filter(|renewal| renewal.ended_at.is_some()) {
            put(&renewal.identity.0.to_be_bytes());
        }
        hex(&hash.finalize())
    }

    /// Lower-case hexadecimal. Two plans have the same hash only if they would do the same, for
    /// the same reasons, from the same observations, under the same configuration.
    #[must_use]
    pub fn hash(&self, config_hash: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.basis_hash(config_hash));
        for change in self.ordered(&self.changes).into_iter().chain(self.ordered(&self.withheld)) {
            hash.update(self.change_json(change).to_string());
            hash.update("\n");
        }
        hex(&hash.finalize())
    }
}

/// What limits count.
fn is_harmful(change: &Change) -> bool {
    match change {
        Change::ServerAdmin { .. } | Change::OrgRole { new: Some(OrgRole::Admin), .. } => true,
        change => matches!(change.effect(), Effect::Remove | Effect::Lower),
    }
}
