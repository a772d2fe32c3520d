//! A configuration is read whole or refused with every reason, each with its place.

mod environment;
mod errors;
mod examples;
mod reference;
mod secrets;
mod semantics;
mod vendors;
#[cfg(not(feature = "gssapi"))]
mod without_kerberos;

use rosterd::config::{Diagnostics, Format, Loaded, parse};

/// Loads a text as TOML.
fn toml(text: &str) -> Result<Loaded, Diagnostics> {
    parse(text, Format::Toml, "rosterd.toml", &[])
}

/// The complaints about a text, or nothing.
fn complaints(text: &str) -> String {
    match toml(text) {
        Ok(loaded) => loaded.warnings.to_string(),
        Err(found) => found.to_string(),
    }
}
