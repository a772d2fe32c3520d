//! BER as far as LDAP uses it (RFC 4511 §5.1): tags of one byte, definite lengths of at most four.

/// Why bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BerError {
    #[error("an element is cut short")]
    Truncated,
    #[error("a length of unknown size, which LDAP forbids")]
    Indefinite,
    #[error("a length of more than four bytes")]
    LongLength,
    #[error("a tag of several bytes")]
    LongTag,
    #[error("an element of type {found:#04x} where {expected:#04x} belongs")]
    Unexpected { found: u8, expected: u8 },
    #[error("a number that is too large or empty")]
    Number,
    #[error("bytes after the end")]
    Trailing,
    #[error("an operation of type {0:#04x}, which no server sends")]
    UnknownOperation(u8),
    #[error("a message of {0} bytes, more than is accepted")]
    TooLarge(usize),
}

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const OCTET_STRING: u8 = 0x04;
pub const ENUMERATED: u8 = 0x0a;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// Reads elements one after the other. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next element, if there is one.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element's tag and content.
    pub fn element(&mut self) -> Result<(u8, &'a [u8]), BerError> {
        let (tag, head, len) = header(self.rest)?.ok_or(BerError::Truncated)?;
        // Compared before it is added: a length can be near the largest number.
        let content = self.rest.get(head..).filter(|content| content.len() >= len).ok_or(BerError::Truncated)?;
        let (content, rest) = content.split_at(len);
        self.rest = rest;
        Ok((tag, content))
    }

    /// The content of the next element, which must have that tag.
    pub fn expect(&mut self, expected: u8) -> Result<&'a [u8], BerError> {
        match self.element()? {
            (found, content) if found == expected => Ok(content),
            (found, _) => Err(BerError::Unexpected { found, expected }),
        }
    }

    /// The content of the next element if it has that tag.
    pub fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, BerError> {
        if self.peek() == Some(tag) { self.expect(tag).map(Some) } else { Ok(None) }
    }

    /// A whole number of that tag that fits 32 bits.
    pub fn number(&mut self, tag: u8) -> Result<i32, BerError> {
        let bytes = self.expect(tag)?;
        let negative = *bytes.first().ok_or(BerError::Number)? >= 0x80;
        if bytes.len() > 4 {
            return Err(BerError::Number);
        }
        Ok(bytes.iter().fold(if negative { -1 } else { 0 }, |number: i32, byte| number << 8 | i32::from(*byte)))
    }

    /// Checks that nothing is left.
    pub fn end(&self) -> Result<(), BerError> {
        if self.is_empty() { Ok(()) } else { Err(BerError::Trailing) }
    }

    /// Checks that what is left are whole elements of the context class, which RFC 4511 §4 has
    /// receivers ignore: Active Directory, for one, puts an OID there.
    pub fn end_of_extensible(mut self) -> Result<(), BerError> {
        while !self.is_empty() {
            if self.element()?.0 & 0xc0 != 0x80 {
                return Err(BerError::Trailing);
            }
        }
        Ok(())
    }
}

/// The tag, the size of tag and length, and the length said. `None` while more bytes are needed.
fn header(bytes: &[u8]) -> Result<Option<(u8, usize, usize)>, BerError> {
    let (tag, first) = match bytes {
        [tag, ..] if tag & 0x1f == 0x1f => return Err(BerError::LongTag),
        [tag, first, ..] => (*tag, *first),
        _ => return Ok(None),
    };
    match first {
        0..=0x7f => Ok(Some((tag, 2, usize::from(first)))),
        0x80 => Err(BerError::Indefinite),
        // Leading zeros are good BER; Active Directory always sends four bytes.
        0x81..=0x84 => {
            let size = usize::from(first & 0x7f);
            let Some(digits) = bytes.get(2..2 + size) else { return Ok(None) };
            let len = digits.iter().fold(0, |len, byte| len << 8 | usize::from(*byte));
            Ok(Some((tag, 2 + size, len)))
        }
        _ => Err(BerError::LongLength),
    }
}

/// How long the message is that `bytes` start with; `None` while its header is not all there.
/// Refused by its header alone: what is no SEQUENCE, and what is longer than `limit`.
pub fn message_len(bytes: &[u8], limit: usize) -> Result<Option<usize>, BerError> {
    match bytes.first() {
        Some(&found) if found != SEQUENCE => return Err(BerError::Unexpected { found, expected: SEQUENCE }),
        _ => {}
    }
    match header(bytes)? {
        None => Ok(None),
        Some((_, head, len)) if len > limit.saturating_sub(head) => Err(BerError::TooLarge(len)),
        Some((_, head, len)) => Ok(Some(head + len)),
    }
}

/// Appends an element of bytes.
pub fn put(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    put_with(out, tag, |out| out.extend_from_slice(content));
}

/// Appends an element whose content `fill` appends.
pub fn put_with(out: &mut Vec<u8>, tag: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    out.push(tag);
    let start = out.len();
    fill(out);
    let len = out.len() - start;
    if len < 0x80 {
        out.insert(start, len as u8);
    } else {
        let bytes = len.to_be_bytes();
        let digits = bytes.iter().skip_while(|byte| **byte == 0).count();
        let head = std::iter::once(0x80 | digits as u8).chain(bytes[bytes.len() - digits..].iter().copied());
        out.splice(start..start, head);
    }
}

/// Appends a whole number.
pub fn put_number(out: &mut Vec<u8>, tag: u8, number: i32) {
    let bytes = number.to_be_bytes();
    // The shortest form: drop a leading byte that only repeats the sign.
    let mut skip = 0;
    while skip < 3 && (bytes[skip] == 0 && bytes[skip + 1] < 0x80 || bytes[skip] == 0xff && bytes[skip + 1] >= 0x80) {
        skip += 1;
    }
    put(out, tag, &bytes[skip..]);
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 127, 128, 255, 256, 65535, 1 << 24, i32::MAX, -1, -128, -129, i32::MIN] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, INTEGER, number);
            assert_eq!(Reader::new(&bytes).number(INTEGER), Ok(number));
        }
        assert_eq!(Reader::new(&[2, 0]).number(INTEGER), Err(BerError::Number));
        assert_eq!(Reader::new(&[2, 5, 0, 0, 0, 0, 0]).number(INTEGER), Err(BerError::Number));
    }

    #[test]
    fn lengths_come_back() {
        for len in [0, 1, 127, 128, 255, 256, 65535, 65536, 1 << 20] {
            let mut bytes = Vec::new();
            put(&mut bytes, SEQUENCE, &vec![7; len]);
            assert_eq!(message_len(&bytes, usize::MAX), Ok(Some(bytes.len())));
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.expect(SEQUENCE).unwrap().len(), len);
            assert!(reader.is_empty());
        }
    }

    #[test]
    fn l13_forbidden_headers() {
        assert_eq!(message_len(&[0x30, 0x80, 0, 0], 99), Err(BerError::Indefinite));
        assert_eq!(message_len(&[0x30, 0x85, 0, 0, 0, 0, 1], 99), Err(BerError::LongLength));
        assert_eq!(message_len(&[0x30, 0x84, 0x80, 0, 0, 0], 1 << 26), Err(BerError::TooLarge(1 << 31)));
        assert_eq!(message_len(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], usize::MAX), Ok(Some(0xffff_ffff + 6)));
        assert_eq!(message_len(b"HTTP/1.1", 99), Err(BerError::Unexpected { found: b'H', expected: SEQUENCE }));
        assert_eq!(Reader::new(&[0x1f, 0x81, 1, 0]).element(), Err(BerError::LongTag));
        assert_eq!(Reader::new(&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff]).element(), Err(BerError::Truncated));
        assert_eq!(Reader::new(&[0x04]).element(), Err(BerError::Truncated));
        assert_eq!(message_len(&[0x30, 0x84, 0, 0], 99), Ok(None));
        assert_eq!(message_len(&[], 99), Ok(None));
    }

    #[test]
    fn lengths_with_leading_zeros_are_read() {
        assert_eq!(Reader::new(&[0x04, 0x84, 0, 0, 0, 1, 9]).element(), Ok((0x04, &[9][..])));
    }
}
