//! The API's listener: where it listens, and whether what is said on it can be overheard.

use super::{Report, web};
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
    if let Some(url) = http.get("public_url")
        && let Some(why) = url.text().and_then(|text| no_origin(text, "browsers send their cookies to it"))
    {
        report.say(&url.origin, Code::PublicUrl, "`public_url` is not where browsers can be sent", why);
    }
    for person in http.get("people").map_or(&[][..], Node::items) {
        whom(person, report);
    }
    if let Some(sessions) = http.get("sessions") {
        report.not_zero(sessions, "lasts", "nobody could stay logged in");
        report.not_zero(sessions, "idle", "nobody could stay logged in");
        for origin in sessions.get("return_to").map_or(&[][..], Node::items) {
            if let Some(why) = origin.text().and_then(|text| no_origin(text, "whoever is between could send them on")) {
                report.say(&origin.origin, Code::PublicUrl, "this is no origin that a login may lead to", why);
            }
        }
    }
}

/// What is wrong with an origin: scheme, host and port (RFC 6454), and nothing else.
fn no_origin(text: &str, clear: &'static str) -> Option<&'static str> {
    let rest = "only scheme, host and port, such as https://rosterd.example.org";
    let behind = text.split_once("://").map_or(text, |(_, behind)| behind);
    web::wrong(text, clear, rest).or_else(|| behind.contains('/').then_some(rest))
}

/// That it says whom it means.
fn whom(person: &Node, report: &mut Report<'_>) {
    let (admin, org) = (person.is_true("server_admin"), person.get("org").is_some());
    if !admin && !org {
        let help =
            "add `server_admin = true`, or an `org`: scopes for whoever can log in are not given by leaving it out";
        report.say(&person.origin, Code::PersonUnclear, "this does not say whom it means", help);
    }
    if let Some(role) = person.entry("role").filter(|_| !org) {
        let help = "name the organization in `org`";
        report.say(&role.key_origin, Code::PersonUnclear, "`role` is one in an organization", help);
    }
    report.not_empty(person, "org");
}
