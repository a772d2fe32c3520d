//! What a look says of people is what a full read of the same directory says of them.

use super::super::slapd::base64;
use super::{Looker, all_said, said};
use crate::world::company::{Company, Dice, group_dn, person_dn};
use crate::world::slapd::{SUFFIX, Slapd};
use rosterd::providers::{Match, PersonKey};
use rosterd_core::dn;
use rosterd_core::snapshot::{PersonIndex, Reading};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Logins and names that mean something in filters and DNs.
pub const ODD: [&str; 9] =
    ["*", "a*b", "(x)", r"back\slash", "u00001)(uid=*", "Doe, John", "a+uid=b", "#hash", "Zoë Ünal"];

/// A company with every kind of member: by DN, by unique name, by login; groups in themselves, in
/// circles and in diamonds; people and groups of odd names; groups that people name by their
/// numbers; and in `seeAlso`, at random, what `memberOf` would be elsewhere.
fn company(seed: u64) -> String {
    let mut dice = Dice(seed + 1);
    let company = Company::new(40, 40, seed);
    let groups: Vec<&str> = company.groups.iter().map(|group| group.name.as_str()).collect();
    let mut ldif = String::new();
    for line in company.ldif().lines() {
        writeln!(ldif, "{line}").unwrap();
        if line == "objectClass: inetOrgPerson" {
            writeln!(ldif, "objectClass: extensibleObject\ngidNumber: {}", dice.roll(12)).unwrap();
        }
        if line.starts_with("objectClass: ") && dice.roll(3) > 0 {
            writeln!(ldif, "seeAlso: {}", group_dn(groups[dice.roll(groups.len())])).unwrap();
        }
    }
    let mut dns: Vec<String> = company.people.iter().map(crate::world::company::Person::dn).collect();
    for odd in ODD {
        let dn = format!("uid={},ou=people,{SUFFIX}", dn::escape_value(odd));
        let (dn64, odd64) = (base64(dn.as_bytes()), base64(odd.as_bytes()));
        writeln!(ldif, "dn:: {dn64}\nobjectClass: inetOrgPerson\nuid:: {odd64}\ncn:: {odd64}\nsn: x").unwrap();
        for _ in 0..dice.roll(3) {
            writeln!(ldif, "seeAlso: {}", group_dn(groups[dice.roll(groups.len())])).unwrap();
        }
        ldif.push('\n');
        dns.push(dn);
    }
    for (at, odd) in ODD.iter().enumerate() {
        let dn = format!("cn={},ou=groups,{SUFFIX}", dn::escape_value(odd));
        let (dn64, odd64) = (base64(dn.as_bytes()), base64(odd.as_bytes()));
        let class = ["groupOfNames", "groupOfUniqueNames", "posixGroup"][at % 3];
        writeln!(ldif, "dn:: {dn64}\nobjectClass: {class}\nobjectClass: extensibleObject\ncn:: {odd64}").unwrap();
        if class == "posixGroup" {
            writeln!(ldif, "gidNumber: {at}").unwrap();
            // Logins of one spelling, of another one, and of nobody.
            for login in ["u00003", "U00004", ODD[dice.roll(ODD.len())], "nobody"] {
                writeln!(ldif, "memberUid: {}", if login.is_ascii() { login } else { "u00005" }).unwrap();
            }
        }
        for attribute in ["member", "uniqueMember"] {
            let mut members = std::collections::BTreeSet::from([dn.clone()]);
            members.extend((0..3).map(|_| dns[dice.roll(dns.len())].clone()));
            members.insert(group_dn(groups[dice.roll(groups.len())]).to_uppercase());
            members.insert(format!("cn={}, OU=Groups,{SUFFIX}", dn::escape_value(ODD[dice.roll(ODD.len())])));
            for member in members {
                writeln!(ldif, "{attribute}:: {}", base64(member.as_bytes())).unwrap();
            }
        }
        writeln!(ldif, "seeAlso: {}\nseeAlso: cn=nothing,{SUFFIX}\n", group_dn(groups[dice.roll(groups.len())]))
            .unwrap();
    }
    ldif
}

#[test]
fn a_look_says_of_everybody_what_a_full_read_says() {
    let users =
        |more: Value| with(json!({ "base": [format!("ou=people,{SUFFIX}")], "attributes": ["sn", "cn"] }), more);
    let groups = |more: Value| with(json!({ "base": [format!("ou=groups,{SUFFIX}")] }), more);
    let member_of = json!({ "member_of": "seeAlso" });
    let no_members = json!({ "members": [], "member_logins": [], "member_of": "seeAlso" });
    let modes = [
        json!({ "users": users(json!({})), "groups": groups(json!({})) }),
        json!({ "users": users(member_of.clone()), "groups": groups(no_members) }),
        json!({ "users": users(member_of.clone()), "groups": groups(member_of) }),
        json!({ "users": users(json!({})), "groups": groups(json!({ "members": ["uniqueMember"], "scope": "one" })) }),
        json!({ "users": users(json!({ "primary_group": "gidNumber" })), "groups": groups(json!({})) }),
    ];
    for seed in 0..3 {
        let slapd = Slapd::start(&company(seed));
        for mode in &modes {
            same(&Looker::at(&slapd, mode), &format!("seed {seed}, {mode}"));
        }
    }
}

fn with(mut base: Value, more: Value) -> Value {
    base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    base
}

#[track_caller]
fn same(looker: &Looker, what: &str) {
    let full = looker.read();
    assert!(matches!(full, Reading::Complete(_)), "{what}: {:?}", full.gaps());
    let s = full.snapshot();
    assert!(s.people.len() == 49 && s.direct.len() > 20 && s.nested.len() > 10, "{what}: too little");
    let mut keys = Vec::new();
    for (place, person) in s.people.iter().enumerate() {
        let text = |text| s.texts.get(text).to_owned();
        let expected = said(s, &[place]);
        let [subject, login] = [PersonKey::Subject(text(person.subject)), PersonKey::Login(text(person.login))];
        let dn = PersonKey::Dn(text(person.dn).replace("ou=people", " OU = People"));
        for key in [subject, login, dn] {
            let found = looker.find(std::slice::from_ref(&key)).unwrap();
            assert_eq!(found.matches, [Match::One(PersonIndex(0))], "{what}: {key:?}");
            assert_eq!(all_said(&found), expected, "{what}: {key:?}");
            keys.push(key);
        }
    }
    // All in one look: three keys a person, each person once.
    let found = looker.find(&keys).unwrap();
    assert_eq!(all_said(&found), said(s, &(0..s.people.len()).collect::<Vec<_>>()), "{what}");
    for (at, place) in found.matches.iter().enumerate() {
        assert_eq!(*place, Match::One(PersonIndex((at / 3) as u32)), "{what}: {:?}", keys[at]);
    }
}

#[test]
fn a_look_is_the_full_read_of_that_person_alone() {
    let slapd = Slapd::start(&company(9));
    let looker = Looker::at(&slapd, &json!({}));
    let found = looker.find(&[PersonKey::Dn(person_dn("u00003"))]).unwrap();
    let full = looker.read();
    let login = |s: &rosterd_core::snapshot::Snapshot, at: usize| s.texts.get(s.people[at].login).to_owned();
    let place = (0..full.snapshot().people.len()).find(|at| login(full.snapshot(), *at) == "u00003").unwrap();
    let Reading::People(alone) = full.only(&[PersonIndex(place as u32)]) else { panic!("it is complete") };
    assert_eq!(all_said(&found), said(alone.snapshot(), &[0]));
    let few = found.reading.snapshot();
    assert_eq!((&few.direct, &few.nested), (&alone.snapshot().direct, &alone.snapshot().nested));
}
