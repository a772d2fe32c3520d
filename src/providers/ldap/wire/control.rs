//! Paged results (RFC 2696).

use super::ber::{BerError, INTEGER, OCTET_STRING, Reader, SEQUENCE, put, put_number, put_with};

/// The control's OID.
pub const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";

/// The cookie in a response control's value; empty behind the last page.
pub fn paged_cookie(value: &[u8]) -> Result<&[u8], BerError> {
    let mut outer = Reader::new(value);
    let mut inner = Reader::new(outer.expect(SEQUENCE)?);
    outer.end()?;
    // The server's estimate of the whole, which need not fit any number, and is not believed.
    inner.expect(INTEGER)?;
    let cookie = inner.expect(OCTET_STRING)?;
    inner.end()?;
    Ok(cookie)
}

/// Appends a request control: critical, so that a server that cannot page refuses.
pub(super) fn put_paged(out: &mut Vec<u8>, size: i32, cookie: &[u8]) {
    put_with(out, SEQUENCE, |out| {
        put(out, OCTET_STRING, PAGED_RESULTS.as_bytes());
        put(out, super::ber::BOOLEAN, &[0xff]);
        put_with(out, OCTET_STRING, |out| {
            put_with(out, SEQUENCE, |out| {
                put_number(out, INTEGER, size);
                put(out, OCTET_STRING, cookie);
            });
        });
    });
}
