//! Login hooks: that they name a provider, that a caller can be verified, and that groups are believed
//! only where a login is what the provider knows.

use super::{Report, web};
use crate::config::Code;
use crate::config::tree::{Entry, Node};
use crate::config::words::{quoted, suggest};

/// What a sender has to do with a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Needed,
    May,
    Never,
}

use Use::{May, Needed, Never};

/// The keys that only some senders have, in this order.
const KEYS: [&str; 6] = ["secrets", "person", "header", "timestamp_header", "issuer", "allow_from"];

fn uses(sender: &str) -> Option<[Use; 6]> {
    Some(match sender {
        "standard-webhooks" => [Needed, Needed, Never, Never, Never, May],
        "bearer" => [Needed, Needed, May, Never, Never, May],
        "hmac" => [Needed, Needed, May, May, Never, May],
        "okta" | "auth0" | "kratos" | "authentik" => [Needed, May, May, Never, Never, May],
        "zitadel" => [Needed, May, Never, Never, Never, May],
        // Signs with a secret or with tokens: see `keycloak`.
        "keycloak" => [May, May, Never, Never, May, May],
        "entra" => [Never, May, Never, Never, Needed, May],
        "oidc" | "saml" => [May, Never, Never, Never, Never, May],
        "forward-auth" => [Never, Never, Never, Never, Never, Needed],
        _ => return None,
    })
}

pub(super) fn check(hooks: &[Entry], providers: &[Entry], report: &mut Report<'_>) {
    for hook in hooks {
        name(hook, report);
        provider(&hook.node, providers, report);
        tokens(&hook.node, providers, report);
        if let Some((sender, uses)) = hook.node.text_of("sender").and_then(|sender| Some((sender, uses(sender)?))) {
            keys(hook, sender, uses, report);
        }
        report.not_zero(&hook.node, "deadline", "nobody answers at once");
        report.not_zero(&hook.node, "tolerance", "no two clocks agree");
        for key in ["header", "timestamp_header"] {
            header(&hook.node, key, report);
        }
        issuer(&hook.node, report);
    }
}

/// The name is a part of the address and a label of metrics.
fn name(hook: &Entry, report: &mut Report<'_>) {
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if hook.key.is_empty() || hook.key.len() > 64 || !hook.key.bytes().all(letters) {
        let message = format!("{} cannot name a hook", quoted(&hook.key));
        report.say(
            &hook.key_origin,
            Code::HookName,
            message,
            "small letters, digits, - and _ only: it is part of the address",
        );
    }
}

fn provider(hook: &Node, providers: &[Entry], report: &mut Report<'_>) {
    let Some((node, name)) = hook.get("provider").and_then(|node| Some((node, node.text()?))) else { return };
    let Some(known) = providers.iter().find(|known| known.key == name) else {
        let help = suggest(name, providers.iter().map(|known| known.key.as_str()));
        report.say(&node.origin, Code::UnknownProvider, format!("there is no provider {}", quoted(name)), help);
        return;
    };
    if known.node.get("login").is_some() {
        let subject = hook.get("person").is_none_or(|person| person.get("subject").is_some());
        if !subject {
            let message = format!("people of {} are known by their subject alone", quoted(name));
            report.say(&node.origin, Code::HookKeyMissing, message, "add `subject` to `person`");
        }
        return;
    }
    for key in ["groups", "claims"].into_iter().filter_map(|key| hook.entry(key)) {
        let message = format!("`{}` of a hook would not be believed: {} is asked itself", key.key, quoted(name));
        let help = "remove it; only a provider with `login` learns from a hook what somebody has";
        report.say(&key.key_origin, Code::HookNotASource, message, help);
    }
}

/// Tokens are for a provider that verifies them, and such a provider learns of logins by them alone.
fn tokens(hook: &Node, providers: &[Entry], report: &mut Report<'_>) {
    let (Some(sender), Some((node, name))) =
        (hook.text_of("sender"), hook.get("provider").and_then(|node| Some((node, node.text()?))))
    else {
        return;
    };
    let Some(known) = providers.iter().find(|known| known.key == name) else { return };
    let verifies = ["oidc", "saml"].into_iter().find(|key| known.node.get(key).is_some());
    let shows = Some(sender).filter(|sender| matches!(*sender, "oidc" | "saml"));
    if shows == verifies {
        return;
    }
    let message = format!("the sender {} and the provider {} do not go together", quoted(sender), quoted(name));
    let help = match verifies {
        Some("saml") => "a provider with `saml` learns of logins by their responses: `sender = \"saml\"`",
        Some(_) => "a provider with `oidc` learns of logins by their tokens: `sender = \"oidc\"`",
        None if sender == "saml" => "responses are verified by a provider with `saml`",
        None => "tokens are verified by a provider with `oidc`",
    };
    report.say(&node.origin, Code::HookProvider, message, help);
}

fn keys(hook: &Entry, sender: &str, uses: [Use; 6], report: &mut Report<'_>) {
    for (key, used) in KEYS.into_iter().zip(uses) {
        match hook.node.entry(key) {
            Some(given) if used == Never => {
                let message = format!("`{key}` does not go with the sender {}", quoted(sender));
                report.say(&given.key_origin, Code::HookKeyUnused, message, "remove it");
            }
            Some(given)
                if used == Needed && matches!(key, "secrets" | "allow_from") && given.node.items().is_empty() =>
            {
                missing(hook, sender, key, report);
            }
            None if used == Needed => missing(hook, sender, key, report),
            _ => {}
        }
    }
    let proved = |key: &str| hook.node.get(key).is_some_and(|node| !(key == "secrets" && node.items().is_empty()));
    if sender == "keycloak" && !proved("secrets") && !proved("issuer") {
        missing(hook, sender, "secrets", report);
    }
}

fn missing(hook: &Entry, sender: &str, key: &str, report: &mut Report<'_>) {
    let help = match key {
        "secrets" => "such as `secrets = [{ file = \"…\" }]`",
        "person" => "such as `person = { login = \"/data/user/name\" }`",
        "issuer" => "such as `issuer = { name = \"…\", audience = \"…\", keys_url = \"…\" }`",
        _ => "such as `allow_from = [\"10.0.0.0/8\"]`: where a call comes from is its only proof",
    };
    let message = format!("`{key}` is missing: the sender {} needs it", quoted(sender));
    report.say(&hook.key_origin, Code::HookKeyMissing, message, help);
}

/// Header names are tokens (RFC 9110, 5.6.2).
fn header(hook: &Node, key: &str, report: &mut Report<'_>) {
    let Some((node, text)) = hook.get(key).and_then(|node| Some((node, node.text()?))) else { return };
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if text.is_empty() || !text.bytes().all(token) {
        report.say(&node.origin, Code::MalformedValue, format!("`{key}` is not the name of a header"), "");
    }
}

fn issuer(hook: &Node, report: &mut Report<'_>) {
    let Some(issuer) = hook.get("issuer") else { return };
    for key in ["name", "audience"] {
        report.not_empty(issuer, key);
    }
    let Some((node, url)) = issuer.get("keys_url").and_then(|node| Some((node, node.text()?))) else { return };
    // Whoever can change the answer on its way can make every token.
    let clear = "it must begin with https://";
    if web::wrong(url, clear, "") == Some(clear) {
        report.say(&node.origin, Code::MalformedValue, "`keys_url` must begin with https://", "");
    }
}
