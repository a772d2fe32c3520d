//! Runs a command as if it had been typed, and shows what it printed, shortened where it is long.

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{captured, write_out};
use std::io::IsTerminal as _;

/// Lines of one command that are shown from its beginning and from its end.
const FIRST: usize = 9;
const LAST: usize = 3;
const FEW: usize = 10;

/// The terminal, or whatever is in its place.
pub(super) struct Stage {
    bold: bool,
}

impl Stage {
    pub(super) fn new() -> Self {
        // https://no-color.org: set, and not empty.
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { bold: std::io::stdout().is_terminal() && !plain }
    }

    /// A line of the story.
    pub(super) fn say(&self, text: &str) -> Result<(), Failure> {
        write_out(&format!("\n# {text}\n"))
    }

    /// Shows a command line, does it, shows what it printed. Fails unless it ends with `expected`:
    /// a demo that goes another way than its story says would be a lie.
    pub(super) async fn command(&self, words: &[&str], expected: Exit) -> Result<(), Failure> {
        let line = words.join(" ");
        write_out(&if self.bold {
            format!("\u{1b}[1m$ rosterd {line}\u{1b}[0m\n")
        } else {
            format!("$ rosterd {line}\n")
        })?;
        // Named, so that ROSTERD_CONFIG cannot lead elsewhere.
        let arguments = ["rosterd"].iter().chain(words).chain(&["--config", "rosterd.toml"]);
        let (exit, text) = captured(crate::cli::main(arguments.map(Into::into).collect())).await;
        write_out(&shortened(&text))?;
        if exit != Exit::Done {
            write_out(&format!("(exit code {})\n", exit.code()))?;
        }
        if exit == expected {
            return Ok(());
        }
        let (got, wanted) = (exit.code(), expected.code());
        Err(Failure::failed(format!("`rosterd {line}` ended with code {got} instead of {wanted}; please report it")))
    }
}

fn shortened(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let left_out = lines.len().saturating_sub(FIRST + LAST);
    // A few lines are not worth leaving out.
    if left_out <= FEW {
        return text.to_owned();
    }
    let (first, last) = (lines.iter().take(FIRST), lines.iter().skip(lines.len() - LAST));
    let note = format!("… {left_out} more lines");
    first.copied().chain([note.as_str()]).chain(last.copied()).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_outputs_are_shortened_in_the_middle_and_say_so() {
        let text = |n: usize| (1..=n).map(|n| format!("{n}\n")).collect::<String>();
        assert_eq!(shortened(&text(22)), text(22));
        let short = shortened(&text(23));
        assert_eq!(short.lines().collect::<Vec<_>>()[8..], ["9", "… 11 more lines", "21", "22", "23"]);
    }
}
