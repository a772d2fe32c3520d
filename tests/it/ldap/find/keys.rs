//! By what people are looked for, and what is not all of what there is to say of them.

use super::super::{assert_unknown, slapd};
use super::equal::ODD;
use super::{Looker, all_said, groups};
use crate::world::ldap_edit::Edited as _;
use crate::world::slapd::{READER, SUFFIX, Slapd};
use rosterd::providers::{Match, PersonKey};
use serde_json::json;
use std::fmt::Write as _;

fn person(login: &str, mail: &str, ou: &str) -> String {
    let login = slapd::base64(login.as_bytes());
    let dn = slapd::base64(format!("cn={mail},ou={ou},{SUFFIX}").as_bytes());
    format!("dn:: {dn}\nobjectClass: inetOrgPerson\nuid:: {login}\ncn: {mail}\nsn: x\nmail: {mail}\n\n")
}

/// A group with these lines besides.
fn group(name: &str, lines: &str) -> String {
    format!(
        "dn: cn={name},ou=groups,{SUFFIX}\nobjectClass: posixGroup\nobjectClass: extensibleObject\n\
         gidNumber: 1\ncn: {name}\n{lines}\n"
    )
}

#[test]
fn l01_whatever_a_key_holds_it_is_one_value() {
    let mut ldif = person("ordinary", "ordinary@x.org", "people");
    for (at, odd) in ODD.iter().enumerate() {
        ldif += &person(odd, &format!("odd{at}@x.org"), "people");
    }
    let slapd = Slapd::start(&ldif);
    let looker = Looker::at(&slapd, &json!({}));
    for (at, odd) in ODD.iter().enumerate() {
        let found = looker.login(odd).unwrap();
        assert!(all_said(&found).contains(&format!("odd{at}@x.org")), "{odd}: {}", all_said(&found));
        assert_eq!(found.matches.len(), 1);
    }
    for nobody in ["", "ordinary*", "o*", "*)(uid=ordinary", "ordinary)", "ordinary\0", "\0", "\u{fffd}"] {
        for key in [
            PersonKey::Login(nobody.to_owned()),
            PersonKey::Subject(nobody.to_owned()),
            PersonKey::Email(nobody.to_owned()),
            PersonKey::Dn(nobody.to_owned()),
        ] {
            let found = looker.find(std::slice::from_ref(&key)).unwrap();
            assert_eq!((found.matches.as_slice(), all_said(&found).as_str()), (&[Match::Nobody][..], ""), "{key:?}");
        }
    }
}

#[test]
fn l03_a_dn_counts_below_the_bases_only_and_under_the_filter() {
    let slapd = Slapd::start(&(person("ann", "ann@x.org", "people") + &person("ben", "ben@x.org", "moved")));
    let looker = Looker::at(&slapd, &json!({}));
    let there = looker.find(&[PersonKey::Dn(format!("CN = ann@X.org , OU=people,{SUFFIX}"))]).unwrap();
    assert!(matches!(there.matches[..], [Match::One(_)]));
    for dn in [
        format!("cn=ben@x.org,ou=moved,{SUFFIX}"),
        READER.0.to_owned(),
        format!("ou=people,{SUFFIX}"),
        SUFFIX.to_owned(),
        format!("cn=ann@x.org,ou=people,{SUFFIX}?sub"),
        format!("cn=ann@x.org\\,ou=people,{SUFFIX}"),
        format!("cn=nobody,ou=people,{SUFFIX}"),
    ] {
        let found = looker.find(&[PersonKey::Dn(dn.clone())]).unwrap();
        assert_eq!((found.matches.as_slice(), all_said(&found).as_str()), (&[Match::Nobody][..], ""), "{dn}");
    }
}

#[test]
fn l20_a_key_that_two_people_have_is_nobodys() {
    let ldif = person("ann", "ann@x.org", "people") + &person("ben", "ben@x.org", "people");
    let ldif = ldif.replace("mail: ben@x.org", "mail: ben@x.org\nmail: ANN@x.org");
    let slapd = Slapd::start(&ldif);
    let looker = Looker::at(&slapd, &json!({}));
    let email = |address: &str| PersonKey::Email(address.to_owned());
    let found = looker.find(&[email("ann@x.org"), email("ben@x.org"), email("cy@x.org")]).unwrap();
    assert!(matches!(found.matches[..], [Match::Several, Match::One(_), Match::Nobody]), "{:?}", found.matches);
    assert!(!all_said(&found).contains("ann@"), "she is not said to be anybody");
}

#[test]
fn a_login_in_a_group_counts_where_one_person_has_it() {
    let bases = json!({ "base": [format!("ou=people,{SUFFIX}"), format!("ou=moved,{SUFFIX}")] });
    let ldif = person("ann", "ann@x.org", "people") + &person("ben", "ben@x.org", "people");
    let team = group("team", "memberUid: ann\nmemberUid: BEN\nmemberUid: nobody\n");
    let both = || [PersonKey::Email("ann@x.org".to_owned()), PersonKey::Email("ben@x.org".to_owned())];
    let slapd = Slapd::start(&(ldif.clone() + &team));
    let looker = Looker::at(&slapd, &json!({ "users": bases }));
    for key in both() {
        // RFC 2307 compares logins with case.
        let team = if key == both()[0] { vec!["team"] } else { Vec::new() };
        assert_eq!(groups(&looker.find(&[key]).unwrap()), team);
    }
    assert_eq!(groups(&looker.login("ANN").unwrap()), ["team"], "the directory compares logins without case");

    // Two people of one login, and a full read gives none of them the group either.
    let slapd = Slapd::start(&(ldif + &person("ann", "other@x.org", "moved") + &team));
    let looker = Looker::at(&slapd, &json!({ "users": bases }));
    assert_unknown(&looker.read(), "ambiguous_login");
    let found = looker.find(&both()[..1]).unwrap();
    assert_unknown(&found.reading, "ambiguous_login");
    assert!(found.reading.snapshot().direct.is_empty());
    assert_eq!(groups(&looker.find(&both()[1..]).unwrap()), Vec::<String>::new());
    assert_eq!(looker.login("ann").unwrap().matches, [Match::Several]);
}

#[test]
fn l08_more_groups_than_a_server_says_at_once() {
    let mut ldif = person("ann", "ann@x.org", "people");
    for n in 0..600 {
        ldif += &group(&format!("g{n:03}"), &format!("member: cn=ann@x.org,ou=people,{SUFFIX}\n"));
    }
    let slapd = Slapd::start(&ldif);
    // In pages it is all of them; a server that sends 500 and no more makes the look incomplete.
    assert_eq!(groups(&Looker::at(&slapd, &json!({})).login("ann").unwrap()).len(), 600);
    let found = Looker::at(&slapd, &json!({ "page_size": 0 })).login("ann").unwrap();
    assert_unknown(&found.reading, "result_code");
    assert_eq!(found.reading.snapshot().direct.len(), 500);
}

#[test]
fn l07_a_referral_of_a_real_server_makes_a_look_unknown() {
    let mut ldif = person("ann", "ann@x.org", "people");
    ldif += &group("team", &format!("member: cn=ann@x.org,ou=people,{SUFFIX}\n"));
    write!(
        ldif,
        "dn: ou=far,ou=groups,{SUFFIX}\nobjectClass: referral\nobjectClass: extensibleObject\nou: far\n\
         ref: ldap://127.0.0.1:9/ou=far,{SUFFIX}\n\n"
    )
    .unwrap();
    let slapd = Slapd::start(&ldif);
    let looker = Looker::at(&slapd, &json!({}));
    assert_unknown(&looker.read(), "referral");
    let found = looker.login("ann").unwrap();
    assert_unknown(&found.reading, "referral");
    assert_eq!(groups(&found), ["team"]);
}

#[test]
fn l15_groups_in_groups_through_three_hundred_levels() {
    let mut ldif = person("ann", "ann@x.org", "people");
    let mut member = format!("cn=ann@x.org,ou=people,{SUFFIX}");
    for n in 0..300 {
        ldif += &group(&format!("g{n:03}"), &format!("member: {member}\n"));
        member = format!("cn=g{n:03},ou=groups,{SUFFIX}");
    }
    let slapd = Slapd::start(&ldif);
    let found = Looker::at(&slapd, &json!({})).login("ann").unwrap();
    assert!(all_said(&found).contains("group "));
    assert_eq!(groups(&found).len(), 300);
}

/// Groups are asked for by the DN of who is in them.
#[test]
fn l02_whatever_a_dn_holds_it_is_one_value() {
    let mut ldif = person("ordinary", "ordinary", "people");
    let mut names = ODD.to_vec();
    names.extend(["*)(cn=*", "ordinary)(member=*", r"\2a", "a,b=c", "\"quoted\"", " blank "]);
    for (at, odd) in names.iter().enumerate() {
        let escaped = rosterd_core::dn::escape_value(odd);
        let dn = format!("cn={escaped},ou=people,{SUFFIX}");
        let (dn64, odd64) = (slapd::base64(dn.as_bytes()), slapd::base64(odd.as_bytes()));
        writeln!(ldif, "dn:: {dn64}\nobjectClass: inetOrgPerson\nuid: odd{at}\ncn:: {odd64}\nsn: x\n").unwrap();
        ldif += &group(&format!("of-{at}"), &format!("member:: {dn64}\n"));
    }
    ldif += &group("of-ordinary", &format!("member: cn=ordinary,ou=people,{SUFFIX}\n"));
    let slapd = Slapd::start(&ldif);
    let looker = Looker::at(&slapd, &json!({}));
    for (at, odd) in names.iter().enumerate() {
        assert_eq!(groups(&looker.login(&format!("odd{at}")).unwrap()), [format!("of-{at}")], "{odd}");
    }
    assert_eq!(groups(&looker.login("ordinary").unwrap()), ["of-ordinary"]);
}

/// `expires` says until when an account may be used.
#[test]
fn l18_whose_time_is_over_is_nobody() {
    let until = |login: &str, until: &str| {
        person(login, login, "people").trim_end().to_owned() + &format!("\ndescription: {until}\n\n")
    };
    let now = 1_795_867_200_000;
    let ldif =
        until("over", "20261128115959Z") + &until("good", "20261128120001Z") + &person("always", "always", "people");
    let slapd = Slapd::start(&ldif);
    let users = json!({ "base": [format!("ou=people,{SUFFIX}")], "expires": "description" });
    let looker = Looker { now, ..Looker::at(&slapd, &json!({ "users": users })) };
    assert_eq!(looker.login("over").unwrap().matches, [Match::Nobody]);
    for login in ["good", "always"] {
        assert!(matches!(looker.login(login).unwrap().matches[..], [Match::One(_)]), "{login}");
    }
    let reading = looker.read();
    assert!(reading.gaps().is_empty(), "{:?}", reading.gaps());
    assert_eq!(reading.snapshot().people.len(), 2);
    slapd.add(&until("odd", "some day"));
    assert_unknown(&looker.read(), "unreadable_expiry");
}
