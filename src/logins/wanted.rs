//! What somebody asks for who begins a login: where it is to lead, and what a third party says of it (OpenID Connect
//! Core §4).
//!
//! Anybody can write such a link, so nothing of it is believed: it leads to places that are allowed, at the provider
//! that is named, and whom it hints at is for the provider to ask.

use super::pages::Page;
use crate::providers::Back;
use axum::http::StatusCode;

/// The longest address that a login may lead to.
const LONGEST: usize = 2048;
/// The longest hint: an address or a login, or a token that the provider has made.
const LONGEST_HINT: usize = 4096;

/// See the module's text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// An address that is allowed.
    pub(super) to: Option<String>,
    /// Who is to log in (`login_hint`), in the provider's words.
    pub(super) hint: Option<String>,
}

/// What a login may be.
pub(super) struct Rule<'a> {
    /// Of the provider at which it begins.
    pub(super) issuer: &'a str,
    pub(super) public_url: &'a str,
    /// Where it may lead besides here.
    pub(super) origins: &'a [String],
}

/// Why it does not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unwanted {
    /// Something is said twice.
    Twice,
    /// It would lead to a place that is not allowed.
    Elsewhere,
    /// It is for another provider.
    Issuer,
    Hint,
}

impl Wanted {
    /// What a query says.
    pub(super) fn read(query: &str, rule: &Rule<'_>) -> Result<Self, Unwanted> {
        let said = Back::parse(query).map_err(|_| Unwanted::Twice)?;
        // Else whoever has two providers could be sent to the one by a link that speaks of the other.
        if said.get("iss").is_some_and(|issuer| issuer != rule.issuer) {
            return Err(Unwanted::Issuer);
        }
        let to = match (said.get("return_to"), said.get("target_link_uri")) {
            (Some(_), Some(_)) => return Err(Unwanted::Twice),
            (to, None) | (None, to) => to,
        };
        if to.is_some_and(|to| !allowed(to, rule)) {
            return Err(Unwanted::Elsewhere);
        }
        let hint = said.get("login_hint").filter(|hint| !hint.is_empty());
        if hint.is_some_and(|hint| hint.len() > LONGEST_HINT || hint.contains(char::is_control)) {
            return Err(Unwanted::Hint);
        }
        Ok(Self { to: to.map(str::to_owned), hint: hint.map(str::to_owned) })
    }
}

impl From<Unwanted> for Page {
    fn from(unwanted: Unwanted) -> Self {
        let (title, why) = match unwanted {
            Unwanted::Twice => ("This link says something twice", "What begins a login says everything once."),
            Unwanted::Elsewhere => (
                "This login would lead elsewhere",
                "A login leads to pages of rosterd, and to origins that `http.sessions.return_to` names.",
            ),
            Unwanted::Issuer => (
                "This login is for another provider",
                "The link names an issuer (`iss`) that is not the one of this provider.",
            ),
            Unwanted::Hint => ("This link hints at nobody", "Its `login_hint` is too long, or no text."),
        };
        Self::problem(StatusCode::BAD_REQUEST, title, why)
    }
}

/// A path of ours, or an address here or below one of these origins. What browsers read in several ways is none.
pub(super) fn allowed(wanted: &str, rule: &Rule<'_>) -> bool {
    let odd = |c: char| c.is_control() || c == '\\' || c == ' ' || !c.is_ascii();
    if wanted.len() > LONGEST || wanted.contains(odd) {
        return false;
    }
    let path = wanted.starts_with('/') && !wanted.starts_with("//");
    let below = |origin: &str| {
        let rest = wanted.strip_prefix(origin.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    };
    path || below(rule.public_url) || rule.origins.iter().any(|origin| below(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://sso.example.org/";

    fn read(pairs: &[(&str, &str)]) -> Result<Wanted, Unwanted> {
        let origins = ["https://app.example.org".to_owned(), "http://127.0.0.1:3000/".to_owned()];
        let rule = Rule { issuer: ISSUER, public_url: "https://rosterd.example.org", origins: &origins };
        Wanted::read(&form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish(), &rule)
    }

    #[test]
    fn o18_a_login_leads_nowhere_else() {
        for good in [
            "/session",
            "/",
            "/api/v1/me?x=//y",
            "https://rosterd.example.org/session",
            "https://app.example.org",
            "https://app.example.org/d/1?x#y",
            "http://127.0.0.1:3000/a",
        ] {
            for name in ["return_to", "target_link_uri"] {
                assert_eq!(read(&[(name, good)]).map(|wanted| wanted.to), Ok(Some(good.to_owned())));
            }
        }
        for bad in [
            "",
            "session",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https:/app.example.org",
            "https://app.example.org.evil.example/",
            "https://app.example.org@evil.example/",
            "https://rosterd.example.org:8443/",
            "https://app.example.org:8443/",
            "HTTPS://APP.example.org/",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x",
            "/\tevil",
            "/é",
            &format!("/{}", "a".repeat(LONGEST)),
        ] {
            for name in ["return_to", "target_link_uri"] {
                assert_eq!(read(&[(name, bad)]), Err(Unwanted::Elsewhere), "{bad}");
            }
        }
        assert_eq!(read(&[("return_to", "/a"), ("target_link_uri", "/a")]), Err(Unwanted::Twice));
        assert_eq!(read(&[("return_to", "/a"), ("return_to", "/b")]), Err(Unwanted::Twice));
    }

    #[test]
    fn o18_a_link_for_another_provider_begins_nothing() {
        assert_eq!(read(&[("iss", ISSUER)]), Ok(Wanted { to: None, hint: None }));
        for bad in ["", "https://sso.example.org", "https://evil.example/"] {
            assert_eq!(read(&[("iss", bad)]), Err(Unwanted::Issuer), "{bad}");
        }
        assert_eq!(read(&[("iss", ISSUER), ("iss", "https://evil.example/")]), Err(Unwanted::Twice));
    }

    #[test]
    fn a_hint_is_a_text_of_some_length() {
        let hint = |hint: &str| read(&[("login_hint", hint)]).map(|wanted| wanted.hint);
        assert_eq!(hint("ann&prompt=none"), Ok(Some("ann&prompt=none".to_owned())));
        assert_eq!(hint(""), Ok(None));
        assert_eq!(hint("ann\r\nx"), Err(Unwanted::Hint));
        assert_eq!(hint(&"a".repeat(LONGEST_HINT + 1)), Err(Unwanted::Hint));
    }
}
