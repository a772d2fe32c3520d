//! A file is read whole, or nothing is taken from it.

#![expect(clippy::unwrap_used, reason = "a test says what it expected")]

use rosterd::config;
use rosterd::providers::file::FileDirectory;
use rosterd::providers::{Directory, Progress, ProviderErrorKind, ReadRequest};
use rosterd_core::snapshot::{PersonIndex, Reading};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

fn directory(path: &Path) -> FileDirectory {
    FileDirectory::new(&config::File { path: path.to_owned(), attributes: Vec::new() })
}

/// The provider over a new file of that name and content, and what keeps the file.
fn file(name: &str, content: impl AsRef<[u8]>) -> (FileDirectory, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (directory(&path), folder)
}

fn request(seed: u128) -> ReadRequest {
    ReadRequest { seed, now: rosterd_core::ids::Timestamp(0), progress: Arc::new(Progress::default()) }
}

/// `login: groups` of everybody.
fn people(reading: &Reading) -> BTreeSet<String> {
    let s = reading.snapshot();
    (0u32..)
        .zip(&s.people)
        .map(|(at, p)| {
            let names: Vec<_> =
                s.groups_of(PersonIndex(at)).map(|g| s.texts.get(s.groups[g.0 as usize].name)).collect();
            format!("{}: {}", s.texts.get(p.login), names.join(" "))
        })
        .collect()
}

const LDIF: &str = "\
dn: cn=Zoë Silva\\2C Dr.,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
entryUUID: 1
uid: zoe

dn: uid=jo,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
entryUUID: 2
uid: jo

dn: cn=sre,ou=groups,dc=example,dc=org
objectClass: groupOfUniqueNames
entryUUID: 3
cn: sre
uniqueMember: UID=JO, OU=People, DC=Example, DC=Org
uniqueMember: uid=jo,ou=people,dc=elsewhere
";

#[tokio::test]
async fn l04_members_are_found_by_equal_dns() {
    let (provider, _folder) = file("people.LDIF", LDIF);
    let request = request(1);
    let reading = provider.read(&request).await.unwrap();
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    assert_eq!(people(&reading), BTreeSet::from(["jo: sre".to_owned(), "zoe: ".to_owned()]));
    assert_eq!(reading.snapshot().strangers, 1);
    assert_eq!(request.progress.get(), (2, 1));
}

#[tokio::test]
async fn yaml_is_read_by_any_other_name() {
    let yaml = "people:\n  - {id: 1, login: jo, groups: [sre]}\ngroups:\n  - {id: 2, name: sre}\n";
    for name in ["people.yaml", "people.yml", "people"] {
        let (provider, _folder) = file(name, yaml);
        let reading = provider.read(&request(1)).await.unwrap();
        assert!(matches!(reading, Reading::Complete(_)));
        assert_eq!(people(&reading), BTreeSet::from(["jo: sre".to_owned()]), "{name}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_that_names_the_place() {
    use ProviderErrorKind::{Configuration, Protocol};
    for (name, content, kind, says) in [
        ("a.ldif", &b""[..], Protocol, "a.ldif: the file is empty"),
        ("a.yaml", b"", Protocol, "a.yaml: the file is empty"),
        ("a.ldif", b"dn: uid=a,dc=x\nobjectClass: person\nwhat\n", Protocol, "a.ldif:3: "),
        ("a.yaml", b"people:\n  - {id: 1, logn: jo}\ngroups: []\n", Protocol, "a.yaml:2:13: "),
        ("a.ldif", b"dn: uid=a,dc=x\nchangetype: delete\n", Protocol, "a.ldif:2: "),
        ("a.ldif", &[0; 4096], Protocol, "a.ldif"),
    ] {
        let (provider, _folder) = file(name, content);
        let error = provider.read(&request(1)).await.unwrap_err();
        assert!(error.kind == kind && error.message.contains(says), "{error:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    for (path, says) in [(folder.path().join("none.ldif"), "no such file"), (folder.path().to_owned(), "not a file")] {
        let error = directory(&path).read(&request(1)).await.unwrap_err();
        assert!(error.kind == Configuration && error.message.contains(says), "{error:?}");
    }
}

#[tokio::test]
async fn l12_a_member_that_is_not_utf8_leaves_the_read_incomplete() {
    let (provider, _folder) = file("a.ldif", format!("{LDIF}uniqueMember:: dWlkPf8s\n"));
    let reading = provider.read(&request(1)).await.unwrap();
    assert_eq!(reading.gaps().iter().map(|g| g.code).collect::<Vec<_>>(), ["not_utf8"]);
    assert!(reading.gaps()[0].detail.contains("a.ldif:17: "), "{:?}", reading.gaps());
    assert_eq!(people(&reading).len(), 2);
}

/// opnsense core#10128: a source cut short read as "everybody left".
#[tokio::test]
async fn a_file_cut_anywhere_inside_a_line_is_never_complete() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ldif");
    for cut in 1..LDIF.len() - 1 {
        std::fs::write(&path, &LDIF.as_bytes()[..cut]).unwrap();
        match directory(&path).read(&request(1)).await {
            Ok(Reading::People(_)) => panic!("nobody was asked for"),
            Ok(Reading::Complete(_)) => assert!(LDIF[..cut].ends_with('\n'), "complete at {cut}"),
            Ok(Reading::Unknown(partial)) => assert_eq!(partial.gaps[0].code, "truncated"),
            Err(error) => assert!(error.message.contains("a.ldif"), "{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_written_to_meanwhile_is_not_believed() {
    // Large enough that the writer comes to write while it is read; only comments, so that
    // reading what was not disturbed is quick.
    let comments = format!("#{}\n", "x".repeat(64 << 20));
    let (provider, folder) = file("a.ldif", format!("{LDIF}{comments}"));
    let path = folder.path().join("a.ldif");
    let stop = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let stop = stop.clone();
        move || {
            let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
            while !stop.load(Ordering::Relaxed) {
                file.write_all(b"#\n").unwrap();
            }
        }
    });
    let mut seen = None;
    for _ in 0..20 {
        let reading = provider.read(&request(1)).await.unwrap();
        if let Reading::Unknown(partial) = reading {
            seen = Some((partial.gaps[0].code, partial.snapshot.people.len()));
            break;
        }
    }
    stop.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    assert_eq!(seen, Some(("changed_while_reading", 0)));
    assert!(matches!(provider.read(&request(1)).await.unwrap(), Reading::Complete(_)));
}

#[tokio::test]
async fn a_check_says_what_was_found_and_what_is_missing() {
    let say = |steps: Vec<rosterd::providers::CheckStep>| -> Vec<String> {
        steps
            .into_iter()
            .map(|step| match step.result {
                Ok(text) => format!("ok {text}"),
                Err(text) => format!("failed {}: {text}", step.what),
            })
            .collect()
    };
    let (good, _folder) = file("a.ldif", LDIF);
    let found = "ok 2 people, 1 groups, 1 memberships, 0 groups in groups, 1 members that are not in the file";
    assert_eq!(say(good.check().await), [found, "ok nothing is missing"]);

    let (cut, _folder) = file("a.ldif", LDIF.trim_end());
    let steps = say(cut.check().await);
    assert!(steps.len() == 2 && steps[1].contains("truncated") && steps[1].contains("nothing is removed"), "{steps:?}");

    let (bare, _folder) = file("a.ldif", "dn: cn=a,dc=x\nobjectClass: person\ncn: a\n");
    let steps = say(bare.check().await);
    assert!(steps[2].contains("without a login") && steps[3].contains("entryUUID"), "{steps:?}");

    let (broken, _folder) = file("a.ldif", "what\n");
    let steps = say(broken.check().await);
    assert!(steps.len() == 1 && steps[0].starts_with("failed read ") && steps[0].contains("a.ldif:1: "), "{steps:?}");
}
