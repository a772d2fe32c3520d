//! What Microsoft Graph tells of changes: followed between two readings, and nothing is made of what is not seen.

use super::fake::{Fake, Make};
use super::{Reader, memberships, shaped, small};
use crate::world::company::{Company, Dice, Group, person};
use crate::world::scripted_http::{Asked, Reply};
use rosterd::providers::PersonKey;
use rosterd::providers::follow::{Changes, Cursor, Since};
use rosterd::providers::{ProviderError, Sought};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const KIND: &str = "application/json";

fn reader(fake: &Fake) -> Reader {
    Reader::with(fake, &json!({ "follow": { "by": "delta" } }))
}

/// Whether it is asked what has changed since then, not until where it has.
pub fn asks_since(asked: &Asked) -> bool {
    asked.path().ends_with("/delta") && !asked.target.contains("latest")
}

fn changes(since: Result<Since, ProviderError>) -> Changes {
    match since.unwrap() {
        Since::Changes(changes) => changes,
        Since::Lost(why) => panic!("{why}"),
    }
}

fn sought(changes: &Changes) -> Sought {
    let people = changes.people.iter().cloned().map(PersonKey::Subject).collect();
    Sought { people, groups: changes.groups.keys().chain(&changes.others).cloned().collect(), followed: true }
}

/// Somebody leaves the group `few`.
fn leave(fake: &Fake) {
    fake.world.lock().unwrap().company.group_mut("few").people.remove(&1);
}

/// An answer of which something is replaced, and what came of it before the next, which was as it should be.
fn after(fault: impl Fn(&Asked, Reply) -> Reply + Send + Sync + 'static) -> Result<Since, ProviderError> {
    let on = Arc::new(AtomicBool::new(false));
    let wrong = Arc::clone(&on);
    let fake = Fake::tampered(Make::Graph, small(), 2, move |asked, reply| {
        if wrong.load(Ordering::Relaxed) && asks_since(asked) { fault(asked, reply) } else { reply }
    });
    let reader = reader(&fake);
    let cursor = reader.read_to(None).1.unwrap();
    leave(&fake);
    on.store(true, Ordering::Relaxed);
    let since = reader.since(&cursor);
    on.store(false, Ordering::Relaxed);
    // Nothing was lost by it.
    let changes = changes(reader.since(&cursor));
    assert_eq!(changes.people, BTreeSet::from([small().people[1].uuid.clone()]));
    assert!(reader.find(&sought(&changes)).unwrap().reading.gaps().is_empty());
    since
}

fn body(change: impl Fn(&mut Value)) -> impl Fn(&Asked, Reply) -> Reply {
    move |_, reply| {
        let mut body: Value = serde_json::from_slice(&reply.body).unwrap();
        change(&mut body);
        Reply { body: body.to_string().into_bytes(), ..reply }
    }
}

#[test]
fn where_nothing_has_changed_nothing_is_read() {
    let fake = Fake::start(Make::Graph, small());
    let reader = reader(&fake);
    let cursor = reader.read_to(None).1.unwrap();
    let before = fake.server.asked().len();
    let quiet = changes(reader.since(&cursor));
    assert!(quiet.is_empty() && quiet.cursor.is_none());
    assert_eq!(fake.server.asked().len() - before, 2);
    // Nor is the cursor another for another reading.
    assert_eq!(reader.read_to(Some(&cursor)).1, Some(cursor));
    assert_eq!(Reader::of(&fake).read_to(None).1, None, "it is off unless it is asked for");
}

#[test]
fn l09_half_an_answer_is_an_error_and_moves_nothing() {
    let error = |outcome: Result<Since, ProviderError>| outcome.unwrap_err().message;
    let empty = |_: &Asked, reply: Reply| Reply { body: Vec::new(), ..reply };
    assert!(error(after(empty)).contains("not JSON"));
    let sign_in = |_: &Asked, _: Reply| Reply::new(200, "text/html", "<html>Sign in</html>");
    assert!(error(after(sign_in)).contains("not JSON"));
    let no_link = |body: &mut Value| {
        body.as_object_mut().unwrap().retain(|name, _| !name.starts_with("@odata"));
    };
    assert!(error(after(body(no_link))).contains("neither the next"));
    let both = |body: &mut Value| {
        let link = body["@odata.deltaLink"].as_str().or(body["@odata.nextLink"].as_str()).unwrap().to_owned();
        (body["@odata.deltaLink"], body["@odata.nextLink"]) = (link.clone().into(), link.into());
    };
    assert!(error(after(body(both))).contains("or both"));
    let no_value = |body: &mut Value| _ = body.as_object_mut().unwrap().remove("value");
    assert!(error(after(body(no_value))).contains("not a page of a list"));
    for entry in [json!({}), json!({ "id": "" }), json!(1), json!({ "id": "x", "members@delta": 1 })] {
        let strange = move |body: &mut Value| body["value"] = json!([entry]);
        let outcome = after(body(strange));
        // Of users no members are told, and none looked at.
        assert!(outcome.is_err(), "{outcome:?}");
    }
    let cut = |_: &Asked, reply: Reply| Reply { cut: Some(reply.body.len() / 2), ..reply };
    assert!(after(cut).is_err());
}

#[test]
fn o16_the_token_is_not_shown_to_whoever_is_named_as_the_next_page() {
    for link in ["https://evil.example/v1.0/users/delta?$deltatoken=1", "/v1.0/users/delta", "http://x@127.0.0.1/v1.0"]
    {
        let foreign = move |body: &mut Value| {
            body.as_object_mut().unwrap().retain(|name, _| name == "value");
            body["@odata.nextLink"] = link.into();
        };
        assert!(after(body(foreign)).unwrap_err().message.contains("said to be elsewhere"), "{link}");
    }
}

#[test]
fn a_page_that_leads_back_to_itself_is_an_error() {
    let back = |asked: &Asked, reply: Reply| {
        let link = format!("http://{}{}", asked.header("host").unwrap(), asked.target);
        let answer = json!({ "value": [], "@odata.nextLink": link }).to_string();
        Reply { body: answer.into_bytes(), ..reply }
    };
    assert!(after(back).unwrap_err().message.contains("came before"));
}

#[test]
fn who_is_told_to_wait_for_too_long_asks_later() {
    let busy = |_: &Asked, _: Reply| Reply::new(429, KIND, "{}").with("retry-after", "9999");
    let error = after(busy).unwrap_err();
    assert!(error.kind.retry() && error.message.contains("9999 s"), "{error}");
    assert!(after(|_, _| Reply::new(500, KIND, "{}")).unwrap_err().kind.retry());
    assert_eq!(after(|_, _| Reply::new(403, KIND, "{}")).unwrap_err().kind.code(), "credentials");
}

#[test]
fn a_token_that_is_too_old_means_that_everything_is_read() {
    for (status, code) in [(410, "resyncRequired"), (410, "syncStateNotFound"), (404, "syncStateNotFound"), (400, "x")]
    {
        let refused =
            move |_: &Asked, _: Reply| Reply::new(status, KIND, json!({ "error": { "code": code } }).to_string());
        assert!(matches!(after(refused).unwrap(), Since::Lost(why) if why.contains("does not know any more")));
    }
}

#[test]
fn what_does_not_belong_to_what_was_read_means_that_everything_is_read() {
    let fake = Fake::start(Make::Graph, small());
    let first = reader(&fake);
    let cursor = first.read_to(None).1.unwrap();
    let lost = |since: Result<Since, ProviderError>| match since.unwrap() {
        Since::Lost(why) => why,
        Since::Changes(changes) => panic!("{changes:?}"),
    };
    // Another process, which has read nothing yet.
    assert!(lost(reader(&fake).since(&cursor)).contains("this process"));
    // Other properties.
    let other = Reader::with(&fake, &json!({ "follow": { "by": "delta" }, "attributes": ["department"] }));
    assert!(lost(other.since(&cursor)).contains("what is read of the tenant has changed"));
    for strange in ["", "{}", "x", r#"{"of":"x","users":"x","groups":"x"}"#] {
        lost(first.since(&Cursor(strange.to_owned())));
    }
    // An older cursor than that of the last reading.
    leave(&fake);
    first.read_to(Some(&cursor)).1.unwrap();
    assert!(lost(first.since(&cursor)).contains("this process"));
}

/// The server that is asked does not have yet what another has told.
#[test]
fn a_change_that_is_told_and_not_seen_is_an_error() {
    let fake = Fake::start(Make::Graph, small());
    let reader = reader(&fake);
    let cursor = reader.read_to(None).1.unwrap();
    for change in [
        |company: &mut Company| _ = company.group_mut("few").people.remove(&1),
        |company: &mut Company| _ = company.group_mut("few").people.insert(4),
        |company: &mut Company| company.people[2].gone = true,
        |company: &mut Company| company.people[2].email = "new@example.org".to_owned(),
        |company: &mut Company| _ = company.groups.remove(2),
    ] {
        let before = fake.company();
        change(&mut fake.world.lock().unwrap().company);
        let told = changes(reader.since(&cursor));
        assert!(!told.is_empty());
        let now = std::mem::replace(&mut fake.world.lock().unwrap().company, before.clone());
        let error = reader.find(&sought(&told)).unwrap_err();
        assert!(error.kind.retry() && error.message.contains("asked for again later"), "{error}");
        fake.world.lock().unwrap().company = now;
        assert!(reader.find(&sought(&told)).unwrap().reading.gaps().is_empty());
        fake.world.lock().unwrap().company = before;
    }
}

#[test]
fn a_group_that_was_deleted_and_restored_means_that_everything_is_read() {
    let id = small().groups[1].uuid.clone();
    let both = move |asked: &Asked, reply: Reply| {
        let twice = json!([{ "id": id, "@removed": { "reason": "changed" } }, { "id": id, "displayName": "few" }]);
        let change = |body: &mut Value| body["value"] = twice.clone();
        if asked.path().contains("groups") { body(change)(asked, reply) } else { reply }
    };
    assert!(matches!(after(both).unwrap(), Since::Lost(why) if why.contains("there again")));
}

/// A new group is listed when it is told of, and may not be there yet.
#[test]
fn a_new_group_that_is_not_there_yet_is_an_error() {
    let late = Arc::new(AtomicBool::new(true));
    let state = Arc::clone(&late);
    let uuid = "00000000-0000-4000-9000-000000000777".to_owned();
    let way = format!("{uuid}/members");
    let fake = Fake::tampered(Make::Graph, small(), 2, move |asked, reply| {
        let missing = state.load(Ordering::Relaxed) && asked.target.contains(&way);
        if missing { Reply::new(404, KIND, "{}") } else { reply }
    });
    let reader = reader(&fake);
    let cursor = reader.read_to(None).1.unwrap();
    let group = Group { uuid, name: "new".to_owned(), people: BTreeSet::from([5]), ..Group::default() };
    fake.world.lock().unwrap().company.groups.push(group);
    assert!(reader.since(&cursor).unwrap_err().kind.retry());
    late.store(false, Ordering::Relaxed);
    let told = changes(reader.since(&cursor));
    assert_eq!(told.people, BTreeSet::from([small().people[5].uuid.clone()]));
    let found = reader.find(&sought(&told)).unwrap();
    assert!(memberships(&found.reading).contains(&"u00005 in new".to_owned()));
}

/// As in a full reading: who hides somebody is not believed to have nobody.
#[test]
fn a_changed_group_that_hides_its_members_is_not_empty() {
    let hides = Arc::new(AtomicBool::new(false));
    let (state, way) = (Arc::clone(&hides), format!("/v1.0/groups/{}", small().groups[1].uuid));
    let fake = Fake::tampered(Make::Graph, small(), 20, move |asked, reply| {
        let change =
            |value: Value, name: &'static str| body(move |body| body[name] = value.clone())(asked, reply.clone());
        match asked.path().strip_prefix(&way) {
            Some("") if state.load(Ordering::Relaxed) => change("HiddenMembership".into(), "visibility"),
            Some("/members") if state.load(Ordering::Relaxed) => change(json!([]), "value"),
            _ => reply,
        }
    });
    let reader = reader(&fake);
    let cursor = reader.read_to(None).1.unwrap();
    leave(&fake);
    hides.store(true, Ordering::Relaxed);
    let found = reader.find(&sought(&changes(reader.since(&cursor)))).unwrap();
    assert!(found.reading.gaps().iter().any(|gap| gap.code == "hidden_members"), "{:?}", found.reading.gaps());
}

/// What is found of whoever is concerned is what a full reading says of them.
#[test]
fn a_hundred_changes_are_found_as_a_full_reading_has_them() {
    let fake = Fake::start(Make::Graph, shaped(Make::Graph, Company::new(60, 30, 7)));
    let reader = reader(&fake);
    let (mut cursor, mut dice) = (reader.read_to(None).1.unwrap(), Dice(3));
    for round in 0..100 {
        shuffle(&fake, &mut dice);
        let told = changes(reader.since(&cursor));
        let Some(next) = told.cursor.clone() else { continue };
        let found = reader.find(&sought(&told)).unwrap();
        assert!(found.reading.gaps().is_empty(), "{round}: {:?}", found.reading.gaps());
        let whole = reader.read().unwrap();
        let (few, all) = (found.reading.snapshot(), whole.snapshot());
        let login = |person: &rosterd_core::snapshot::Person| few.texts.get(person.login).to_owned();
        let logins: BTreeSet<String> =
            few.people.iter().map(|person| login(person).split('@').next().unwrap().to_owned()).collect();
        let theirs = |line: &String| line.split_once(" in ").is_some_and(|(login, _)| logins.contains(login));
        let keep = |reading| memberships(reading).into_iter().filter(theirs).collect::<Vec<_>>();
        assert_eq!(keep(&found.reading), keep(&whole), "{round}");
        for line in memberships(&found.reading).iter().filter(|line| line.contains(" within ")) {
            assert!(memberships(&whole).contains(line), "{round}: {line}");
        }
        let there = |id: &str| all.people.iter().any(|person| all.texts.get(person.subject) == id);
        for id in &told.people {
            assert_eq!(few.says_gone(id), !there(id), "{round}: {id}");
        }
        cursor = next;
    }
}

/// A change of one kind or another.
fn shuffle(fake: &Fake, dice: &mut Dice) {
    let mut world = fake.world.lock().unwrap();
    let people = world.company.people.len();
    let (n, group) = (dice.roll(people), dice.roll(world.company.groups.len()));
    match dice.roll(8) {
        0 => {
            world.company.people.push(person(people));
            world.company.groups[group].people.insert(people);
        }
        1 => {
            world.company.groups.iter_mut().for_each(|group| _ = group.people.remove(&n));
            world.company.people[n].gone = true;
        }
        2 => _ = world.paused.insert(n),
        3 => _ = world.paused.remove(&n),
        4 => world.company.people[n].name.push('x'),
        5 => {
            let inner = dice.roll(world.company.groups.len());
            let groups = &mut world.company.groups[group].groups;
            if !groups.remove(&inner) {
                groups.insert(inner);
            }
        }
        _ if world.company.people[n].gone => {}
        _ => {
            let people = &mut world.company.groups[group].people;
            if !people.remove(&n) {
                people.insert(n);
            }
        }
    }
}
