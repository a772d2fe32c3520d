//! As much of X.509 (RFC 5280 §4.1) as a person wants to see: whose certificate, and until when.
//! Nothing is decided by it; rustls verifies.

use super::wire::ber::{BerError, INTEGER, Reader, SEQUENCE, SET};

/// Such as `CN=ldap1.example.org, valid until 2027-03-01 12:00:00 UTC`. `None` for what cannot be
/// read, which a verified certificate always can.
pub(super) fn describe(der: &[u8]) -> Option<String> {
    let (subject, not_after) = read(der).ok()?;
    let subject = subject.unwrap_or_else(|| "no common name".to_owned());
    Some(format!("CN={subject}, valid until {}", readable(&not_after)?))
}

/// When it ends, in seconds after 1970.
pub(super) fn ends(der: &[u8]) -> Option<i64> {
    let (_, not_after) = read(der).ok()?;
    let text = readable(&not_after)?;
    let ends = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S UTC", text).ok()?;
    Some(ends.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

fn read(der: &[u8]) -> Result<(Option<String>, String), BerError> {
    let mut certificate = Reader::new(Reader::new(der).expect(SEQUENCE)?);
    let mut fields = Reader::new(certificate.expect(SEQUENCE)?);
    fields.optional(0xa0)?;
    fields.expect(INTEGER)?;
    fields.expect(SEQUENCE)?;
    fields.expect(SEQUENCE)?;
    let mut validity = Reader::new(fields.expect(SEQUENCE)?);
    validity.element()?;
    let (_, not_after) = validity.element()?;
    let subject = common_name(fields.expect(SEQUENCE)?)?;
    Ok((subject, String::from_utf8_lossy(not_after).into_owned()))
}

fn common_name(name: &[u8]) -> Result<Option<String>, BerError> {
    let mut parts = Reader::new(name);
    while !parts.is_empty() {
        let mut set = Reader::new(parts.expect(SET)?);
        while !set.is_empty() {
            let mut pair = Reader::new(set.expect(SEQUENCE)?);
            // 2.5.4.3
            if pair.expect(0x06)? == [0x55, 0x04, 0x03] {
                return Ok(Some(String::from_utf8_lossy(pair.element()?.1).into_owned()));
            }
        }
    }
    Ok(None)
}

/// UTCTime `YYMMDDHHMMSSZ` or GeneralizedTime `YYYYMMDDHHMMSSZ`.
fn readable(time: &str) -> Option<String> {
    let digits = time.strip_suffix('Z')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let full = match digits.len() {
        12 => format!("{}{digits}", if digits < "50" { "20" } else { "19" }),
        14 => digits.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| full.get(from..to);
    Some(format!(
        "{}-{}-{} {}:{}:{} UTC",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_both_kinds() {
        assert_eq!(readable("270301120000Z").as_deref(), Some("2027-03-01 12:00:00 UTC"));
        assert_eq!(readable("700301120000Z").as_deref(), Some("1970-03-01 12:00:00 UTC"));
        assert_eq!(readable("20510301120000Z").as_deref(), Some("2051-03-01 12:00:00 UTC"));
        for odd in ["", "Z", "2703011200é0Z", "270301120000"] {
            assert_eq!(readable(odd), None, "{odd}");
        }
        assert_eq!(describe(b"\x30\x80"), None);
    }
}
