//! Pages of other origins: what they make a browser send does nothing.
//!
//! A token is not something that a browser sends by itself; a certificate is. Whoever is no browser says
//! none of this, and is not meant.

use super::problem::{Kind, Problem};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Method, Uri};

/// What a browser says of the page that asks (Fetch Metadata Request Headers, section 2.3).
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what would change something and is sent for a page of another origin.
pub(super) fn refuse_others(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    if method.is_safe() || !is_other(uri, headers) {
        return Ok(());
    }
    Err(Problem::new(Kind::OtherOrigin, "a browser sent this for a page that is not from here"))
}

/// By what newer browsers say, else by the page's origin (RFC 6454), which all say.
fn is_other(uri: &Uri, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get(SITE) {
        // `none`: the person typed it.
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return false };
    let here = uri.authority().map(|authority| authority.as_str().as_bytes());
    let here = here.or_else(|| headers.get(HOST).map(|host| host.as_bytes()));
    let host = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host.as_bytes());
    host.is_none() || host != here
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    #[test]
    fn w16_what_a_page_of_another_origin_sends_is_known() {
        let refused = |method: Method, uri: &str, said: &[(&str, &str)]| {
            let header = |(name, value): &(&str, &str)| (name.parse().unwrap(), value.parse().unwrap());
            let headers: HeaderMap = said.iter().map(header).collect::<HeaderMap>();
            refuse_others(&method, &uri.parse().unwrap(), &headers).is_err()
        };
        let host = ("host", "rosterd.example:7171");
        for said in [
            &[][..],
            &[host],
            &[host, ("origin", "https://rosterd.example:7171")],
            &[host, ("sec-fetch-site", "same-origin"), ("origin", "https://seen.by.a.proxy")],
            &[host, ("sec-fetch-site", "none")],
        ] {
            assert!(!refused(Method::POST, "/x", said), "{said:?}");
        }
        for said in [
            &[host, ("sec-fetch-site", "cross-site")][..],
            &[host, ("sec-fetch-site", "same-site")],
            &[host, ("sec-fetch-site", "")],
            &[host, ("sec-fetch-site", "cross-site"), ("origin", "https://rosterd.example:7171")],
            &[host, ("origin", "https://rosterd.example")],
            &[host, ("origin", "https://rosterd.example:7171.evil.example")],
            &[host, ("origin", "null")],
            &[host, ("origin", "")],
            &[("origin", "https://rosterd.example:7171")],
        ] {
            for method in [Method::POST, Method::DELETE, Method::PUT] {
                assert!(refused(method.clone(), "/x", said), "{method} {said:?}");
            }
            assert!(!refused(Method::GET, "/x", said), "{said:?}");
        }
        // HTTP/2 says it in the URI.
        let origin = [("origin", "https://rosterd.example")];
        assert!(!refused(Method::POST, "https://rosterd.example/x", &origin));
        assert!(refused(Method::POST, "https://other.example/x", &origin));
    }
}
