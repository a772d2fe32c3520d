//! Streams of security events: that they name a provider, that their issuer is one, and that what names somebody may be
//! believed.

use super::{Report, web};
use crate::config::Code;
use crate::config::tree::{Entry, Node};
use crate::config::words::{quoted, suggest};

const CLEAR: &str = "it must begin with https://: whoever can change its answers can make every event";

pub(super) fn check(streams: &[Entry], providers: &[Entry], report: &mut Report<'_>) {
    for stream in streams {
        name(stream, report);
        let node = &stream.node;
        provider(node, providers, report);
        for key in ["issuer", "audience"] {
            report.not_empty(node, key);
        }
        report.not_zero(node, "max_age", "no event arrives at the moment at which it is made");
        report.not_zero(node, "timeout", "nothing could ever be answered in time");
        url(node, "keys_url", "only host, port and path", report);
        // The keys are found below it. Where they are said, it is a name and nothing else.
        if node.get("keys_url").is_none() {
            url(node, "issuer", "only host, port and path, exactly as events say in `iss`; or say `keys_url`", report);
        }
        if let Some(poll) = node.get("poll") {
            url(poll, "url", "only host, port and path", report);
            report.not_zero(poll, "every", "it would be asked without a pause");
            unused(node, report);
        }
    }
}

/// The name is a part of the address and a label of metrics.
fn name(stream: &Entry, report: &mut Report<'_>) {
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if stream.key.is_empty() || stream.key.len() > 64 || !stream.key.bytes().all(letters) {
        let message = format!("{} cannot name a stream of events", quoted(&stream.key));
        let help = "small letters, digits, - and _ only: it is part of the address";
        report.say(&stream.key_origin, Code::SignalsName, message, help);
    }
}

fn url(table: &Node, key: &str, rest: &'static str, report: &mut Report<'_>) {
    let Some((node, text)) = table.get(key).and_then(|node| Some((node, node.text()?))) else { return };
    if let Some(why) = web::wrong(text, CLEAR, rest) {
        report.say(&node.origin, Code::MalformedValue, format!("`{key}` is not the URL of a server"), why);
    }
}

/// What only whoever pushes has to do with.
fn unused(stream: &Node, report: &mut Report<'_>) {
    for given in ["secrets", "allow_from", "rate"].into_iter().filter_map(|key| stream.entry(key)) {
        let message = format!("`{}` does not go with `poll`: nothing is pushed", given.key);
        report.say(&given.key_origin, Code::SignalsKeyUnused, message, "remove it");
    }
}

fn provider(stream: &Node, providers: &[Entry], report: &mut Report<'_>) {
    let Some((node, name)) = stream.get("provider").and_then(|node| Some((node, node.text()?))) else { return };
    let Some(known) = providers.iter().find(|known| known.key == name) else {
        let help = suggest(name, providers.iter().map(|known| known.key.as_str()));
        report.say(&node.origin, Code::UnknownProvider, format!("there is no provider {}", quoted(name)), help);
        return;
    };
    let logins = ["login", "oidc", "saml"].into_iter().any(|key| known.node.get(key).is_some());
    if !logins {
        if let Some(given) = stream.entry("on_disabled") {
            let message = format!("`on_disabled` says nothing: {} is asked whether somebody is there", quoted(name));
            report.say(&given.key_origin, Code::SignalsKeyUnused, message, "remove it");
        }
        return;
    }
    if believed(&known.node) {
        return;
    }
    let Some(subjects) = stream.get("subjects") else { return };
    for key in ["iss_sub", "opaque", "account", "email"] {
        let Some(node) = subjects.get(key).filter(|node| node.text() == Some("email")) else { continue };
        let message = format!("addresses name nobody: {} is not believed with them", quoted(name));
        let help = "add `link.by = [\"email\"]` to the provider, or `trust_email` to its `oidc`, if it verifies them";
        report.say(&node.origin, Code::SignalsEmail, message, help);
    }
}

/// Whether the provider verifies addresses.
fn believed(provider: &Node) -> bool {
    let link = provider.get("link").and_then(|link| link.get("by"));
    let links = link.is_some_and(|by| by.items().iter().any(|key| key.text() == Some("email")));
    links || ["oidc", "saml"].into_iter().any(|key| provider.get(key).is_some_and(|it| it.is_true("trust_email")))
}
