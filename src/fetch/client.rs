//! One question, one answer.

use super::address::Resolver;
use super::link::{BadLink, Links};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, Method, Url};
use rosterd_core::ids::Timestamp;
use std::net::IpAddr;
use std::time::Duration;

/// What a client is made with.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Hosts that whoever wrote the configuration has named: they may be anywhere, and without TLS where that is this
    /// machine.
    pub hosts: Vec<String>,
    /// Other hosts may be in private networks, too.
    pub private_network: bool,
    /// Authorities to believe besides the system's, PEM.
    pub authorities: Option<Vec<u8>>,
    /// How long connecting and all of an answer may take.
    pub timeout: Duration,
}

/// See the module's text.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    hosts: Resolver,
    private_network: bool,
}

/// What a server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Why there is no answer. Without what was sent.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FetchError {
    #[error("{0} is not asked: {1}")]
    Refused(String, &'static str),
    #[error("{0} did not answer: {1}")]
    Unreachable(String, String),
    #[error("{0} answered more than {1} bytes")]
    TooLarge(String, usize),
    #[error("{0}")]
    Settings(String),
}

impl Client {
    /// # Errors
    /// Where the authorities cannot be read.
    pub fn new(settings: &Settings) -> Result<Self, FetchError> {
        let hosts = Resolver { anywhere: settings.hosts.iter().map(|host| host.to_ascii_lowercase()).collect() };
        let mut builder = reqwest::Client::builder()
            // A redirect could lead anywhere, with what was sent.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(settings.timeout)
            .connect_timeout(settings.timeout)
            .user_agent(concat!("rosterd/", env!("CARGO_PKG_VERSION")));
        if !settings.private_network {
            builder = builder.dns_resolver(hosts.clone());
        }
        if let Some(pem) = &settings.authorities {
            let wrong = |error: reqwest::Error| FetchError::Settings(format!("ca_file: {error}"));
            for certificate in Certificate::from_pem_bundle(pem).map_err(wrong)? {
                builder = builder.add_root_certificate(certificate);
            }
        }
        let http = builder.build().map_err(|error| FetchError::Settings(error.to_string()))?;
        Ok(Self { http, hosts, private_network: settings.private_network })
    }

    /// A GET.
    ///
    /// # Errors
    /// Where the URL is not one that may be asked, or no whole answer of at most so many bytes comes in time.
    pub async fn get(&self, url: &Url, bearer: Option<&str>, most: usize) -> Result<Answer, FetchError> {
        self.get_as(url, "application/json", bearer, most).await
    }

    /// The same, of these media types (RFC 9110 §12.5.1).
    ///
    /// # Errors
    /// As of [`Self::get`].
    pub async fn get_as(
        &self,
        url: &Url,
        accept: &str,
        bearer: Option<&str>,
        most: usize,
    ) -> Result<Answer, FetchError> {
        let bearer = bearer.map(|bearer| format!("Bearer {bearer}"));
        let shown = bearer.as_deref().map(|bearer| (AUTHORIZATION.as_str(), bearer));
        self.get_with(url, &[(ACCEPT.as_str(), accept)], shown, most).await
    }

    /// The same with these headers, and one that is a secret.
    ///
    /// # Errors
    /// As of [`Self::get`].
    pub async fn get_with(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
        shown: Option<(&str, &str)>,
        most: usize,
    ) -> Result<Answer, FetchError> {
        let mut request = self.http.request(Method::GET, self.allowed(url)?.clone());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((name, value)) = shown {
            let wrong = |_| FetchError::Settings("the token holds what no header can".to_owned());
            let mut value = HeaderValue::from_str(value).map_err(wrong)?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        self.send(url, request, most).await
    }

    /// A POST of a form, by whoever has that id and secret (RFC 6749 §2.3.1).
    ///
    /// # Errors
    /// As of [`Self::get`].
    pub async fn post_form(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        basic: Option<(&str, &str)>,
        most: usize,
    ) -> Result<Answer, FetchError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = self
            .http
            .request(Method::POST, self.allowed(url)?.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        if let Some((id, secret)) = basic {
            request = request.basic_auth(encoded(id), Some(encoded(secret)));
        }
        self.send(url, request, most).await
    }

    /// A POST of what somebody else has put together.
    ///
    /// # Errors
    /// As of [`Self::get`].
    pub async fn post(&self, url: &Url, headers: HeaderMap, body: Vec<u8>, most: usize) -> Result<Answer, FetchError> {
        let request = self.http.request(Method::POST, self.allowed(url)?.clone()).headers(headers).body(body);
        self.send(url, request, most).await
    }

    /// Whether a URL may be asked: by TLS, unless it is on this machine and the configuration names it; no user, and
    /// no private address that it does not name.
    fn allowed<'u>(&self, url: &'u Url) -> Result<&'u Url, FetchError> {
        let refused = |why| Err(FetchError::Refused(shown(url), why));
        let Some(host) = url.host_str() else { return refused("it has no host") };
        if !url.username().is_empty() || url.password().is_some() {
            return refused("its URL holds a user");
        }
        let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        let here = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        let ours = self.hosts.is_ours(host);
        match url.scheme() {
            "https" => {}
            "http" if here && ours => {}
            "http" => return refused("it is not asked without TLS"),
            _ => return refused("its URL does not begin with https://"),
        }
        if address.is_some_and(|address| !self.private_network && !self.hosts.allows(host, address)) {
            return refused("its address is in a private network");
        }
        Ok(url)
    }

    async fn send(&self, url: &Url, request: reqwest::RequestBuilder, most: usize) -> Result<Answer, FetchError> {
        let failed = |error: &reqwest::Error| FetchError::Unreachable(shown(url), whole(error));
        let mut response = request.send().await.map_err(|error| failed(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
            if body.len() + chunk.len() > most {
                return Err(FetchError::TooLarge(shown(url), most));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

impl Answer {
    /// Whether it is what was asked for.
    #[must_use]
    pub fn good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The media type, in small letters and without what stands behind it.
    #[must_use]
    pub fn media_type(&self) -> String {
        let value = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// For how long it says not to be asked again (RFC 9110 §10.2.3): in seconds, or until a moment, which counts by
    /// the server's own clock where it says what that shows.
    #[must_use]
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let said = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = said.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = http_date(said)?;
        let shown = self.date().unwrap_or(now);
        Some(Duration::from_millis(u64::try_from(until.0.saturating_sub(shown.0)).unwrap_or(0)))
    }

    /// What it links to (RFC 8288).
    ///
    /// # Errors
    /// Where that is not understood.
    pub fn links(&self) -> Result<Links, BadLink> {
        Links::of(&self.headers)
    }

    /// A number in a header.
    #[must_use]
    pub fn number(&self, header: &str) -> Option<u64> {
        self.headers.get(header)?.to_str().ok()?.trim().parse().ok()
    }

    /// When it says it was sent.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        http_date(self.headers.get(DATE)?.to_str().ok()?)
    }
}

/// RFC 9110 §5.6.7, as it is written today.
fn http_date(text: &str) -> Option<Timestamp> {
    let moment = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(Timestamp(moment.as_millisecond()))
}

/// A URL without what it may carry.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// An error with its causes, without the URL, which may hold what was sent.
fn whole(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "not in time".to_owned() } else { String::new() };
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    if text.is_empty() { "the connection failed".to_owned() } else { text }
}

/// As a form encodes it, before it goes into the header (RFC 6749 §2.3.1).
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    fn client() -> Client {
        Client::new(&Settings {
            hosts: vec!["127.0.0.1".to_owned(), "sso.corp.example".to_owned()],
            timeout: Duration::from_secs(1),
            ..Settings::default()
        })
        .unwrap()
    }

    #[test]
    fn o16_only_what_may_be_asked_is() {
        let client = client();
        let refused = |url: &str| client.allowed(&Url::parse(url).unwrap()).is_err();
        for good in ["https://sso.corp.example/x", "http://127.0.0.1:8080/x", "https://elsewhere.example/keys"] {
            assert!(!refused(good), "{good}");
        }
        for bad in [
            "http://sso.corp.example/x",
            "http://elsewhere.example/",
            "http://localhost/x",
            "https://10.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://0x0a000001/",
            "https://167772161/",
            "https://169.254.169.254/latest/meta-data",
            "https://ann:secret@sso.corp.example/",
            "file:///etc/passwd",
            "ftp://sso.corp.example/",
        ] {
            assert!(refused(bad), "{bad}");
        }
    }

    #[test]
    fn a_url_is_shown_without_what_it_carries() {
        let url = Url::parse("https://ann:pw@x.example/token?code=secret#top").unwrap();
        assert_eq!(shown(&url), "https://x.example/token");
    }

    #[test]
    fn an_id_is_encoded_before_it_is_sent() {
        assert_eq!(encoded("a b:c%"), "a+b%3Ac%25");
    }

    #[test]
    fn a_pause_is_in_seconds_or_until_a_moment() {
        let now = Timestamp(784_887_151_000);
        let pause = |headers: &[(reqwest::header::HeaderName, &str)]| {
            let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
            let answer = Answer { status: 429, headers: headers.collect(), body: Vec::new() };
            answer.retry_after(now).map(|pause| pause.as_secs())
        };
        let moment = "Tue, 15 Nov 1994 08:12:41 GMT";
        assert_eq!(pause(&[(RETRY_AFTER, " 120 ")]), Some(120));
        assert_eq!(pause(&[(RETRY_AFTER, moment)]), Some(10));
        assert_eq!(pause(&[(RETRY_AFTER, moment), (DATE, "Tue, 15 Nov 1994 08:12:01 GMT")]), Some(40));
        assert_eq!(pause(&[(RETRY_AFTER, moment), (DATE, "Tue, 15 Nov 1994 09:00:00 GMT")]), Some(0));
        for none in ["", "-1", "soon", "1e3", "Tue, 99 Nov 1994 08:12:41 GMT"] {
            assert_eq!(pause(&[(RETRY_AFTER, none)]), None, "{none}");
        }
    }
}
