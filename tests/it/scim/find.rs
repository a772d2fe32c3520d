//! Looking for one person says what a full reading says of them: for everybody, at both servers.

use super::{Reader, lines};
use crate::world::company::Company;
use crate::world::scim::{Make, Service};
use rosterd::providers::{Match, PersonKey};
use rosterd_core::snapshot::{PersonIndex, Reading};
use serde_json::{Value, json};

/// For each person: what everything says of them, and what looking says.
#[track_caller]
fn equal_for_everybody(service: &Service, more: &Value) {
    let reader = Reader::new(&service.scim.url(), more);
    let people = service.company.people.len();
    for n in 0..people {
        let all = everything(&reader);
        let s = all.snapshot();
        let login = service.company.people[n].login.as_str();
        let place = s.people.iter().position(|p| s.texts.get(p.login) == login);
        let (email, subject) = match place {
            Some(place) => {
                let [email, subject] =
                    [s.people[place].email, s.people[place].subject].map(|t| s.texts.get(t).to_owned());
                (email, subject)
            }
            None => (service.company.people[n].email.clone(), service.id(n).to_owned()),
        };
        let expected = match place {
            Some(place) => lines(&all.only(&[PersonIndex(place as u32)])),
            None => Vec::new(),
        };
        let keys =
            [PersonKey::Login(login.to_owned()), PersonKey::Email(email.to_uppercase()), PersonKey::Subject(subject)];
        let found = reader.find(&keys).unwrap();
        let meant = if place.is_some() { Match::One(PersonIndex(0)) } else { Match::Nobody };
        assert_eq!(found.matches, [meant; 3], "{login}");
        assert!(matches!(found.reading, Reading::People(_)), "{login}: {:?}", found.reading.gaps());
        assert_eq!(lines(&found.reading), expected, "{login}");
    }
}

fn everything(reader: &Reader) -> Reading {
    let all = reader.read().unwrap();
    assert!(matches!(all, Reading::Complete(_)), "{:?}", all.gaps());
    all
}

fn service(make: Make) -> Service {
    let mut service = Service::start(make, Company::new(40, 30, 5));
    service.dismiss("u00007", false);
    service.dismiss("u00008", true);
    service
}

#[test]
fn finding_is_a_full_reading_at_scim2_server() {
    let service = service(Make::Scim2Server);
    equal_for_everybody(&service, &json!({ "users": { "attributes": ["department"] } }));
    equal_for_everybody(&service, &json!({ "users": { "id": "externalId" }, "groups": { "members": "each" } }));
}

#[test]
fn finding_is_a_full_reading_at_scimmy() {
    let service = service(Make::Scimmy);
    equal_for_everybody(&service, &json!({ "users": { "attributes": ["department"] } }));
    let filters = json!({ "users": { "filter": "active eq true" }, "groups": { "filter": "displayName sw \"team\"" } });
    equal_for_everybody(&service, &filters);
}

#[test]
fn several_at_once_and_nobody() {
    let service = service(Make::Scim2Server);
    let reader = Reader::new(&service.scim.url(), &json!({}));
    let key = |login: &str| PersonKey::Login(login.to_owned());
    let found = reader.find(&[key("u00003"), key("nobody"), key("U00001"), key("u00003"), key("")]).unwrap();
    let logins: Vec<&str> = found
        .matches
        .iter()
        .map(|place| match place {
            Match::One(place) => {
                let s = found.reading.snapshot();
                s.texts.get(s.people[place.0 as usize].login)
            }
            Match::Nobody => "nobody",
            Match::Several => "several",
        })
        .collect();
    assert_eq!(logins, ["u00003", "nobody", "u00001", "u00003", "nobody"]);
}

/// RFC 7644 §3.4.2.2. SCIMMY does not read what is escaped, and says so: then everybody is read instead.
#[test]
fn l01_a_login_never_becomes_a_filter() {
    for make in [Make::Scim2Server, Make::Scimmy] {
        let mut service = service(make);
        service.rename("u00002", r#"o"brien\"#);
        let reader = Reader::new(&service.scim.url(), &json!({}));
        let find = |login: &str| reader.find(&[PersonKey::Login(login.to_owned())]).unwrap();
        assert_eq!(find(r#"o"brien\"#).matches, [Match::One(PersonIndex(0))], "{make:?}");
        for hostile in [
            r#"x" or userName pr or userName eq "y"#,
            r#"x\" or userName pr"#,
            "x\")) or (id pr",
            "*",
            "%22",
            "&count=1",
        ] {
            let found = find(hostile);
            assert_eq!(found.matches, [Match::Nobody], "{make:?} {hostile}");
            assert!(lines(&found.reading).is_empty(), "{make:?} {hostile}");
        }
    }
}
