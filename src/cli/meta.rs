//! Completions and manual pages, made from the same description that parses the arguments; and the
//! description of the API.

use super::args::Args;
use super::exit::{Exit, Failure};
use super::output::write_out;
use clap::CommandFactory as _;
use std::path::Path;

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "rosterd", &mut out);
    write_out(&String::from_utf8_lossy(&out))?;
    Ok(Exit::Done)
}

/// The description of the API.
pub(super) fn openapi() -> Result<Exit, Failure> {
    let text = crate::http::openapi()
        .to_pretty_json()
        .map_err(|error| Failure::failed(format!("the description cannot be written: {error}")))?;
    write_out(&format!("{text}\n"))?;
    Ok(Exit::Done)
}

pub(super) fn man(dir: Option<&Path>) -> Result<Exit, Failure> {
    match dir {
        Some(dir) => clap_mangen::generate_to(Args::command(), dir)?,
        None => {
            let mut out = Vec::new();
            clap_mangen::Man::new(Args::command()).render(&mut out)?;
            write_out(&String::from_utf8_lossy(&out))?;
        }
    }
    Ok(Exit::Done)
}
