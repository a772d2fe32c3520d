//! SimpleSAMLphp as a SAML identity provider: the one that universities and many companies run. It runs under PHP's own
//! server, reads all that is said of it anew at each request (see `simplesaml/`), and ends on drop.

use super::http::ask;
use super::{end, free_port, listens, wait_until};
use serde_json::{Value, json};
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Where Debian has what it is made of.
const PAGES: &str = "/usr/share/simplesamlphp/www";
const METADATA: &str = "/saml2/idp/metadata.php";

#[derive(Debug)]
pub struct SimpleSaml {
    dir: TempDir,
    port: u16,
    server: Option<Child>,
}

impl SimpleSaml {
    /// It knows nobody, and no service provider.
    pub fn start() -> Self {
        let mut saml = Self { dir: TempDir::new().unwrap(), port: 0, server: None };
        assert!(Path::new(PAGES).exists(), "SimpleSAMLphp is missing: scripts/install-test-servers.sh");
        for folder in ["metadata", "services", "sessions", "tmp"] {
            std::fs::create_dir(saml.dir.path().join(folder)).unwrap();
        }
        for (name, text) in [
            ("config.php", include_str!("simplesaml/config.php")),
            ("authsources.php", include_str!("simplesaml/authsources.php")),
            ("metadata/saml20-idp-hosted.php", include_str!("simplesaml/provider.php")),
            ("metadata/saml20-sp-remote.php", include_str!("simplesaml/services.php")),
            ("people.json", "{}"),
            ("provider.json", "{}"),
            ("settings.json", "{}"),
        ] {
            std::fs::write(saml.dir.path().join(name), text).unwrap();
        }
        saml.make_key("first");
        saml.set(&json!({ "privatekey": "first.pem", "certificate": "first.crt" }));
        // Somebody else may take the port first.
        for _ in 0..5 {
            saml.port = free_port();
            if saml.run() {
                return saml;
            }
        }
        panic!("SimpleSAMLphp does not start: {}", saml.log());
    }

    fn run(&mut self) -> bool {
        let dir = self.dir.path();
        let out = File::create(dir.join("out")).unwrap();
        // One process and no workers, which would outlive it.
        let mut server = Command::new("php")
            .args(["-d", "display_errors=0", "-d", "log_errors=1", "-d", "opcache.enable=0"])
            .args(["-d", &format!("error_log={}", dir.join("log").display())])
            .args(["-S", &format!("127.0.0.1:{}", self.port), "-t", PAGES])
            .current_dir(dir)
            .env("SIMPLESAMLPHP_CONFIG_DIR", dir)
            .env("ADDRESS", self.at(""))
            .env_remove("PHP_CLI_SERVER_WORKERS")
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap();
        let answer = || listens(self.port).then(|| ask(self.port, "GET", METADATA, &[], "")).flatten();
        let mut status = None;
        let ready = wait_until(60, || {
            status = answer().map(|(status, _)| status);
            status.is_some() || server.try_wait().unwrap().is_some()
        });
        // What is wrong with its configuration does not pass.
        assert!(status.is_none_or(|status| status == 200), "SimpleSAMLphp is not well: {}", self.log());
        let alive = server.try_wait().unwrap().is_none();
        self.server = Some(server);
        if !(ready && alive) {
            self.stop();
        }
        ready && alive
    }

    pub fn stop(&mut self) {
        self.server.take().into_iter().for_each(end);
    }

    fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    pub fn entity_id(&self) -> String {
        self.at("idp")
    }

    pub fn metadata_url(&self) -> String {
        self.at(&METADATA[1..])
    }

    pub fn metadata(&self) -> String {
        let (status, text) = ask(self.port, "GET", METADATA, &[], "").unwrap();
        assert_eq!(status, 200, "{text}\n{}", self.log());
        text
    }

    /// Where somebody goes who begins there (SAML profiles §4.1.5).
    pub fn begin_there(&self, service: &str, relay_state: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("spentityid", service), ("RelayState", relay_state)])
            .finish();
        self.at(&format!("saml2/idp/SSOService.php?{query}"))
    }

    /// Where somebody goes who logs out there; they are sent to `back` then.
    pub fn log_out_there(&self, back: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("ReturnTo", back).finish();
        self.at(&format!("saml2/idp/SingleLogoutService.php?{query}"))
    }

    /// Who somebody is: their attributes, a list of values each. Their password is their name.
    pub fn person(&self, name: &str, attributes: &Value) {
        self.change("people.json", |people| people[name] = attributes.clone());
    }

    /// Somebody is gone: deleted there.
    pub fn dismiss(&self, name: &str) {
        self.change("people.json", |people| drop(people.as_object_mut().unwrap().remove(name)));
    }

    /// It deals with this service provider, whose metadata this is; `said`: more of it, in SimpleSAMLphp's own words.
    pub fn trust(&self, name: &str, metadata: &str, said: &Value) {
        std::fs::write(self.dir.path().join(format!("services/{name}.json")), said.to_string()).unwrap();
        std::fs::write(self.dir.path().join(format!("services/{name}.xml")), metadata).unwrap();
    }

    /// More of the provider, in its own words.
    pub fn set(&self, said: &Value) {
        self.change("provider.json", |all| all.as_object_mut().unwrap().extend(said.as_object().unwrap().clone()));
    }

    /// Settings of the whole program, in its own words.
    pub fn configure(&self, said: &Value) {
        self.change("settings.json", |all| all.as_object_mut().unwrap().extend(said.as_object().unwrap().clone()));
    }

    /// A key that will sign: its metadata says both from now on.
    pub fn announce_key(&self) {
        self.make_key("second");
        self.set(&json!({ "new_privatekey": "second.pem", "new_certificate": "second.crt" }));
    }

    /// The announced key signs, and the old one is gone.
    pub fn turn_keys(&self) {
        self.change("provider.json", |all| {
            for name in ["privatekey", "certificate"] {
                all[name] = all.as_object_mut().unwrap().remove(&format!("new_{name}")).unwrap();
            }
        });
    }

    /// The certificate that it has from the beginning, PEM.
    pub fn certificate(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("first.crt")).unwrap()
    }

    /// Its metadata is signed, by that certificate's key.
    pub fn sign_metadata(&self) {
        let by = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
        self.set(&json!({
            "metadata.sign.enable": true, "metadata.sign.privatekey": "first.pem",
            "metadata.sign.certificate": "first.crt", "metadata.sign.algorithm": by,
        }));
    }

    /// What it and PHP have to say.
    pub fn log(&self) -> String {
        let read = |name: &str| std::fs::read_to_string(self.dir.path().join(name)).unwrap_or_default();
        // Of its requests the last ones: each has a message in its address.
        let out = read("out");
        let requests: Vec<&str> = out.lines().collect();
        requests[requests.len().saturating_sub(6)..].join("\n") + "\n" + &read("log")
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let (file, new) = (self.dir.path().join(name), self.dir.path().join("new.json"));
        let mut all: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        change(&mut all);
        // At once: it may be reading.
        std::fs::write(&new, all.to_string()).unwrap();
        std::fs::rename(new, file).unwrap();
    }

    fn make_key(&self, name: &str) {
        let (key, certificate) = (format!("{name}.pem"), format!("{name}.crt"));
        let subject = format!("/CN={name} key of the provider");
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "30", "-subj", &subject])
            .args(["-keyout", &key, "-out", &certificate])
            .current_dir(self.dir.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
    }
}

impl Drop for SimpleSaml {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What a service provider without keys says of itself; `place`: where it is sent responses.
pub fn service(entity: &str, place: &str) -> String {
    let binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
    format!(
        r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}">
<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<AssertionConsumerService Binding="{binding}" Location="{place}" index="0" isDefault="true"/>
</SPSSODescriptor></EntityDescriptor>"#
    )
}
