//! Addresses of a service, and the client that asks there and nowhere else.

use super::failure::Failure;
use crate::fetch::{Client, Settings, Url};
use std::path::Path;
use std::time::Duration;

/// The address in a key of the configuration.
pub(in crate::providers) fn place(key: &str, text: &str) -> Result<Url, Failure> {
    let wrong = |why: &str| Failure::configuration(format!("{key}: {why}"));
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if url.cannot_be_a_base() { Err(wrong("it is no address of a server")) } else { Ok(url) }
}

/// An address with these parts more, each one part whatever it holds.
pub(in crate::providers) fn below<T: AsRef<str>>(url: &Url, more: impl IntoIterator<Item = T>) -> Url {
    let mut url = url.clone();
    if let Ok(mut parts) = url.path_segments_mut() {
        parts.pop_if_empty().extend(more);
    }
    url
}

/// The same with a question.
pub(in crate::providers) fn asking(url: &Url, query: &[(&str, &str)]) -> Url {
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(query);
    url
}

/// A client of these places, in whatever network they are. `section` names the part of the configuration.
pub(in crate::providers) fn client(
    section: &str,
    places: &[&Url],
    ca_file: Option<&Path>,
    timeout: Duration,
) -> Result<Client, Failure> {
    let read = |file: &Path| {
        let wrong = |error| Failure::configuration(format!("{section}.ca_file: {}: {error}", file.display()));
        std::fs::read(file).map_err(wrong)
    };
    let settings = Settings {
        hosts: places.iter().filter_map(|url| url.host_str()).map(str::to_owned).collect(),
        private_network: false,
        authorities: ca_file.map(read).transpose()?,
        timeout,
    };
    Client::new(&settings).map_err(|error| Failure::configuration(format!("{section}: {error}")))
}
