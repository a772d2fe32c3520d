//! The daemon under measurement: `rosterd run` with one identity provider.

use crate::saml::forge::keys::keys;
use crate::saml::forge::metadata::Published;
use crate::saml::forge::{SP, now};
use anyhow::{Context as _, Result, ensure};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Stopped on drop.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    pub(crate) port: u16,
}

impl Daemon {
    pub(crate) async fn start(program: &Path, work: &Path) -> Result<Self> {
        let write = |name: &str, text: &str| -> Result<()> {
            let path = work.join(name);
            std::fs::write(&path, text)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
            Ok(())
        };
        write("idp.xml", &Published::Usual.text())?;
        write("sp.key", &keys().sp.private)?;
        write("sp.crt", &keys().sp.certificate)?;
        write("seal.key", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        write("rosterd.toml", &configuration(port))?;
        let program = std::fs::canonicalize(program).context("the program is not built")?;
        let run = |words: &[&str]| {
            let mut command = Command::new(&program);
            command.arg("--config").arg(work.join("rosterd.toml")).args(words).stdin(Stdio::null()).current_dir(work);
            command
        };
        let migrated = run(&["db", "migrate"]).stdout(Stdio::null()).status()?;
        ensure!(migrated.success() && now() > 0, "the database cannot be made");
        let child = run(&["run"]).stdout(Stdio::null()).stderr(std::fs::File::create(work.join("log"))?).spawn()?;
        let daemon = Self { child, port };
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(daemon);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(std::fs::read_to_string(work.join("log")).map(anyhow::Error::msg).context("it does not answer")?)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn configuration(port: u16) -> String {
    format!(
        r#"version = 1

[database]
url = "sqlite:bench.db"
encryption_keys = [{{ file = "seal.key" }}]

[http]
listen = "127.0.0.1:{port}"
public_url = "https://rosterd.example"

[providers.sso]
on_no_match = "nothing"
hook_rate = "1000000/s"
create_missing = ["orgs", "teams"]

[providers.sso.saml]
entity_id = "{SP}"
metadata_file = "idp.xml"
keys = [{{ key = {{ file = "sp.key" }}, certificate_file = "sp.crt" }}]
binding = "post"

[[rules]]
id = "everybody"
match.group = "*"
org = "Main"
role = "Viewer"
"#
    )
}
