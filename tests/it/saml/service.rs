//! The provider, as the configuration makes it: asked to begin a login and to finish it with what the browser brings.

use super::forge::keys::keys;
use super::forge::{ACS, Given, NOW, SLO, SP, STATE, Sent, Site};
use rosterd::config::{self, Format, Secret};
use rosterd::providers::{Back, Carried, Drawn, Finished, Leave, Login, LoginError, build_login};
use rosterd_core::ids::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// A provider, and the files that its configuration names.
#[derive(Debug)]
pub struct Service {
    login: Arc<dyn Login>,
    _dir: TempDir,
}

impl Service {
    /// With the identity provider's metadata as it is published there.
    pub fn open(site: Site) -> Result<Self, String> {
        Self::with(site.lines, &site.published.text())
    }

    /// With this metadata. An error says by which word it is refused. `{dir}` in the lines is where `signer.crt` is, the
    /// certificate of whoever signs metadata.
    pub fn with(lines: &str, metadata: &str) -> Result<Self, String> {
        let dir = TempDir::new().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            path
        };
        let metadata = write("idp.xml", metadata);
        let key = write("sp.key", &keys().sp.private);
        let certificate = write("sp.crt", &keys().sp.certificate);
        let seal = write("seal.key", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
        write("signer.crt", &keys().other.certificate);
        let lines = lines.replace("{dir}", &dir.path().to_string_lossy());
        // Built beside the program, and not beside the tests.
        let verifier = Path::new(env!("CARGO_BIN_EXE_rosterd")).with_file_name("rosterd-xmldsig");
        // A site's own lines come last and may say the same again otherwise.
        let usual: String = [("subject", "NameID"), ("login", "uid"), ("name", "displayName"), ("email", "mail")]
            .iter()
            .chain(&[("groups", "groups")])
            .filter(|(key, _)| !lines.contains(&format!("{key} = ")))
            .map(|(key, value)| format!("{key} = {value:?}\n"))
            .chain(["trust_email = true\n".to_owned()])
            .collect();
        let text = format!(
            r#"
version = 1
[database]
url = "sqlite:unused.db"
encryption_keys = [{{ file = {seal:?} }}]
[http]
listen = "127.0.0.1:8080"
public_url = "https://rosterd.example"
[providers.sso]
on_no_match = "nothing"
[providers.sso.saml]
entity_id = {SP:?}
metadata_file = {metadata:?}
verifier = {verifier:?}
keys = [{{ key = {{ file = {key:?} }}, certificate_file = {certificate:?} }}]
{usual}{lines}
"#
        );
        let loaded =
            config::parse(&text, Format::Toml, "rosterd.toml", &[]).unwrap_or_else(|found| panic!("{found:?}"));
        let section = loaded.config.providers.values().next().unwrap();
        let login = build_login(section).map_err(|error| error.kind.code().to_owned())?.unwrap();
        Ok(Self { login, _dir: dir })
    }

    /// A login begins; what is kept of it.
    pub async fn begin(&self) -> Result<String, LoginError> {
        let drawn = Drawn {
            state: Secret::new(STATE.to_owned()),
            nonce: Secret::new("a-nonce".to_owned()),
            verifier: Secret::new("a-verifier".to_owned()),
        };
        let browser = self.login.browser().unwrap();
        Ok(browser.begin(ACS, &drawn, None, Timestamp(NOW)).await?.kept)
    }

    /// It ends, with what was kept and what the browser brings.
    pub async fn finish(&self, sent: &Sent, kept: Option<&str>) -> Result<Finished, LoginError> {
        let back = Back::parse(&sent.form())?;
        self.login.browser().unwrap().finish(ACS, &back, kept, Timestamp(NOW)).await
    }

    /// Somebody's browser brings word of a logout.
    pub async fn logging_out(&self, message: Carried<'_>) -> Result<Leave, LoginError> {
        self.login.browser().unwrap().logging_out(SLO, message, Timestamp(NOW)).await
    }
}

/// The id of the request, in what is kept: the one text there that an id can be.
pub fn request_in(kept: &str) -> String {
    let kept: Value = serde_json::from_str(kept).unwrap();
    let texts: Vec<&str> = kept.as_object().unwrap().values().filter_map(Value::as_str).collect();
    let [id] = texts.iter().filter(|text| text.starts_with('_')).collect::<Vec<_>>()[..] else {
        panic!("{texts:?}");
    };
    (*id).to_owned()
}

/// Every site's provider, opened once, and a port at which nobody may ask.
#[derive(Debug)]
pub struct Services {
    open: BTreeMap<Site, Result<Service, String>>,
    trap: TcpListener,
}

impl Services {
    pub fn new() -> Self {
        let trap = TcpListener::bind("127.0.0.1:0").unwrap();
        trap.set_nonblocking(true).unwrap();
        Self { open: BTreeMap::new(), trap }
    }

    /// A login there, with what somebody makes of the request. The error is a word.
    pub async fn login(&mut self, site: Site, make: impl Fn(&Given) -> Sent) -> Result<Finished, String> {
        let service = self.open.entry(site).or_insert_with(|| Service::open(site)).as_ref().map_err(Clone::clone)?;
        let kept = service.begin().await.map_err(|error| error.code().to_owned())?;
        let given = Given { request: request_in(&kept), trap: self.trap.local_addr().unwrap().port() };
        service
            .finish(&make(&given), Some(&kept).filter(|_| !site.unasked).map(String::as_str))
            .await
            .map_err(|error| error.code().to_owned())
    }

    /// Nobody has asked for anything that a message names.
    #[track_caller]
    pub fn nobody_asked(&self) {
        assert!(self.trap.accept().is_err(), "somebody has asked for what a message names");
    }
}
