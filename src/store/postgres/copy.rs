//! Rows out, by `COPY` in its text form (PostgreSQL manual, COPY, "Text Format"): several times faster
//! than queries, for there are no row descriptions. [`super::load`] is the other way.

use super::super::StoreError;
use super::error;
use futures_util::TryStreamExt;
use sqlx::PgConnection;
use std::borrow::Cow;

/// Calls `keep` with each row that `statement` copies out.
pub(super) async fn each(
    connection: &mut PgConnection,
    statement: &'static str,
    mut keep: impl FnMut(&mut Fields<'_>) -> Result<(), StoreError> + Send,
) -> Result<(), StoreError> {
    let mut stream = connection.copy_out_raw(statement).await.map_err(error)?;
    // A server sends a row a message. One that does not may cut rows anywhere.
    let mut cut: Vec<u8> = Vec::new();
    while let Some(chunk) = stream.try_next().await.map_err(error)? {
        for line in chunk.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(row) if cut.is_empty() => keep(&mut Fields { rest: Some(row) })?,
                Some(row) => {
                    cut.extend_from_slice(row);
                    keep(&mut Fields { rest: Some(&cut) })?;
                    cut.clear();
                }
                None => cut.extend_from_slice(line),
            }
        }
    }
    if cut.is_empty() { Ok(()) } else { Err(damaged()) }
}

fn damaged() -> StoreError {
    StoreError::Database("it sent a row that cannot be read".to_owned())
}

/// A row that was copied out, read from left to right.
#[derive(Debug)]
pub(super) struct Fields<'r> {
    rest: Option<&'r [u8]>,
}

impl<'r> Fields<'r> {
    /// The next field as it was sent; `None` for NULL.
    pub(super) fn raw(&mut self) -> Result<Option<&'r [u8]>, StoreError> {
        let rest = self.rest.ok_or_else(damaged)?;
        let field = match rest.iter().position(|byte| *byte == b'\t') {
            Some(end) => {
                self.rest = rest.get(end + 1..);
                rest.get(..end).ok_or_else(damaged)?
            }
            None => {
                self.rest = None;
                rest
            }
        };
        Ok((field != b"\\N").then_some(field))
    }

    pub(super) fn opt_int(&mut self) -> Result<Option<i64>, StoreError> {
        self.raw()?.map(|field| parse_int(field).ok_or_else(damaged)).transpose()
    }

    pub(super) fn int(&mut self) -> Result<i64, StoreError> {
        self.opt_int()?.ok_or_else(damaged)
    }

    pub(super) fn opt_text(&mut self) -> Result<Option<Cow<'r, str>>, StoreError> {
        let Some(field) = self.raw()? else { return Ok(None) };
        let text = std::str::from_utf8(field).map_err(|_| damaged())?;
        Ok(Some(if field.contains(&b'\\') { Cow::Owned(unescape(text)?) } else { Cow::Borrowed(text) }))
    }

    pub(super) fn text(&mut self) -> Result<Cow<'r, str>, StoreError> {
        self.opt_text()?.ok_or_else(damaged)
    }
}

fn parse_int(field: &[u8]) -> Option<i64> {
    let (negative, digits) = match field.split_first() {
        Some((b'-', digits)) => (true, digits),
        _ => (false, field),
    };
    if digits.is_empty() {
        return None;
    }
    // Downwards, because the smallest number has no positive of its own.
    let mut n: i64 = 0;
    for byte in digits {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        n = n.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(n) } else { n.checked_neg() }
}

fn unescape(text: &str) -> Result<String, StoreError> {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        out.push(match letters.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\u{b}',
            Some('\\') => '\\',
            _ => return Err(damaged()),
        });
    }
    Ok(out)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::super::load::{Form, Lines};
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let texts = ["", "plain", "tab\tnew\nline\rback\\slash", "\\N", "Zoë \\t"];
        let mut lines = Lines::new(Form::Copy);
        for text in texts {
            lines.text(text);
        }
        lines.int(i64::MIN).opt_int(None).int(42).bytes(&[0, 0xfe]).end();
        let row = lines.written().strip_suffix('\n').unwrap();
        let mut fields = Fields { rest: Some(row.as_bytes()) };
        for text in texts {
            assert_eq!(fields.text().unwrap(), text);
        }
        assert_eq!(fields.int().unwrap(), i64::MIN);
        assert_eq!(fields.opt_int().unwrap(), None);
        assert_eq!(fields.int().unwrap(), 42);
        assert_eq!(fields.text().unwrap(), "\\x00fe");
        assert!(fields.raw().is_err());
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        for bad in ["", "-", "1a", "9223372036854775808", " 1"] {
            assert_eq!(parse_int(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(parse_int(b"9223372036854775807"), Some(i64::MAX));
    }
}
