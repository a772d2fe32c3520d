//! TLS as asked for, or nothing (L06).

use super::{config, read};
use crate::world::ca::{Ca, Certificate};
use crate::world::scripted_ldap::{Act, ScriptedLdap, What, extended_done};
use crate::world::slapd::{READER, SUFFIX, Slapd};
use crate::world::{free_port, listens, wait_until};
use rosterd::config::Ldap;
use rosterd::providers::ldap::LdapDirectory;
use rosterd::providers::{Directory as _, ProviderErrorKind};
use rosterd_core::snapshot::Reading;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

pub const ENTRIES: &str = "\
dn: uid=ana,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: ana
cn: Ana
sn: x

dn: cn=devs,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: devs
member: uid=ana,ou=people,dc=example,dc=org

";

/// A file with the reader's password.
fn password() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), READER.1).unwrap();
    file
}

fn tls_config(url: &str, ca: &PathBuf, password: &tempfile::NamedTempFile, more: &Value) -> Ldap {
    let mut all = json!({
        "tls": { "ca_file": ca },
        "bind": { "dn": READER.0, "password": { "file": password.path() } },
        "users": { "base": [format!("ou=people,{SUFFIX}")] },
        "groups": { "base": [format!("ou=groups,{SUFFIX}")] },
    });
    for (key, value) in more.as_object().unwrap() {
        all[key] = value.clone();
    }
    config(url, &all)
}

#[test]
fn ldaps_starttls_and_external_read_the_same() {
    let (ca, password) = (Ca::new(), password());
    let client = ca.client("reader");
    let slapd = Slapd::start_with(ENTRIES, Some((&ca, ca.server())));
    let external = json!({
        "tls": { "ca_file": ca.file(), "client_cert_file": client.cert, "client_key_file": client.key },
        "bind": { "method": "external" },
    });
    let new = json!({ "tls": { "ca_file": ca.file(), "min_version": "1.3" } });
    for (url, more) in [
        (slapd.tls_url(), json!({})),
        (slapd.tls_url().replace("127.0.0.1", "localhost"), json!({})),
        (slapd.url(), json!({ "start_tls": true })),
        (slapd.tls_url(), external),
        (slapd.tls_url(), new),
        (slapd.socket_url(), json!({ "bind": { "method": "external" } })),
    ] {
        let reading =
            read(&tls_config(&url, &ca.file(), &password, &more)).unwrap_or_else(|e| panic!("{url} {more}: {e}"));
        assert!(matches!(reading, Reading::Complete(_)), "{url}: {:?}", reading.gaps());
        assert_eq!(super::members(&reading, "devs"), ["ana"], "{url}");
    }
}

/// What `openssl req -x509` makes when asked for no more: a certificate that is its own authority.
fn self_signed() -> (tempfile::TempDir, Certificate) {
    let dir = tempfile::TempDir::new().unwrap();
    let own = Certificate { cert: dir.path().join("own.crt"), key: dir.path().join("own.key") };
    let done = Command::new("openssl")
        .args(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 9 -subj /CN=localhost".split(' '),
        )
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-keyout"])
        .arg(&own.key)
        .arg("-out")
        .arg(&own.cert)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    (dir, own)
}

#[test]
fn l06_certificates_that_are_not_good_say_why() {
    let (ca, password) = (Ca::new(), password());
    let slapd = |certificate: Certificate| Slapd::start_with(ENTRIES, Some((&ca, certificate)));
    let try_it = |slapd: &Slapd, ca: PathBuf, more: Value| {
        read(&tls_config(&slapd.tls_url(), &ca, &password, &more)).unwrap_err()
    };
    let (_own_dir, own) = self_signed();
    let authority = own.cert.clone();
    for (certificate, authority, says) in [
        (ca.expired(), ca.file(), "expired"),
        (ca.other_name(), ca.file(), "elsewhere.example"),
        (ca.server(), Ca::new().file(), "ca_file"),
        (own, authority, "certificate authority's own certificate"),
    ] {
        let error = try_it(&slapd(certificate), authority, json!({}));
        assert_eq!(error.kind, ProviderErrorKind::Tls, "{says}: {error}");
        assert!(error.message.contains(says), "{says}: {error}");
    }
    let other = slapd(ca.other_name());
    let named = json!({ "tls": { "ca_file": ca.file(), "server_name": "elsewhere.example" } });
    read(&tls_config(&other.tls_url(), &ca.file(), &password, &named)).unwrap();
}

#[test]
fn l06_files_that_cannot_be_used_say_which() {
    let (ca, password) = (Ca::new(), password());
    let slapd = Slapd::start_with(ENTRIES, Some((&ca, ca.server())));
    let client = ca.client("reader");
    for (tls, says) in [
        (json!({ "ca_file": "/nonexistent/ca.pem" }), "ca_file"),
        (json!({ "ca_file": password.path() }), "ca_file"),
        (json!({ "ca_file": ca.file(), "client_cert_file": client.cert }), "client_key_file"),
        (
            json!({ "ca_file": ca.file(), "client_cert_file": client.cert, "client_key_file": password.path() }),
            "client_key_file",
        ),
        (
            json!({ "ca_file": ca.file(), "client_cert_file": client.cert, "client_key_file": ca.server().key }),
            "together",
        ),
        (json!({ "ca_file": ca.file(), "server_name": "not a name" }), "server_name"),
    ] {
        let more = json!({ "tls": tls });
        let error = read(&tls_config(&slapd.tls_url(), &ca.file(), &password, &more)).unwrap_err();
        assert_eq!(error.kind, ProviderErrorKind::Configuration, "{error}");
        assert!(error.message.contains(says) && !error.message.contains(READER.1), "{error}");
    }
}

#[test]
fn l06_a_clear_port_behind_ldaps_is_named() {
    let (ca, password) = (Ca::new(), password());
    let slapd = Slapd::start(ENTRIES);
    let url = slapd.url().replace("ldap://", "ldaps://");
    let error = read(&tls_config(&url, &ca.file(), &password, &json!({}))).unwrap_err();
    assert_eq!(error.kind, ProviderErrorKind::Tls, "{error}");
}

/// `openssl s_server`, which can be told to be old or strict. It speaks no LDAP.
struct TlsServer(Child, u16);

impl TlsServer {
    fn start(ca: &Ca, more: &[&str]) -> Self {
        let (port, own) = (free_port(), ca.server());
        let child = Command::new("openssl")
            .args(["s_server", "-quiet", "-accept", &port.to_string(), "-cert"])
            .arg(own.cert)
            .arg("-key")
            .arg(own.key)
            .arg("-CAfile")
            .arg(ca.file())
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        assert!(wait_until(10, || listens(port)), "openssl s_server does not start");
        Self(child, port)
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn l06_an_old_or_strict_server_says_so() {
    let (ca, password) = (Ca::new(), password());
    let strict = ["-Verify", "1", "-verify_return_error"];
    let new = json!({ "tls": { "ca_file": ca.file(), "min_version": "1.3" } });
    for (options, more, says) in [
        (&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"][..], json!({}), "no TLS version"),
        (&["-tls1_2"], new, "no TLS version"),
        (&strict, json!({}), "client_cert_file"),
    ] {
        let server = TlsServer::start(&ca, options);
        let url = format!("ldaps://127.0.0.1:{}", server.1);
        let error = read(&tls_config(&url, &ca.file(), &password, &more)).unwrap_err();
        assert_eq!(error.kind, ProviderErrorKind::Tls, "{options:?}: {error}");
        assert!(error.message.contains(says), "{options:?}: {error}");
    }
}

/// A server that answers StartTLS so; what it is asked is StartTLS, and nothing else.
#[track_caller]
fn starttls(answer: impl Fn(i32) -> Vec<Act> + Send + Sync + 'static, says: &str) {
    let (ca, password) = (Ca::new(), password());
    let server = ScriptedLdap::start_raw(move |asked| answer(asked.id));
    let more = json!({ "start_tls": true, "timeout": "1s" });
    let error = read(&tls_config(&server.url(), &ca.file(), &password, &more)).unwrap_err();
    assert!(error.message.contains(says), "{error}");
    assert_eq!(server.asked().into_iter().map(|asked| asked.what).collect::<Vec<_>>(), [What::StartTls]);
}

#[test]
fn l06_starttls_refused_or_stripped_sends_nothing_more() {
    starttls(|id| vec![Act::Send(extended_done(id, 2, "unsupported")), Act::Silence], "refuses StartTLS");
    starttls(|id| vec![Act::Send(extended_done(id, 52, "no TLS")), Act::Close], "refuses StartTLS");
    starttls(|_| vec![Act::Silence], "ldap.timeout");
    starttls(|_| vec![Act::Close], "closed");
    // Bytes in clear text that would count as if they had come through TLS.
    starttls(|id| vec![Act::Send([extended_done(id, 0, ""), super::person(9, "eve")].concat())], "clear text");
}

#[test]
fn l06_an_ldaps_server_that_is_silent_does_not_hang() {
    let server = ScriptedLdap::start_raw(|_| vec![Act::Silence]);
    let (ca, password) = (Ca::new(), password());
    let url = server.url().replace("ldap://", "ldaps://");
    let error = read(&tls_config(&url, &ca.file(), &password, &json!({ "timeout": "1s" }))).unwrap_err();
    assert!(matches!(error.kind, ProviderErrorKind::Unreachable | ProviderErrorKind::Tls), "{error}");
}

#[test]
fn a_check_names_every_step_and_no_secret() {
    let (ca, password) = (Ca::new(), password());
    let slapd = Slapd::start_with(ENTRIES, Some((&ca, ca.server())));
    let directory = LdapDirectory::new(&tls_config(&slapd.tls_url(), &ca.file(), &password, &json!({}))).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let steps = runtime.block_on(directory.check());
    let text: Vec<String> =
        steps.iter().map(|step| format!("{}: {}", step.what, step.result.as_ref().unwrap())).collect();
    for (line, says) in [
        (0, "TLS 1.3; CN=localhost, valid until 2049-12-31 00:00:00 UTC"),
        (1, "accepted"),
        (2, "can page"),
        (3, "1 people on the first page"),
        (4, "1 groups on the first page, 1 of them with members"),
        (5, "ldapsearch -H ldaps://127.0.0.1"),
    ] {
        assert!(text[line].contains(says), "{text:#?}");
    }
    assert!(!text.join("").contains(READER.1));

    let wrong = tls_config(&slapd.tls_url(), &Ca::new().file(), &password, &json!({}));
    let steps = runtime.block_on(LdapDirectory::new(&wrong).unwrap().check());
    assert!(steps[0].result.as_ref().unwrap_err().contains("ca_file"), "{steps:?}");
}
