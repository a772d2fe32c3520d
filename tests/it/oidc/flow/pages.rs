//! The same in a real browser, with a person's eyes: pages, buttons, cookies, and what the browser refuses.

use super::super::person;
use super::{Backend, COOKIE, FLOW, SignOn, open};
use crate::world::browser::Browser;
use crate::world::scripted_http::{Reply, ScriptedHttp};
use serde_json::json;

crate::world::on_both!(somebody_logs_in_and_out_in_a_real_browser);

/// From rosterd's page through the provider's to the session.
fn log_in(sign_on: &SignOn, browser: &Browser, person: &str) {
    browser.go(&sign_on.at("/login"));
    browser.press("sso");
    browser.wait_for_text("Sign-in");
    browser.fill("login", person);
    browser.fill("password", "any");
    browser.press("Sign-in");
    browser.wait_for_text("scopes:");
    browser.press("Continue");
    browser.wait_for_url(&sign_on.at("/session"));
}

/// What the browser finds wrong with pages of rosterd: the provider's want a font from elsewhere, and an icon.
fn complaints(sign_on: &SignOn, browser: &Browser) -> Vec<String> {
    let theirs = |said: &String| said.contains("fonts.googleapis.com") || said.contains(&sign_on.openid.issuer());
    browser.errors().into_iter().filter(|said| !theirs(said)).collect()
}

fn somebody_logs_in_and_out_in_a_real_browser(backend: Backend) {
    let sign_on = open(backend, FLOW);
    let browser = Browser::start();
    log_in(&sign_on, &browser, "ann");
    let page = browser.wait_for_text("ann of Example");
    assert!(page.contains("Main") && page.contains("Editor") && page.contains("devs"), "{page}");
    assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"));
    let cookies = browser.cookies();
    let ours: Vec<_> = cookies.iter().filter(|cookie| cookie.name.starts_with("rosterd")).collect();
    // That of the login expires by itself: another tab may be under way.
    let mut names: Vec<_> = ours.iter().map(|cookie| cookie.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["rosterd-login", COOKIE]);
    for cookie in ours {
        assert!(cookie.http_only && cookie.same_site == "Lax" && cookie.path == "/", "{cookie:?}");
    }
    assert!(!browser.script("document.cookie").as_str().unwrap().contains("rosterd"), "no script sees it");

    // Nobody's page may have it in a frame, and nothing else is fetched.
    let shown = browser.last();
    let policy = shown.header("content-security-policy").join(" ");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"), "{policy}");
    // The style is applied, although the policy lets none in but this.
    assert_eq!(browser.script("getComputedStyle(document.body).maxWidth"), "608px");

    // Out by the button, which leads to the provider's page, and from there back.
    browser.press("Log out");
    browser.wait_for_url("/session/end");
    browser.wait_for_text("sign-out");
    assert!(browser.cookies().iter().all(|cookie| cookie.name != COOKIE), "the session is over here already");
    browser.press("Yes, sign me out");
    browser.wait_for_url(&sign_on.at("/login"));
    assert!(browser.wait_for_text("sso").contains("Log in"));
    browser.go(&sign_on.at("/session"));
    assert_eq!(browser.url(), sign_on.at("/login"), "nobody is logged in");
    assert_eq!(complaints(&sign_on, &browser), Vec::<String>::new());
    sign_on.close();
}

/// A page of another port of this machine. To a browser that is the same site, so its cookies go along, and another
/// origin.
#[test]
fn w16_a_page_of_another_origin_gets_nothing_of_a_session() {
    let sign_on = open(Backend::Sqlite, FLOW);
    let (out, link) = (sign_on.at("/logout"), sign_on.at("/session"));
    let evil = ScriptedHttp::start(move |asked| {
        let page = match asked.path() {
            "/frame" => format!("<iframe name=\"framed\" src=\"{link}\"></iframe>"),
            _ => format!("<form method=\"post\" action=\"{out}\"><button>Win a prize</button></form>"),
        };
        Reply::new(200, "text/html", page)
    });
    let browser = Browser::start();
    log_in(&sign_on, &browser, "ann");
    browser.go(&evil.url());
    browser.press("Win a prize");
    browser.wait_for_url(&sign_on.at("/logout"));
    assert_eq!((browser.last().method.as_str(), browser.last().status), ("POST", 403));
    browser.go(&sign_on.at("/session"));
    browser.wait_for_text("ann of Example");

    browser.go(&evil.url());
    for (path, method, mode) in [
        ("/api/v1/me", "GET", "cors"),
        ("/session", "GET", "cors"),
        ("/logout", "POST", "cors"),
        ("/api/v1/me", "GET", "no-cors"),
        ("/logout", "POST", "no-cors"),
        ("/api/v1/reload", "POST", "no-cors"),
    ] {
        let asks = format!(
            "fetch({:?}, {{method: {method:?}, mode: {mode:?}, credentials: 'include'}})\
             .then(async (answer) => `${{answer.type}} ${{answer.status}} ${{await answer.text()}}`, () => 'refused')",
            sign_on.at(path)
        );
        let got = browser.script(&asks);
        // `opaque`: that something came, and nothing of it.
        assert!(got == "refused" || mode == "no-cors" && got == "opaque 0 ", "{method} {path}: {got}");
    }
    // Nor does it see what is in a frame: there is no page in it.
    browser.go(&format!("{}/frame", evil.url()));
    let seen = "(() => { try { return frames.framed.document.body.innerText } catch { return 'refused' } })()";
    assert_eq!(browser.script(seen), "refused");
    browser.go(&sign_on.at("/session"));
    browser.wait_for_text("ann of Example");
    sign_on.close();
}

/// What a page says of people, and what a refused login says, is text and nothing else.
#[test]
fn w17_a_name_is_no_markup_in_a_real_browser() {
    let sign_on = SignOn::with(
        Backend::Sqlite,
        &json!({}),
        &super::Extra { oidc: FLOW, provider: "allow = { group = \"devs\" }", ..super::Extra::default() },
    );
    let mut claims = person("ann", &["devs"]);
    claims["name"] = json!("<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>");
    sign_on.openid.person("ann", &claims);
    let browser = Browser::start();
    log_in(&sign_on, &browser, "ann");
    let page = browser.wait_for_text("onerror");
    assert!(page.contains("<script>"), "as it is: {page}");
    assert!(!browser.script("document.title").as_str().unwrap().starts_with("owned"));
    assert_eq!(browser.script("document.images.length + document.scripts.length"), 0);
    assert_eq!(complaints(&sign_on, &browser), Vec::<String>::new());
    sign_on.close();
}
