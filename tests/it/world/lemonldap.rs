//! LemonLDAP::NG as an OpenID provider over a directory of this world: another program by other people, as many
//! administrations run it. Its portal runs as it does behind a web server, but under starman; it ends on drop.
//!
//! It wants a domain for its cookies, and takes an address for one: no name has to lead to this machine.

use super::browser::{Browser, parameter};
use super::http::ask;
use super::scripted_http::{Reply, ScriptedHttp};
use super::slapd::{READER, SUFFIX, Slapd};
use super::{end, free_port, listens, wait_until};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs::File;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// Where Debian has what its pages are made of.
const SHARED: &str = "/usr/share/lemonldap-ng/portal";
const PLACE: &str = "/.well-known/openid-configuration";
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
    server: Option<Child>,
}

impl LemonLdap {
    /// People and groups are those of the directory, passwords too. `client`: more of what it knows of the client
    /// `rosterd`, in its own words; `groups`: how it says groups, in its own words.
    pub fn start(directory: &Slapd, client: &Value, groups: &str) -> Self {
        let back = ScriptedHttp::start(|_| Reply::new(200, "text/html", "<p>Welcome back</p>"));
        let mut lemonldap = Self { dir: TempDir::new().unwrap(), port: 0, back, server: None };
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
        // Somebody else may take the port first.
        for _ in 0..5 {
            lemonldap.port = free_port();
            let configuration = lemonldap.configuration(directory, client, groups).to_string();
            std::fs::write(lemonldap.dir.path().join("conf/lmConf-1.json"), configuration).unwrap();
            if lemonldap.run() {
                return lemonldap;
            }
        }
        panic!("LemonLDAP::NG does not start: {}", lemonldap.log());
    }

    fn run(&mut self) -> bool {
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
        let answer = || listens(self.port).then(|| ask(self.port, "GET", PLACE, &[], "")).flatten();
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

    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Somebody logs in, whose password is their login; the tokens.
    #[track_caller]
    pub fn login(&self, browser: &Browser, person: &str) -> Value {
        let redirect = self.redirect();
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("client_id", "rosterd"), ("redirect_uri", &redirect), ("response_type", "code")])
            .extend_pairs([("scope", "openid profile email groups offline_access"), ("state", "s-1"), ("nonce", "n-1")])
            .extend_pairs([("code_challenge", CHALLENGE), ("code_challenge_method", "S256")])
            .finish();
        browser.fresh();
        browser.go(&format!("{}/oauth2/authorize?{query}", self.issuer()));
        browser.fill("user", person);
        browser.fill("password", person);
        browser.press("Connect");
        let url = browser.wait_for_url("/callback?");
        assert_eq!(parameter(&url, "state").as_deref(), Some("s-1"), "{url}");
        let code = parameter(&url, "code").unwrap();
        self.tokens(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &redirect),
            ("code_verifier", VERIFIER),
        ])
    }

    /// The same person a while later, by a refresh token.
    #[track_caller]
    pub fn renew(&self, tokens: &Value) -> Value {
        let token = tokens["refresh_token"].as_str().unwrap();
        self.tokens(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    #[track_caller]
    fn tokens(&self, form: &[(&str, &str)]) -> Value {
        let answer = self.post("/oauth2/token", form);
        assert!(answer["id_token"].is_string(), "{answer}\n{}", self.log());
        answer
    }

    /// What it says of an access token (RFC 7662).
    #[track_caller]
    pub fn introspect(&self, token: &str) -> Value {
        self.post("/oauth2/introspect", &[("token", token)])
    }

    #[track_caller]
    fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let basic = format!("Basic {}", STANDARD.encode("rosterd:rosterd-secret"));
        let headers = [("authorization", basic.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let (status, text) = ask(self.port, "POST", path, &headers, &body).unwrap();
        assert_eq!(status, 200, "{path}: {text}\n{}", self.log());
        serde_json::from_str(&text).unwrap()
    }

    fn redirect(&self) -> String {
        format!("{}/callback", self.back.url())
    }

    fn configuration(&self, directory: &Slapd, client: &Value, groups: &str) -> Value {
        let mut all = json!({ "cfgNum": 1, "cfgAuthor": "tests", "cfgDate": "1627287638", "cfgVersion": "2.16.1" });
        for part in [self.portal(), self.sessions(), people(directory), self.openid(client, groups)] {
            all.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        }
        all
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

    fn openid(&self, client: &Value, groups: &str) -> Value {
        let read = |name: &str| std::fs::read_to_string(self.dir.path().join(name)).unwrap();
        let mut options = json!({
            "oidcRPMetaDataOptionsClientID": "rosterd",
            "oidcRPMetaDataOptionsClientSecret": "rosterd-secret",
            "oidcRPMetaDataOptionsRedirectUris": self.redirect(),
            "oidcRPMetaDataOptionsIDTokenSignAlg": "RS256",
            "oidcRPMetaDataOptionsBypassConsent": 1,
            "oidcRPMetaDataOptionsRequirePKCE": 1,
            "oidcRPMetaDataOptionsAllowOffline": 1,
            "oidcRPMetaDataOptionsUserIDAttr": "uid",
        });
        options.as_object_mut().unwrap().extend(client.as_object().unwrap().clone());
        let claims = json!({ "email": "mail", "name": "cn", "preferred_username": "uid", "groups": groups });
        json!({
            "issuerDBOpenIDConnectActivation": 1, "issuerDBOpenIDConnectPath": "^/oauth2/",
            "oidcServiceMetaDataIssuer": self.issuer(), "oidcServicePrivateKeySig": read("private.pem"),
            "oidcServicePublicKeySig": read("public.pem"), "oidcServiceKeyIdSig": "key",
            "oidcServiceAllowAuthorizationCodeFlow": 1, "oidcServiceIgnoreScopeForClaims": 1,
            "oidcRPMetaDataOptions": { "rp": options }, "oidcRPMetaDataExportedVars": { "rp": claims },
            "oidcRPMetaDataOptionsExtraClaims": { "rp": {} }, "oidcRPMetaDataMacros": {}, "oidcOPMetaDataOptions": {},
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
