//! The same in a real browser. rosterd is `localhost` there and the provider 127.0.0.1, so that they are two sites: with
//! what the provider's page sends, no cookie of rosterd's goes along.

use super::{Backend, COOKIE, ENTITY, SignOn, With};
use crate::world::browser::Browser;
use crate::world::wait_until;
use serde_json::json;

impl SignOn {
    /// See the module's text.
    fn of_two_sites(backend: Backend, with: &With<'_>) -> Self {
        let mut sign_on = Self::with(backend, with);
        sign_on.app.site.surround("ROSTERD__HTTP__PUBLIC_URL", &sign_on.here(""));
        sign_on.stop();
        sign_on.start();
        sign_on.trusted(&json!({}));
        sign_on
    }

    fn here(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// Through the provider's page to the session.
    #[track_caller]
    fn log_in(&self, browser: &Browser, begin: &str, person: &str) {
        browser.go(begin);
        browser.fill("username", person);
        browser.fill("password", person);
        browser.press("Login");
        self.is_in_session(browser, person);
    }

    #[track_caller]
    fn is_in_session(&self, browser: &Browser, person: &str) {
        browser.wait_for_url(&self.here("/session"));
        browser.wait_for_text(&format!("{person} of Example"));
    }

    /// What the browser finds wrong with pages of rosterd.
    fn complaints(&self, browser: &Browser) -> Vec<String> {
        let ours = self.here("");
        browser.errors().into_iter().filter(|said| said.contains(&ours)).collect()
    }
}

crate::world::on_both!(somebody_logs_in_and_out_in_a_real_browser);

fn somebody_logs_in_and_out_in_a_real_browser(backend: Backend) {
    for binding in ["redirect", "post"] {
        let sign_on = SignOn::of_two_sites(backend, &With::saml(&format!("binding = {binding:?}")));
        let browser = Browser::start();
        browser.go(&sign_on.here("/login"));
        browser.press("sso");
        browser.wait_for_text("Enter your username");
        browser.fill("username", "ann");
        browser.fill("password", "ann");
        browser.press("Login");
        sign_on.is_in_session(&browser, "ann");
        let page = browser.text();
        assert!(page.contains("Main") && page.contains("Editor") && page.contains("devs"), "{page}");
        // Sent twice: by the provider's page without a cookie, and by ours with it.
        let callback = sign_on.here("/login/sso/callback");
        let sent: Vec<_> = browser.hops().into_iter().filter(|hop| hop.url == callback).collect();
        let statuses: Vec<_> = sent.iter().map(|hop| (hop.method.as_str(), hop.status)).collect();
        assert_eq!(statuses, [("POST", 200), ("POST", 303)], "{sent:?}");
        let session = browser.cookies().into_iter().find(|cookie| cookie.name == COOKIE).unwrap();
        assert!(session.http_only && session.same_site == "Lax" && session.domain == "localhost", "{session:?}");
        // Out by the button: round by the provider, and back.
        browser.press("Log out");
        browser.wait_for_url(&sign_on.here("/login"));
        browser.wait_for_text("sso");
        assert!(browser.cookies().iter().all(|cookie| cookie.name != COOKIE));
        browser.press("sso");
        browser.wait_for_text("Enter your username");
        assert_eq!(sign_on.complaints(&browser), Vec::<String>::new());
        sign_on.close();
    }
}

#[test]
fn a_logout_at_the_provider_ends_the_session_in_a_real_browser() {
    let sign_on = SignOn::of_two_sites(Backend::Sqlite, &With::default());
    for form in [false, true] {
        if form {
            let place = json!([{
                "Binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
                "Location": sign_on.here("/login/sso/logout"),
            }]);
            sign_on.trusted(&json!({ "SingleLogoutService": place }));
        }
        let browser = Browser::start();
        sign_on.log_in(&browser, &sign_on.here("/login/sso"), "ann");
        browser.go(&sign_on.idp.log_out_there(&format!("http://127.0.0.1:{}/login", sign_on.port)));
        browser.wait_for_url(&format!("http://127.0.0.1:{}/login", sign_on.port));
        assert_eq!(sign_on.complaints(&browser), Vec::<String>::new());
        browser.go(&sign_on.here("/session"));
        browser.wait_for_text("Your session has ended");
        assert_eq!(browser.last().status, 401);
    }
    sign_on.close();
}

#[test]
fn a_login_that_begins_at_the_provider_in_a_real_browser() {
    let sign_on = SignOn::of_two_sites(Backend::Sqlite, &With::saml("idp_initiated = true"));
    let browser = Browser::start();
    sign_on.log_in(&browser, &sign_on.idp.begin_there(ENTITY, "/session"), "ann");
    assert_eq!(sign_on.complaints(&browser), Vec::<String>::new());
    sign_on.close();
    // Not where nobody has allowed it: there is a page that says so.
    let sign_on = SignOn::of_two_sites(Backend::Sqlite, &With::default());
    browser.fresh();
    browser.go(&sign_on.idp.begin_there(ENTITY, "/session"));
    browser.fill("username", "ann");
    browser.fill("password", "ann");
    browser.press("Login");
    browser.wait_for_url(&sign_on.here("/login/sso/callback"));
    browser.wait_for_text("login-unknown");
    assert_eq!(sign_on.role("ann"), None);
    sign_on.close();
}

#[test]
fn an_encrypted_assertion_and_a_new_key_in_a_real_browser() {
    let saml = "cbc = true\nmetadata_every = \"10s\"";
    let sign_on = SignOn::of_two_sites(Backend::Sqlite, &With::saml(saml));
    sign_on.trusted(&json!({ "assertion.encryption": true, "saml20.sign.response": true }));
    let browser = Browser::start();
    sign_on.log_in(&browser, &sign_on.here("/login/sso"), "ann");
    let news = || sign_on.said().matches("metadata is new").count();
    let before = news();
    sign_on.idp.announce_key();
    assert!(wait_until(60, || {
        browser.go(&sign_on.here("/login/sso"));
        sign_on.is_in_session(&browser, "ann");
        news() == before + 1
    }));
    sign_on.idp.turn_keys();
    browser.fresh();
    sign_on.log_in(&browser, &sign_on.here("/login/sso"), "root");
    assert_eq!(sign_on.complaints(&browser), Vec::<String>::new());
    sign_on.close();
}
