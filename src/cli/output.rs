//! Results on standard output, notes on standard error.

use super::args::{Args, Output};
use super::exit::Failure;
use serde_json::Value;
use std::future::Future;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

/// The version of every JSON and YAML output.
pub(crate) const FORMAT_VERSION: u32 = 1;

/// Prints a result: `table` for people, or the value for programs, with the format's version.
pub(crate) fn print(args: &Args, table: impl FnOnce() -> String, value: impl FnOnce() -> Value) -> Result<(), Failure> {
    let text = match args.output {
        Output::Table => plain(&table()),
        Output::Json => format!("{:#}\n", versioned(value())),
        Output::Yaml => serde_saphyr::to_string(&versioned(value()))
            .map_err(|error| Failure::failed(format!("the result cannot be written as YAML: {error}")))?,
    };
    write_out(&text)
}

/// Names come from elsewhere: a terminal must not be told what to do by them.
fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().map(shown).collect()
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

tokio::task_local! {
    static CAPTURED: Arc<Mutex<String>>;
}

/// Runs a command and returns what it prints, on both ways out in the order in which it does.
pub(super) async fn captured<T>(command: impl Future<Output = T>) -> (T, String) {
    let text = Arc::new(Mutex::new(String::new()));
    let result = CAPTURED.scope(Arc::clone(&text), command).await;
    let text = text.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (result, text)
}

/// Whether [`captured`] takes what is printed.
pub(super) fn is_captured() -> bool {
    CAPTURED.try_with(|_| ()).is_ok()
}

fn capture(text: &str) -> bool {
    CAPTURED.try_with(|captured| captured.lock().unwrap_or_else(PoisonError::into_inner).push_str(text)).is_ok()
}

/// Writes to standard output. A reader that has seen enough (`| head`) is no failure.
pub(crate) fn write_out(text: &str) -> Result<(), Failure> {
    if capture(text) {
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Tells a person something that is not the result.
pub(crate) fn note(args: &Args, text: &str) {
    if !args.quiet {
        write_err(text);
    }
}

/// A line on standard error; nobody is left to tell when it cannot be written.
pub(super) fn write_err(line: &str) {
    if !capture(&format!("{line}\n")) {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// How many of a hold's reasons are shown where there is no room for all.
const REASONS_SHOWN: usize = 3;

/// The first reasons, and how many more there are.
pub(super) fn in_short(reasons: &[String]) -> String {
    let shown = reasons.iter().take(REASONS_SHOWN).cloned().collect::<Vec<_>>().join("; ");
    match reasons.len().saturating_sub(REASONS_SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
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

#[cfg(test)]
mod tests {
    use super::in_short;

    #[test]
    fn three_reasons_are_shown_and_the_rest_counted() {
        let reasons = |n: usize| (1..=n).map(|n| format!("r{n}")).collect::<Vec<_>>();
        assert_eq!(in_short(&reasons(0)), "");
        assert_eq!(in_short(&reasons(3)), "r1; r2; r3");
        assert_eq!(in_short(&reasons(4)), "r1; r2; r3; and 1 more");
    }
}
