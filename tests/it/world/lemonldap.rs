//! LemonLDAP::NG over a directory of this world, as an OpenID provider (`openid`) or as a SAML identity provider
//! (`saml`): another program by other people, as many administrations run it. Its portal runs as it does behind a web
//! server, but under starman; it ends on drop.
//!
//! It wants a domain for its cookies, and takes an address for one: no name has to lead to this machine.

mod openid;
mod saml;

use super::http::ask;
use super::scripted_http::{Reply, ScriptedHttp};
use super::slapd::{READER, SUFFIX, Slapd};
use super::{end, free_port, listens, wait_until};
use serde_json::{Value, json};
use std::fs::File;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Where Debian has what its pages are made of.
const SHARED: &str = "/usr/share/lemonldap-ng/portal";
const PROGRAM: &str = "use Plack::Builder;
use Lemonldap::NG::Portal::Main;
builder {
    enable 'Static', path => sub { s!^/static/!! }, root => 'static/';
    Lemonldap::NG::Portal::Main->run({});
};
";

#[derive(Debug)]
pub struct LemonLdap {
    dir: TempDir,
    port: u16,
    /// Where people are sent back.
    back: ScriptedHttp,
    /// All that it is told.
    configuration: Value,
    /// What it serves once it is ready.
    place: &'static str,
    server: Option<Child>,
}

impl LemonLdap {
    /// People and groups are those of the directory, passwords too; `protocol`: what it serves, once it knows where.
    fn begin(directory: &Slapd, place: &'static str, protocol: impl Fn(&Self) -> Value) -> Self {
        let back = ScriptedHttp::start(|_| Reply::new(200, "text/html", "<p>Welcome back</p>"));
        let configuration = Value::Null;
        let mut lemonldap = Self { dir: TempDir::new().unwrap(), port: 0, back, configuration, place, server: None };
        let dir = lemonldap.dir.path();
        for folder in ["conf", "cache", "sessions/lock", "persistent/lock"] {
            std::fs::create_dir_all(dir.join(folder)).unwrap();
        }
        assert!(Path::new(SHARED).exists(), "LemonLDAP::NG is missing: scripts/install-test-servers.sh");
        symlink(Path::new(SHARED).join("htdocs/static"), dir.join("static")).unwrap();
        std::fs::write(dir.join("portal.psgi"), PROGRAM).unwrap();
        std::fs::write(dir.join("lemonldap-ng.ini"), settings(dir)).unwrap();
        openssl(dir, &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "private.pem"]);
        openssl(dir, &["pkey", "-in", "private.pem", "-pubout", "-out", "public.pem"]);
        let subject = ["-subj", "/CN=LemonLDAP"];
        openssl(
            dir,
            &[&["req", "-x509", "-key", "private.pem", "-days", "30", "-out", "certificate.pem"], &subject[..]]
                .concat(),
        );
        // Somebody else may take the port first.
        for _ in 0..5 {
            lemonldap.port = free_port();
            let mut all = json!({ "cfgNum": 1, "cfgAuthor": "tests", "cfgDate": "1627287638", "cfgVersion": "2.16.1" });
            for part in [lemonldap.portal(), lemonldap.sessions(), people(directory), protocol(&lemonldap)] {
                all.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
            }
            lemonldap.configuration = all;
            if lemonldap.run() {
                return lemonldap;
            }
        }
        panic!("LemonLDAP::NG does not start: {}", lemonldap.log());
    }

    fn run(&mut self) -> bool {
        std::fs::write(self.dir.path().join("conf/lmConf-1.json"), self.configuration.to_string()).unwrap();
        let log = File::create(self.dir.path().join("log")).unwrap();
        let mut server = Command::new("starman")
            .args(["--workers", "2", "--listen", &format!("127.0.0.1:{}", self.port), "portal.psgi"])
            .current_dir(self.dir.path())
            .env("LLNG_DEFAULTCONFFILE", self.dir.path().join("lemonldap-ng.ini"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let answer = || listens(self.port).then(|| ask(self.port, "GET", self.place, &[], "")).flatten();
        let mut status = None;
        let ready = wait_until(60, || {
            status = answer().map(|(status, _)| status);
            status.is_some() || server.try_wait().unwrap().is_some()
        });
        // What is wrong with its configuration does not pass.
        assert!(status.is_none_or(|status| status == 200), "LemonLDAP::NG is not well: {}", self.log());
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

    /// Where it is; as an OpenID provider its issuer, too.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// One of its files.
    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.path().join(name)).unwrap()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    fn portal(&self) -> Value {
        json!({
            "portal": format!("{}/", self.issuer()), "domain": "127.0.0.1", "cookieName": "lemonldap",
            "securedCookie": 0, "cspFormAction": "*", "timeout": 72000, "requireToken": 0, "portalSkin": "bootstrap",
            "notification": 0, "applicationList": {}, "locationRules": {}, "exportedHeaders": {},
            "loginHistoryEnabled": 0, "captcha_login_enabled": 0, "portalDisplayResetPassword": 0,
        })
    }

    fn sessions(&self) -> Value {
        let store = |folder: &str| {
            let folder = self.dir.path().join(folder);
            json!({ "Directory": folder, "LockDirectory": folder.join("lock"),
                "generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256" })
        };
        let cache = json!({ "namespace": "sessions", "default_expires_in": 600, "cache_depth": 3,
            "cache_root": self.dir.path().join("cache"), "directory_umask": "007" });
        json!({
            "globalStorage": "Apache::Session::File", "globalStorageOptions": store("sessions"),
            "persistentStorage": "Apache::Session::File", "persistentStorageOptions": store("persistent"),
            "localSessionStorage": "Cache::FileCache", "localSessionStorageOptions": cache,
        })
    }
}

impl Drop for LemonLdap {
    fn drop(&mut self) {
        self.stop();
    }
}

fn people(directory: &Slapd) -> Value {
    json!({
        "authentication": "LDAP", "userDB": "Same", "passwordDB": "Null", "registerDB": "Null",
        "ldapServer": directory.url(), "managerDn": READER.0, "managerPassword": READER.1,
        "ldapBase": format!("ou=people,{SUFFIX}"), "ldapExportedVars": { "uid": "uid", "cn": "cn", "mail": "mail" },
        "ldapGroupBase": format!("ou=groups,{SUFFIX}"), "ldapGroupObjectClass": "groupOfNames",
        "ldapGroupAttributeName": "member", "ldapGroupAttributeNameUser": "dn",
        "ldapGroupAttributeNameSearch": "cn", "ldapGroupRecursive": 1,
        "exportedVars": {}, "groups": {}, "macros": { "_whatToTrace": "$uid" }, "whatToTrace": "_whatToTrace",
    })
}

fn settings(dir: &Path) -> String {
    let dir = dir.display();
    format!(
        "[all]
logLevel = notice
logger = Lemonldap::NG::Common::Logger::Std
userLogger = Lemonldap::NG::Common::Logger::Std
localSessionStorage =
[configuration]
type = File
dirName = {dir}/conf
localStorage = Cache::FileCache
localStorageOptions = {{ 'namespace' => 'configuration', 'default_expires_in' => 600, 'directory_umask' => '007', \
         'cache_root' => '{dir}/cache', 'cache_depth' => 3 }}
[portal]
staticPrefix = /static
templateDir = {SHARED}/templates
languages = en
"
    )
}

fn openssl(dir: &Path, args: &[&str]) {
    let done = Command::new("openssl").args(args).current_dir(dir).output().unwrap();
    assert!(done.status.success(), "openssl: {}", String::from_utf8_lossy(&done.stderr));
}
