//! Sealing: what must be kept, and not be read in a copy of the database (AES-256-GCM, NIST SP 800-38D).
//!
//! Each text is sealed for one purpose and one owner, so that it opens nowhere else. The keys are not in the database.

use crate::config::{Secret, SecretRef};
use crate::random::Random;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::fmt;

/// How it is written: this number, the key's name, the nonce, and what was sealed.
const FORMAT: u8 = 1;
/// The first bytes of the key's SHA-256.
const NAME: usize = 4;
const HEAD: usize = 1 + NAME + NONCE_LEN;
/// The length of a key.
const KEY: usize = 32;

/// Keys, the first of which seals. Prints none of them.
pub struct Seal(Vec<([u8; NAME], LessSafeKey)>);

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").field("keys", &self.0.len()).finish()
    }
}

/// Why something is not sealed or not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("{0}")]
    Key(String),
    #[error("it was not sealed by a key that is configured, or for something else")]
    Closed,
    #[error("the operating system gives no random numbers")]
    Random,
}

impl Seal {
    /// Reads the keys.
    ///
    /// # Errors
    /// Names the key that cannot be had or is none.
    pub fn read(references: &[SecretRef]) -> Result<Self, SealError> {
        let key = |(place, reference): (usize, &SecretRef)| {
            let wrong = |why: &str| SealError::Key(format!("database.encryption_keys: key {}: {why}", place + 1));
            let secret = reference.resolve().map_err(|error| wrong(&error.to_string()))?;
            Self::key(&secret).ok_or_else(|| wrong("it is not 32 bytes in base64; `openssl rand -base64 32` makes one"))
        };
        let keys = references.iter().enumerate().map(key).collect::<Result<Vec<_>, _>>()?;
        Ok(Self(keys))
    }

    fn key(secret: &Secret) -> Option<([u8; NAME], LessSafeKey)> {
        let bytes = STANDARD.decode(secret.expose().trim()).ok().filter(|bytes| bytes.len() == KEY)?;
        let name = Sha256::digest(&bytes).first_chunk().copied()?;
        Some((name, LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).ok()?)))
    }

    /// Seals a text for `what` of `whom`.
    ///
    /// # Errors
    /// Without a key, or random numbers.
    pub fn seal(&self, what: &str, whom: &[&str], text: &str, random: &dyn Random) -> Result<Vec<u8>, SealError> {
        let (name, key) = self.0.first().ok_or(SealError::Closed)?;
        // Drawn by chance, a nonce repeats with a chance of 2^-32 after four milliards of texts by one key.
        let seed = random.seed().map_err(|_| SealError::Random)?.to_le_bytes();
        let nonce: [u8; NONCE_LEN] = *seed.first_chunk().ok_or(SealError::Random)?;
        let mut sealed = text.as_bytes().to_vec();
        let aad = Aad::from(purpose(what, whom));
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .map_err(|_| SealError::Closed)?;
        Ok([&[FORMAT][..], name, &nonce, &sealed].concat())
    }

    /// Opens what was sealed for the same.
    ///
    /// # Errors
    /// Where no key fits, or anything of it was changed.
    pub fn open(&self, what: &str, whom: &[&str], sealed: &[u8]) -> Result<Secret, SealError> {
        let (head, rest) = sealed.split_at_checked(HEAD).ok_or(SealError::Closed)?;
        let (format, named) = head.split_first().ok_or(SealError::Closed)?;
        let (named, nonce) = named.split_at_checked(NAME).ok_or(SealError::Closed)?;
        if *format != FORMAT {
            return Err(SealError::Closed);
        }
        for (_, key) in self.0.iter().filter(|(name, _)| name == named) {
            let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Closed)?;
            let mut bytes = rest.to_vec();
            if let Ok(text) = key.open_in_place(nonce, Aad::from(purpose(what, whom)), &mut bytes) {
                return String::from_utf8(text.to_vec()).map(Secret::new).map_err(|_| SealError::Closed);
            }
        }
        Err(SealError::Closed)
    }
}

/// Each part with its length, so that no two lists come to the same bytes.
fn purpose(what: &str, whom: &[&str]) -> Vec<u8> {
    let part = |part: &&str| [&(part.len() as u64).to_le_bytes()[..], part.as_bytes()].concat();
    std::iter::once(&what).chain(whom).flat_map(part).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    fn seal(keys: &[u8]) -> Seal {
        let key = |byte: &u8| Seal::key(&Secret::new(STANDARD.encode([*byte; KEY]))).unwrap();
        Seal(keys.iter().map(key).collect())
    }

    #[test]
    fn what_is_sealed_opens_for_the_same_and_by_the_same_key() {
        let one = seal(&[1]);
        let sealed = one.seal("refresh", &["sso", "ann"], "secret", &SystemRandom).unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(one.open("refresh", &["sso", "ann"], &sealed).unwrap().expose(), "secret");
        for (what, whom) in [
            ("hint", ["sso", "ann"]),
            ("refresh", ["sso", "bob"]),
            ("refresh", ["ssoann", ""]),
            ("refresh", ["ss", "oann"]),
        ] {
            assert_eq!(one.open(what, &whom, &sealed).unwrap_err(), SealError::Closed, "{what} {whom:?}");
        }
        assert!(seal(&[2]).open("refresh", &["sso", "ann"], &sealed).is_err());
        assert!(seal(&[]).seal("refresh", &[], "secret", &SystemRandom).is_err());
    }

    #[test]
    fn a_new_key_stands_before_the_old_one() {
        let old = seal(&[1]).seal("refresh", &[], "secret", &SystemRandom).unwrap();
        let both = seal(&[2, 1]);
        assert_eq!(both.open("refresh", &[], &old).unwrap().expose(), "secret");
        let new = both.seal("refresh", &[], "secret", &SystemRandom).unwrap();
        assert!(seal(&[1]).open("refresh", &[], &new).is_err() && seal(&[2]).open("refresh", &[], &new).is_ok());
    }

    #[test]
    fn nothing_of_it_can_be_changed_and_no_two_are_alike() {
        let one = seal(&[1]);
        let sealed = one.seal("refresh", &[], "secret", &SystemRandom).unwrap();
        assert_ne!(sealed, one.seal("refresh", &[], "secret", &SystemRandom).unwrap());
        for at in 0..sealed.len() {
            let mut other = sealed.clone();
            other[at] ^= 1;
            assert!(one.open("refresh", &[], &other).is_err(), "byte {at}");
            assert!(one.open("refresh", &[], &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_key_is_32_bytes() {
        for bad in ["", "short", &STANDARD.encode([1; 16]), &"x".repeat(44)] {
            assert!(Seal::key(&Secret::new(bad.to_owned())).is_none(), "{bad}");
        }
        assert!(!format!("{:?}", seal(&[1])).contains("AQEB"));
    }
}
