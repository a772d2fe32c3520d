//! An OpenID Connect provider: that its issuer is one, and that tokens can be held to something.

use super::{Report, leases, overage, web};
use crate::config::Code;
use crate::config::tree::Node;

pub(super) fn check(oidc: &Node, report: &mut Report<'_>) {
    for key in ["client_id", "subject", "login", "name", "email"] {
        report.not_empty(oidc, key);
    }
    report.not_zero(oidc, "max_age", "no token is made at the moment at which it is shown");
    leases::check(oidc, report);
    overage::check(oidc, report);
    report.not_zero(oidc, "timeout", "nothing could ever be answered in time");
    if let Some((node, issuer)) = oidc.get("issuer").and_then(|node| Some((node, node.text()?)))
        && let Some(why) = wrong(issuer)
    {
        report.say(&node.origin, Code::MalformedValue, "this is not the URL of an issuer", why);
    }
}

/// OpenID Connect Discovery §3: https, and nothing behind the path. Without TLS only on this machine.
fn wrong(issuer: &str) -> Option<&'static str> {
    let clear = "it must begin with https://: whoever can change its answers can be anybody";
    web::wrong(issuer, clear, "only host, port and path, exactly as tokens say in `iss`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_a_url_that_nobody_can_answer_for() {
        for good in
            ["https://sso.x.org", "https://sso.x.org:8443/realms/x", "http://127.0.0.1:8080", "http://localhost/x"]
        {
            assert_eq!(wrong(good), None, "{good}");
        }
        for bad in
            ["", "sso.x.org", "http://sso.x.org", "https://", "https:///x", "https://x.org/?a", "https://a@x.org"]
        {
            assert!(wrong(bad).is_some(), "{bad}");
        }
    }
}
