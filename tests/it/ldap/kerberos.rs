//! Signing in to OpenLDAP with Kerberos: the layer, the tie to TLS, and a Kerberos server that says nothing.

use super::tls::ENTRIES;
use crate::world::ca::Ca;
use crate::world::database::Backend;
use crate::world::kdc::{self, Kdc, SERVER};
use crate::world::site::Site;
use crate::world::slapd::{SUFFIX, Slapd};
use crate::world::tls_between::TlsBetween;
use crate::world::wait_until;
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

/// An installation that reads that server with these keys; `more` goes into `ldap`.
fn site(url: &str, keytab: &Path, krb5_conf: &Path, more: &str) -> Site {
    let site = Site::new(
        Backend::Sqlite,
        &format!(
            "[providers.corp]\ncreate_missing = ['orgs', 'teams']\n[providers.corp.ldap]\nurls = [{url:?}]\ntimeout = '3s'\n\
             bind = {{ method = 'gssapi', keytab_file = {keytab:?}, service_host = '{SERVER}' }}\n\
             users.base = ['ou=people,{SUFFIX}']\ngroups.base = ['ou=groups,{SUFFIX}']\n{more}\n\
             [[rules]]\nid = 'devs'\nmatch.group = 'devs'\norg = 'Main'\nrole = 'Editor'\n"
        ),
    );
    site.surround("KRB5_CONFIG", krb5_conf.to_str().unwrap());
    site.run(&["db", "migrate"]).expect(0);
    site
}

/// Processes that are helpers under this `krb5.conf`, by their environment (proc(5)).
fn helpers(krb5_conf: &Path) -> usize {
    let file = |pid: &Path, name: &str| std::fs::read(pid.join(name)).unwrap_or_default();
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    let processes = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let of_this = |pid: &Path| has(&file(pid, "environ"), krb5_conf.to_str().unwrap());
    processes.filter(|pid| has(&file(pid, "cmdline"), "kerberos-helper") && of_this(pid)).count()
}

/// The server compares the binding with its own certificate, and refuses a ticket that came through another's.
#[test]
fn a_ticket_is_tied_to_the_certificate_of_the_server() {
    let (ca, kdc) = (Ca::new(), Kdc::start());
    let slapd = Slapd::with_kerberos(ENTRIES, (&ca, ca.server()), kdc.keytab(&format!("ldap/{SERVER}")));
    let keytab = kdc.keytab("reader");
    let tls = format!("tls.ca_file = {:?}", ca.file());
    for (url, more) in [
        (slapd.tls_url(), tls.clone()),
        (slapd.url(), format!("start_tls = true\n{tls}")),
        (slapd.url(), String::new()),
    ] {
        let site = site(&url, &keytab, &kdc.krb5_conf(), &more);
        site.sync(0);
        assert_eq!(site.tables().org_role("Main", "ana"), Some("Editor"), "{url} {more}");
    }
    let thief = TlsBetween::start(&ca.another_server(), &ca.file(), slapd.tls_port());
    let site = site(&thief.url(), &keytab, &kdc.krb5_conf(), &tls);
    site.run(&["sync"]).expect(1).says("the server does not accept the ticket").says("certificate");
}

/// A Kerberos server that takes requests and answers none costs `ldap.timeout`, and leaves nothing behind.
#[test]
fn a_kerberos_server_that_says_nothing_is_not_waited_for() {
    let (kdc, slapd) = (Kdc::start(), Slapd::start(ENTRIES));
    let tcp = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = tcp.local_addr().unwrap().port();
    let _udp = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    let dir = tempfile::TempDir::new().unwrap();
    let conf = kdc::krb5_conf(dir.path(), port);
    let site = site(&slapd.url(), &kdc.keytab("reader"), &conf, "");
    let begun = Instant::now();
    site.run(&["sync"]).expect(1).says("longer than ldap.timeout");
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
    assert!(wait_until(5, || helpers(&conf) == 0));
}

/// A helper lives as long as its connection, and never longer than rosterd, however that ends.
#[test]
fn helpers_end_with_what_they_are_for() {
    let (ca, kdc) = (Ca::new(), Kdc::start());
    let slapd = Slapd::with_kerberos(ENTRIES, (&ca, ca.server()), kdc.keytab(&format!("ldap/{SERVER}")));
    let conf = kdc.krb5_conf();
    let site = site(&slapd.url(), &kdc.keytab("reader"), &conf, "");
    site.sync(0);
    assert_eq!(helpers(&conf), 0, "a sync leaves none");
    // It stands still in the middle of a reading.
    slapd.pause();
    let running = site.start(&["sync"], &[]);
    assert!(wait_until(10, || helpers(&conf) > 0), "none was started");
    running.kill();
    assert!(wait_until(10, || helpers(&conf) == 0), "one is left");
    slapd.go_on();
}
