//! Rows into a table: many by `COPY` (PostgreSQL manual, COPY, "Text Format"), a few by one `INSERT`.
//!
//! `COPY` is several times faster than inserts where there is much to copy. For a few rows it costs
//! more ways to the server and back, and among them one on which the client's and the server's TCP wait
//! for each other: rows and their end are two small packets.

use super::super::StoreError;
use super::apply::{Apply, Expect};
use super::statement::Statement;
use super::{error, write_error};
use rosterd_core::text::{hex, push_int};

/// How much is gathered before it is sent.
const CHUNK: usize = 256 * 1024;
/// So many rows go in by one `INSERT`.
const FEW: usize = 500;

/// Where rows go: a table and its columns with their types, in the order of the fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct Into {
    pub(super) table: &'static str,
    pub(super) columns: &'static [(&'static str, &'static str)],
}

impl Into {
    fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }

    fn copy(&self) -> String {
        format!("COPY {} ({}) FROM STDIN", self.table, self.names())
    }

    fn insert(&self) -> String {
        let field = |(at, (_, kind)): (usize, &(&str, &str))| format!("(r ->> {at})::{kind}");
        let fields: Vec<String> = self.columns.iter().enumerate().map(field).collect();
        let (table, names, fields) = (self.table, self.names(), fields.join(", "));
        format!("INSERT INTO {table} ({names}) SELECT {fields} FROM json_array_elements($1::json) AS r")
    }
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As `COPY` reads them.
    Copy,
    /// As a JSON array of arrays.
    Json,
}

/// Rows, field by field.
#[derive(Debug)]
pub(super) struct Lines {
    text: String,
    begun: bool,
    form: Form,
}

impl Lines {
    pub(super) fn new(form: Form) -> Self {
        Self { text: String::with_capacity(4096), begun: false, form }
    }

    #[cfg(test)]
    pub(super) fn written(&self) -> &str {
        &self.text
    }

    fn field(&mut self) {
        match (self.form, self.begun) {
            (Form::Copy, false) => {}
            (Form::Copy, true) => self.text.push('\t'),
            (Form::Json, false) => self.text.push_str(if self.text.is_empty() { "[[" } else { ",[" }),
            (Form::Json, true) => self.text.push(','),
        }
        self.begun = true;
    }

    pub(super) fn int(&mut self, n: i64) -> &mut Self {
        self.field();
        push_int(&mut self.text, n);
        self
    }

    pub(super) fn opt_int(&mut self, n: Option<i64>) -> &mut Self {
        match n {
            Some(n) => self.int(n),
            None => {
                self.field();
                self.text.push_str(if self.form == Form::Copy { "\\N" } else { "null" });
                self
            }
        }
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.field();
        match self.form {
            Form::Json => self.text.push_str(&serde_json::Value::from(text).to_string()),
            Form::Copy if !text.bytes().any(|byte| matches!(byte, b'\\' | b'\n' | b'\r' | b'\t')) => {
                self.text.push_str(text);
            }
            Form::Copy => {
                for letter in text.chars() {
                    match letter {
                        '\\' => self.text.push_str("\\\\"),
                        '\n' => self.text.push_str("\\n"),
                        '\r' => self.text.push_str("\\r"),
                        '\t' => self.text.push_str("\\t"),
                        letter => self.text.push(letter),
                    }
                }
            }
        }
        self
    }

    /// NULL for an empty text.
    pub(super) fn opt_text(&mut self, text: &str) -> &mut Self {
        if text.is_empty() { self.opt_int(None) } else { self.text(text) }
    }

    /// As the type `bytea` reads it: `\x` and hexadecimal digits.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.text(&format!("\\x{}", hex(bytes)))
    }

    pub(super) fn end(&mut self) {
        self.text.push(if self.form == Form::Copy { '\n' } else { ']' });
        self.begun = false;
    }
}

impl Apply<'_> {
    /// Puts `count` rows into a table: `line` writes one.
    pub(super) async fn load<T>(
        &mut self,
        into: &Into,
        count: usize,
        rows: impl Iterator<Item = T> + Send,
        mut line: impl FnMut(&mut Lines, T) + Send,
    ) -> Result<(), StoreError> {
        if count == 0 {
            return Ok(());
        }
        if count <= FEW {
            let mut lines = Lines::new(Form::Json);
            for row in rows {
                line(&mut lines, row);
                lines.end();
            }
            lines.text.push(']');
            return self.write(Statement::new(into.insert()).bind(lines.text), Expect::Counted).await;
        }
        let mut copy = self.connection().await?.copy_in_raw(&into.copy()).await.map_err(error)?;
        let mut lines = Lines::new(Form::Copy);
        for row in rows {
            line(&mut lines, row);
            lines.end();
            if lines.text.len() >= CHUNK {
                copy.send(lines.text.as_bytes()).await.map_err(write_error)?;
                lines.text.clear();
            }
        }
        copy.send(lines.text.as_bytes()).await.map_err(write_error)?;
        let copied = copy.finish().await.map_err(write_error)?;
        self.count(copied, Expect::Counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEAMS: Into = Into { table: "teams", columns: &[("id", "bigint"), ("name", "text")] };

    #[test]
    fn a_table_is_filled_by_either_statement() {
        assert_eq!(TEAMS.copy(), "COPY teams (id, name) FROM STDIN");
        assert_eq!(
            TEAMS.insert(),
            "INSERT INTO teams (id, name) SELECT (r ->> 0)::bigint, (r ->> 1)::text \
             FROM json_array_elements($1::json) AS r"
        );
    }

    #[test]
    fn a_few_rows_are_a_json_array_of_arrays() {
        let mut lines = Lines::new(Form::Json);
        lines.int(-1).text("a\"\\\tb\u{1}").opt_int(None).opt_text("").bytes(&[0, 0xfe]);
        lines.end();
        lines.int(2).text("");
        lines.end();
        lines.text.push(']');
        let rows: serde_json::Value = serde_json::from_str(lines.written()).unwrap_or_default();
        assert_eq!(rows, serde_json::json!([[-1, "a\"\\\tb\u{1}", null, null, "\\x00fe"], [2, ""]]));
    }
}
