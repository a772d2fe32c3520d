//! An application that hands on what people log in to it with, and rosterd beside it, run as it is; its one provider is
//! `sso`.

use super::database::Backend;
use super::http::ask;
use super::invariants;
use super::rosterd::Running;
use super::site::Site;
use super::{free_port, listens, wait_until};
use serde_json::Value;

/// 32 bytes in base64.
const SEAL_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// Groups become roles and teams.
const RULES: &str = r#"
[[rules]]
id = "devs"
match.group = "devs"
org = "Main"
role = "Editor"
team = "devs"
[[rules]]
id = "admins"
match.group = "admins"
org = "Main"
role = "Admin"
[[rules]]
id = "staff"
match.group = "*"
org = "Main"
role = "Viewer"
"#;

/// More of the configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extra<'a> {
    /// In the provider's section.
    pub provider: &'a str,
    /// In its `oidc`.
    pub oidc: &'a str,
    /// Behind it all.
    pub more: &'a str,
}

impl<'a> Extra<'a> {
    pub fn oidc(oidc: &'a str) -> Self {
        Self { oidc, ..Self::default() }
    }
}

#[derive(Debug)]
pub struct App {
    pub site: Site,
    pub port: u16,
    running: Option<Running>,
}

impl App {
    /// With one provider, `sso`, of which this is the issuer; it knows the application as `rosterd`.
    pub fn beside(backend: Backend, issuer: &str, extra: &Extra<'_>) -> Self {
        Self::at(free_port(), backend, issuer, extra)
    }

    /// The same, on this port.
    pub fn at(port: u16, backend: Backend, issuer: &str, extra: &Extra<'_>) -> Self {
        let Extra { provider, oidc, more } = extra;
        let sections = format!(
            r#"
[providers.sso]
claims.groups = "groups"
{provider}
[providers.sso.oidc]
issuer = {issuer:?}
client_id = "rosterd"
{oidc}
[hooks.app]
sender = "oidc"
provider = "sso"
"#
        );
        Self::of(port, backend, &sections, more, &[("client", "rosterd-secret")])
    }

    /// The same with any provider: the sections of `sso` and of the hook, what stands behind the rules, and the files
    /// that are named there.
    pub fn of(port: u16, backend: Backend, sections: &str, more: &str, files: &[(&str, &str)]) -> Self {
        let common = "[providers.sso]\non_no_match = \"nothing\"\ncreate_missing = [\"orgs\", \"teams\"]\n";
        let config = format!(
            r#"
encryption_keys = [{{ file = "seal.key" }}]
[http]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"
{}
{RULES}{more}"#,
            sections.replacen("[providers.sso]\n", common, 1)
        );
        let site = Site::new(backend, &config);
        for (name, text) in files.iter().chain(&[("seal.key", SEAL_KEY)]) {
            site.secret(name, text);
        }
        site.run(&["db", "migrate"]).expect(0);
        let mut app = Self { site, port, running: None };
        app.start();
        app
    }

    pub fn start(&mut self) {
        self.running = Some(self.site.start(&["run"], &[]));
        assert!(wait_until(60, || listens(self.port)), "{}", self.said());
    }

    /// Another replica, on its own port: a proxy would stand before both.
    pub fn replica(&self) -> (u16, Running) {
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let running = self.site.start(&["run"], &[("ROSTERD__HTTP__LISTEN", &listen)]);
        assert!(wait_until(60, || listens(port)), "{}", running.stderr_so_far());
        (port, running)
    }

    pub fn stop(&mut self) {
        let running = self.running.take().unwrap();
        running.signal("TERM");
        running.wait().expect(0);
    }

    pub fn said(&self) -> String {
        self.running.as_ref().map_or_else(String::new, Running::stderr_so_far)
    }

    /// What the application is answered that hands this on.
    pub fn hand_on(&self, body: &Value) -> (u16, Value) {
        self.hand_on_to("app", body)
    }

    /// The same, to this hook.
    pub fn hand_on_to(&self, hook: &str, body: &Value) -> (u16, Value) {
        let path = format!("/hooks/v1/{hook}/inline");
        let (status, text) = ask(self.port, "POST", &path, &[], &body.to_string()).unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// The same, of tokens that are believed; what their person is said to have.
    #[track_caller]
    pub fn accepted(&self, tokens: &Value) -> Value {
        let (status, answer) = self.hand_on(tokens);
        assert_eq!(status, 200, "{answer}\n{}", self.said());
        answer
    }

    #[track_caller]
    pub fn role(&self, login: &str) -> Option<String> {
        self.site.tables().org_role("Main", login).map(str::to_owned)
    }

    /// Ends the daemon, and looks at what it left.
    pub fn close_keeping(mut self, look: impl FnOnce(&Site)) {
        self.stop();
        look(&self.site);
        invariants::audit(&self.site);
    }

    /// Ends the daemon. Nobody can be listed, so there is no run to make twice; the audit chain is whole.
    pub fn close(mut self) {
        self.stop();
        invariants::audit(&self.site);
    }
}

/// A test that failed leaves no daemon behind.
impl Drop for App {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.signal("KILL");
        }
    }
}
