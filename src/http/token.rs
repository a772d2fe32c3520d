//! What a token is: `rstd_` and 256 random bits in base64url. Only its SHA-256 is ever kept, so a
//! copy of the database lets nobody in.

use crate::config::{ApiScope, Duration, Secret};
use crate::random::{self, Random, RandomError};
use crate::store::{NewServiceToken, NewToken};
use rosterd_core::ids::{Timestamp, UserId};
use sha2::{Digest, Sha256};

/// By which scanners of leaked secrets know one.
pub const PREFIX: &str = "rstd_";

/// How long a token lasts when nobody says: 90 days.
pub const LASTS: i64 = 90 * DAY;

/// The longest that one may last: a year and a day.
pub const LONGEST: i64 = 366 * DAY;

const DAY: i64 = 24 * 3600 * 1000;

/// Characters of 256 bits in base64url without padding.
const LENGTH: usize = 43;

/// A token that was just made: the only moment at which it can be shown.
#[derive(Debug)]
pub struct Made {
    pub token: Secret,
    pub new: NewToken,
}

/// What a new token is to be.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub name: String,
    pub scopes: Vec<ApiScope>,
    pub created_by: String,
    pub expires_at: Timestamp,
}

/// Draws one.
///
/// # Errors
/// The operating system has no random numbers.
pub fn make(wanted: Wanted, random: &dyn Random) -> Result<Made, RandomError> {
    let token = format!("{PREFIX}{}", random::text(random)?);
    let mut scopes = wanted.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    let new = NewToken {
        id: id(random)?,
        name: wanted.name,
        hash: hash(&token),
        scopes: scopes.into_iter().map(|scope| scope.name().to_owned()).collect(),
        created_by: wanted.created_by,
        expires_at: wanted.expires_at,
    };
    Ok(Made { token: Secret::new(token), new })
}

/// Draws one of a service account.
///
/// # Errors
/// The operating system has no random numbers.
pub fn make_service(
    user: UserId,
    name: &str,
    created_by: &str,
    expires_at: Timestamp,
    random: &dyn Random,
) -> Result<(Secret, NewServiceToken), RandomError> {
    let token = format!("{PREFIX}{}", random::text(random)?);
    let (name, created_by) = (name.to_owned(), created_by.to_owned());
    let new = NewServiceToken { id: id(random)?, user, name, hash: hash(&token), created_by, expires_at };
    Ok((Secret::new(token), new))
}

/// What the name of one must be.
pub const NAME: &str = "1 to 100 characters, none of them a control character";

/// Whether a text is the name of one.
#[must_use]
pub fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// How long one is to last, in milliseconds: what is said, or as usual, but no longer than `longest`.
#[must_use]
pub fn lasts(said: Option<&str>, longest: Duration) -> Option<i64> {
    let longest = longest.millis();
    match said {
        None => Some(LASTS.min(longest)),
        Some(text) => Duration::parse(text).map(Duration::millis).filter(|lasts| (1..=longest).contains(lasts)),
    }
}

/// A new id: 128 random bits as hexadecimal digits.
///
/// # Errors
/// The operating system has no random numbers.
pub fn id(random: &dyn Random) -> Result<String, RandomError> {
    random.seed().map(|seed| format!("{seed:032x}"))
}

/// What is kept of a token.
#[must_use]
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Whether it can be one of ours at all, so that nothing else costs a look into the database.
#[must_use]
pub fn well_formed(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|rest| {
        rest.len() == LENGTH && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn w12_a_token_is_256_bits_and_kept_as_a_hash() {
        let wanted = || Wanted {
            name: "deploy".to_owned(),
            scopes: vec![ApiScope::Run, ApiScope::Read, ApiScope::Run],
            created_by: "eve".to_owned(),
            expires_at: Timestamp(5),
        };
        let one = make(wanted(), &SystemRandom).unwrap();
        let other = make(wanted(), &SystemRandom).unwrap();
        assert_ne!(one.token.expose(), other.token.expose());
        assert_ne!(one.new.id, other.new.id);
        assert!(well_formed(one.token.expose()));
        assert_eq!(one.new.hash, hash(one.token.expose()));
        assert_eq!(one.new.scopes, ["read", "run"]);
        assert!(!format!("{one:?}").contains(one.token.expose()));
        for bad in ["", "rstd_", "rstd_short", &one.token.expose()[1..], &format!("{}x", one.token.expose())] {
            assert!(!well_formed(bad), "{bad}");
        }
    }
}
