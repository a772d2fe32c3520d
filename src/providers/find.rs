//! Looking for a few people in a reading of everybody.

use super::{Found, Match, PersonKey};
use rosterd_core::dn;
use rosterd_core::snapshot::{Person, PersonIndex, Reading, Snapshot};

/// Keeps those that were asked for.
pub(super) fn among(reading: Reading, keys: &[PersonKey]) -> Found {
    let mut matches = places(&reading, keys);
    let mut people: Vec<PersonIndex> = matches.iter().filter_map(found).collect();
    people.sort_unstable();
    people.dedup();
    // Their places among the few.
    for place in &mut matches {
        if let Match::One(index) = place {
            *index = PersonIndex(people.partition_point(|other| other < index) as u32);
        }
    }
    Found { reading: reading.only(&people), matches }
}

/// Where those that were asked for are in a reading.
pub(super) fn places(reading: &Reading, keys: &[PersonKey]) -> Vec<Match> {
    keys.iter().map(|key| one(reading.snapshot(), key)).collect()
}

fn found(place: &Match) -> Option<PersonIndex> {
    match place {
        Match::One(index) => Some(*index),
        Match::Nobody | Match::Several => None,
    }
}

fn one(snapshot: &Snapshot, key: &PersonKey) -> Match {
    let test = test(key);
    let mut fitting = (0u32..).zip(&snapshot.people).filter(|(_, person)| test(snapshot, person));
    match (fitting.next(), fitting.next()) {
        (Some((index, _)), None) => Match::One(PersonIndex(index)),
        (None, _) => Match::Nobody,
        (Some(_), Some(_)) => Match::Several,
    }
}

/// Whether a person has the key.
type Test<'k> = Box<dyn Fn(&Snapshot, &Person) -> bool + 'k>;

fn test(key: &PersonKey) -> Test<'_> {
    match key {
        PersonKey::Subject(subject) => Box::new(move |snapshot, person| snapshot.texts.get(person.subject) == subject),
        PersonKey::Login(login) => Box::new(move |snapshot, person| snapshot.texts.get(person.login) == login),
        PersonKey::Email(email) => {
            let email = email.to_lowercase();
            Box::new(move |snapshot, person| snapshot.texts.get(person.email).to_lowercase() == email)
        }
        PersonKey::Dn(dn) => {
            let wanted = normal(dn);
            Box::new(move |snapshot, person| {
                wanted.is_some() && normal(snapshot.texts.get(person.dn)).as_ref() == wanted.as_ref()
            })
        }
    }
}

fn normal(dn: &str) -> Option<String> {
    let mut normal = String::new();
    dn::normalize_into(dn, &mut normal).ok().map(|()| normal)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;
    use rosterd_core::snapshot::{PersonFields, SnapshotBuilder};

    #[test]
    fn l20_one_person_must_have_the_key() {
        let mut builder = SnapshotBuilder::new(1);
        let part = builder.begin("all");
        for (subject, login, email) in [("1", "zoe", "Z@x.org"), ("2", "ann", "two@x.org"), ("3", "ben", "two@x.org")] {
            let dn = format!("uid={login},dc=x");
            let (login, email, dn) = (Some(login), Some(email), Some(dn.as_str()));
            builder.person(PersonFields { subject, login, email, dn, ..PersonFields::default() }).unwrap();
        }
        builder.end(part);
        let keys = [
            PersonKey::Dn("UID=ben, DC=x".to_owned()),
            PersonKey::Email("z@X.org".to_owned()),
            PersonKey::Email("two@x.org".to_owned()),
            PersonKey::Login("nobody".to_owned()),
            PersonKey::Login("zoe".to_owned()),
            PersonKey::Dn("no dn".to_owned()),
        ];
        let found = among(builder.finish(), &keys);
        let (zoe, ben) = (Match::One(PersonIndex(0)), Match::One(PersonIndex(1)));
        assert_eq!(found.matches, [ben, zoe, Match::Several, Match::Nobody, zoe, Match::Nobody]);
        assert!(matches!(&found.reading, Reading::People(few) if few.snapshot().people.len() == 2));
    }
}
