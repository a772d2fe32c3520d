//! Times in messages: UTC, as `2026-11-28T08:00:00Z` (SAML 2.0 Core §1.3.3).

use super::Refused;
use jiff::Timestamp as Moment;
use rosterd_core::ids::Timestamp;

pub(super) fn read(text: &str) -> Result<Timestamp, Refused> {
    let bad = Refused::new("time-form", "a time in it is not UTC, or no time");
    // Longer than any, or with an offset.
    if text.len() > 40 || !text.ends_with('Z') || !text.is_ascii() {
        return Err(bad);
    }
    let moment: Moment = text.parse().map_err(|_| bad)?;
    Ok(Timestamp(moment.as_millisecond()))
}

pub(super) fn write(at: Timestamp) -> String {
    let moment = Moment::from_millisecond(at.0).unwrap_or_default();
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `P1D`, as in `cacheDuration`, in milliseconds.
pub(super) fn duration(text: &str) -> Option<i64> {
    let span: jiff::Span = text.parse().ok().filter(|_| text.starts_with('P') && text.len() <= 40)?;
    let days = jiff::SpanRelativeTo::days_are_24_hours();
    let seconds = span.total((jiff::Unit::Second, days)).ok()?;
    (0.0..=1e10).contains(&seconds).then_some((seconds * 1000.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc() {
        assert_eq!(read("1970-01-01T00:00:01Z"), Ok(Timestamp(1000)));
        assert_eq!(read("1970-01-01T00:00:01.5Z"), Ok(Timestamp(1500)));
        assert_eq!(read("2026-11-28T08:00:00.1234567Z").map(write), Ok("2026-11-28T08:00:00Z".to_owned()));
        for bad in ["", "Z", "1970-01-01", "1970-01-01T00:00:01", "1970-01-01T00:00:01+01:00", "1970-13-01T00:00:01Z"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_are_of_some_length() {
        assert_eq!(duration("PT1H"), Some(3_600_000));
        assert_eq!(duration("P1D"), Some(86_400_000));
        assert_eq!(duration("P7DT12H"), Some(648_000_000));
        for bad in ["", "1h", "-P1D", "P", "P99999Y"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
