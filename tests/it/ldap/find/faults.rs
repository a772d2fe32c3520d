//! Answers that no server should give, to a look at one person.

use super::super::{GROUPS, PEOPLE, assert_unknown, config, person};
use super::{Looker, groups};
use crate::world::scripted_ldap::{Act, Asked, ScriptedLdap, What, bind_done, done, entry, notice, reference, tlv};
use rosterd::providers::{Match, PersonKey, ProviderErrorKind};
use serde_json::json;
use std::time::{Duration, Instant};

/// What a good server says of `ana`, who is in `team`, which is in `all`.
fn good(asked: &Asked) -> Vec<Act> {
    let group = |name: &str| {
        let dn = format!("cn={name},{GROUPS}");
        Act::Send(entry(asked.id, dn, &[("entryUUID", &[format!("g-{name}")]), ("cn", &[name.to_owned()])]))
    };
    let mut acts = Vec::new();
    if asked.base() == PEOPLE && asked.names("ana") {
        acts.push(Act::Send(person(asked.id, "ana")));
    } else if asked.names(&format!("uid=ana,{PEOPLE}")) {
        acts.push(group("team"));
    } else if asked.names("cn=team") {
        acts.push(group("all"));
    }
    acts.push(Act::Send(done(asked.id, 0)));
    acts
}

/// Three steps of a look: the person, the groups, the groups above.
fn step(asked: &Asked) -> usize {
    match asked.base() {
        PEOPLE => 0,
        _ if asked.names("cn=team") => 2,
        _ => 1,
    }
}

/// A server that is good but at one step, where it says this before the end.
fn at(bad: usize, acts: impl Fn(&Asked) -> Vec<Act> + Send + Sync + 'static) -> ScriptedLdap {
    ScriptedLdap::start(move |asked| {
        if step(asked) != bad || asked.names("memberUid") {
            return good(asked);
        }
        let mut all = good(asked);
        let end = all.pop().unwrap();
        all.extend(acts(asked));
        all.push(end);
        all
    })
}

fn looker(server: &ScriptedLdap) -> Looker {
    Looker::new(&config(&server.url(), &json!({ "timeout": "1s" })))
}

#[test]
fn a_good_server_is_asked_no_more_than_is_needed() {
    let server = ScriptedLdap::start(good);
    let looker = looker(&server);
    for _ in 0..3 {
        assert_eq!(groups(&looker.login("ana").unwrap()), ["all", "team"]);
    }
    let asked = server.asked();
    assert!(asked.iter().all(|asked| asked.connection == 0), "one connection serves all");
    // Signed in once; then the person, members and logins, the group, the group above.
    assert_eq!(asked.len(), 1 + 3 * 5, "{asked:?}");
    for asked in asked {
        if let What::Search { attributes, .. } = asked.what {
            assert!(attributes.iter().all(|name| !["member", "uniqueMember", "memberUid"].contains(&name.as_str())));
        }
    }
}

#[test]
fn l05_an_empty_password_is_never_sent_for_a_look() {
    let server = ScriptedLdap::start(good);
    let file = tempfile::NamedTempFile::new().unwrap();
    let bind = json!({ "dn": "cn=svc,dc=x", "password": { "file": file.path() } });
    let looker = Looker::new(&config(&server.url(), &json!({ "bind": bind })));
    assert_eq!(looker.login("ana").unwrap_err().kind, ProviderErrorKind::Configuration);
    assert!(server.asked().is_empty());
}

#[test]
fn l07_a_referral_makes_a_look_unknown() {
    for bad in 0..3 {
        let server = at(bad, |asked| vec![Act::Send(reference(asked.id, "ldap://elsewhere.example.org/dc=x"))]);
        let found = looker(&server).login("ana").unwrap();
        assert_unknown(&found.reading, "referral");
        assert_eq!(groups(&found), ["all", "team"], "what was said is there");
    }
}

#[test]
fn l08_a_result_code_makes_a_look_unknown() {
    for code in [1, 2, 3, 4, 10, 11, 32, 50, 51, 52, 53, 80, 118, 4711] {
        for bad in 0..3 {
            let server = ScriptedLdap::start(move |asked| {
                let mut acts = good(asked);
                if step(asked) == bad && !asked.names("memberUid") {
                    acts.pop();
                    acts.push(Act::Send(done(asked.id, code)));
                }
                acts
            });
            // Without paging: with it, 4 would be asked again in pages.
            let looker = Looker::new(&config(&server.url(), &json!({ "page_size": 0 })));
            let found = looker.login("ana").unwrap();
            assert_unknown(&found.reading, "result_code");
            assert!(found.reading.gaps().iter().any(|gap| gap.detail.contains(&format!("({code})"))));
            assert_eq!(groups(&found), ["all", "team"], "what was said is there");
            // The connection is as good as before.
            assert!(looker.login("ana").is_ok());
            assert!(server.asked().iter().all(|asked| asked.connection == 0));
        }
    }
}

#[test]
fn l08_a_result_code_alone_is_an_error_and_no_sign_that_nobody_is_there() {
    for (code, kind) in
        [(50, ProviderErrorKind::Protocol), (32, ProviderErrorKind::Protocol), (51, ProviderErrorKind::Unreachable)]
    {
        let server = ScriptedLdap::start(move |asked| vec![Act::Send(done(asked.id, code))]);
        let error = looker(&server).login("ana").unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(&format!("({code})")), "{error}");
    }
    // Of one DN it is an answer.
    let server = ScriptedLdap::start(|asked| vec![Act::Send(done(asked.id, 32))]);
    let found = looker(&server).find(&[PersonKey::Dn(format!("uid=ana,{PEOPLE}"))]).unwrap();
    assert_eq!(found.matches, [Match::Nobody]);
    assert!(found.reading.gaps().is_empty());
}

#[test]
fn l13_bytes_that_are_not_ldap_cost_one_look() {
    let bytes = [
        vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2, 1, 3],
        vec![0x30, 0x80, 2, 1, 3, 0, 0],
        (0..8000).fold(Vec::new(), |inner, _| tlv(0x30, &inner)),
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        bind_done(3, 0, ""),
        done(999, 0),
    ];
    for (which, bytes) in bytes.into_iter().enumerate() {
        for bad in 0..3 {
            let bytes = bytes.clone();
            let once = std::sync::atomic::AtomicBool::new(true);
            let server = at(bad, move |_| match once.swap(false, std::sync::atomic::Ordering::Relaxed) {
                true => vec![Act::Send(bytes.clone())],
                false => Vec::new(),
            });
            let looker = looker(&server);
            match looker.login("ana") {
                Ok(found) => assert!(!found.reading.gaps().is_empty(), "bytes {which} at {bad}"),
                Err(error) => assert_eq!((error.kind, bad), (ProviderErrorKind::Protocol, 0), "{error}"),
            }
            // That connection is not used again, and the next look is as if nothing had been.
            assert_eq!(groups(&looker.login("ana").unwrap()), ["all", "team"], "bytes {which} at {bad}");
            assert!(server.asked().iter().any(|asked| asked.connection == 1));
        }
    }
}

#[test]
fn l14_silence_and_drips_end_a_look() {
    let acts: [fn(&Asked) -> Vec<Act>; 4] = [
        |_| vec![Act::Silence],
        |asked| vec![Act::Drip(entry(asked.id, "cn=a", &[("cn", &["x".repeat(3000)])]), Duration::from_millis(50))],
        |_| vec![Act::Send(notice(52, "maintenance")), Act::Close],
        |_| vec![Act::Close],
    ];
    for acts in acts {
        for bad in 0..3 {
            let started = Instant::now();
            let server = at(bad, acts);
            let looker = looker(&server);
            match looker.login("ana") {
                Ok(found) => assert!(!found.reading.gaps().is_empty() && bad > 0),
                Err(error) => assert_eq!((error.kind, bad), (ProviderErrorKind::Unreachable, 0), "{error}"),
            }
            assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
        }
    }
}

#[test]
fn l14_endless_entries_end_a_look() {
    for (bad, dn) in [(0, format!("uid=ana,{PEOPLE}")), (1, format!("cn=team,{GROUPS}"))] {
        let server = at(bad, move |asked| vec![Act::Endless(entry(asked.id, &dn, &[("entryUUID", &["1"])]))]);
        let started = Instant::now();
        let outcome = looker(&server).login("ana");
        assert!(outcome.map_or(true, |found| !found.reading.gaps().is_empty()));
        assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    }
}
