//! Addresses of the operations listener and of the collector, and the names of modules.

use super::Report;
use crate::config::Code;
use crate::config::tree::Node;
use std::net::SocketAddr;

/// The folders that log. A unit test holds it to be the program's.
const MODULES: &[&str] = &[
    "cli",
    "clock",
    "config",
    "daemon",
    "hooks",
    "http",
    "lifecycle",
    "providers",
    "store",
    "sync",
    "telemetry",
    "worker",
];

pub(super) fn telemetry(telemetry: &Node, report: &mut Report<'_>) {
    if let Some(listen) = telemetry.get("listen")
        && listen.text().is_some_and(|text| text.parse::<SocketAddr>().is_err())
    {
        report.say(
            &listen.origin,
            Code::MalformedValue,
            "`listen` is not an IP address with a port",
            "such as 127.0.0.1:7172, 0.0.0.0:7172 or [::1]:7172; names are not resolved",
        );
    }
    if let Some(endpoint) = telemetry.get("otlp_endpoint")
        && endpoint.text().is_some_and(|text| !is_endpoint(text))
    {
        report.say(
            &endpoint.origin,
            Code::MalformedValue,
            "`otlp_endpoint` is not the address of a collector",
            "such as http://127.0.0.1:4318; a user or a password must not stand in it",
        );
    }
}

pub(super) fn log(log: &Node, report: &mut Report<'_>) {
    for entry in log.get("modules").map_or(&[][..], Node::entries) {
        if !MODULES.contains(&entry.key.as_str()) {
            report.say(
                &entry.key_origin,
                Code::MalformedValue,
                format!("there is no module {}", crate::config::quoted(&entry.key)),
                format!("one of {}", MODULES.join(", ")),
            );
        }
    }
}

/// With or without a path; `/v1/traces` is put behind one that has none.
fn is_endpoint(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        let authority = rest.split('/').next().unwrap_or("");
        !authority.is_empty() && !text.contains(['@', '?', '#', ' ']) && !text.chars().any(char::is_control)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_collectors() {
        for good in ["http://127.0.0.1:4318", "https://otel.example.org/v1/traces", "http://[::1]:4318/"] {
            assert!(is_endpoint(good), "{good}");
        }
        for bad in ["", "127.0.0.1:4318", "grpc://x", "http://", "http://u:p@x", "http://x y", "http://x/?token=1"] {
            assert!(!is_endpoint(bad), "{bad}");
        }
    }
}
