//! Received bytes, until they are messages. What it holds grows with what has really arrived,
//! never with what a length announces.

use super::ber::{BerError, message_len};
use std::fmt;
use std::ops::Range;

/// How much room a read is offered.
pub const READ_SIZE: usize = 64 << 10;
/// A buffer that grew beyond this for one large message is given back after it.
const KEEP: usize = 1 << 20;

/// Messages are read where they lie in it.
#[derive(Default)]
pub struct Inbox {
    buffer: Vec<u8>,
    /// What lies before is used up.
    start: usize,
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inbox({} bytes)", self.buffer.len() - self.start)
    }
}

impl Inbox {
    /// Uses up the next message, where all of it is there, and says its place. Refused by its header alone:
    /// what cannot be a message, and what is longer than `limit`.
    pub fn next(&mut self, limit: usize) -> Result<Option<Range<usize>>, BerError> {
        let there = self.buffer.get(self.start..).unwrap_or_default();
        match message_len(there, limit)? {
            Some(len) if len <= there.len() => {
                let place = self.start..self.start + len;
                self.start = place.end;
                Ok(Some(place))
            }
            _ => Ok(None),
        }
    }

    /// A message, by the place that was said last.
    #[must_use]
    pub fn message(&self, place: Range<usize>) -> &[u8] {
        self.buffer.get(place).unwrap_or_default()
    }

    /// Whether everything is used up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.buffer.len()
    }

    /// Where received bytes are to be appended: there is room for a read. Places that were said are over.
    pub fn room(&mut self) -> &mut Vec<u8> {
        let unused = self.buffer.len() - self.start;
        // What is unused is moved to the front when that is cheap.
        if self.start > 0 && (unused < READ_SIZE || self.start > unused) {
            self.buffer.drain(..self.start);
            self.start = 0;
            if self.buffer.capacity() > KEEP && unused < KEEP / 2 {
                self.buffer.shrink_to(KEEP);
            }
        }
        if self.buffer.capacity() - self.buffer.len() < READ_SIZE {
            // `reserve` doubles, so a large message is not copied over and over.
            self.buffer.reserve(READ_SIZE);
        }
        &mut self.buffer
    }

    /// How much memory it holds.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::super::ber::{OCTET_STRING, SEQUENCE, put_with};
    use super::*;

    fn message(len: usize) -> Vec<u8> {
        let mut out = Vec::new();
        put_with(&mut out, SEQUENCE, |out| super::super::ber::put(out, OCTET_STRING, &vec![7; len]));
        out
    }

    #[test]
    fn messages_come_out_as_they_went_in() {
        let sent = [message(3), message(200_000), message(0)];
        let mut inbox = Inbox::default();
        let mut heard = Vec::new();
        for part in sent.concat().chunks(7001) {
            inbox.room().extend_from_slice(part);
            while let Ok(Some(place)) = inbox.next(1 << 20) {
                heard.push(inbox.message(place).to_vec());
            }
        }
        assert_eq!(heard, sent);
        assert!(inbox.is_empty());
    }

    #[test]
    fn l13_an_announced_length_takes_no_room() {
        let mut inbox = Inbox::default();
        inbox.room().extend([0x30, 0x84, 0x03, 0x90, 0, 0, 2, 1, 3]);
        assert_eq!(inbox.next(64 << 20), Ok(None));
        assert!(inbox.room().capacity() < 3 * READ_SIZE);
        assert_eq!(inbox.next(1 << 20), Err(BerError::TooLarge(0x0390_0000)));
    }

    #[test]
    fn a_large_buffer_is_given_back() {
        let mut inbox = Inbox::default();
        inbox.room().extend(message(8 << 20));
        assert!(matches!(inbox.next(64 << 20), Ok(Some(_))));
        assert!(inbox.room().capacity() <= KEEP);
    }
}
