//! A real browser (Chromium), driven through its pages as a person goes through them. One for a test; it keeps its
//! profile in a temporary folder, reaches nothing but this machine, and ends on drop.
//!
//! Its calls block, which is no harm in an async test: the servers are other processes, or need a runtime of more than
//! one thread.

use super::openid::tools;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use tempfile::TempDir;

/// How long a page may take.
const SECONDS: u32 = 60;
/// What it is called where.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

#[derive(Debug)]
pub struct Browser {
    driver: Child,
    lines: Mutex<Lines>,
    dir: TempDir,
}

#[derive(Debug)]
struct Lines {
    /// Nothing once it is to end.
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// An answer to a page that was asked for, those that lead elsewhere among them.
#[derive(Debug, Clone)]
pub struct Hop {
    pub method: String,
    pub url: String,
    pub status: u16,
    headers: Vec<(String, String)>,
}

impl Hop {
    /// All values of a header, by its name in small letters.
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(named, _)| named == name).map(|(_, value)| value.as_str()).collect()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    pub name: String,
    pub value: String,
    pub domain: String,
    pub path: String,
    pub secure: bool,
    pub http_only: bool,
    /// `Strict`, `Lax` or `None`.
    pub same_site: String,
}

impl Browser {
    pub fn start() -> Self {
        Self::waiting(SECONDS)
    }

    /// One that waits so long for anything.
    pub fn waiting(seconds: u32) -> Self {
        let dir = TempDir::new().unwrap();
        let mut driver = Command::new(tools().join("bin/node"))
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/world/browser/drive.mjs"))
            .env("MODULES", tools())
            .env("CHROMIUM", program())
            .env("SECONDS", seconds.to_string())
            // Where it keeps its profile, and all else that it would keep at home.
            .envs(["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"].map(|name| (name, dir.path())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(dir.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let commands = driver.stdin.take();
        let answers = BufReader::new(driver.stdout.take().unwrap());
        Self { driver, lines: Mutex::new(Lines { commands, answers }), dir }
    }

    /// Opens a page, as by typing its address: where it led to is [`Browser::url`], by which way [`Browser::hops`].
    #[track_caller]
    pub fn go(&self, url: &str) {
        self.run(&json!({ "do": "go", "url": url }));
    }

    /// The same; an error is what the browser says.
    pub fn try_go(&self, url: &str) -> Result<(), String> {
        self.ask(&json!({ "do": "go", "url": url })).map(drop)
    }

    /// Types into the field of this name.
    #[track_caller]
    pub fn fill(&self, field: &str, value: &str) {
        self.run(&json!({ "do": "fill", "field": field, "value": value }));
    }

    /// Presses the button, or follows the link, that has this on it. What comes of it has to be waited for.
    #[track_caller]
    pub fn press(&self, label: &str) {
        self.run(&json!({ "do": "press", "label": label }));
    }

    #[track_caller]
    pub fn url(&self) -> String {
        self.said("url")
    }

    /// What can be read on the page.
    #[track_caller]
    pub fn text(&self) -> String {
        self.said("text")
    }

    /// What it is made of.
    #[track_caller]
    pub fn html(&self) -> String {
        self.said("html")
    }

    /// Waits until the page's address contains this; returns it.
    #[track_caller]
    pub fn wait_for_url(&self, part: &str) -> String {
        text(&self.run(&json!({ "do": "wait_for_url", "part": part })))
    }

    /// Waits until these words can be read; returns all that can be.
    #[track_caller]
    pub fn wait_for_text(&self, words: &str) -> String {
        text(&self.run(&json!({ "do": "wait_for_text", "words": words })))
    }

    /// What the page's own script would see: the value of an expression.
    #[track_caller]
    pub fn script(&self, code: &str) -> Value {
        self.run(&json!({ "do": "script", "code": code }))
    }

    /// All cookies of all sites.
    #[track_caller]
    pub fn cookies(&self) -> Vec<Cookie> {
        let one = |cookie: &Value| Cookie {
            name: text(&cookie["name"]),
            value: text(&cookie["value"]),
            domain: text(&cookie["domain"]),
            path: text(&cookie["path"]),
            secure: cookie["secure"].as_bool().unwrap(),
            http_only: cookie["httpOnly"].as_bool().unwrap(),
            same_site: text(&cookie["sameSite"]),
        };
        self.run(&json!({ "do": "cookies" })).as_array().unwrap().iter().map(one).collect()
    }

    /// Every page that was answered since the last [`Browser::go`], the current one last.
    #[track_caller]
    pub fn hops(&self) -> Vec<Hop> {
        let header = |pair: &Value| (text(&pair[0]), text(&pair[1]));
        let one = |hop: &Value| Hop {
            method: text(&hop["method"]),
            url: text(&hop["url"]),
            status: hop["status"].as_u64().unwrap().try_into().unwrap(),
            headers: hop["headers"].as_array().unwrap().iter().map(header).collect(),
        };
        self.run(&json!({ "do": "hops" })).as_array().unwrap().iter().map(one).collect()
    }

    /// How the current page was answered.
    #[track_caller]
    pub fn last(&self) -> Hop {
        self.hops().pop().unwrap()
    }

    /// What the browser itself said was wrong with any page since it is somebody's: refused by a policy, not found, or
    /// a script's error.
    #[track_caller]
    pub fn errors(&self) -> Vec<String> {
        self.run(&json!({ "do": "errors" })).as_array().unwrap().iter().map(text).collect()
    }

    /// Somebody else's browser: no cookie, no page.
    #[track_caller]
    pub fn fresh(&self) {
        self.run(&json!({ "do": "fresh" }));
    }

    #[track_caller]
    fn said(&self, what: &str) -> String {
        text(&self.run(&json!({ "do": what })))
    }

    #[track_caller]
    fn run(&self, command: &Value) -> Value {
        self.ask(command).unwrap_or_else(|error| panic!("{error}"))
    }

    #[track_caller]
    fn ask(&self, command: &Value) -> Result<Value, String> {
        let mut lines = self.lines.lock().unwrap();
        let mut answer = String::new();
        let sent = writeln!(lines.commands.as_mut().unwrap(), "{command}");
        if sent.is_err() || lines.answers.read_line(&mut answer).unwrap() == 0 {
            panic!("the browser is gone: {}", std::fs::read_to_string(self.dir.path().join("log")).unwrap());
        }
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["error"].as_str().map_or_else(|| Ok(answer["ok"].clone()), |error| Err(error.to_owned()))
    }
}

impl Drop for Browser {
    /// The driver ends with its input, and ends the browser first.
    fn drop(&mut self) {
        if let Ok(lines) = self.lines.get_mut() {
            lines.commands = None;
        }
        if !super::wait_until(30, || self.driver.try_wait().is_ok_and(|ended| ended.is_some())) {
            let _ = self.driver.kill();
            let _ = self.driver.wait();
        }
    }
}

/// A parameter of a URL's query, decoded.
pub fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split('#').next()?.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find(|(named, _)| named == name).map(|(_, value)| value.into_owned())
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = NAMES.iter().flat_map(|name| std::env::split_paths(&path).map(move |dir| dir.join(name)));
    all.into_iter().find(|file| file.exists()).expect("Chromium is missing: scripts/install-test-servers.sh")
}
