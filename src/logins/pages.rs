//! What a browser is answered: where to go, or a small page. Nothing from elsewhere, and no script but one: that which
//! sends a form.

use crate::providers::Away;
use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rosterd_core::text::markup;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:4rem auto;padding:0 1rem;color:#1b1b1f}\
h1{font-size:1.4rem}a,button{font:inherit;color:#1746a2}button{padding:.3rem .9rem;border:1px solid;border-radius:.3rem;\
background:none;cursor:pointer}table{border-collapse:collapse;margin:1rem 0}td,th{text-align:left;padding:.2rem 1.2rem \
.2rem 0}code{color:#555}@media(prefers-color-scheme:dark){body{background:#17171a;color:#e4e4e8}a,button{color:#9db8ff}\
code{color:#aaa}}";

/// The one script: it presses the button.
const SEND: &str = "document.forms[0].submit()";

/// An answer. An error is one, too.
#[derive(Debug)]
pub(super) struct Page(Box<Content>);

#[derive(Debug)]
struct Content {
    status: StatusCode,
    title: String,
    body: String,
    lead: Option<String>,
    cookies: Vec<HeaderValue>,
    /// Where forms may lead besides here.
    forms: Option<String>,
    /// Its form sends itself.
    sends: bool,
}

impl Page {
    fn new(status: StatusCode, title: &str) -> Self {
        let (title, body) = (title.to_owned(), String::new());
        Self(Box::new(Content { status, title, body, lead: None, cookies: Vec::new(), forms: None, sends: false }))
    }

    /// A page with this heading.
    pub(super) fn titled(title: &str) -> Self {
        Self::new(StatusCode::OK, title)
    }

    /// Something that did not work, and what to do.
    pub(super) fn problem(status: StatusCode, title: &str, why: &str) -> Self {
        Self::new(status, title).text(why)
    }

    /// Something that may work later. The log says what.
    pub(super) fn not_now() -> Self {
        let why = "Something that a login needs does not answer. Try again in a moment.";
        Self::problem(StatusCode::SERVICE_UNAVAILABLE, "Not now", why)
    }

    /// Sends the browser on, by GET (RFC 9110 §15.4.4).
    pub(super) fn lead(to: &str) -> Self {
        let mut page = Self::new(StatusCode::SEE_OTHER, "Go on");
        page.0.lead = Some(to.to_owned());
        page
    }

    /// Sends the browser there.
    pub(super) fn away(to: &Away) -> Self {
        match to {
            Away::Address(to) => Self::lead(to),
            // Where it leads on to from there is that place's to say.
            Away::Form { action, fields } => Self::form(action, fields, "https: http:"),
        }
    }

    /// Sends the browser on, by a form that sends itself; where there are no scripts, somebody presses the button.
    /// `then`: where it may lead on to.
    pub(super) fn form(action: &str, fields: &[(&str, String)], then: &str) -> Self {
        let mut page = Self::titled("Go on");
        let _ = write!(page.0.body, "<form method=\"post\" action=\"{}\">", markup(action));
        for (name, value) in fields {
            let (name, value) = (markup(name), markup(value));
            let _ = write!(page.0.body, "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
        }
        let _ = writeln!(page.0.body, "<button>Go on</button></form>\n<script>{SEND}</script>");
        page.0.forms = Some(then.to_owned());
        page.0.sends = true;
        page
    }

    pub(super) fn with(mut self, cookie: Option<HeaderValue>) -> Self {
        self.0.cookies.extend(cookie);
        self
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        let _ = writeln!(self.0.body, "<p>{}</p>", markup(text));
        self
    }

    pub(super) fn code(mut self, code: &str) -> Self {
        let _ = writeln!(self.0.body, "<p>Code: <code>{}</code></p>", markup(code));
        self
    }

    pub(super) fn link(mut self, to: &str, text: &str) -> Self {
        let _ = writeln!(self.0.body, "<p><a href=\"{}\">{}</a></p>", markup(to), markup(text));
        self
    }

    /// A table with a heading for each column.
    pub(super) fn table<const N: usize>(mut self, heads: [&str; N], rows: &[[&str; N]]) -> Self {
        let cells = |row: &[&str; N], kind: &str| {
            row.iter().map(|cell| format!("<{kind}>{}</{kind}>", markup(cell))).collect::<String>()
        };
        let _ = writeln!(self.0.body, "<table><tr>{}</tr>", cells(&heads, "th"));
        for row in rows {
            let _ = writeln!(self.0.body, "<tr>{}</tr>", cells(row, "td"));
        }
        self.0.body.push_str("</table>\n");
        self
    }

    /// A button that does something here, which may lead on to this origin.
    pub(super) fn button(mut self, action: &str, text: &str, then: Option<String>) -> Self {
        let (action, text) = (markup(action), markup(text));
        let _ = writeln!(self.0.body, "<form method=\"post\" action=\"{action}\"><button>{text}</button></form>");
        self.0.forms = then;
        self
    }

    fn html(&self) -> String {
        let title = markup(&self.0.title);
        format!(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\"><title>{title} - rosterd</title>\
             <style>{STYLE}</style>\n<h1>{title}</h1>\n{}",
            self.0.body
        )
    }

    /// Nothing but this page's own style, and an icon that is none, or browsers would ask for one; forms lead here, and
    /// where they were said to lead.
    fn policy(&self) -> String {
        let style = STANDARD.encode(Sha256::digest(STYLE));
        let forms = self.0.forms.as_deref().unwrap_or_default();
        let script = if self.0.sends {
            format!("script-src 'sha256-{}'; ", STANDARD.encode(Sha256::digest(SEND)))
        } else {
            String::new()
        };
        format!(
            "default-src 'none'; {script}style-src 'sha256-{style}'; img-src data:; form-action 'self' {forms}; \
             frame-ancestors 'none'; base-uri 'none'"
        )
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response<Body> {
        let mut response = match self.0.lead.as_deref().map(HeaderValue::from_str) {
            Some(Ok(to)) => {
                let mut response = Response::new(Body::empty());
                response.headers_mut().insert(LOCATION, to);
                response
            }
            Some(Err(_)) => return Self::not_now().into_response(),
            None => Response::new(Body::from(self.html())),
        };
        *response.status_mut() = self.0.status;
        let headers = response.headers_mut();
        if let Ok(policy) = HeaderValue::from_str(&self.policy()) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        for cookie in self.0.cookies {
            headers.append(SET_COOKIE, cookie);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w17_nothing_that_is_shown_becomes_a_tag() {
        let name = "<script>alert('x')</script>\" onload=\"\u{1b}";
        let page = Page::titled(name).text(name).code(name).link(name, name).table(["a"], &[[name]]);
        let html = page.button("/logout", name, None).html();
        assert!(!html.contains("<script") && !html.contains("\" onload") && !html.contains('\u{1b}'), "{html}");
        assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)"), "{html}");
    }

    #[test]
    fn w16_a_page_takes_nothing_from_elsewhere() {
        let policy =
            Page::titled("x").button("/logout", "Log out", Some("https://sso.example.org".to_owned())).policy();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("form-action 'self' https://sso.example.org;"), "{policy}");
    }
}
