//! Logins in a browser: that there is somewhere to come back to, and a key for what is kept of them.

use super::Report;
use crate::config::Code;
use crate::config::tree::{Entry, Node};
use crate::config::words::quoted;

pub(super) fn check(root: &Node, providers: &[Entry], report: &mut Report<'_>) {
    for provider in providers {
        if let Some(flow) = provider.node.get("oidc").and_then(|oidc| oidc.entry("code_flow")) {
            place(root, flow, report);
            one(root, flow, report);
        }
        // One that only verifies what applications hand on needs no place.
        let hands_on = |saml: &&Entry| saml.node.get("recipients").is_some_and(|list| !list.items().is_empty());
        if let Some(saml) = provider.node.entry("saml").filter(|saml| !hands_on(saml)) {
            place(root, saml, report);
        }
    }
}

/// What rosterd says itself (OpenID Connect Core §3.1.2.1, RFC 7636 §4.3).
const OURS: [&str; 9] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// That browsers can come back.
fn place(root: &Node, section: &Entry, report: &mut Report<'_>) {
    let http = root.get("http");
    for (key, why) in
        [("listen", "nobody listens at `/login`"), ("public_url", "the provider sends browsers back there")]
    {
        if http.and_then(|http| http.get(key)).is_none() {
            let message = format!("`{}` needs `http.{key}`", section.key);
            report.say(&section.key_origin, Code::CodeFlowNeeds, message, why);
        }
    }
}

fn one(root: &Node, flow: &Entry, report: &mut Report<'_>) {
    for parameter in flow.node.get("parameters").map_or(&[][..], Node::entries) {
        if OURS.contains(&parameter.key.as_str()) {
            let message = format!("{} is not for `parameters`", quoted(&parameter.key));
            report.say(&parameter.key_origin, Code::ParameterTaken, message, "rosterd says it by itself");
        }
    }
    report.not_zero(&flow.node, "renew", "the provider would be asked without a pause");
    let keys = root.get("database").and_then(|database| database.get("encryption_keys"));
    if let Some(renew) = flow.node.entry("renew").filter(|_| keys.is_none_or(|keys| keys.items().is_empty())) {
        let help = "the tokens are kept sealed; `openssl rand -base64 32` makes a key";
        report.say(&renew.key_origin, Code::CodeFlowNeeds, "`renew` needs `database.encryption_keys`", help);
    }
}
