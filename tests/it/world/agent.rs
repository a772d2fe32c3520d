//! What a browser does of logging in, without one: cookies, redirects, forms. For what a test wants to do to them.

use super::http::{Answer, exchange};
use std::collections::BTreeMap;

/// Cookies, by port: a browser would share them between ports, which would show less.
#[derive(Debug, Clone, Default)]
pub struct Agent {
    cookies: BTreeMap<u16, BTreeMap<String, String>>,
}

/// Where a request ended.
#[derive(Debug, Clone)]
pub struct Visit {
    pub url: String,
    pub answer: Answer,
}

/// The most redirects and forms on the way.
const STEPS: usize = 20;

impl Agent {
    /// One request, without following where it leads.
    pub fn ask(&mut self, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let (port, path) = place(url);
        let jar = self.cookies.entry(port).or_default();
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
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
            if value.is_empty() {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub fn cookie(&self, port: u16, name: &str) -> Option<&str> {
        self.cookies.get(&port)?.get(name).map(String::as_str)
    }

    pub fn set_cookie(&mut self, port: u16, name: &str, value: &str) {
        self.cookies.entry(port).or_default().insert(name.to_owned(), value.to_owned());
    }

    /// Goes to an address and on as it leads, and fills in each form of the provider, until `stop` says that this is
    /// the address; else until a page is none of them.
    pub fn go(&mut self, url: &str, person: &str, stop: impl Fn(&str) -> bool) -> Visit {
        let (mut url, mut method, mut body) = (url.to_owned(), "GET", String::new());
        for _ in 0..STEPS {
            let answer = self.ask(method, &url, &[], &body);
            (method, body) = ("GET", String::new());
            if let Some(to) = answer.header("location") {
                url = joined(&url, to);
                if stop(&url) {
                    return Visit { url, answer };
                }
                continue;
            }
            let between = |before: &str, after: &str| {
                let (_, rest) = answer.body.split_once(before)?;
                rest.split_once(after).map(|(found, _)| found.to_owned())
            };
            let Some(prompt) = between("name=\"prompt\" value=\"", "\"") else { return Visit { url, answer } };
            let action = between("action=\"", "\"").unwrap().replace("&amp;", "&");
            url = joined(&url, &action);
            (method, body) = ("POST", format!("prompt={prompt}&login={person}&password=x"));
        }
        panic!("it does not end: {url}")
    }
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
    let origin = base.match_indices('/').nth(2).map_or(base, |(at, _)| &base[..at]);
    format!("{origin}{to}")
}
