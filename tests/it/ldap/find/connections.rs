//! Connections that stay: used again, given up when they are no good, never a storm of passwords.

use super::super::{GROUPS, PEOPLE, config, person};
use super::{Looker, groups};
use crate::world::scripted_ldap::{Act, ScriptedLdap, What, bind_done, done};
use crate::world::slapd::{ADMIN, READER, SUFFIX, Slapd};
use crate::world::{company::Company, free_port};
use rosterd::providers::{PersonKey, ProviderErrorKind};
use serde_json::json;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn company() -> Slapd {
    Slapd::start(&Company::new(60, 30, 7).ldif())
}

fn logins(n: usize) -> Vec<PersonKey> {
    (0..n).map(|n| PersonKey::Login(format!("u{n:05}"))).collect()
}

#[test]
fn a_server_that_was_restarted_is_asked_again_by_the_same_look() {
    let mut slapd = company();
    let looker = Looker::at(&slapd, &json!({}));
    let before = groups(&looker.login("u00001").unwrap());
    assert!(!before.is_empty());
    slapd.restart();
    assert_eq!(groups(&looker.login("u00001").unwrap()), before);
    slapd.stop();
    assert_eq!(looker.login("u00001").unwrap_err().kind, ProviderErrorKind::Unreachable);
    slapd.restart();
    assert_eq!(groups(&looker.login("u00001").unwrap()), before);
}

#[test]
fn a_server_that_is_stopped_costs_a_look_its_timeout_and_then_serves_again() {
    let slapd = company();
    let looker = Looker::at(&slapd, &json!({ "timeout": "1s" }));
    let before = groups(&looker.login("u00001").unwrap());
    slapd.pause();
    let started = Instant::now();
    let error = looker.login("u00001").unwrap_err();
    let took = started.elapsed();
    slapd.go_on();
    assert_eq!(error.kind, ProviderErrorKind::Unreachable, "{error}");
    assert!(took < Duration::from_millis(2500), "{took:?}");
    assert_eq!(groups(&looker.login("u00001").unwrap()), before);
}

#[test]
fn a_server_that_is_stopped_is_left_for_the_other() {
    let (first, second) = (company(), company());
    let urls = json!({ "urls": [first.url(), second.url()], "timeout": "1s" });
    let looker = Looker::at(&first, &urls);
    let before = groups(&looker.login("u00001").unwrap());
    first.pause();
    assert_eq!(groups(&looker.login("u00001").unwrap()), before, "the other one answers");
    let started = Instant::now();
    assert_eq!(groups(&looker.login("u00001").unwrap()), before);
    assert!(started.elapsed() < Duration::from_millis(900), "and is asked first from then on");
    first.go_on();
}

#[test]
fn r53_a_rotated_password_costs_no_look() {
    let mut slapd = company();
    let looker = Looker::at(&slapd, &json!({}));
    let before = groups(&looker.login("u00001").unwrap());
    let set = Command::new("ldappasswd")
        .args(["-x", "-H", &slapd.url(), "-D", ADMIN.0, "-w", ADMIN.1, "-s", "rotated-pw", READER.0])
        .output()
        .unwrap();
    assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
    // The connection that is signed in goes on until the file follows.
    assert_eq!(groups(&looker.login("u00001").unwrap()), before);
    std::fs::write(&looker.password, "rotated-pw\n").unwrap();
    slapd.restart();
    assert_eq!(groups(&looker.login("u00001").unwrap()), before);
}

#[test]
fn r53_a_file_that_was_late_is_read_at_the_next_look() {
    let slapd = company();
    let looker = Looker::at(&slapd, &json!({}));
    std::fs::write(&looker.password, "not-yet").unwrap();
    assert_eq!(looker.login("u00001").unwrap_err().kind, ProviderErrorKind::Credentials);
    std::fs::write(&looker.password, READER.1).unwrap();
    assert!(!groups(&looker.login("u00001").unwrap()).is_empty());
}

#[test]
fn r07_a_wrong_password_is_sent_once_whoever_asks() {
    let server = ScriptedLdap::start_raw(|asked| vec![Act::Send(bind_done(asked.id, 49, "data 52e"))]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "wrong-pw").unwrap();
    let bind = json!({ "dn": "cn=svc,dc=x", "password": { "file": file.path() } });
    let looker = Looker::new(&config(&server.url(), &json!({ "bind": bind })));
    for outcome in looker.find_at_once(&logins(40)) {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind, ProviderErrorKind::Credentials);
        assert!(!error.message.contains("wrong-pw"), "{error}");
    }
    assert_eq!(looker.login("u00001").unwrap_err().kind, ProviderErrorKind::Credentials);
    assert_eq!(server.asked().len(), 1, "{:?}", server.asked());
    // Another password is another chance, and one.
    std::fs::write(file.path(), "also-wrong").unwrap();
    for _ in 0..3 {
        assert_eq!(looker.login("u00001").unwrap_err().kind, ProviderErrorKind::Credentials);
    }
    let sent: Vec<What> = server.asked().into_iter().map(|asked| asked.what).collect();
    let bind = |password: &str| What::Bind { dn: "cn=svc,dc=x".to_owned(), password: password.to_owned() };
    assert_eq!(sent, [bind("wrong-pw"), bind("also-wrong")]);
}

#[test]
fn r07_a_full_read_that_was_refused_stops_the_looks_too() {
    let server = ScriptedLdap::start_raw(|asked| vec![Act::Send(bind_done(asked.id, 49, ""))]);
    let looker = Looker::new(&config(&server.url(), &json!({})));
    assert_eq!(looker.try_read().unwrap_err().kind, ProviderErrorKind::Credentials);
    assert_eq!(looker.login("ana").unwrap_err().kind, ProviderErrorKind::Credentials);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn many_looks_at_once_share_a_few_connections() {
    let open = Arc::new(AtomicUsize::new(0));
    let most = Arc::clone(&open);
    let server = ScriptedLdap::start(move |asked| {
        most.fetch_max(asked.connection + 1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(2));
        let mut acts = vec![Act::Send(done(asked.id, 0))];
        if asked.base() == PEOPLE {
            acts.insert(0, Act::Send(person(asked.id, "ana")));
        }
        assert!([PEOPLE, GROUPS].contains(&asked.base()));
        acts
    });
    let looker = Looker::new(&config(&server.url(), &json!({})));
    for outcome in looker.find_at_once(&logins(100)) {
        assert_eq!(groups(&outcome.unwrap()), Vec::<String>::new());
    }
    let opened = open.load(Ordering::Relaxed);
    assert!((2..=8).contains(&opened), "{opened}");
}

#[test]
fn a_hundred_people_in_one_look_need_one_connection() {
    let slapd = Slapd::start(&Company::new(150, 60, 3).ldif());
    let looker = Looker::at(&slapd, &json!({}));
    let found = looker.find(&logins(120)).unwrap();
    assert_eq!(found.reading.snapshot().people.len(), 120);
    assert!(found.reading.gaps().is_empty());
    let several: Vec<_> = looker.find_at_once(&logins(30)).into_iter().map(Result::unwrap).collect();
    assert!(several.iter().all(|found| found.reading.gaps().is_empty()));
}

#[test]
fn r01_a_server_that_is_down_is_passed_over() {
    let slapd = company();
    let dead = format!("ldap://127.0.0.1:{}", free_port());
    let looker = Looker::at(&slapd, &json!({ "urls": [dead, slapd.url()] }));
    assert!(!groups(&looker.login("u00001").unwrap()).is_empty());
    let looker = Looker::at(&slapd, &json!({ "urls": [dead] }));
    let error = looker.login("u00001").unwrap_err();
    assert_eq!(error.kind, ProviderErrorKind::Unreachable);
    assert!(error.message.contains(&dead) && !error.message.contains(SUFFIX), "{error}");
}
