//! Logins through a provider's pages in a real browser: that the tests' browser can do what a person does.

use super::person;
use crate::world::browser::{Browser, parameter};
use crate::world::openid::OpenId;
use crate::world::scripted_http::{Reply, ScriptedHttp};
use serde_json::json;

/// RFC 7636, appendix B: the challenge.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[test]
fn somebody_logs_in_through_the_pages_of_a_provider() {
    let back = ScriptedHttp::start(|_| Reply::new(200, "text/html", "<p>Welcome back</p>"));
    let redirect = format!("{}/callback", back.url());
    let openid = OpenId::start(&json!({ "redirects": [redirect] }));
    openid.person("ann", &person("ann", &["devs"]));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("client_id", "rosterd"), ("redirect_uri", &redirect), ("response_type", "code")])
        .extend_pairs([("scope", "openid groups"), ("state", "s-1"), ("nonce", "n-1")])
        .extend_pairs([("code_challenge", CHALLENGE), ("code_challenge_method", "S256")])
        .finish();
    let start = format!("{}/auth?{query}", openid.issuer());

    let browser = Browser::start();
    browser.go(&start);
    browser.wait_for_text("Sign-in");
    browser.fill("login", "ann");
    browser.fill("password", "any");
    browser.press("Sign-in");
    let asked = browser.wait_for_text("scopes:");
    assert!(asked.contains("groups"), "{asked}");
    browser.press("Continue");
    let url = browser.wait_for_url("/callback?");
    assert_eq!(browser.wait_for_text("Welcome back"), "Welcome back");
    assert!(parameter(&url, "code").is_some_and(|code| !code.is_empty()), "{url}");
    assert_eq!(parameter(&url, "state").as_deref(), Some("s-1"), "{url}");
    // RFC 9207.
    assert_eq!(parameter(&url, "iss"), Some(openid.issuer()), "{url}");

    assert_eq!((browser.last().status, browser.url() == url), (200, true));
    let hops = browser.hops();
    assert!(
        hops[0].url == start
            && hops[0].method == "GET"
            && hops[0].status == 303
            && !hops[0].header("set-cookie").is_empty(),
        "{hops:?}"
    );
    let cookies = browser.cookies();
    let session = cookies.iter().find(|cookie| cookie.name == "_session").unwrap();
    assert!(session.http_only && session.domain == "127.0.0.1" && session.same_site == "Lax", "{session:?}");
    // Known already: nobody is asked again.
    browser.go(&start);
    browser.wait_for_url("/callback?");
    // Another browser is somebody else.
    browser.fresh();
    assert_eq!(browser.cookies(), []);
    browser.go(&start);
    browser.wait_for_text("Sign-in");
    assert!(browser.html().contains("<form") && browser.script("document.forms.length") == 1);
}

#[test]
fn the_browser_reaches_this_machine_and_nobody_else() {
    let here = ScriptedHttp::start(|_| Reply::new(418, "text/plain", "short and stout"));
    let browser = Browser::waiting(2);
    browser.go(&here.url());
    assert_eq!((browser.text().as_str(), browser.last().status), ("short and stout", 418));
    for elsewhere in
        ["http://example.org/", "http://192.0.2.1/", "https://accounts.google.com/", "http://[2001:db8::1]/"]
    {
        let error = browser.try_go(elsewhere).unwrap_err();
        assert!(error.contains("ERR_NAME_NOT_RESOLVED"), "{error}");
    }
    // What cannot be done says where it was to be done.
    browser.go(&here.url());
    let error = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| browser.press("Log in"))).unwrap_err();
    let error = error.downcast_ref::<String>().unwrap();
    assert!(error.contains("short and stout") && error.contains(&here.url()) && error.contains("Log in"), "{error}");
}
