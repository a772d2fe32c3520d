//! What a browser does of logging in, without one: cookies, redirects, forms. For what a test wants to do to them.

use super::forms::{Form, forms};
use super::http::{Answer, exchange};
use std::collections::BTreeMap;

/// Cookies, by port: a browser would share them between ports, which would show less. So a port is a site here, and a
/// form of another one's page brings no cookie that is for its own site only.
#[derive(Debug, Clone, Default)]
pub struct Agent {
    cookies: BTreeMap<u16, BTreeMap<String, Cookie>>,
}

#[derive(Debug, Clone)]
struct Cookie {
    value: String,
    /// `SameSite=Lax`, or stricter.
    own_site: bool,
}

/// Where a request ended.
#[derive(Debug, Clone)]
pub struct Visit {
    pub url: String,
    pub answer: Answer,
    /// What was to be sent there, where it stopped before a form was.
    pub form: Option<Form>,
}

/// The most redirects and forms on the way.
const STEPS: usize = 20;

impl Agent {
    /// One request, without following where it leads.
    pub fn ask(&mut self, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send(method, url, headers, body, |_| true)
    }

    /// Sends a form of the page at `page`, as a browser does that tells of where it comes from.
    pub fn post(&mut self, page: &str, url: &str, form: &Form) -> Answer {
        let own = place(page).0 == place(url).0;
        let site = if own { "same-origin" } else { "cross-site" };
        let origin = format!("http://127.0.0.1:{}", place(page).0);
        let headers = [("origin", origin.as_str()), ("sec-fetch-site", site), ("sec-fetch-mode", "navigate")];
        self.send("POST", url, &headers, &form.body(), |cookie| own || !cookie.own_site)
    }

    fn send(
        &mut self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
        goes: impl Fn(&Cookie) -> bool,
    ) -> Answer {
        let (port, path) = place(url);
        let jar = self.cookies.entry(port).or_default();
        let going = jar.iter().filter(|(_, cookie)| goes(cookie));
        let cookies: Vec<String> = going.map(|(name, cookie)| format!("{name}={}", cookie.value)).collect();
        let cookies = cookies.join("; ");
        let mut all = headers.to_vec();
        if !cookies.is_empty() {
            all.push(("cookie", &cookies));
        }
        if !body.is_empty() {
            all.push(("content-type", "application/x-www-form-urlencoded"));
        }
        let answer = exchange(port, method, path, &all, body).unwrap();
        for (_, line) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            let lowered = line.to_lowercase();
            if value.is_empty() || lowered.contains("max-age=0") {
                jar.remove(name);
            } else {
                let own_site = lowered.contains("samesite=lax") || lowered.contains("samesite=strict");
                jar.insert(name.to_owned(), Cookie { value: value.to_owned(), own_site });
            }
        }
        answer
    }

    pub fn cookie(&self, port: u16, name: &str) -> Option<&str> {
        self.cookies.get(&port)?.get(name).map(|cookie| cookie.value.as_str())
    }

    pub fn set_cookie(&mut self, port: u16, name: &str, value: &str) {
        let cookie = Cookie { value: value.to_owned(), own_site: true };
        self.cookies.entry(port).or_default().insert(name.to_owned(), cookie);
    }

    /// Goes to an address and on as it leads, fills in each form that asks who somebody is, and sends each that would
    /// send itself, until `stop` says that this is the address; else until a page is none of them.
    pub fn go(&mut self, url: &str, person: &str, stop: impl Fn(&str) -> bool) -> Visit {
        let answer = self.ask("GET", url, &[], "");
        self.go_on(url, answer, person, stop)
    }

    /// The same, from an answer on.
    pub fn go_on(&mut self, url: &str, answer: Answer, person: &str, stop: impl Fn(&str) -> bool) -> Visit {
        let (mut url, mut answer, mut asked) = (url.to_owned(), answer, None);
        for _ in 0..STEPS {
            if let Some(to) = answer.header("location") {
                url = joined(&url, to);
                if stop(&url) {
                    return Visit { url, answer, form: None };
                }
                answer = self.ask("GET", &url, &[], "");
                continue;
            }
            let Some(form) = forms(&answer.body).into_iter().find_map(|form| filled(form, person)) else {
                return Visit { url, answer, form: None };
            };
            // Whoever is asked who they are a second time is refused.
            let asks = form.value("password").map(|_| place(&url).0);
            if asks.is_some() && asks == asked {
                return Visit { url, answer, form: None };
            }
            asked = asks.or(asked);
            let to = joined(&url, &form.action);
            if stop(&to) {
                return Visit { url: to, answer, form: Some(form) };
            }
            answer = self.post(&url, &to, &form);
            url = to;
        }
        panic!("it does not end: {url}")
    }
}

/// A form that a person, or the page's own script, would send; their password is their login.
fn filled(mut form: Form, person: &str) -> Option<Form> {
    let login = form.named(&["login", "username", "user"]);
    let sends = form.value("prompt").is_some() || form.named(&["SAMLRequest", "SAMLResponse"]).is_some();
    if let (Some(login), Some(_)) = (login, form.value("password")) {
        form.set(login, person);
        form.set("password", person);
    } else if !sends {
        return None;
    }
    Some(form)
}

/// Port, and path with query.
fn place(url: &str) -> (u16, &str) {
    let behind = url.strip_prefix("http://127.0.0.1:").unwrap_or_else(|| panic!("{url} is not on this machine"));
    let (port, path) = behind.split_at(behind.find(['/', '?']).unwrap_or(behind.len()));
    (port.parse().unwrap(), if path.is_empty() { "/" } else { path.split('#').next().unwrap() })
}

fn joined(base: &str, to: &str) -> String {
    if to.starts_with("http") {
        return to.to_owned();
    }
    if to.is_empty() || to == "#" {
        return base.to_owned();
    }
    let (page, _) = base.split_once('?').unwrap_or((base, ""));
    if to.starts_with('?') {
        return format!("{page}{to}");
    }
    let origin = page.match_indices('/').nth(2).map_or(page, |(at, _)| &page[..at]);
    format!("{origin}{to}")
}
