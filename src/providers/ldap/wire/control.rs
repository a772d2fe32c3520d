//! What a search can carry: paged results (RFC 2696), synchronization.

use super::ber::{BerError, INTEGER, OCTET_STRING, Reader, SEQUENCE, put, put_number, put_with};
use super::sync::{SyncRequest, put_sync};

/// A control of a search.
#[derive(Debug, Clone, Copy)]
pub enum Control<'a> {
    /// So many entries, behind the page that had this cookie; an empty one for the first.
    Page(i32, &'a [u8]),
    Sync(SyncRequest<'a>),
}

impl Control<'_> {
    pub(super) fn put(self, out: &mut Vec<u8>) {
        match self {
            Self::Page(size, cookie) => put_paged(out, size, cookie),
            Self::Sync(request) => put_sync(out, request),
        }
    }
}

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
fn put_paged(out: &mut Vec<u8>, size: i32, cookie: &[u8]) {
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
