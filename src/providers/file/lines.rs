//! The logical lines of an LDIF file: folded lines put together (RFC 2849). A comment is a line too.

use super::Refused;
use std::borrow::Cow;

/// One logical line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Where it begins in the file, from 1.
    pub(super) number: u64,
    /// Without its line ends. Empty for the blank line that ends a record.
    pub(super) bytes: Cow<'a, [u8]>,
}

/// Goes through a file's logical lines.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    number: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(file: &'a [u8]) -> Self {
        Self { rest: file, number: 0 }
    }

    /// The next line of the file as it is, without `\n` or `\r\n`.
    fn physical(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|b| *b == b'\n').unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or(&[]);
        self.number += 1;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Line<'a>, Refused>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = self.physical()?;
        let number = self.number;
        if first.first() == Some(&b' ') {
            return Some(Err(Refused::line(number, "a line that begins with a blank continues no line before it")));
        }
        let mut bytes = Cow::Borrowed(first);
        while !bytes.is_empty() && self.rest.first() == Some(&b' ') {
            if let Some(more) = self.physical() {
                bytes.to_mut().extend_from_slice(more.get(1..).unwrap_or(&[]));
            }
        }
        Some(Ok(Line { number, bytes }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(file: &str) -> Vec<(u64, String)> {
        Lines::new(file.as_bytes())
            .map(|line| match line {
                Ok(line) => (line.number, String::from_utf8_lossy(&line.bytes).into_owned()),
                Err(refused) => (refused.line.unwrap_or(0), "refused".to_owned()),
            })
            .collect()
    }

    #[test]
    fn unfolds_lines_and_comments() {
        let file = "# a comment\n that goes on\ndn: cn=a\n  b\r\n c\n\r\n# another\ncn: x";
        let expected = [(1, "# a commentthat goes on"), (3, "dn: cn=a bc"), (6, ""), (7, "# another"), (8, "cn: x")];
        assert_eq!(lines(file), expected.map(|(at, line)| (at, line.to_owned())));
    }

    #[test]
    fn a_continuation_of_nothing_is_refused() {
        assert_eq!(
            lines(" x\n\n y\nz\n"),
            [(1, "refused".to_owned()), (2, String::new()), (3, "refused".to_owned()), (4, "z".to_owned())]
        );
    }
}
