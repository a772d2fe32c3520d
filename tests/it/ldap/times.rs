//! What a server can say of the times of changes that those in the tests do not: late, by another clock, cut short.

use super::{PEOPLE, config};
use crate::world::scripted_ldap::{Act, Asked, ScriptedLdap, What, done, done_paged, entry};
use rosterd::providers::follow::{Changes, Cursor, Since};
use rosterd::providers::ldap::LdapDirectory;
use rosterd::providers::{Directory as _, ProviderError, ReadRequest};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Ids and times of people. The day is always the same.
type People = Arc<Mutex<BTreeMap<String, String>>>;

/// What a server answers, where it is not what all do.
type Script = fn(&Asked) -> Option<Vec<Act>>;

fn at(time: &str) -> String {
    format!("20261128{time}Z")
}

/// More than are asked for each time, an hour apart from each other or less.
fn people() -> People {
    let person = |n: u32| (format!("p{n:02}"), at(&format!("{:02}{:02}00", n / 3, n % 3 * 20)));
    Arc::new(Mutex::new((0..40).map(person).collect()))
}

/// What it answers, where `script` does not.
fn server(people: &People, script: impl Fn(&Asked) -> Option<Vec<Act>> + Send + Sync + 'static) -> ScriptedLdap {
    let people = Arc::clone(people);
    ScriptedLdap::start(move |asked| {
        script(asked).unwrap_or_else(|| match asked.base() {
            "" => vec![Act::Send(entry::<&str>(asked.id, "", &[])), Act::Send(done(asked.id, 0))],
            PEOPLE => {
                let since = since(asked);
                let fits = |id: &str, time: &str| since.as_deref().is_none_or(|since| time >= since || asked.names(id));
                let people = people.lock().unwrap();
                let found = people.iter().filter(|(id, time)| fits(id, time)).map(|(id, time)| {
                    let said: [(&str, &[&str]); 3] =
                        [("entryUUID", &[id]), ("uid", &[id]), ("modifyTimestamp", &[time])];
                    Act::Send(entry(asked.id, format!("uid={id},{PEOPLE}"), &said))
                });
                found.chain([Act::Send(done_paged(asked.id, 0, b""))]).collect()
            }
            _ => vec![Act::Send(done_paged(asked.id, 0, b""))],
        })
    })
}

/// From which time on changes are asked for.
fn since(asked: &Asked) -> Option<String> {
    let What::Search { filter, .. } = &asked.what else { return None };
    let text = String::from_utf8_lossy(filter).into_owned();
    let (_, behind) = text.split_once("modifyTimestamp")?;
    Some(behind[2..17].to_owned())
}

/// Everybody is listed: it is no look at what has changed.
fn lists(asked: &Asked) -> bool {
    asked.base() == PEOPLE && since(asked).is_none()
}

struct Following {
    directory: LdapDirectory,
    cursor: Option<Cursor>,
    runtime: tokio::runtime::Runtime,
}

impl Following {
    /// After everything was read once.
    fn of(server: &ScriptedLdap) -> Self {
        let more = json!({ "page_size": 1000, "follow": { "by": "modify-timestamp", "sweep": "0s" } });
        let directory = LdapDirectory::new(&config(&server.url(), &more)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut following = Self { directory, cursor: None, runtime };
        following.read();
        following
    }

    /// Reads everything; whether it stands before where it was read.
    fn read(&mut self) -> bool {
        let request = ReadRequest { seed: 7, now: rosterd_core::ids::Timestamp(0), progress: Default::default() };
        let read = self.directory.read_to(&request, self.cursor.as_ref());
        let (reading, cursor) = self.runtime.block_on(read).unwrap();
        self.cursor = cursor;
        reading.snapshot().behind
    }

    fn since(&mut self) -> Result<Since, ProviderError> {
        let cursor = self.cursor.clone().expect("the server is not followed");
        let request = ReadRequest { seed: 7, now: rosterd_core::ids::Timestamp(0), progress: Default::default() };
        let since = self.runtime.block_on(self.directory.since(&cursor, &request));
        if let Ok(Since::Changes(Changes { cursor: Some(cursor), .. })) = &since {
            self.cursor = Some(cursor.clone());
        }
        since
    }

    fn changes(&mut self) -> Changes {
        match self.since().unwrap() {
            Since::Changes(changes) => changes,
            Since::Lost(why) => panic!("{why}"),
        }
    }

    /// Looks until nothing is told any more.
    fn settle(&mut self) {
        while !self.changes().people.is_empty() {}
    }
}

/// It came from a server whose clock is an hour behind, or took an hour to come.
#[test]
fn a_change_with_a_time_of_before_is_told_by_the_list_of_everybody() {
    let people = people();
    let server = server(&people, |_| None);
    let mut following = Following::of(&server);
    following.settle();
    following.settle();
    for (id, time) in [("p03", at("113000")), ("new", at("000100"))] {
        people.lock().unwrap().insert(id.to_owned(), time);
        let told = following.changes();
        assert_eq!((told.people.into_iter().collect::<Vec<_>>(), told.cursor), (vec![id.to_owned()], None), "{id}");
        following.settle();
    }
}

/// One entry has a time that is far away: it hides no other.
#[test]
fn r34_a_time_in_the_future_hides_nothing_for_good() {
    let people = people();
    people.lock().unwrap().insert("p39".to_owned(), "20991231235959Z".to_owned());
    let server = server(&people, |_| None);
    let mut following = Following::of(&server);
    following.settle();
    following.settle();
    people.lock().unwrap().insert("p03".to_owned(), at("140000"));
    assert!(following.changes().people.contains("p03"));
}

#[test]
fn who_is_not_listed_is_not_left_and_the_newest_are_missed_at_once() {
    let people = people();
    let server = server(&people, |_| None);
    let mut following = Following::of(&server);
    for (id, newest) in [("p03", false), ("p39", true)] {
        people.lock().unwrap().remove(id);
        let changes = following.changes();
        let left = changes.people_left.unwrap();
        assert!(!left.has(id) && left.has("p04"));
        assert_eq!(changes.others.contains(id), newest);
    }
}

/// What is not listed to its end says of nobody that they are gone.
#[test]
fn n01_a_list_that_breaks_off_says_nothing() {
    for code in [1, 3, 4, 11, 50, 53, 80] {
        let people = people();
        let cut = Arc::new(Mutex::new(false));
        let when = Arc::clone(&cut);
        let server = server(&people, move |asked| {
            let cut = lists(asked) && *when.lock().unwrap();
            cut.then(|| vec![Act::Send(done_paged(asked.id, code, b""))])
        });
        let mut following = Following::of(&server);
        *cut.lock().unwrap() = true;
        let error = following.since().unwrap_err();
        assert!(error.message.contains(&format!("({code})")), "{code}: {error}");
    }
}

#[test]
fn n01_that_nobody_is_listed_is_not_believed() {
    let people = people();
    let empty = Arc::new(Mutex::new(false));
    let when = Arc::clone(&empty);
    let server = server(&people, move |asked| {
        (lists(asked) && *when.lock().unwrap()).then(|| vec![Act::Send(done_paged(asked.id, 0, b""))])
    });
    let mut following = Following::of(&server);
    *empty.lock().unwrap() = true;
    let since = following.since().unwrap();
    assert!(matches!(&since, Since::Lost(why) if why.contains("nobody")), "{since:?}");
}

/// A copy from before: an entry is older than it was.
#[test]
fn r09_a_server_that_stands_before_is_lost_and_behind() {
    let people = people();
    let server = server(&people, |_| None);
    let mut following = Following::of(&server);
    people.lock().unwrap().insert("p39".to_owned(), at("020000"));
    let since = following.since().unwrap();
    assert!(matches!(&since, Since::Lost(why) if why.contains("stands before")), "{since:?}");
    assert!(following.read(), "it is behind");
    assert!(!following.read(), "and is what counts once it was read");
}

/// A server that refuses to be asked so, answers no filter by times, or works them out for each answer, is read in full
/// as ever.
#[test]
fn a_server_that_does_not_tell_times_is_not_followed() {
    let refuses = |asked: &Asked| since(asked).map(|_| vec![Act::Send(done_paged(asked.id, 11, b""))]);
    let finds_nothing = |asked: &Asked| since(asked).map(|_| vec![Act::Send(done_paged(asked.id, 0, b""))]);
    let controller = |asked: &Asked| {
        let said: [(&str, &[&str]); 1] = [("supportedCapabilities", &["1.2.840.113556.1.4.800"])];
        asked.base().is_empty().then(|| vec![Act::Send(entry(asked.id, "", &said)), Act::Send(done(asked.id, 0))])
    };
    let scripts: [Script; 3] = [refuses, finds_nothing, controller];
    for script in scripts {
        assert_eq!(Following::of(&server(&people(), script)).cursor, None);
    }
}
