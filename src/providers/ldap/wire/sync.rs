//! Content synchronization (RFC 4533): what has changed since a cookie, and what is no longer there.

use super::ber::{BOOLEAN, BerError, ENUMERATED, OCTET_STRING, Reader, SEQUENCE, SET, put, put_number, put_with};

/// Of the request control (§2.2), which a search carries.
pub const SYNC_REQUEST: &str = "1.3.6.1.4.1.4203.1.9.1.1";
/// Of the control of an entry (§2.3).
pub const SYNC_STATE: &str = "1.3.6.1.4.1.4203.1.9.1.2";
/// Of the control at the end (§2.4).
pub const SYNC_DONE: &str = "1.3.6.1.4.1.4203.1.9.1.3";
/// Of the message in between (§2.5).
pub const SYNC_INFO: &str = "1.3.6.1.4.1.4203.1.9.1.4";

/// How a server identifies an entry: 16 bytes, its `entryUUID` (389 Directory Server: its `nsUniqueId`).
pub type Uuid = [u8; 16];

/// What a synchronization asks for.
#[derive(Debug, Clone, Copy)]
pub struct SyncRequest<'a> {
    /// Changes go on to be told after those until now.
    pub persist: bool,
    /// Absent: from the start.
    pub cookie: Option<&'a [u8]>,
}

/// What a server says of an entry (§2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is as before.
    Present,
    Add,
    Modify,
    Delete,
}

/// The control of an entry.
#[derive(Debug, Clone, Copy)]
pub struct SyncState<'a> {
    pub state: State,
    pub uuid: Uuid,
    pub cookie: Option<&'a [u8]>,
}

/// The control at the end of a refresh.
#[derive(Debug, Clone, Copy, Default)]
pub struct SyncDone<'a> {
    pub cookie: Option<&'a [u8]>,
    /// Whoever was not mentioned is still there; else whoever was not mentioned is gone.
    pub deletes: bool,
}

/// A message in between.
#[derive(Debug, Clone, Copy)]
pub enum SyncInfo<'a> {
    Cookie(&'a [u8]),
    /// One of the two phases of a refresh has ended.
    Refresh {
        cookie: Option<&'a [u8]>,
        deletes: bool,
        done: bool,
    },
    Ids {
        cookie: Option<&'a [u8]>,
        deletes: bool,
        ids: Ids<'a>,
    },
}

/// The ids of a message. Ends after the first error.
#[derive(Debug, Clone, Copy)]
pub struct Ids<'a>(Reader<'a>);

impl Iterator for Ids<'_> {
    type Item = Result<Uuid, BerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let id = self.0.expect(OCTET_STRING).and_then(uuid);
        if id.is_err() {
            self.0 = Reader::new(&[]);
        }
        Some(id)
    }
}

fn uuid(bytes: &[u8]) -> Result<Uuid, BerError> {
    bytes.try_into().map_err(|_| BerError::Number)
}

fn flag(reader: &mut Reader<'_>, default: bool) -> Result<bool, BerError> {
    match reader.optional(BOOLEAN)? {
        None => Ok(default),
        Some([byte]) => Ok(*byte != 0),
        Some(_) => Err(BerError::Number),
    }
}

/// Reads the value of a [`SYNC_STATE`].
pub fn sync_state(value: &[u8]) -> Result<SyncState<'_>, BerError> {
    let mut outer = Reader::new(value);
    let mut inner = Reader::new(outer.expect(SEQUENCE)?);
    outer.end()?;
    let state = match inner.number(ENUMERATED)? {
        0 => State::Present,
        1 => State::Add,
        2 => State::Modify,
        3 => State::Delete,
        _ => return Err(BerError::Number),
    };
    let uuid = uuid(inner.expect(OCTET_STRING)?)?;
    let cookie = inner.optional(OCTET_STRING)?;
    inner.end()?;
    Ok(SyncState { state, uuid, cookie })
}

/// Reads the value of a [`SYNC_DONE`].
pub fn sync_done(value: &[u8]) -> Result<SyncDone<'_>, BerError> {
    let mut outer = Reader::new(value);
    let mut inner = Reader::new(outer.expect(SEQUENCE)?);
    outer.end()?;
    let cookie = inner.optional(OCTET_STRING)?;
    let deletes = flag(&mut inner, false)?;
    inner.end()?;
    Ok(SyncDone { cookie, deletes })
}

/// Reads the value of a [`SYNC_INFO`].
pub fn sync_info(value: &[u8]) -> Result<SyncInfo<'_>, BerError> {
    let mut outer = Reader::new(value);
    let (tag, content) = outer.element()?;
    outer.end()?;
    let mut inner = Reader::new(content);
    let info = match tag {
        0x80 => return Ok(SyncInfo::Cookie(content)),
        0xa1 | 0xa2 => {
            let cookie = inner.optional(OCTET_STRING)?;
            SyncInfo::Refresh { cookie, deletes: tag == 0xa1, done: flag(&mut inner, true)? }
        }
        0xa3 => {
            let cookie = inner.optional(OCTET_STRING)?;
            let deletes = flag(&mut inner, false)?;
            SyncInfo::Ids { cookie, deletes, ids: Ids(Reader::new(inner.expect(SET)?)) }
        }
        found => return Err(BerError::Unexpected { found, expected: 0xa3 }),
    };
    inner.end()?;
    Ok(info)
}

/// Appends the request control: critical, so that a server that cannot do it refuses.
pub(super) fn put_sync(out: &mut Vec<u8>, request: SyncRequest<'_>) {
    put_with(out, SEQUENCE, |out| {
        put(out, OCTET_STRING, SYNC_REQUEST.as_bytes());
        put(out, BOOLEAN, &[0xff]);
        put_with(out, OCTET_STRING, |out| {
            put_with(out, SEQUENCE, |out| {
                put_number(out, ENUMERATED, if request.persist { 3 } else { 1 });
                if let Some(cookie) = request.cookie {
                    put(out, OCTET_STRING, cookie);
                }
            });
        });
    });
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &[u8; 16] = b"0123456789abcdef";

    #[test]
    fn what_openldap_sends_is_read() {
        let state = sync_state(b"\x30\x15\x0a\x01\x01\x04\x100123456789abcdef").unwrap();
        assert_eq!((state.state, &state.uuid, state.cookie), (State::Add, ID, None));
        let done = sync_done(b"\x30\x08\x04\x03abc\x01\x01\xff").unwrap();
        assert_eq!((done.cookie, done.deletes), (Some(&b"abc"[..]), true));
        assert!(!sync_done(b"\x30\x00").unwrap().deletes);
        let SyncInfo::Ids { cookie: None, deletes: true, ids } =
            sync_info(b"\xa3\x17\x01\x01\xff\x31\x12\x04\x100123456789abcdef").unwrap()
        else {
            unreachable!("a set of ids");
        };
        assert_eq!(ids.collect::<Result<Vec<_>, _>>().unwrap(), [*ID]);
        assert!(matches!(sync_info(b"\xa2\x00").unwrap(), SyncInfo::Refresh { deletes: false, done: true, .. }));
        assert!(matches!(sync_info(b"\x80\x03abc").unwrap(), SyncInfo::Cookie(b"abc")));
    }

    #[test]
    fn ids_of_other_lengths_are_refused() {
        assert!(sync_state(b"\x30\x06\x0a\x01\x01\x04\x01x").is_err());
        let SyncInfo::Ids { ids, .. } = sync_info(b"\xa3\x05\x31\x03\x04\x01x").unwrap() else { unreachable!("a set") };
        assert!(ids.collect::<Result<Vec<_>, _>>().is_err());
    }

    proptest! {
        #[test]
        fn l13_random_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = (sync_state(&bytes).is_ok(), sync_done(&bytes).is_ok());
            if let Ok(SyncInfo::Ids { ids, .. }) = sync_info(&bytes) {
                prop_assert!(ids.count() <= bytes.len());
            }
        }
    }
}
