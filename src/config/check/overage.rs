//! Where groups are asked for that a token does not hold: that the place is one, and that it can be asked.

use super::{Report, web};
use crate::config::Code;
use crate::config::tree::Node;

pub(super) fn check(oidc: &Node, report: &mut Report<'_>) {
    let Some(overage) = oidc.entry("overage") else { return };
    for key in ["scope", "group"] {
        report.not_empty(&overage.node, key);
    }
    if let Some((node, url)) = overage.node.get("url").and_then(|node| Some((node, node.text()?)))
        && let Some(why) = wrong(url)
    {
        report.say(&node.origin, Code::MalformedValue, "this is no place to ask for somebody's groups", why);
    }
    if oidc.get("client_secret").is_none() {
        let help = "the access token for it is had with `client_id` and `client_secret`";
        report.say(&overage.key_origin, Code::MissingKey, "`overage` needs `client_secret`", help);
    }
}

/// A claim may stand in path and query only: who writes tokens must not choose who is asked.
fn wrong(url: &str) -> Option<&'static str> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let behind = base.split_once("://").map_or("", |(_, behind)| behind);
    let (host, path) = behind.split_at(behind.find('/').unwrap_or(behind.len()));
    let clear = "it must begin with https://: an access token is sent there";
    if let Some(why) = web::wrong(base, clear, "only host, port, path and query") {
        return Some(why);
    }
    if host.contains(['{', '}']) {
        return Some("no claim may say which host is asked");
    }
    if query.contains(['#', ' ']) {
        return Some("only host, port, path and query");
    }
    let mut claims = 0;
    for rest in [path, query].into_iter().flat_map(|part| part.split('{').skip(1)) {
        claims += 1;
        if rest.split_once('}').is_none_or(|(claim, _)| claim.is_empty()) {
            return Some("each `{` begins the name of a claim, which `}` ends");
        }
    }
    (claims == 0).then_some("it must say whose groups: `{oid}`, or another claim of the ID token")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o16_a_claim_chooses_no_host() {
        for good in [
            "https://graph.microsoft.com/v1.0/users/{oid}/transitiveMemberOf?$select=id",
            "http://127.0.0.1:80/groups?of={sub}&at={tid}",
        ] {
            assert_eq!(wrong(good), None, "{good}");
        }
        for bad in [
            "https://graph.microsoft.com/v1.0/me/memberOf",
            "https://{host}/users/{oid}",
            "https://x.org:{port}/users/{oid}",
            "https://{oid}",
            "https://u@x.org/{oid}",
            "http://graph.microsoft.com/{oid}",
            "https://x.org/{}",
            "https://x.org/{oid",
            "https://x.org/{oid}#x",
            "ftp://x.org/{oid}",
            "{oid}",
        ] {
            assert!(wrong(bad).is_some(), "{bad}");
        }
    }
}
