//! The API's listener: where it listens, and whether what is said on it can be overheard.

use super::Report;
use crate::config::Code;
use crate::config::tree::Node;
use std::net::SocketAddr;

pub(super) fn check(http: &Node, report: &mut Report<'_>) {
    report.not_zero(http, "header_timeout", "no request could ever be read");
    report.not_zero(http, "request_timeout", "no request could ever be answered");
    if let Some(listen) = http.get("listen")
        && let Some(text) = listen.text()
    {
        match text.parse::<SocketAddr>() {
            Err(_) => report.say(
                &listen.origin,
                Code::ListenAddress,
                "`listen` is not an IP address with a port",
                "such as 127.0.0.1:7171, 0.0.0.0:7171 or [::1]:7171; names are not resolved",
            ),
            Ok(address) if !address.ip().is_loopback() && http.get("tls").is_none() => report.say(
                &listen.origin,
                Code::HttpCleartext,
                "tokens and personal data would cross the network unencrypted",
                "give `tls`, or listen on 127.0.0.1 behind a proxy on this machine",
            ),
            Ok(_) => {}
        }
    }
    let authority = http.get("tls").and_then(|tls| tls.get("client_ca_file"));
    if let Some(clients) =
        http.entry("clients").filter(|clients| authority.is_none() && !clients.node.items().is_empty())
    {
        report.say(
            &clients.key_origin,
            Code::ClientAuthority,
            "`clients` are known by certificates, and nothing says which are believed",
            "give `client_ca_file` in `tls`",
        );
    }
    if let Some(required) = http.get("tls").and_then(|tls| tls.get("client_certificate"))
        && required.text() == Some("required")
        && authority.is_none()
    {
        report.say(
            &required.origin,
            Code::ClientAuthority,
            "certificates are required, and nothing says which are believed",
            "give `client_ca_file`",
        );
    }
    for client in http.get("clients").map_or(&[][..], Node::items) {
        report.not_empty(client, "name");
    }
}
