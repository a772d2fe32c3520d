//! A real OpenLDAP: what it says, and what it takes for one name.

use super::{config, members, read};
use crate::world::slapd::{ADMIN, READ_NOTHING, READER, SUFFIX, Slapd};
use rosterd::config::Ldap;
use rosterd::providers::ProviderErrorKind;
use rosterd_core::dn;
use rosterd_core::snapshot::Reading;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::Command;

fn reader(slapd: &Slapd, more: &Value) -> (Ldap, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), READER.1).unwrap();
    let mut all = json!({
        "timeout": "10s",
        "page_size": 500,
        "bind": { "dn": READER.0, "password": { "file": file.path() } },
        "users": { "base": [format!("ou=people,{SUFFIX}")] },
        "groups": { "base": [format!("ou=groups,{SUFFIX}")] },
    });
    for (key, value) in more.as_object().unwrap() {
        all[key] = value.clone();
    }
    (config(&slapd.url(), &all), file)
}

/// People `u0`, `u1`, …; groups `g0`, `g1`, … with `u(n)`, `u(n+1)`, `u(n+2)` in `g(n)`.
fn many(people: usize, groups: usize) -> String {
    let mut ldif = String::new();
    for n in 0..people {
        write!(ldif, "dn: uid=u{n},ou=people,{SUFFIX}\nobjectClass: inetOrgPerson\nuid: u{n}\ncn: U {n}\nsn: {n}\nmail: u{n}@x\n\n").unwrap();
    }
    for n in 0..groups {
        write!(ldif, "dn: cn=g{n},ou=groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: g{n}\n").unwrap();
        for member in n..n + 3 {
            writeln!(ldif, "member: UID=U{member}, OU=People,{SUFFIX}").unwrap();
        }
        ldif.push('\n');
    }
    ldif
}

#[test]
fn pages_of_a_real_server_add_up() {
    let slapd = Slapd::start(&many(1234, 50));
    // 617 fits twice exactly: the last page is full, and still the last.
    for page_size in [7, 500, 617, 1000] {
        let (config, _file) = reader(&slapd, &json!({ "page_size": page_size }));
        let reading = read(&config).unwrap();
        assert!(matches!(reading, Reading::Complete(_)), "{page_size}: {:?}", reading.gaps());
        let s = reading.snapshot();
        assert_eq!((s.people.len(), s.groups.len(), s.direct.len(), s.strangers), (1234, 50, 150, 0));
        assert_eq!(members(&reading, "g7").len(), 3);
    }
}

#[test]
fn nobody_found_by_a_real_server_is_complete() {
    let slapd = Slapd::start(&many(3, 0));
    let users = json!({ "base": [format!("ou=people,{SUFFIX}")], "filter": "(uid=nobody)" });
    let (config, _file) = reader(&slapd, &json!({ "users": users }));
    let reading = read(&config).unwrap();
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    assert!(reading.snapshot().people.is_empty());
}

#[test]
fn several_bases_are_read_one_after_the_other() {
    let slapd = Slapd::start(
        &(many(4, 1)
            + &many(2, 0).replace("ou=people", "ou=moved").replace("uid=u", "uid=v").replace("uid: u", "uid: v")),
    );
    let users = json!({ "base": [format!("ou=moved,{SUFFIX}"), format!("ou=people,{SUFFIX}")], "scope": "one" });
    let (config, _file) = reader(&slapd, &json!({ "users": users }));
    let reading = read(&config).unwrap();
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    assert_eq!(reading.snapshot().people.len(), 6);

    // One that is not there leaves a hole that is not taken for emptiness.
    let users = json!({ "base": [format!("ou=people,{SUFFIX}"), format!("ou=gone,{SUFFIX}")] });
    let (config, _file) = reader(&slapd, &json!({ "users": users }));
    super::assert_unknown(&read(&config).unwrap(), "result_code");
}

#[test]
fn l08_a_size_limit_of_a_real_server_is_unknown() {
    let slapd = Slapd::start(&many(600, 5));
    let (config, _file) = reader(&slapd, &json!({ "page_size": 0 }));
    let reading = read(&config).unwrap();
    super::assert_unknown(&reading, "result_code");
    assert_eq!(reading.snapshot().people.len(), 500);
    assert!(reading.gaps().iter().any(|gap| gap.detail.contains("sizeLimitExceeded (4)")), "{:?}", reading.gaps());
}

#[test]
fn r07_a_real_server_refuses_a_wrong_password() {
    let slapd = Slapd::start("");
    let (config, file) = reader(&slapd, &json!({}));
    std::fs::write(file.path(), "wrong-pw").unwrap();
    let error = read(&config).unwrap_err();
    assert_eq!(error.kind, ProviderErrorKind::Credentials);
    assert!(error.message.contains("invalidCredentials (49)") && !error.message.contains("wrong-pw"), "{error}");
}

#[test]
fn l16_a_reader_without_rights_gets_an_error_from_a_real_server() {
    let mut slapd = Slapd::start(&many(3, 1));
    slapd.set_access(READ_NOTHING);
    let (config, _file) = reader(&slapd, &json!({}));
    let error = read(&config).unwrap_err();
    assert!(error.message.contains("noSuchObject (32)"), "{error}");
}

/// Of each pair slapd says whether the two are one name: it will not add the second beside the
/// first where they are.
#[test]
fn l04_slapd_is_the_oracle_of_names() {
    let pairs = [
        ("cn=Devs", "CN=devs"),
        ("cn=a b", "cn=a  b"),
        ("cn=a b", "cn=ab"),
        (r"cn=Doe\, J", r"cn=doe\2C j"),
        (r"cn=x\+y", r"cn=x\2by"),
        ("cn=m+sn=n", "sn=N+cn=M"),
        ("cn=m1+sn=n1", "cn=m1"),
        ("cn=oid", "2.5.4.3=OID"),
        ("cn=long", "commonName=LONG"),
        (r"cn=\20lead", "cn=lead"),
        (r"cn=trail\20", "cn=trail"),
        ("cn=Zoë", "cn=ZOË"),
        ("cn=Zoé", "cn=Zoe\u{301}"),
        ("cn=Ünal", r"cn=\C3\BCnal"),
        ("cn=straße", "cn=strasse"),
        (r"cn=\#hash", r"cn=\23HASH"),
        (r"cn=back\\slash", r"cn=BACK\5cslash"),
        (r"cn=quo\22te", "cn=quote"),
        ("cn=ΣΑΣ", "cn=σας"),
        ("cn=ＡＢ", "cn=ab"),
        ("cn=n\u{a0}b", "cn=n b"),
        ("cn=sh\u{ad}y", "cn=shy"),
    ];
    let slapd = Slapd::start("");
    for (at, (one, other)) in pairs.into_iter().enumerate() {
        let base = format!("ou=o{at},{SUFFIX}");
        let mut ldif = format!("dn: {base}\nchangetype: add\nobjectClass: organizationalUnit\nou: o{at}\n\n");
        ldif.push_str(&add(one, &base));
        modify(&slapd, &ldif).unwrap_or_else(|error| panic!("{one}: {error}"));
        let same = match modify(&slapd, &add(other, &base)) {
            Ok(()) => false,
            Err(error) if error.contains("Already exists (68)") => true,
            Err(error) => panic!("{other}: {error}"),
        };
        let form = |rdn: &str| {
            let mut out = String::new();
            dn::normalize_into(&format!("{rdn},{base}"), &mut out).unwrap();
            out
        };
        assert_eq!(form(one) == form(other), same, "{one} | {other}: {} | {}", form(one), form(other));
    }
}

/// LDIF that adds a group of that name. slapd fills in the values of the name by itself.
fn add(rdn: &str, base: &str) -> String {
    let dn = format!("{rdn},{base}");
    let encoded = base64(dn.as_bytes());
    format!(
        "dn:: {encoded}\nchangetype: add\nobjectClass: groupOfNames\nobjectClass: extensibleObject\nmember: {SUFFIX}\n\n"
    )
}

fn modify(slapd: &Slapd, ldif: &str) -> Result<(), String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), ldif).unwrap();
    let done = Command::new("ldapmodify")
        .args(["-x", "-H", &slapd.url(), "-D", ADMIN.0, "-w", ADMIN.1, "-f"])
        .arg(file.path())
        .output()
        .unwrap();
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
}

pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let n = three.iter().fold(0u32, |n, byte| n << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            out.push(if at <= three.len() { char::from(LETTERS[(n >> (18 - 6 * at)) as usize & 63]) } else { '=' });
        }
    }
    out
}
