//! What no server should do, and some do: short lists that look like whole ones.

use super::{GROUPS, PEOPLE, assert_unknown, config, groups, members, people, person, read, read_from, server};
use crate::world::free_port;
use crate::world::scripted_ldap::{Act, ScriptedLdap, What, bind_done, done, done_paged, entry, reference};
use rosterd::providers::ProviderErrorKind;
use rosterd_core::snapshot::Reading;
use serde_json::json;

#[test]
fn a_good_read_is_complete() {
    let server = server(|_| None);
    let reading = read_from(&server).unwrap();
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    assert_eq!(members(&reading, "all"), ["ana", "bob", "cy"]);
    for asked in server.asked() {
        let connection = match asked.base() {
            PEOPLE => 0,
            GROUPS => 1,
            _ => continue,
        };
        assert_eq!(asked.connection, connection, "people and groups are read at once: {asked:?}");
    }
}

#[test]
fn l05_an_empty_or_missing_password_is_never_sent() {
    let server = server(|_| None);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "\n").unwrap();
    for bind in [
        json!({ "dn": "cn=svc,dc=x", "password": { "file": file.path() } }),
        json!({ "dn": "cn=svc,dc=x" }),
        json!({ "dn": "", "password": { "file": file.path() } }),
        json!({ "password": { "file": file.path() } }),
        json!({ "dn": "cn=svc,dc=x", "password": { "file": "/nonexistent/password" } }),
    ] {
        let error = read(&config(&server.url(), &json!({ "bind": bind }))).unwrap_err();
        assert_eq!(error.kind, ProviderErrorKind::Configuration, "{error}");
        assert!(error.message.contains("ldap.bind."), "{error}");
    }
    assert!(server.asked().is_empty(), "{:?}", server.asked());
}

#[test]
fn r07_a_wrong_password_is_tried_once_and_at_no_other_server() {
    let refuse = || ScriptedLdap::start_raw(|asked| vec![Act::Send(bind_done(asked.id, 49, "data 775, v1db1"))]);
    let (first, second) = (refuse(), refuse());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "s3cret-pw\n").unwrap();
    let bind = json!({ "dn": "cn=svc,dc=x", "password": { "file": file.path() } });
    let error = read(&config("", &json!({ "urls": [first.url(), second.url()], "bind": bind }))).unwrap_err();
    assert_eq!(error.kind, ProviderErrorKind::Credentials);
    assert!(error.message.contains("locked") && !error.message.contains("s3cret-pw"), "{error}");
    let sent = What::Bind { dn: "cn=svc,dc=x".to_owned(), password: "s3cret-pw".to_owned() };
    assert_eq!(first.asked().into_iter().map(|asked| asked.what).collect::<Vec<_>>(), [sent]);
    assert!(second.asked().is_empty());
}

#[test]
fn r01_the_next_server_is_asked_when_one_is_down_or_busy() {
    let busy = ScriptedLdap::start_raw(|asked| vec![Act::Send(bind_done(asked.id, 51, "busy"))]);
    let good = server(|_| None);
    let dead = format!("ldap://127.0.0.1:{}", free_port());
    let reading = read(&config("", &json!({ "urls": [dead, busy.url(), good.url()] }))).unwrap();
    assert!(matches!(reading, Reading::Complete(_)));
    let error = read(&config("", &json!({ "urls": [dead, busy.url()] }))).unwrap_err();
    assert_eq!(error.kind, ProviderErrorKind::Unreachable);
    assert!(error.message.contains(&dead) && error.message.contains("busy (51)"), "{error}");
}

#[test]
fn servers_in_random_order_are_all_first_at_times() {
    let (one, other) = (server(|_| None), server(|_| None));
    let config = config("", &json!({ "urls": [one.url(), other.url()], "order": "random" }));
    for seed in 0..8 {
        super::read_seeded(&config, seed).unwrap();
    }
    assert!(!one.asked().is_empty() && !other.asked().is_empty());
}

#[test]
fn l07_a_referral_makes_the_view_unknown_and_is_not_followed() {
    let elsewhere = server(|_| None);
    let url = format!("{}/{PEOPLE}", elsewhere.url());
    let server = server(move |asked| {
        (asked.base() == PEOPLE).then(|| {
            let mut acts = people(asked);
            acts.insert(1, Act::Send(reference(asked.id, &url)));
            acts
        })
    });
    let reading = read_from(&server).unwrap();
    assert_unknown(&reading, "referral");
    assert_eq!(members(&reading, "all").len(), 3, "what was read is there");
    assert!(elsewhere.asked().is_empty());
}

#[test]
fn l08_result_code_after_entries_is_unknown() {
    for code in [1, 2, 3, 4, 10, 11, 32, 50, 51, 52, 53, 80, 118, 4711] {
        for base in [PEOPLE, GROUPS] {
            for page in [&b""[..], b"more"] {
                let server = server(move |asked| {
                    let here = asked.base() == base && (base == GROUPS || asked.cookie() == page);
                    here.then(|| vec![Act::Send(person(asked.id, "zoe")), Act::Send(done_paged(asked.id, code, b""))])
                });
                let reading = read_from(&server).unwrap();
                assert_unknown(&reading, "result_code");
                let text = reading.gaps().iter().map(|gap| gap.detail.as_str()).collect::<String>();
                assert!(text.contains(&format!("({code})")) && text.contains(base), "{text}");
            }
        }
    }
}

#[test]
fn l08_result_code_without_any_entry_is_an_error() {
    let server = ScriptedLdap::start(|asked| vec![Act::Send(done(asked.id, 32))]);
    let error = read_from(&server).unwrap_err();
    assert_eq!(error.kind, ProviderErrorKind::Protocol);
    assert!(error.message.contains("noSuchObject (32)"), "{error}");
}

#[test]
fn l09_a_page_without_its_control_is_no_end() {
    for page in [&b""[..], b"more"] {
        let server = server(move |asked| {
            (asked.base() == PEOPLE && asked.cookie() == page)
                .then(|| vec![Act::Send(person(asked.id, "zoe")), Act::Send(done(asked.id, 0))])
        });
        assert_unknown(&read_from(&server).unwrap(), "paging_lost");
    }
}

#[test]
fn l09_without_paging_no_control_is_needed_and_none_is_sent() {
    let server = server(|asked| {
        (asked.base() == PEOPLE).then(|| vec![Act::Send(person(asked.id, "ana")), Act::Send(done(asked.id, 0))])
    });
    let reading = read(&config(&server.url(), &json!({ "page_size": 0 }))).unwrap();
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    assert!(server.asked().iter().all(|asked| !matches!(asked.what, What::Search { cookie: Some(_), .. })));
}

#[test]
fn l09_the_same_page_for_ever_ends() {
    let server = server(|asked| {
        (asked.base() == PEOPLE)
            .then(|| vec![Act::Send(person(asked.id, "ana")), Act::Send(done_paged(asked.id, 0, b"same"))])
    });
    let reading = read_from(&server).unwrap();
    assert!(super::codes(&reading).contains("paging_loop"), "{:?}", reading.gaps());
    assert!(server.asked().len() < 10, "{}", server.asked().len());
}

#[test]
fn l09_empty_pages_for_ever_end() {
    let server = server(|asked| {
        let cookie = asked.id.to_be_bytes();
        (asked.base() == PEOPLE).then(|| vec![Act::Send(done_paged(asked.id, 0, &cookie))])
    });
    assert_unknown(&read_from(&server).unwrap(), "paging_loop");
    assert!(server.asked().len() < 200);
}

/// 389 Directory Server hands out one cookie for all pages.
#[test]
fn l09_one_cookie_for_pages_that_differ_is_fine() {
    let pages = std::sync::atomic::AtomicUsize::new(0);
    let server = server(move |asked| {
        (asked.base() == PEOPLE).then(|| {
            let page = pages.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let cookie: &[u8] = if page == 2 { b"" } else { b"0" };
            let person = person(asked.id, ["ana", "bob", "cy"][page]);
            vec![Act::Send(person), Act::Send(done_paged(asked.id, 0, cookie))]
        })
    });
    let reading = read_from(&server).unwrap();
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    assert_eq!(members(&reading, "all").len(), 3);
}

#[test]
fn l16_nothing_with_success_is_for_the_limits_to_stop() {
    let server = ScriptedLdap::start(|asked| vec![Act::Send(done_paged(asked.id, 0, b""))]);
    let reading = read_from(&server).unwrap();
    assert!(matches!(reading, Reading::Complete(_)));
    assert!(reading.snapshot().people.is_empty());
}

#[test]
fn an_entry_without_an_id_is_a_gap() {
    let server = server(|asked| {
        (asked.base() == GROUPS).then(|| {
            let nameless = entry(asked.id, format!("cn=odd,{GROUPS}"), &[("cn", &["odd"])]);
            let mut acts = vec![Act::Send(nameless)];
            acts.extend(groups(asked));
            acts
        })
    });
    assert_unknown(&read_from(&server).unwrap(), "no_id");
}

#[test]
fn no_password_is_ever_asked_for() {
    let server = server(|_| None);
    read_from(&server).unwrap();
    for asked in server.asked() {
        if let What::Search { attributes, .. } = asked.what {
            assert!(!attributes.is_empty());
            for name in attributes {
                assert!(!["*", "+", "userpassword"].contains(&name.to_lowercase().as_str()), "{name}");
            }
        }
    }
    let users = json!({ "base": [PEOPLE], "email": "UserPassword" });
    let error = read(&config(&server.url(), &json!({ "users": users }))).unwrap_err();
    assert_eq!(error.kind, ProviderErrorKind::Configuration);
}

#[test]
fn what_cannot_be_right_is_refused_before_the_wire() {
    let server = server(|_| None);
    for (more, says) in [
        (json!({ "urls": [] }), "ldap.urls"),
        (json!({ "urls": ["http://x"] }), "ldap.urls"),
        (json!({ "users": { "base": [PEOPLE], "filter": "(cn=" } }), "ldap.users.filter"),
        (json!({ "groups": { "base": ["nonsense"] } }), "ldap.groups.base"),
        (json!({ "groups": { "base": [] } }), "ldap.groups.base"),
        (json!({ "groups": { "base": [GROUPS], "members": ["member;range=0-1"] } }), "ldap.groups"),
    ] {
        let error = read(&config(&server.url(), &more)).unwrap_err();
        assert_eq!(error.kind, ProviderErrorKind::Configuration, "{error}");
        assert!(error.message.contains(says), "{error}");
    }
    assert!(server.asked().is_empty());
}
