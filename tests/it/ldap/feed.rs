//! What a domain controller can say of changes that Samba does not: lists in forced parts, answers that break off.

use super::{GROUPS, PEOPLE, config};
use crate::world::scripted_ldap::{Act, Asked, ScriptedLdap, What, done, done_paged, entry, message};
use rosterd::providers::follow::{Changes, Cursor, Members, Since};
use rosterd::providers::ldap::LdapDirectory;
use rosterd::providers::{Directory as _, ProviderError, ReadRequest};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const GROUP: &str = "cn=all,ou=groups,dc=x";
/// Sixteen bytes, and what becomes of them.
const GUID: (&str, &str) = ("0123456789abcdef", "33323130-3534-3736-3839-616263646566");

/// What the domain controller answers, where `script` does not.
fn controller(
    usn: &Arc<AtomicU32>,
    script: impl Fn(&Asked) -> Option<Vec<Act>> + Send + Sync + 'static,
) -> ScriptedLdap {
    let usn = Arc::clone(usn);
    ScriptedLdap::start(move |asked| {
        let say = |attributes: &[(&str, &[&str])]| {
            vec![Act::Send(entry(asked.id, asked.base(), attributes)), Act::Send(done(asked.id, 0))]
        };
        script(asked).unwrap_or_else(|| match asked.base() {
            "" => say(&[
                ("supportedCapabilities", &["1.2.840.113556.1.4.800"]),
                ("defaultNamingContext", &["dc=x"]),
                ("dsServiceName", &["cn=ds"]),
                ("highestCommittedUSN", &[&usn.load(Ordering::Relaxed).to_string()]),
            ]),
            "cn=ds" => say(&[("invocationId", &["one life"])]),
            _ => vec![Act::Send(done_paged(asked.id, 0, b""))],
        })
    })
}

/// What has changed since everything was read, which was nothing.
fn since(usn: &AtomicU32, server: &ScriptedLdap, by: &str) -> Result<Since, ProviderError> {
    let id = |base: &str| json!({ "base": [base], "id": "objectGUID" });
    let more = json!({ "users": id(PEOPLE), "groups": id(GROUPS), "follow": { "by": by } });
    let directory = LdapDirectory::new(&config(&server.url(), &more)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let request = ReadRequest { seed: 7, now: rosterd_core::ids::Timestamp(0), progress: Default::default() };
        let (_, cursor) = directory.read_to(&request, None).await?;
        usn.fetch_add(1, Ordering::Relaxed);
        directory.since(&cursor.unwrap_or(Cursor(String::new())), &request).await
    })
}

fn changes(since: Result<Since, ProviderError>) -> Changes {
    match since.unwrap() {
        Since::Changes(changes) => changes,
        Since::Lost(why) => panic!("{why}"),
    }
}

fn attributes(asked: &Asked) -> &[String] {
    match &asked.what {
        What::Search { attributes, .. } => attributes,
        _ => &[],
    }
}

/// A group that has changed, its members in parts of two; `second` is what comes of the second.
fn in_parts(second: &'static str) -> impl Fn(&Asked) -> Option<Vec<Act>> + Send + Sync {
    move |asked| {
        let group = |range: &str, members: &[&str]| {
            let id: (&str, &[&str]) = ("objectGUID", &[GUID.0]);
            let list = format!("member;range={range}");
            vec![
                Act::Send(entry(asked.id, GROUP, &[id, ("cn", &["all"]), (&list, members)])),
                Act::Send(done_paged(asked.id, 0, b"")),
            ]
        };
        if asked.base() == GROUPS && asked.names("uSNChanged") {
            return Some(group("0-1", &["uid=ana,dc=x", "uid=bob,dc=x"]));
        }
        (attributes(asked) == ["member;range=2-*"]).then(|| group(second, &["uid=cy,dc=x"]))
    }
}

#[test]
fn l10_a_changed_groups_parts_are_followed_to_the_end() {
    let usn = Arc::new(AtomicU32::new(5));
    let changes = changes(since(&usn, &controller(&usn, in_parts("2-*")), "usn-changed"));
    let Members::All { dns, .. } = &changes.groups[GUID.1].members else { panic!("{changes:?}") };
    assert_eq!(*dns, ["uid=ana,dc=x", "uid=bob,dc=x", "uid=cy,dc=x"]);
    assert!(changes.cursor.is_some());
}

#[test]
fn l10_a_part_that_does_not_go_on_is_a_reading_of_everything() {
    let usn = Arc::new(AtomicU32::new(5));
    let since = since(&usn, &controller(&usn, in_parts("3-*")), "usn-changed").unwrap();
    assert!(matches!(&since, Since::Lost(why) if why.contains("changed while")), "{since:?}");
}

#[test]
fn l08_a_result_code_moves_no_cursor() {
    for code in [1, 3, 4, 11, 12, 50, 51, 52, 53, 80, 4711] {
        let usn = Arc::new(AtomicU32::new(5));
        let server = controller(&usn, move |asked| {
            let changes = asked.names("uSNChanged") && asked.base() == "dc=x";
            changes.then(|| vec![Act::Send(done_paged(asked.id, code, b""))])
        });
        let error = since(&usn, &server, "usn-changed").unwrap_err();
        assert!(error.message.contains(&format!("({code})")), "{code}: {error}");
    }
}

/// DirSync's own control is wanting, or is not what it is to be.
#[test]
fn l13_an_answer_without_its_cookie_is_no_end() {
    let usn = Arc::new(AtomicU32::new(5));
    let controls: [&'static [u8]; 3] = [b"", b"\x30\x18\x04\x161.2.840.113556.1.4.841", b"\x30\x00"];
    for control in controls {
        let asked_before = AtomicU32::new(0);
        let server = controller(&usn, move |asked| {
            if asked.base().is_empty() {
                return Some(vec![
                    Act::Send(entry(
                        asked.id,
                        "",
                        &[
                            ("supportedCapabilities", &["1.2.840.113556.1.4.800"]),
                            ("supportedControl", &["1.2.840.113556.1.4.841"]),
                            ("defaultNamingContext", &["dc=x"]),
                            ("dsServiceName", &["cn=ds"]),
                            ("highestCommittedUSN", &["5"]),
                        ],
                    )),
                    Act::Send(done(asked.id, 0)),
                ]);
            }
            let end =
                |control: &[u8]| vec![Act::Send(message(asked.id, b"\x65\x07\x0a\x01\x00\x04\x00\x04\x00", control))];
            (asked.base() == "dc=x").then(|| match asked_before.fetch_add(1, Ordering::Relaxed) {
                // Where it stands is said as it is to be.
                0 => end(b"\x30\x2d\x04\x161.2.840.113556.1.4.841\x01\x01\x00\x04\x10\x30\x0e\x02\x01\x00\x02\x01\x00\x04\x06cookie"),
                _ => end(control),
            })
        });
        match since(&usn, &server, "dirsync") {
            Ok(Since::Lost(why)) => {
                assert!(why.contains("no cookie") && control.is_empty() || !control.is_empty(), "{why}")
            }
            Ok(Since::Changes(changes)) => panic!("{control:?}: {changes:?}"),
            Err(error) => assert!(error.message.contains("not LDAP"), "{error}"),
        }
    }
}
