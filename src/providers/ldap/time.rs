//! GeneralizedTime (RFC 4517 §3.3.13), as directories write it.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use rosterd_core::ids::Timestamp;

/// `YYYYMMDDHH[MM[SS]][.F](Z|+HHMM|-HHMM)`. The fraction is of the smallest unit that is there.
pub(super) fn generalized(text: &str) -> Option<Timestamp> {
    let at = text.find(['Z', '+', '-'])?;
    let (time, zone) = (text.get(..at)?, text.get(at..)?);
    let (time, fraction) = time.split_once(['.', ',']).map_or((time, None), |(time, part)| (time, Some(part)));
    let (padded, unit) = match time.len() {
        10 => (format!("{time}0000"), 3_600_000),
        12 => (format!("{time}00"), 60_000),
        14 => (time.to_owned(), 1000),
        _ => return None,
    };
    let civil = DateTime::strptime("%Y%m%d%H%M%S", padded).ok()?;
    let offset = match zone.split_at_checked(1)? {
        ("Z", "") => Offset::UTC,
        (sign, hours) if hours.len() == 4 || hours.len() == 2 => {
            let part =
                |range: std::ops::Range<usize>| hours.get(range).map_or(Some(0), |digits| digits.parse::<i32>().ok());
            let seconds = part(0..2)? * 3600 + part(2..4)? * 60;
            Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok()?
        }
        _ => return None,
    };
    let zoned = civil.to_zoned(TimeZone::fixed(offset)).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond()).plus_millis(part_of(unit, fraction)?))
}

/// So much of a unit, in milliseconds, rounded down.
fn part_of(unit: i64, fraction: Option<&str>) -> Option<i64> {
    let Some(digits) = fraction else { return Some(0) };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Beyond nine digits nothing is left of an hour that counts.
    let digits = digits.get(..digits.len().min(9))?;
    let scale = 10i64.checked_pow(u32::try_from(digits.len()).ok()?)?;
    Some(digits.parse::<i64>().ok()? * unit / scale)
}

/// The second in which that is, in UTC.
pub(super) fn written(at: Timestamp) -> Option<String> {
    let second = jiff::Timestamp::from_second(at.0.div_euclid(1000)).ok()?;
    Some(second.strftime("%Y%m%d%H%M%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l18_fractions_are_of_the_smallest_unit_and_zones_count() {
        let noon = 1_795_867_200_000;
        for (text, at) in [
            ("20261128120000Z", Some(noon)),
            ("20261128120000.000001Z", Some(noon)),
            ("20261128120000,25Z", Some(noon + 250)),
            ("202611281200.5Z", Some(noon + 30_000)),
            ("2026112812.5Z", Some(noon + 1_800_000)),
            ("2026112812.123456789123Z", Some(noon + 444_444)),
            ("20261128130000.5+0100", Some(noon + 500)),
            ("20261128063000-0530", Some(noon)),
            ("20261128120000.Z", None),
            ("20261128120000.xZ", None),
            ("20261128120000.-1Z", None),
            ("20261128120000.5", None),
        ] {
            assert_eq!(generalized(text), at.map(Timestamp), "{text}");
        }
        assert_eq!(written(Timestamp(noon + 999)).as_deref(), Some("20261128120000Z"));
        assert_eq!(written(Timestamp(-1)).as_deref(), Some("19691231235959Z"));
        assert_eq!(written(Timestamp(i64::MAX)), None);
    }
}
