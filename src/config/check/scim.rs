//! A SCIM service: where it is, and that attributes are named as SCIM names them.

use super::{Report, ldap, vendor, web};
use crate::config::Code;
use crate::config::attributes::holds_secrets;
use crate::config::tree::{Entry, Node};
use crate::config::words::quoted;

pub(super) fn check(section: &Entry, report: &mut Report<'_>) {
    let scim = &section.node;
    vendor::one_of(section, "who asks", ["bearer", "oauth"], report);
    if let Some(oauth) = scim.get("oauth") {
        vendor::address(oauth, "token_url", report);
        ["client_id", "scope"].iter().for_each(|key| report.not_empty(oauth, key));
    }
    report.not_zero(scim, "timeout", "nothing could ever be answered in time");
    if let Some((node, url)) = scim.get("url").and_then(|node| Some((node, node.text()?)))
        && let Some(why) = wrong_url(url)
    {
        report.say(&node.origin, Code::MalformedValue, "this is not the URL of a SCIM service", why);
    }
    for part in ["users", "groups"].into_iter().filter_map(|key| scim.get(key)) {
        report.not_empty(part, "filter");
        if let Some(id) = part.get("id").filter(|id| id.text().is_some_and(|id| !["id", "externalId"].contains(&id))) {
            let help = "`id` or `externalId`: nothing else of SCIM never changes";
            report.say(&id.origin, Code::MalformedValue, "this cannot tell people or groups apart", help);
        }
        for node in ["login", "name", "email", "attributes"].iter().filter_map(|key| part.get(key)) {
            std::iter::once(node).chain(node.items()).for_each(|node| attribute(node, report));
        }
    }
    if let Some(users) = scim.get("users") {
        ldap::twice(users, report);
    }
}

fn attribute(node: &Node, report: &mut Report<'_>) {
    let Some(name) = node.text() else { return };
    if wrong_name(name) {
        let help = "such as `userName`, `name.formatted` or `urn:…:enterprise:2.0:User:department`";
        report.say(&node.origin, Code::AttributeName, "this is not the name of an attribute", help);
    } else if name.split([':', '.']).any(|part| part.eq_ignore_ascii_case("password") || holds_secrets(part)) {
        let message = format!("{} is never read", quoted(name));
        report.say(&node.origin, Code::SecretAttribute, message, "it holds passwords, which rosterd has no use for");
    }
}

/// RFC 7643 §2.1, RFC 7644 §3.10: a name, one below it, and the URN of a schema before them.
fn wrong_name(text: &str) -> bool {
    let urn = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
    let name = match text.rsplit_once(':') {
        Some((schema, name)) if urn => {
            let fits = |c: char| c.is_ascii_alphanumeric() || "-._:$".contains(c);
            if schema.len() < 6 || !schema.chars().all(fits) {
                return true;
            }
            name
        }
        Some(_) => return true,
        None => text,
    };
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_$".contains(c))
    };
    name.split('.').count() > 2 || !name.split('.').all(part)
}

/// A token goes there: it must be encrypted, except on this machine.
fn wrong_url(url: &str) -> Option<&'static str> {
    let clear = "it must begin with https://: the token would cross the network unencrypted";
    web::wrong(url, clear, "only host, port and path; the token is `bearer`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_named_as_in_scim() {
        for good in [
            "userName",
            "name.formatted",
            "department",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
            "URN:x:y:manager.value",
            "$ref",
            "x-y_z",
        ] {
            assert!(!wrong_name(good), "{good}");
        }
        for bad in
            ["", " ", "a b", "a.b.c", ".a", "a.", "1a", "x:y", "urn:a", "urn:x y:z:a", "emails[type eq \"work\"]"]
        {
            assert!(wrong_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_token_is_sent_encrypted_only() {
        for good in ["https://x.org/scim/v2", "https://x.org:8443", "http://127.0.0.1:8080/v2", "http://localhost/v2"] {
            assert_eq!(wrong_url(good), None, "{good}");
        }
        for bad in
            ["", "x.org", "http://x.org/v2", "https://", "https:///v2", "https://a@x.org", "https://x.org/v2?a=b"]
        {
            assert!(wrong_url(bad).is_some(), "{bad}");
        }
    }
}
