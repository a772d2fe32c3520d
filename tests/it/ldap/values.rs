//! Attributes under all their names, in parts, and in bytes that are no text.

use super::{GROUPS, PEOPLE, assert_unknown, config, members, read, read_from, server};
use crate::world::scripted_ldap::{Act, ScriptedLdap, What, done, done_paged, entry};
use rosterd_core::snapshot::Reading;
use serde_json::json;

/// A server with one group, called `all`, whose members stand in these attributes.
fn with_members(attributes: &'static [(&'static str, &'static [&'static str])]) -> ScriptedLdap {
    server(move |asked| {
        (asked.base() == GROUPS).then(|| {
            let mut all: Vec<(&str, Vec<Vec<u8>>)> =
                vec![("entryUUID", vec![b"g".to_vec()]), ("cn", vec![b"all".to_vec()])];
            for (name, values) in attributes {
                let value = |value: &&str| match value.split_once('#') {
                    _ if *name == "memberUid" || name.starts_with("1.3") => value.as_bytes().to_vec(),
                    Some((login, uid)) => format!("uid={login},{PEOPLE}#{uid}").into_bytes(),
                    None => format!("uid={value},{PEOPLE}").into_bytes(),
                };
                all.push((name, values.iter().map(value).collect()));
            }
            let all: Vec<(&str, &[Vec<u8>])> = all.iter().map(|(name, values)| (*name, values.as_slice())).collect();
            vec![Act::Send(entry(asked.id, format!("cn=all,{GROUPS}"), &all)), Act::Send(done_paged(asked.id, 0, b""))]
        })
    })
}

#[test]
fn l11_member_attributes_under_any_name() {
    for name in
        ["member", "Member", "MEMBER;binary", "2.5.4.31", "uniqueMember", "2.5.4.50", "memberUid", "1.3.6.1.1.1.1.12"]
    {
        let attributes: &'static [(&str, &[&str])] = Box::leak(Box::new([(name, &["ana", "bob"][..])]));
        let reading = read_from(&with_members(attributes)).unwrap();
        assert!(matches!(reading, Reading::Complete(_)), "{name}: {:?}", reading.gaps());
        assert_eq!(members(&reading, "all"), ["ana", "bob"], "{name}");
    }
}

#[test]
fn l11_all_member_attributes_count_together() {
    let server = with_members(&[("member", &["ana"]), ("uniqueMember", &["bob", "ana"]), ("memberUid", &["cy"])]);
    assert_eq!(members(&read_from(&server).unwrap(), "all"), ["ana", "bob", "cy"]);
}

/// A search for the DN does not find it, so a login could not tell either.
#[test]
fn l11_a_unique_member_with_an_identifier_is_nobody_for_sure() {
    let reading = read_from(&with_members(&[("uniqueMember", &["ana", "bob#'0101'B"])])).unwrap();
    assert_unknown(&reading, "member_uid");
    assert_eq!(members(&reading, "all"), ["ana"]);
}

#[test]
fn l11_an_option_that_is_not_understood_hides_nothing() {
    assert_unknown(&read_from(&with_members(&[("member;x-odd", &["ana"])])).unwrap(), "attribute_option");
}

#[test]
fn l11_a_name_in_another_language_is_not_the_name() {
    let server = server(|asked| {
        (asked.base() == GROUPS).then(|| {
            let attributes: [(&str, &[&str]); 3] =
                [("entryUUID", &["g"]), ("cn;lang-de", &["aaa"]), ("CN", &["zz", "all"])];
            vec![
                Act::Send(entry(asked.id, format!("cn=all,{GROUPS}"), &attributes)),
                Act::Send(done_paged(asked.id, 0, b"")),
            ]
        })
    });
    let reading = read_from(&server).unwrap();
    let s = reading.snapshot();
    assert!(matches!(reading, Reading::Complete(_)));
    assert_eq!(s.texts.get(s.groups[0].name), "all", "the smallest of several, whatever their order");
}

/// The names of seven people, of whom only three are in the directory.
const SEVEN: [&str; 7] = ["ana", "p1", "bob", "p3", "p4", "cy", "p6"];

fn dns(from: usize, to: usize) -> Vec<String> {
    SEVEN[from..to].iter().map(|name| format!("uid={name},{PEOPLE}")).collect()
}

/// Given what is asked for, the attribute that is sent and its values.
type NextPart = fn(&str) -> (String, Vec<String>);

/// A server whose group comes in ranges; `part` answers for what is asked next.
fn ranged(first: &'static str, count: usize, part: NextPart) -> ScriptedLdap {
    let group = format!("cn=all,{GROUPS}");
    ScriptedLdap::start(move |asked| match asked.base() {
        PEOPLE => super::people(asked),
        GROUPS => {
            let (id, name) = (["g".to_owned()], ["all".to_owned()]);
            let (none, some) = (Vec::new(), dns(0, count));
            let attributes: [(&str, &[String]); 4] =
                [("entryUUID", &id), ("cn", &name), ("member", &none), (first, &some)];
            vec![Act::Send(entry(asked.id, &group, &attributes)), Act::Send(done_paged(asked.id, 0, b""))]
        }
        base => {
            assert_eq!(base, group);
            let What::Search { attributes, .. } = &asked.what else { panic!("not a search") };
            let (name, values) = part(&attributes[0]);
            vec![Act::Send(entry(asked.id, &group, &[(&name, &values)])), Act::Send(done(asked.id, 0))]
        }
    })
}

#[test]
fn l10_ranges_are_followed_to_the_end() {
    let server = ranged("member;range=0-2", 3, |asked| match asked {
        "member;range=3-*" => ("Member;Range=3-4".to_owned(), dns(3, 5)),
        "member;range=5-*" => ("member;range=5-*".to_owned(), dns(5, 7)),
        other => panic!("{other}"),
    });
    let reading = read_from(&server).unwrap();
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    assert_eq!(members(&reading, "all"), ["ana", "bob", "cy"]);
    assert_eq!(reading.snapshot().strangers, 4);
}

#[test]
fn l10_a_range_that_does_not_go_on_is_a_gap() {
    let parts: [NextPart; 7] = [
        // A hole, an overlap, the same again.
        |_| ("member;range=4-*".to_owned(), dns(4, 7)),
        |_| ("member;range=2-*".to_owned(), dns(2, 7)),
        |_| ("member;range=0-2".to_owned(), dns(0, 3)),
        // It shrank.
        |_| ("member;range=3-*".to_owned(), Vec::new()),
        |_| ("member".to_owned(), Vec::new()),
        // Fewer and more values than were said.
        |_| ("member;range=3-6".to_owned(), dns(3, 5)),
        |_| ("member;range=3-3".to_owned(), dns(3, 5)),
    ];
    for part in parts {
        assert_unknown(&read_from(&ranged("member;range=0-2", 3, part)).unwrap(), "ranged_attribute");
    }
    for first in ["member;range=0-1499", "member;range=1-3"] {
        let server = ranged(first, 3, |asked| panic!("{asked} was asked for"));
        assert_unknown(&read_from(&server).unwrap(), "ranged_attribute");
    }
}

#[test]
fn l10_a_result_code_within_a_range_is_unknown() {
    let server = server(|asked| match asked.base() {
        GROUPS => {
            let attributes: [(&str, &[&str]); 3] =
                [("entryUUID", &["g"]), ("cn", &["all"]), ("member;range=0-0", &["uid=ana,ou=people,dc=x"])];
            let group = entry(asked.id, format!("cn=all,{GROUPS}"), &attributes);
            Some(vec![Act::Send(group), Act::Send(done_paged(asked.id, 0, b""))])
        }
        PEOPLE => None,
        _ => Some(vec![Act::Send(done(asked.id, 32))]),
    });
    assert_unknown(&read_from(&server).unwrap(), "result_code");
}

#[test]
fn l12_bytes_that_are_no_text_are_a_gap_and_the_rest_is_read() {
    for (dn, member) in [
        (&b"cn=odd\xff,ou=groups,dc=x"[..], &b"uid=ana,ou=people,dc=x"[..]),
        (b"cn=odd,ou=groups,dc=x", b"uid=an\xe9,ou=people,dc=x"),
    ] {
        let server = server(move |asked| {
            (asked.base() == GROUPS).then(|| {
                let attributes: [(&str, &[&[u8]]); 3] =
                    [("entryUUID", &[b"g"]), ("cn", &[b"odd"]), ("member", &[member, b"uid=bob,ou=people,dc=x"])];
                let mut acts = vec![Act::Send(entry(asked.id, dn, &attributes))];
                acts.extend(super::groups(asked));
                acts
            })
        });
        let reading = read_from(&server).unwrap();
        assert_unknown(&reading, "not_utf8");
        assert_eq!(members(&reading, "all").len(), 3);
        if dn.is_ascii() {
            assert_eq!(members(&reading, "odd"), ["bob"]);
        }
    }
}

#[test]
fn l12_a_binary_object_guid_is_an_id() {
    let server = server(|asked| {
        let guid: Vec<u8> = (0..16).map(|n| n * 17).collect();
        let attributes: [(&str, &[&[u8]]); 2] = [("objectGUID", &[&guid]), ("sAMAccountName", &[b"ana"])];
        (asked.base() == PEOPLE).then(|| {
            vec![
                Act::Send(entry(asked.id, format!("CN=Ana,{PEOPLE}"), &attributes)),
                Act::Send(done_paged(asked.id, 0, b"")),
            ]
        })
    });
    let users = json!({ "base": [PEOPLE], "id": "objectGUID", "login": "sAMAccountName" });
    let reading = read(&config(&server.url(), &json!({ "users": users }))).unwrap();
    let s = reading.snapshot();
    assert_eq!(s.texts.get(s.people[0].subject), "33221100-5544-7766-8899-aabbccddeeff");
    assert_eq!(s.texts.get(s.people[0].login), "ana");
}

#[test]
fn member_of_people_and_of_groups() {
    let server = ScriptedLdap::start(|asked| {
        let (dn, id, name) = match asked.base() {
            PEOPLE => (format!("uid=ana,{PEOPLE}"), "p", "ana"),
            _ => (format!("cn=inner,{GROUPS}"), "g1", "inner"),
        };
        let above = if asked.base() == PEOPLE { "inner" } else { "outer" };
        let above = format!("CN={above}, {GROUPS}");
        let attributes: [(&str, &[&str]); 4] =
            [("entryUUID", &[id]), ("uid", &[name]), ("cn", &[name]), ("memberOf", &[&above])];
        let mut acts = vec![Act::Send(entry(asked.id, dn, &attributes))];
        if asked.base() == GROUPS {
            let outer: [(&str, &[&str]); 2] = [("entryUUID", &["g2"]), ("cn", &["outer"])];
            acts.push(Act::Send(entry(asked.id, format!("cn=outer,{GROUPS}"), &outer)));
        }
        acts.push(Act::Send(done_paged(asked.id, 0, b"")));
        acts
    });
    let more = json!({
        "users": { "base": [PEOPLE], "member_of": "memberOf" },
        "groups": { "base": [GROUPS], "member_of": "memberOf", "members": [], "member_logins": [] },
    });
    let reading = read(&config(&server.url(), &more)).unwrap();
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    assert_eq!(members(&reading, "inner"), ["ana"]);
    assert_eq!(reading.snapshot().nested.len(), 1);
}

/// A person with these attributes besides.
fn one_person(attributes: &'static [(&'static str, &'static [&'static [u8]])]) -> ScriptedLdap {
    server(move |asked| {
        (asked.base() == PEOPLE).then(|| {
            let (id, uid): (&[&[u8]], &[&[u8]]) = (&[b"1"], &[b"ana"]);
            let all: Vec<(&str, &[&[u8]])> =
                [("entryUUID", id), ("uid", uid)].into_iter().chain(attributes.iter().copied()).collect();
            let person = entry(asked.id, format!("uid=ana,{PEOPLE}"), &all);
            vec![Act::Send(person), Act::Send(done_paged(asked.id, 0, b""))]
        })
    })
}

fn with_claims(server: &ScriptedLdap, attributes: &[&str]) -> Reading {
    read(&config(&server.url(), &json!({ "users": { "base": [PEOPLE], "attributes": attributes } }))).unwrap()
}

fn claims(reading: &Reading) -> &str {
    let s = reading.snapshot();
    s.texts.get(s.people[0].claims)
}

#[test]
fn attributes_are_claims_under_their_configured_names() {
    let server = one_person(&[
        ("DEPARTMENT", &[b"Sales", b"Ops"]),
        ("title;lang-de", &[b"Chefin"]),
        ("surname", &[b"Silva"]),
        ("secretary", &[b"not asked for"]),
    ]);
    let reading = with_claims(&server, &["department", "title", "sn", "uid"]);
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    let expected = r#"{"attributes":{"department":["Ops","Sales"],"sn":["Silva"],"uid":["ana"]}}"#;
    assert_eq!(claims(&reading), expected);
    let asked = server.asked().into_iter().find(|asked| asked.base() == PEOPLE).unwrap();
    let What::Search { attributes, .. } = asked.what else { panic!("it is a search") };
    assert_eq!(attributes, ["entryUUID", "uid", "cn", "mail", "department", "title", "sn"]);
    // Asked for and not there is not the same as not asked for.
    assert_eq!(claims(&with_claims(&server, &["title"])), r#"{"attributes":{}}"#);
    assert_eq!(claims(&read_from(&server).unwrap()), "");
}

#[test]
fn l12_attributes_that_cannot_be_kept_are_missing() {
    const BAD: [(&str, &[&[u8]], &str); 3] = [
        ("photo", &[b"\xff\xd8", b"ok"], "not_utf8"),
        ("title", &[b"a\0b", b"ok"], "bad_text"),
        ("department;range=0-1", &[b"b", b"ok"], "ranged_attribute"),
    ];
    for (attribute, values, code) in BAD {
        let attributes = Box::leak(Box::new([(attribute, values)]));
        let reading = with_claims(&one_person(attributes), &["photo", "title", "department"]);
        assert_unknown(&reading, code);
        assert!(claims(&reading).contains("ok"), "{attribute}: the rest is kept");
    }
    let many: Vec<&'static [u8]> = (0..1001).map(|n| &*format!("v{n}").into_bytes().leak()).collect();
    let attributes = Box::leak(Box::new([("title", &*many.leak())]));
    assert_unknown(&with_claims(&one_person(attributes), &["title"]), "too_many_claims");
}

#[test]
fn an_attribute_that_holds_passwords_is_never_asked_for() {
    let server = one_person(&[("userPassword", &[b"x"])]);
    for name in ["userPassword", "UNICODEPWD", "2.5.4.35", "sambaNTPassword"] {
        let more = json!({ "users": { "base": [PEOPLE], "attributes": [name] } });
        let refused = read(&config(&server.url(), &more)).unwrap_err();
        assert!(refused.message.contains(name) && refused.message.contains("never read"), "{refused}");
    }
    assert!(server.asked().is_empty());
}
