//! Logins by OpenID Connect: from the tokens that an application hands on to the tables, with a certified provider and
//! the real program.

mod browser;
mod flow;
mod logins;
mod several;

use crate::world::database::Backend;
use crate::world::http::ask;
use crate::world::invariants;
use crate::world::openid::OpenId;
use crate::world::rosterd::Running;
use crate::world::site::Site;
use crate::world::{free_port, listens, wait_until};
use serde_json::{Value, json};

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
struct Extra<'a> {
    /// In the provider's section.
    provider: &'a str,
    /// In its `oidc`.
    oidc: &'a str,
    /// Behind it all.
    more: &'a str,
}

impl<'a> Extra<'a> {
    fn oidc(oidc: &'a str) -> Self {
        Self { oidc, ..Self::default() }
    }
}

/// An application that people log in to, and rosterd beside it.
#[derive(Debug)]
struct SignOn {
    openid: OpenId,
    site: Site,
    port: u16,
    running: Option<Running>,
}

impl SignOn {
    fn open(backend: Backend) -> Self {
        Self::with(backend, &json!({}), &Extra::default())
    }

    /// `settings` of the OpenID provider.
    fn with(backend: Backend, settings: &Value, extra: &Extra<'_>) -> Self {
        let Extra { provider, oidc, more } = extra;
        let port = free_port();
        let here = format!("http://127.0.0.1:{port}");
        let mut all = json!({
            "redirects": [format!("{here}/login/sso/callback")],
            "client": {
                "post_logout_redirect_uris": [format!("{here}/login")],
                "backchannel_logout_uri": format!("{here}/login/sso/back-channel"),
                "backchannel_logout_session_required": true,
            },
        });
        all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let openid = OpenId::start(&all);
        openid.person("ann", &person("ann", &["devs"]));
        openid.person("root", &person("root", &["admins"]));
        let issuer = openid.issuer();
        let config = format!(
            r#"
encryption_keys = [{{ file = "seal.key" }}]
[http]
listen = "127.0.0.1:{port}"
public_url = "{here}"
[providers.sso]
claims.groups = "groups"
on_no_match = "nothing"
create_missing = ["orgs", "teams"]
{provider}
[providers.sso.oidc]
issuer = {issuer:?}
client_id = "rosterd"
{oidc}
[hooks.app]
sender = "oidc"
provider = "sso"
{RULES}{more}"#
        );
        let site = Site::new(backend, &config);
        site.secret("client", "rosterd-secret");
        site.secret("seal.key", SEAL_KEY);
        site.run(&["db", "migrate"]).expect(0);
        let mut sign_on = Self { openid, site, port, running: None };
        sign_on.start();
        sign_on
    }

    fn start(&mut self) {
        self.running = Some(self.site.start(&["run"], &[]));
        assert!(wait_until(60, || listens(self.port)), "{}", self.said());
    }

    fn stop(&mut self) {
        let running = self.running.take().unwrap();
        running.signal("TERM");
        running.wait().expect(0);
    }

    fn said(&self) -> String {
        self.running.as_ref().map_or_else(String::new, Running::stderr_so_far)
    }

    /// What the application is answered that hands this on.
    fn hand_on(&self, body: &Value) -> (u16, Value) {
        let (status, text) = ask(self.port, "POST", "/hooks/v1/app/inline", &[], &body.to_string()).unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Somebody logs in; what they are said to have.
    #[track_caller]
    fn login(&self, person: &str) -> Value {
        let (status, answer) = self.hand_on(&self.openid.login(person));
        assert_eq!(status, 200, "{answer}\n{}", self.said());
        answer
    }

    #[track_caller]
    fn role(&self, login: &str) -> Option<String> {
        self.site.tables().org_role("Main", login).map(str::to_owned)
    }

    /// Ends the daemon, and looks at what it left.
    fn close_keeping(mut self, look: impl FnOnce(&Site)) {
        self.stop();
        look(&self.site);
        invariants::audit(&self.site);
    }

    /// Ends the daemon. Nobody can be listed, so there is no run to make twice; the audit chain is whole.
    fn close(mut self) {
        self.stop();
        invariants::audit(&self.site);
    }
}

/// A test that failed leaves no daemon behind.
impl Drop for SignOn {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.signal("KILL");
        }
    }
}

/// The claims of somebody in these groups.
fn person(name: &str, groups: &[&str]) -> Value {
    json!({
        "name": format!("{name} of Example"), "preferred_username": name, "email": format!("{name}@example.org"),
        "email_verified": true, "groups": groups,
    })
}
