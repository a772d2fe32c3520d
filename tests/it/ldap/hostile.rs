//! Bytes and silences meant to bring a client down: each costs one read, soon, and nothing else.

use super::{GROUPS, PEOPLE, assert_unknown, config, person, read, server};
use crate::world::scripted_ldap::{Act, ScriptedLdap, bind_done, done_paged, entry, message, notice, tlv};
use rosterd::providers::ProviderErrorKind;
use rosterd_core::snapshot::Reading;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// Reads with a timeout of a second, and sees that it does not take much longer than that.
#[track_caller]
fn read_quickly(server: &ScriptedLdap) -> Reading {
    let started = Instant::now();
    let reading = read(&config(&server.url(), &json!({ "timeout": "1s" }))).unwrap();
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    reading
}

/// A server that sends `acts` after a first person.
fn after_a_person(acts: impl Fn(i32) -> Vec<Act> + Send + Sync + 'static) -> ScriptedLdap {
    server(move |asked| {
        (asked.base() == PEOPLE).then(|| {
            let mut all = vec![Act::Send(person(asked.id, "ana"))];
            all.extend(acts(asked.id));
            all
        })
    })
}

fn nested(depth: usize) -> Vec<u8> {
    (0..depth).fold(Vec::new(), |inner, _| tlv(0x30, &inner))
}

#[test]
fn l13_bytes_that_are_not_ldap() {
    let bytes: Vec<(&str, Vec<u8>)> = vec![
        ("depth", message(3, &nested(8000), b"")),
        ("deep in an entry", message(3, &tlv(0x64, &[tlv(4, b"cn=a"), nested(8000)].concat()), b"")),
        ("2 GB announced", vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2, 1, 3]),
        ("2 GB announced inside", vec![0x30, 9, 2, 1, 3, 0x64, 0x84, 0x7f, 0xff, 0xff, 0xff]),
        ("indefinite length", vec![0x30, 0x80, 2, 1, 3, 0, 0]),
        ("indefinite length inside", vec![0x30, 7, 2, 1, 3, 0x64, 0x80, 0, 0]),
        ("length of length", vec![0x30, 0xff]),
        ("empty sequence", vec![0x30, 0]),
        ("empty operation", vec![0x30, 5, 2, 1, 3, 0x64, 0]),
        ("unknown operation", message(3, &tlv(0x6f, b""), b"")),
        ("a request", message(3, &tlv(0x63, b""), b"")),
        (
            "trailing bytes",
            tlv(0x30, &[tlv(2, &[3]), tlv(0x64, &[tlv(4, b"cn=a"), tlv(0x30, b"")].concat()), tlv(4, b"x")].concat()),
        ),
        (
            "trailing bytes inside",
            message(3, &tlv(0x64, &[tlv(4, b"cn=a"), tlv(0x30, b""), tlv(4, b"x")].concat()), b""),
        ),
        (
            "an attribute that is none",
            message(3, &tlv(0x64, &[tlv(4, b"cn=a"), tlv(0x30, &tlv(4, b"x"))].concat()), b""),
        ),
        (
            "a value that is none",
            message(
                3,
                &tlv(
                    0x64,
                    &[tlv(4, b"cn=a"), tlv(0x30, &tlv(0x30, &[tlv(4, b"uid"), tlv(0x31, &[0x04, 0x7f])].concat()))]
                        .concat(),
                ),
                b"",
            ),
        ),
        ("a bind's answer", bind_done(3, 0, "")),
        ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        (
            "a control that is none",
            message(3, &tlv(0x65, &[tlv(0x0a, &[0]), tlv(4, b""), tlv(4, b"")].concat()), &tlv(4, b"x")),
        ),
        ("a huge result code", message(3, &tlv(0x65, &[tlv(0x0a, &[1; 9]), tlv(4, b""), tlv(4, b"")].concat()), b"")),
    ];
    for (what, bytes) in bytes {
        let server = after_a_person(move |id| {
            // The id stands where the bytes are well-formed enough to have one.
            let mut bytes = bytes.clone();
            if let Some(at) = bytes.windows(3).position(|w| w == [2, 1, 3]) {
                bytes[at + 2] = id as u8;
            } else if let Some(at) = bytes.windows(6).position(|w| w == [2, 4, 0, 0, 0, 3]) {
                bytes[at + 5] = id as u8;
            }
            vec![Act::Send(bytes), Act::Silence]
        });
        let reading = read_quickly(&server);
        assert!(matches!(reading, Reading::Unknown(_)), "{what}");
        let codes = super::codes(&reading);
        assert!(codes.contains("ber"), "{what}: {:?}", reading.gaps());
        assert_eq!(reading.snapshot().people.len(), 1, "{what}");
    }
}

#[test]
fn l13_answers_to_another_request() {
    for wrong in [-1, 1, 99] {
        let server = after_a_person(move |id| vec![Act::Send(person(id + wrong, "bob")), Act::Silence]);
        assert_unknown(&read_quickly(&server), "wrong_message_id");
    }
}

#[test]
fn l13_announced_lengths_are_not_allocated() {
    // 60 MB announced, within what is accepted, and never sent.
    let server = after_a_person(|_| vec![Act::Send(vec![0x30, 0x84, 0x03, 0x90, 0, 0, 2, 1, 3]), Act::Silence]);
    let before = resident();
    assert_unknown(&read_quickly(&server), "timeout");
    assert!(resident() < before + (20 << 20), "{} -> {}", before, resident());
}

/// This process's resident memory in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[test]
fn l14_silence_ends() {
    assert_unknown(&read_quickly(&after_a_person(|_| vec![Act::Silence])), "timeout");
    let server = ScriptedLdap::start_raw(|_| vec![Act::Silence]);
    let started = Instant::now();
    let error = read(&config(&server.url(), &json!({ "timeout": "1s" }))).unwrap_err();
    assert_eq!(error.kind, ProviderErrorKind::Unreachable);
    assert!(started.elapsed() < Duration::from_secs(8));
}

#[test]
fn l14_a_byte_now_and_then_is_no_answer() {
    // Each byte comes within the timeout; the whole would take five minutes.
    let server = after_a_person(|id| {
        let long = entry(id, "cn=a", &[("cn", &["x".repeat(3000)])]);
        vec![Act::Drip(long, Duration::from_millis(100))]
    });
    assert_unknown(&read_quickly(&server), "timeout");
}

#[test]
fn l14_endless_entries_end() {
    let server = server(|asked| {
        (asked.base() == PEOPLE)
            .then(|| vec![Act::Endless(entry(asked.id, "uid=a,ou=people,dc=x", &[("entryUUID", &["1"])]))])
    });
    let reading = read_quickly(&server);
    assert!(super::codes(&reading).contains("page_overrun"), "{:?}", reading.gaps());
}

#[test]
fn l14_a_notice_of_disconnection_is_no_end() {
    let reading = read_quickly(&after_a_person(|_| vec![Act::Send(notice(52, "maintenance")), Act::Close]));
    assert_unknown(&reading, "disconnected");
    assert!(reading.gaps().iter().any(|gap| gap.detail.contains("maintenance")), "{:?}", reading.gaps());
}

#[test]
fn l14_a_closed_connection_is_no_end() {
    assert_unknown(&read_quickly(&after_a_person(|_| vec![Act::Close])), "disconnected");
    let cut = after_a_person(|id| vec![Act::Send(done_paged(id, 0, b"")[..20].to_vec()), Act::Close]);
    assert_unknown(&read_quickly(&cut), "disconnected");
}

#[test]
fn l15_two_hundred_thousand_members_in_one_message() {
    let members: Vec<String> = (0..200_000).map(|n| format!("uid=u{n},{PEOPLE}")).collect();
    let server = server(move |asked| {
        (asked.base() == GROUPS).then(|| {
            let attributes: [(&str, &[String]); 3] =
                [("entryUUID", &["g".to_owned()]), ("cn", &["all".to_owned()]), ("member", &members)];
            let group = entry(asked.id, format!("cn=all,{GROUPS}"), &attributes);
            vec![Act::Send(group), Act::Send(done_paged(asked.id, 0, b""))]
        })
    });
    let reading = read(&config(&server.url(), &json!({ "timeout": "60s" }))).unwrap();
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    assert_eq!(reading.snapshot().strangers, 200_000);
}
