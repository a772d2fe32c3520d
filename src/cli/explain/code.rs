//! What a diagnostic's code means: the page about it, which is part of the program.

use crate::cli::args::Args;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{print, table};
use crate::config::{Code, Severity};
use serde_json::{Value, json};

/// One page, or the list of all.
pub(super) fn run(args: &Args, wanted: Option<&str>) -> Result<Exit, Failure> {
    let Some(wanted) = wanted else {
        let row = |code: &Code| vec![code.to_string(), kind(*code).to_owned(), title(*code)];
        let rows: Vec<_> = Code::ALL.iter().map(row).collect();
        let value = || json!({ "codes": Code::ALL.iter().map(|code| value(*code)).collect::<Vec<_>>() });
        print(args, || table(&["CODE", "IS", "MEANS"], &rows), value)?;
        return Ok(Exit::Done);
    };
    // As it is printed is how it is pasted.
    let name = wanted.trim_start_matches("error").trim_start_matches("warning").trim_matches(['[', ']']);
    let code =
        Code::parse(name).map_err(|help| Failure::new(Exit::Usage, format!("there is no code {wanted:?}; {help}")))?;
    print(args, || code.page().to_owned(), || value(code))?;
    Ok(Exit::Done)
}

fn kind(code: Code) -> &'static str {
    match code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The first paragraph of a page, on one line.
fn title(code: Code) -> String {
    let paragraph = code.page().lines().skip(2).take_while(|line| !line.is_empty());
    paragraph.collect::<Vec<_>>().join(" ")
}

fn value(code: Code) -> Value {
    json!({ "code": code, "severity": code.severity(), "means": title(code), "page": code.page() })
}
