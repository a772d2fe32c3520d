//! Bytes that arrive in pieces: the same messages come out however they were cut, and a length that is
//! only announced takes no memory.

use crate::measure::within;
use rosterd::providers::ldap::wire::ber::{BerError, message_len};
use rosterd::providers::ldap::wire::{Inbox, READ_SIZE};

/// The longest message that is accepted, by the first byte.
const LIMITS: [usize; 4] = [8, 300, 1 << 16, 64 << 20];

pub(crate) fn target(bytes: &[u8]) {
    let [limit, piece, stream @ ..] = bytes else { return };
    let limit = LIMITS[usize::from(*limit) % LIMITS.len()];
    let (messages, error) = at_once(stream, limit);
    // Room for two reads, twice what is there at once, and what is being moved.
    within(4 * READ_SIZE + 4 * stream.len(), || in_pieces(stream, limit, 1 + usize::from(*piece), &messages, error));
}

/// The messages' ends, and what is wrong behind the last.
fn at_once(stream: &[u8], limit: usize) -> (Vec<usize>, Option<BerError>) {
    let (mut ends, mut at) = (Vec::new(), 0);
    loop {
        let rest = &stream[at..];
        let len = message_len(rest, limit);
        assert_eq!(len, by_the_book(rest, limit), "{:02x?}", &rest[..rest.len().min(8)]);
        match len {
            Ok(Some(len)) if len <= rest.len() => {
                at += len;
                ends.push(at);
            }
            Ok(_) => return (ends, None),
            Err(error) => return (ends, Some(error)),
        }
    }
}

fn in_pieces(stream: &[u8], limit: usize, piece: usize, ends: &[usize], error: Option<BerError>) {
    let mut inbox = Inbox::default();
    let (mut start, mut ends) = (0, ends.iter());
    let mut arrived = 0;
    for bytes in stream.chunks(piece) {
        let room = inbox.room();
        assert!(room.capacity() - room.len() >= READ_SIZE, "no room for a read");
        room.extend_from_slice(bytes);
        arrived += bytes.len();
        assert!(inbox.capacity() <= 2 * READ_SIZE + 2 * arrived, "{} for {arrived}", inbox.capacity());
        loop {
            match inbox.next(limit) {
                Ok(Some(place)) => {
                    let end = *ends.next().expect("a message that was not sent");
                    assert_eq!(inbox.message(place), &stream[start..end]);
                    start = end;
                }
                Ok(None) => break,
                // It may be seen before all has arrived, and not before all messages in front of it.
                Err(early) => {
                    assert_eq!((Some(early), ends.next()), (error, None));
                    return;
                }
            }
        }
        assert_eq!(inbox.is_empty(), arrived == start, "what is left");
    }
    assert_eq!((None, ends.next()), (error, None), "at the end");
}

/// [`message_len`] in other words: RFC 4511 §5.1, the definite form only.
fn by_the_book(bytes: &[u8], limit: usize) -> Result<Option<usize>, BerError> {
    match bytes {
        [] => Ok(None),
        [tag, ..] if *tag != 0x30 => Err(BerError::Unexpected { found: *tag, expected: 0x30 }),
        [_] => Ok(None),
        [_, 0x80, ..] => Err(BerError::Indefinite),
        [_, 0x85..=0xff, ..] => Err(BerError::LongLength),
        [_, first, rest @ ..] => {
            let more = usize::from(first.saturating_sub(0x80));
            if rest.len() < more {
                return Ok(None);
            }
            let mut wide = [0; 8];
            wide[8 - more..].copy_from_slice(&rest[..more]);
            let len = if more == 0 { u64::from(*first) } else { u64::from_be_bytes(wide) };
            let len = usize::try_from(len).expect("four bytes");
            if len + 2 + more > limit { Err(BerError::TooLarge(len)) } else { Ok(Some(len + 2 + more)) }
        }
    }
}
