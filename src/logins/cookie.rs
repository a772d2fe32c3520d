//! The two cookies: of a login under way, and of a session (RFC 6265bis).
//!
//! Each holds 256 random bits and nothing else. Where browsers come by TLS the names say so (`__Host-`): a neighbour
//! under the same domain, or whoever is on the way, can then set none of them.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cookie {
    /// Of the browser that began a login.
    Login,
    Session,
}

/// How long a login may take, in seconds.
pub(super) const LOGIN_SECONDS: i64 = 600;
/// Characters of 256 bits in base64url.
const LENGTH: usize = 43;

impl Cookie {
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Login, true) => "__Host-rosterd-login",
            (Self::Login, false) => "rosterd-login",
            (Self::Session, true) => "__Host-rosterd-session",
            (Self::Session, false) => "rosterd-session",
        }
    }

    /// What the browser sent; nothing where it sent several, or what can be none of ours.
    pub(super) fn of(self, headers: &HeaderMap, public_url: &str) -> Option<String> {
        let name = self.name(secure(public_url));
        let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut ours = pairs.filter(|(other, _)| *other == name).map(|(_, value)| value);
        let value = ours.next().filter(|_| ours.next().is_none())?;
        let fits = value.len() == LENGTH && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        fits.then(|| value.to_owned())
    }

    /// The header that sets it. Browsers send it along when a link leads here, which a provider's answer is, and not
    /// with what other sites' pages ask for.
    pub(super) fn set(self, value: &str, public_url: &str) -> Option<HeaderValue> {
        let age = match self {
            Self::Login => format!("; Max-Age={LOGIN_SECONDS}"),
            Self::Session => String::new(),
        };
        self.header(value, &age, public_url)
    }

    /// The header that takes it back.
    pub(super) fn forget(self, public_url: &str) -> Option<HeaderValue> {
        self.header("", "; Max-Age=0", public_url)
    }

    fn header(self, value: &str, age: &str, public_url: &str) -> Option<HeaderValue> {
        let secure = secure(public_url);
        let flag = if secure { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{flag}{age}", self.name(secure));
        HeaderValue::from_str(&text).ok()
    }
}

fn secure(public_url: &str) -> bool {
    public_url.starts_with("https://")
}

/// What is kept of a cookie, or of `state`.
pub(super) fn hash(value: &str) -> [u8; 32] {
    Sha256::digest(value.as_bytes()).into()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    const HTTPS: &str = "https://rosterd.example.org";

    fn sent(cookies: &[&str]) -> HeaderMap {
        cookies.iter().map(|cookie| (COOKIE, cookie.parse().unwrap())).collect()
    }

    #[test]
    fn w16_cookies_are_kept_from_pages_scripts_and_neighbours() {
        let set = Cookie::Session.set("x", HTTPS).unwrap();
        assert_eq!(set, "__Host-rosterd-session=x; Path=/; HttpOnly; SameSite=Lax; Secure");
        let set = Cookie::Login.set("x", "http://127.0.0.1:7171").unwrap();
        assert_eq!(set, "rosterd-login=x; Path=/; HttpOnly; SameSite=Lax; Max-Age=600");
        assert!(Cookie::Session.forget(HTTPS).unwrap().to_str().unwrap().ends_with("; Secure; Max-Age=0"));
    }

    #[test]
    fn only_what_can_be_ours_is_read() {
        let good = "a".repeat(43);
        let one = format!("other=1; __Host-rosterd-session={good}; more=2");
        assert_eq!(Cookie::Session.of(&sent(&[&one]), HTTPS), Some(good.clone()));
        assert_eq!(Cookie::Login.of(&sent(&[&one]), HTTPS), None);
        // Without TLS it has another name, which counts for nothing where there is TLS.
        let plain = format!("rosterd-session={good}");
        assert_eq!(Cookie::Session.of(&sent(&[&plain]), HTTPS), None);
        let twice = [one.as_str(), &format!("__Host-rosterd-session={}", "b".repeat(43))];
        assert_eq!(Cookie::Session.of(&sent(&twice), HTTPS), None);
        for bad in ["", "short", &"a".repeat(44), &format!("{}\"", "a".repeat(42))] {
            let cookie = format!("__Host-rosterd-session={bad}");
            assert_eq!(Cookie::Session.of(&sent(&[&cookie]), HTTPS), None, "{bad}");
        }
    }
}
