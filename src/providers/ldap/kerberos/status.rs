//! The Kerberos library's codes, as far as they say what to do. In the helper.

use super::why::{Refusal, Why};
use libgssapi::error::{Error, MajorFlags};

/// The first of MIT Kerberos' codes (`krb5.h`).
const FIRST: i32 = -1_765_328_384;

/// Why `error`. Whoever has a keytab is told of it.
pub(super) fn refusal(error: Error, has_keytab: bool) -> Refusal {
    // A code is 32 bits, signed in one place and unsigned in the other.
    let code = i32::from_ne_bytes(error.minor.to_ne_bytes()).wrapping_sub(FIRST);
    let why = match code {
        6 => Why::UnknownAccount,
        7 => Why::UnknownService,
        18 => Why::Revoked,
        23 => Why::PasswordExpired,
        // With a wrong key the KDC refuses the request or the answer cannot be read.
        24 | 31 | 210 => Why::WrongKey,
        32 => Why::Expired,
        33 | 37 => Why::Skew,
        135 | 136 | 224 => Why::Settings,
        141 | 194 | 195 => Why::NoTicket,
        154 | 220 => Why::UnknownRealm,
        156 => Why::Unreachable,
        181 | 184 => Why::NoKeytab,
        _ if error.major.contains(MajorFlags::GSS_S_CREDENTIALS_EXPIRED) => Why::Expired,
        _ if error.major.contains(MajorFlags::GSS_S_NO_CRED) && has_keytab => Why::NoKeytab,
        _ if error.major.contains(MajorFlags::GSS_S_NO_CRED) => Why::NoTicket,
        _ => Why::Other,
    };
    Refusal { why, said: said(&error.to_string()) }
}

/// The part in brackets, which is the mechanism's own; the rest is always the same.
fn said(text: &str) -> String {
    let inner = text.split_once(" (").map_or(text, |(_, inner)| inner.strip_suffix(')').unwrap_or(inner));
    inner.chars().take(300).collect()
}
