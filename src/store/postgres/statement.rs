//! A statement with its arguments, in the two forms in which it can be sent: by itself, with the arguments
//! in binary, or as text among others in one message.

use super::StoreError;
use rosterd_core::text::{hex, push_int};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres};
use std::borrow::Cow;

/// An argument. Arguments stand in the statement as `$1`, `$2`, …
#[derive(Debug)]
pub(super) enum Arg<'a> {
    Int(Option<i64>),
    Text(Option<Cow<'a, str>>),
    Bytes(&'a [u8]),
    Ints(Vec<i64>),
    OptInts(Vec<Option<i64>>),
    Texts(Vec<&'a str>),
    OptTexts(Vec<Option<&'a str>>),
    Made(Vec<String>),
}

macro_rules! from {
    ($($of:ty => $made:expr;)*) => {
        $(impl<'a> From<$of> for Arg<'a> {
            fn from(value: $of) -> Self {
                ($made)(value)
            }
        })*
    };
}

from! {
    i64 => |n| Self::Int(Some(n));
    Option<i64> => Self::Int;
    &'a str => |text| Self::Text(Some(Cow::Borrowed(text)));
    Option<&'a str> => |text: Option<&'a str>| Self::Text(text.map(Cow::Borrowed));
    String => |text| Self::Text(Some(Cow::Owned(text)));
    &'a [u8] => Self::Bytes;
    Vec<i64> => Self::Ints;
    Vec<Option<i64>> => Self::OptInts;
    Vec<&'a str> => Self::Texts;
    Vec<Option<&'a str>> => Self::OptTexts;
    Vec<String> => Self::Made;
}

impl Arg<'_> {
    /// As PostgreSQL calls it.
    fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "bigint",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytea",
            Self::Ints(_) | Self::OptInts(_) => "bigint[]",
            Self::Texts(_) | Self::OptTexts(_) | Self::Made(_) => "text[]",
        }
    }

    fn bind<'q>(self, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        match self {
            Self::Int(n) => query.bind(n),
            Self::Text(text) => query.bind(text.as_deref()),
            Self::Bytes(bytes) => query.bind(bytes),
            Self::Ints(all) => query.bind(all),
            Self::OptInts(all) => query.bind(all),
            Self::Texts(all) => query.bind(all),
            Self::OptTexts(all) => query.bind(all),
            Self::Made(all) => query.bind(all),
        }
    }

    fn write(&self, out: &mut String) -> Result<(), StoreError> {
        match self {
            Self::Int(n) => int(out, *n)?,
            Self::Text(text) => opt_text(out, text.as_deref())?,
            Self::Bytes(bytes) => text(out, &format!("\\x{}", hex(bytes)))?,
            Self::Ints(all) => array(out, all, |out, n| int(out, Some(*n)))?,
            Self::OptInts(all) => array(out, all, |out, n| int(out, *n))?,
            Self::Texts(all) => array(out, all, |out, one| text(out, one))?,
            Self::OptTexts(all) => array(out, all, |out, one| opt_text(out, *one))?,
            Self::Made(all) => array(out, all, |out, one| text(out, one))?,
        }
        if self.kind().ends_with(']') {
            // Without it an empty one is of no type.
            out.push_str("::");
            out.push_str(self.kind());
        }
        Ok(())
    }
}

fn int(out: &mut String, n: Option<i64>) -> Result<(), StoreError> {
    match n {
        Some(n) => push_int(out, n),
        None => out.push_str("NULL"),
    }
    Ok(())
}

fn opt_text(out: &mut String, value: Option<&str>) -> Result<(), StoreError> {
    match value {
        Some(value) => text(out, value),
        None => {
            out.push_str("NULL");
            Ok(())
        }
    }
}

/// In the form that means the same whatever `standard_conforming_strings` says (PostgreSQL manual, 4.1.2.2).
fn text(out: &mut String, value: &str) -> Result<(), StoreError> {
    if value.contains('\0') {
        // It would end the message. The binary form is refused by the server.
        return Err(StoreError::Database("a text with the letter NUL cannot be kept".to_owned()));
    }
    out.push_str("E'");
    for letter in value.chars() {
        if matches!(letter, '\'' | '\\') {
            out.push(letter);
        }
        out.push(letter);
    }
    out.push('\'');
    Ok(())
}

fn array<T>(
    out: &mut String,
    all: &[T],
    one: impl Fn(&mut String, &T) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    out.push_str("ARRAY[");
    for (at, value) in all.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        one(out, value)?;
    }
    out.push(']');
    Ok(())
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    sql: Cow<'static, str>,
    args: Vec<Arg<'a>>,
}

impl<'a> Statement<'a> {
    pub(super) fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self { sql: sql.into(), args: Vec::new() }
    }

    pub(super) fn bind(mut self, arg: impl Into<Arg<'a>>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub(super) fn sql(&self) -> &str {
        &self.sql
    }

    /// To be sent by itself. `named`: it is kept on the server's side.
    pub(super) fn query(self, named: bool) -> Query<'static, Postgres, PgArguments> {
        let query = match self.sql {
            Cow::Borrowed(sql) => sqlx::query(sql),
            Cow::Owned(sql) => sqlx::query(AssertSqlSafe(sql)),
        };
        self.args.into_iter().fold(query.persistent(named), |query, arg| arg.bind(query))
    }

    /// Writes what prepares it under a name.
    pub(super) fn prepare(&self, out: &mut String, name: &str) {
        out.push_str("PREPARE ");
        out.push_str(name);
        for (at, arg) in self.args.iter().enumerate() {
            out.push_str(if at == 0 { " (" } else { ", " });
            out.push_str(arg.kind());
        }
        if !self.args.is_empty() {
            out.push(')');
        }
        out.push_str(" AS ");
        out.push_str(&self.sql);
        out.push(';');
    }

    /// Writes what carries it out, once it is prepared.
    ///
    /// # Errors
    /// An argument has no such form.
    pub(super) fn execute(&self, out: &mut String, name: &str) -> Result<(), StoreError> {
        out.push_str("EXECUTE ");
        out.push_str(name);
        for (at, arg) in self.args.iter().enumerate() {
            out.push_str(if at == 0 { " (" } else { ", " });
            arg.write(out)?;
        }
        if !self.args.is_empty() {
            out.push(')');
        }
        out.push(';');
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    #[test]
    fn it_is_prepared_with_its_types_and_carried_out_with_its_arguments() {
        let statement = Statement::new("SELECT $1, $2, $3, $4, $5")
            .bind(-7)
            .bind("O'Brien \\ \"x\"\n")
            .bind(vec![1, 2])
            .bind(vec![Some("a'"), None])
            .bind(&[0, 0xfe][..]);
        let (mut prepare, mut execute) = (String::new(), String::new());
        statement.prepare(&mut prepare, "w1");
        statement.execute(&mut execute, "w1").unwrap();
        assert_eq!(prepare, "PREPARE w1 (bigint, text, bigint[], text[], bytea) AS SELECT $1, $2, $3, $4, $5;");
        assert_eq!(
            execute,
            "EXECUTE w1 (-7, E'O''Brien \\\\ \"x\"\n', ARRAY[1,2]::bigint[], ARRAY[E'a''',NULL]::text[], E'\\\\x00fe');"
        );
        let (mut prepare, mut execute) = (String::new(), String::new());
        Statement::new("SELECT 1").prepare(&mut prepare, "w2");
        Statement::new("SELECT 1").execute(&mut execute, "w2").unwrap();
        assert_eq!([prepare, execute], ["PREPARE w2 AS SELECT 1;", "EXECUTE w2;"]);
    }

    #[test]
    fn what_has_no_form_is_refused() {
        for bad in [Statement::new("SELECT $1").bind("a\0b"), Statement::new("SELECT $1").bind(vec!["a", "\0"])] {
            assert!(bad.execute(&mut String::new(), "w1").is_err());
        }
        let mut none = String::new();
        Statement::new("x")
            .bind(None::<i64>)
            .bind(None::<&str>)
            .bind(Vec::<i64>::new())
            .execute(&mut none, "w")
            .unwrap();
        assert_eq!(none, "EXECUTE w (NULL, NULL, ARRAY[]::bigint[]);");
    }
}
