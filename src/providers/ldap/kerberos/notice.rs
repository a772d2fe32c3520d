//! A Notice of Disconnection (RFC 4511 §4.4.1) of the helper's own: so rosterd learns why a connection ends in the
//! words in which a server would say it.

use super::super::wire::ber::{ENUMERATED, INTEGER, OCTET_STRING, SEQUENCE, put, put_number, put_with};

/// The result `other`.
const OTHER: i32 = 80;

pub(super) fn notice(why: &str) -> Vec<u8> {
    let mut out = Vec::new();
    put_with(&mut out, SEQUENCE, |out| {
        put_number(out, INTEGER, 0);
        put_with(out, 0x78, |out| {
            put_number(out, ENUMERATED, OTHER);
            put(out, OCTET_STRING, b"");
            put(out, OCTET_STRING, why.as_bytes());
            put(out, 0x8a, b"1.3.6.1.4.1.1466.20036");
        });
    });
    out
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::super::super::wire::{Response, decode};

    #[test]
    fn it_is_a_message_of_ldap() {
        let bytes = super::notice("why");
        let message = decode(&bytes).unwrap();
        assert_eq!(message.id, 0);
        assert!(matches!(message.response, Response::Extended(result, Some(_)) if result.text == b"why"));
    }
}
