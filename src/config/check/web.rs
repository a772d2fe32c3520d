//! Addresses of services that are asked over HTTP, or believed for what they answer.

use std::net::Ipv4Addr;

/// What is wrong with an address: it begins with `https://`, or is on this machine, and has nothing behind the path.
/// `clear`: why it must be encrypted; `rest`: what may stand there.
pub(super) fn wrong(url: &str, clear: &'static str, rest: &'static str) -> Option<&'static str> {
    let behind = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(behind), _) => behind,
        (None, Some(behind)) if here(behind) => behind,
        (None, Some(_)) => return Some(clear),
        (None, None) => return Some("it must begin with https://"),
    };
    if behind.is_empty() || behind.starts_with('/') {
        Some("the host is missing")
    } else if behind.contains(['?', '#', '@', ' ']) {
        Some(rest)
    } else {
        None
    }
}

/// A name that only begins like an address of this machine is anybody's.
fn here(behind: &str) -> bool {
    let host = behind.split(['/', ':', '?']).next().unwrap_or_default();
    host == "localhost" || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o16_without_tls_only_on_this_machine() {
        let wrong = |url| wrong(url, "clear", "rest");
        for good in ["https://x.org/a", "http://localhost:1/a", "http://127.0.0.1", "http://127.9.9.9:80/x"] {
            assert_eq!(wrong(good), None, "{good}");
        }
        for bad in ["http://x.org", "http://127.evil.org", "http://127.0.0.1.evil.org/x", "http://localhost.evil.org"] {
            assert_eq!(wrong(bad), Some("clear"), "{bad}");
        }
        assert_eq!(wrong("https://ann@x.org"), Some("rest"));
    }
}
