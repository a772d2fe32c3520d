//! Results on standard output, notes on standard error.

use super::args::{Args, Output};
use super::exit::Failure;
use serde_json::Value;
use std::io::Write as _;

/// The version of every JSON and YAML output.
pub(crate) const FORMAT_VERSION: u32 = 1;

/// Prints a result: `table` for people, or the value for programs, with the format's version.
pub(crate) fn print(args: &Args, table: impl FnOnce() -> String, value: impl FnOnce() -> Value) -> Result<(), Failure> {
    let text = match args.output {
        Output::Table => table(),
        Output::Json => format!("{:#}\n", versioned(value())),
        Output::Yaml => serde_saphyr::to_string(&versioned(value()))
            .map_err(|error| Failure::failed(format!("the result cannot be written as YAML: {error}")))?,
    };
    write_out(&text)
}

/// The value with `format_version` in front.
pub(crate) fn versioned(value: Value) -> Value {
    let mut out = serde_json::Map::new();
    out.insert("format_version".to_owned(), FORMAT_VERSION.into());
    match value {
        Value::Object(map) => out.extend(map),
        other => {
            out.insert("items".to_owned(), other);
        }
    }
    Value::Object(out)
}

/// Writes to standard output. A reader that has seen enough (`| head`) is no failure.
pub(crate) fn write_out(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Tells a person something that is not the result.
pub(crate) fn note(args: &Args, text: &str) {
    if !args.quiet {
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}

/// Rows under headings, each column as wide as its widest cell.
pub(crate) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = heads.iter().map(|head| head.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells: Vec<String> = cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    let mut out = line(&mut heads.iter().copied());
    for row in rows {
        out.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    out
}

/// A moment in UTC, to the second; `-` for none.
pub(crate) fn moment(at: Option<rosterd_core::ids::Timestamp>) -> String {
    at.and_then(|at| jiff::Timestamp::from_millisecond(at.0).ok())
        .map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
