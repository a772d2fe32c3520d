//! The world itself: servers start and stop, editing works, and the measure of writes sees them.

use crate::world::ca::Ca;
use crate::world::company::Company;
use crate::world::database::{Backend, Database};
use crate::world::expected;
use crate::world::ldap_edit::Edited as _;
use crate::world::ldap_tamper::Tamper;
use crate::world::proxy::{Fault, Proxy};
use crate::world::slapd::{READ_NOTHING, Slapd};
use std::collections::BTreeSet;
use std::io::Read as _;
use std::net::TcpStream;
use std::process::Command;

#[test]
fn slapd_serves_what_was_loaded_and_edited() {
    let company = Company::new(700, 30, 1);
    let mut slapd = Slapd::start(&company.ldif());
    assert_eq!(slapd.values("(objectClass=inetOrgPerson)", "uid").len(), 700);
    assert_eq!(slapd.values("(uid=u00007)", "entryUUID"), [company.people[7].uuid.clone()]);
    let team = "cn=team-000,ou=groups,dc=example,dc=org";
    let before = slapd.values("(cn=team-000)", "member").len();
    slapd.leave(team, "cn=nobody,dc=example,dc=org");
    assert_eq!(slapd.values("(cn=team-000)", "member").len(), before - 1);
    slapd.rename("uid=u00007,ou=people,dc=example,dc=org", "uid=seven", Some("ou=moved,dc=example,dc=org"));
    assert_eq!(slapd.values("(uid=seven)", "entryUUID"), [company.people[7].uuid.clone()]);
    slapd.delete(["uid=u00008,ou=people,dc=example,dc=org"]);
    assert!(slapd.values("(uid=u00008)", "uid").is_empty());

    // An ordinary reader is cut off at 500 without paging, and reads all with it.
    let reader = |paging: &[&str]| {
        let out = Command::new("ldapsearch")
            .args(["-xLLL", "-H", &slapd.url(), "-D", "cn=reader,dc=example,dc=org", "-w", "reader-pw"])
            .args(["-b", "dc=example,dc=org"])
            .args(paging)
            .args(["(objectClass=inetOrgPerson)", "uid"])
            .output()
            .unwrap();
        let found = String::from_utf8(out.stdout).unwrap().lines().filter(|l| l.starts_with("uid: ")).count();
        (out.status.code(), found)
    };
    assert_eq!(reader(&[]), (Some(4), 500));
    assert_eq!(reader(&["-E", "pr=100/noprompt"]), (Some(0), 699));
    slapd.set_access(READ_NOTHING);
    let out = Command::new("ldapsearch")
        .args(["-xLLL", "-H", &slapd.url(), "-D", "cn=reader,dc=example,dc=org", "-w", "reader-pw"])
        .args(["-b", "ou=people,dc=example,dc=org", "uid"])
        .output()
        .unwrap();
    assert!(!String::from_utf8_lossy(&out.stdout).contains("uid: "));
}

#[test]
fn slapd_serves_tls_with_certificates_of_the_tests_own_authority() {
    let ca = Ca::new();
    let mut slapd = Slapd::start_with("", Some((&ca, ca.server())));
    let believed = |url: &str| {
        Command::new("ldapwhoami")
            .args(["-x", "-H", url])
            .env("LDAPTLS_CACERT", ca.file())
            .output()
            .unwrap()
            .status
            .success()
    };
    assert!(believed(&slapd.tls_url()));
    slapd.set_certificate(ca.expired());
    assert!(!believed(&slapd.tls_url()));
    slapd.set_certificate(ca.other_name());
    assert!(!believed(&slapd.tls_url()));

    let client = ca.client("admin");
    let whoami = Command::new("ldapwhoami")
        .args(["-Q", "-Y", "EXTERNAL", "-H", &slapd.tls_url()])
        .env("LDAPTLS_CACERT", ca.file())
        .env("LDAPTLS_REQCERT", "never")
        .env("LDAPTLS_CERT", client.cert)
        .env("LDAPTLS_KEY", client.key)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(whoami.stdout).unwrap().trim(), "dn:cn=admin,dc=example,dc=org");
    let whoami = Command::new("ldapwhoami").args(["-Q", "-Y", "EXTERNAL", "-H", &slapd.socket_url()]).output().unwrap();
    assert_eq!(String::from_utf8(whoami.stdout).unwrap().trim(), "dn:cn=admin,dc=example,dc=org");
}

#[test]
fn the_proxy_passes_cuts_and_freezes() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = server.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in server.incoming() {
            std::io::Write::write_all(&mut stream.unwrap(), &[7; 10_000]).unwrap();
        }
    });
    let proxy = Proxy::start(target);
    let read = || {
        let mut stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_millis(300))).unwrap();
        let mut bytes = Vec::new();
        (stream.read_to_end(&mut bytes).is_ok(), bytes.len())
    };
    assert_eq!(read(), (true, 10_000));
    proxy.set(Fault::CutAfter(5_000));
    assert_eq!(read(), (true, 5_000));
    proxy.set(Fault::FreezeAfter(100));
    assert_eq!(read(), (false, 100));
}

/// The independent computation, on a company small enough to be counted by hand.
#[test]
fn the_expected_tables_follow_three_levels_a_diamond_and_a_cycle() {
    let company = Company::new(40, 30, 1);
    let tables = expected::tables(&company);
    assert_eq!(tables.users.len(), 40);
    let below = |name: &str| company.groups[company.find(name)].groups.len();
    assert!(below("division-0") > 1 && below("dept-00") > 1);
    let admins = tables.org_members.iter().filter(|(_, role)| *role == "Admin");
    assert_eq!(admins.map(|((org, _), _)| org.clone()).collect::<BTreeSet<_>>(), tables.orgs);
    assert_eq!(tables.users.values().filter(|u| u.server_admin).count(), 2);
    // Whoever is below a department of the first division is in "Divisions".
    for person in &company.groups[company.find("team-000")].people {
        let login = &company.people[*person].login;
        assert!(tables.org_role("Divisions", login).is_some());
        assert!(tables.team_role("Team 000", login).is_some());
    }
}

/// What `ldapsearch` makes of a directory whose answers are changed on their way.
#[test]
fn the_proxy_changes_answers() {
    let slapd = Slapd::start(&Company::new(60, 30, 1).ldif());
    let proxy = Proxy::start(slapd.port());
    let search = |tamper: Tamper, paging: &[&str]| {
        proxy.set(Fault::Ldap(tamper));
        let out = Command::new("ldapsearch")
            .args(["-x", "-o", "ldif-wrap=no", "-H", &format!("ldap://127.0.0.1:{}", proxy.port())])
            .args(["-D", "cn=reader,dc=example,dc=org", "-w", "reader-pw", "-b", "ou=groups,dc=example,dc=org"])
            .args(paging)
            .args(["(objectClass=groupOfNames)", "member"])
            .output()
            .unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap())
    };
    let count = |text: &str, what: &str| text.lines().filter(|line| line.starts_with(what)).count();
    let pages = ["-E", "pr=10/noprompt"];

    let (code, text) = search(Tamper::ResultAfter { entries: 7, code: 51 }, &[]);
    assert_eq!((code, count(&text, "dn: ")), (Some(51), 7));
    let (_, text) = search(Tamper::ResultAfter { entries: 7, code: 4711 }, &[]);
    assert!(text.contains("result: 4711 "), "{text}");
    let (code, text) = search(Tamper::NoControls, &pages);
    assert_eq!((code, count(&text, "dn: ")), (Some(0), 10), "the first page, as if it were all");
    let (_, text) = search(Tamper::SameCookie, &pages);
    assert_eq!(count(&text, "dn: "), 20, "slapd refuses the first cookie after the second page");
    let (_, text) = search(Tamper::Ranged, &[]);
    assert!(count(&text, "member;range=0-4: ") > 5 && count(&text, "member: ") > 5);
    let (_, text) = search(Tamper::MemberNotUtf8, &[]);
    assert_eq!(count(&text, "member:: "), 30);
    let (_, text) = search(Tamper::BytesAfter { entries: 5, bytes: vec![0x30, 0] }, &[]);
    assert_eq!(count(&text, "dn: "), 5);
}

/// What counts as written: a row that changes and changes back is seen on both.
fn writes_are_seen(backend: Backend) {
    let dir = tempfile::TempDir::new().unwrap();
    let database = Database::new(backend, dir.path());
    if let Database::Sqlite(path) = &database {
        std::fs::write(path, "").unwrap();
    }
    let create = match backend {
        Backend::Sqlite => "PRAGMA journal_mode = WAL",
        Backend::Postgres => "SELECT 1",
    };
    database.rows(create);
    database.rows("CREATE TABLE t (n INTEGER)");
    database.execute("INSERT INTO t VALUES (1)");
    let before = database.fingerprint();
    assert_eq!(database.rows("SELECT n FROM t"), [["1"]]);
    assert_eq!(database.fingerprint(), before, "reading is not writing");
    database.execute("UPDATE t SET n = 2");
    database.execute("UPDATE t SET n = 1");
    assert_ne!(database.fingerprint(), before);
}

crate::world::on_both!(writes_are_seen);
