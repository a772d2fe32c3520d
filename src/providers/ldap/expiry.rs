//! Until when an account may be used, as directories write it.

use super::attribute::{Role, Wanted};
use super::time::generalized;
use super::wire::Entry;
use super::wire::ber::BerError;
use rosterd_core::ids::Timestamp;

/// From 1601 to 1970 in milliseconds: FILETIME counts from the former.
const FILETIME_EPOCH: i64 = 11_644_473_600_000;

/// Whether an account's time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiry {
    Good,
    Over,
    /// What is written there is no time.
    Unreadable,
}

/// Of an entry, as the attribute says that is wanted for it.
pub(super) fn expiry(wanted: &Wanted, entry: &Entry<'_>, now: Timestamp) -> Result<Expiry, BerError> {
    let mut found = Expiry::Good;
    for attribute in entry.attributes() {
        let attribute = attribute?;
        if !wanted.roles(attribute.description).any(|role| role == Role::Expires) {
            continue;
        }
        for value in attribute.values() {
            found = match until(attribute.description, value?) {
                Ok(Some(until)) if until <= now => return Ok(Expiry::Over),
                Ok(_) => found,
                Err(NoTime) => Expiry::Unreadable,
            };
        }
    }
    Ok(found)
}

#[derive(Debug, PartialEq, Eq)]
struct NoTime;

/// The moment; `None` for never. `shadowExpire` counts days since 1970 (shadow(5): -1 is never), `accountExpires`
/// 100 nanoseconds since 1601 (\[MS-ADTS\]: 0 and the largest are never). Any other is GeneralizedTime (RFC 4517
/// §3.3.13).
fn until(attribute: &[u8], value: &[u8]) -> Result<Option<Timestamp>, NoTime> {
    let text = std::str::from_utf8(value).map_err(|_| NoTime)?.trim();
    let number = || text.parse::<i64>().map_err(|_| NoTime);
    if attribute.eq_ignore_ascii_case(b"shadowExpire") {
        let days = number()?;
        return Ok((days > 0).then(|| Timestamp(days.saturating_mul(86_400_000))));
    }
    if attribute.eq_ignore_ascii_case(b"accountExpires") {
        let ticks = number()?;
        return Ok((!matches!(ticks, 0 | i64::MAX)).then(|| Timestamp(ticks / 10_000 - FILETIME_EPOCH)));
    }
    generalized(text).map(Some).ok_or(NoTime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l18_times_as_directories_write_them() {
        let (ad, shadow, other) = (&b"accountExpires"[..], &b"shadowExpire"[..], &b"krbPrincipalExpiration"[..]);
        let noon = Timestamp(1_795_867_200_000);
        for (attribute, value, at) in [
            (ad, "0", Ok(None)),
            (ad, "9223372036854775807", Ok(None)),
            (ad, "134403408000000000", Ok(Some(noon))),
            (shadow, "-1", Ok(None)),
            (shadow, "0", Ok(None)),
            (shadow, "20785", Ok(Some(Timestamp(1_795_824_000_000)))),
            (other, "20261128120000Z", Ok(Some(noon))),
            (other, "20261128120000.5Z", Ok(Some(Timestamp(noon.0 + 500)))),
            (other, "202611281200Z", Ok(Some(noon))),
            (other, "2026112812Z", Ok(Some(noon))),
            (other, "20261128130000+0100", Ok(Some(noon))),
            (other, "20261128060000-06", Ok(Some(noon))),
            (other, "20261328120000Z", Err(NoTime)),
            (other, "20261128120000", Err(NoTime)),
            (ad, "20261128120000Z", Err(NoTime)),
            (other, "never", Err(NoTime)),
            (other, "", Err(NoTime)),
            (other, "Z", Err(NoTime)),
        ] {
            assert_eq!(until(attribute, value.as_bytes()), at, "{value}");
        }
        assert_eq!(until(ad, b"\xff"), Err(NoTime));
    }
}
