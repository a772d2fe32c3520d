//! A few people, by filters: their entries, then the groups that have them as members, level by level upwards. What
//! comes is held to what was asked for; where that does not fit, all are read.

use super::entry::Paths;
use super::filter::equal;
use super::list::id;
use super::members::refs;
use super::{ScimDirectory, read};
use crate::config::ScimMembers;
use crate::providers::web::{Failure, Purpose, Session, all};
use crate::providers::{Found, Match, PersonKey, ReadRequest, Sought, find};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rosterd_core::snapshot::{GroupIndex, PersonIndex, SnapshotBuilder};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// So many questions are under way at a time.
const AT_ONCE: usize = 4;
/// More people of one key, more levels of groups and more groups are not believed.
const SEVERAL: usize = 100;
const LEVELS: usize = 1000;
const GROUPS: usize = 200_000;

/// See [`crate::providers::Directory::find`].
pub(super) async fn run(directory: &ScimDirectory, sought: &Sought, request: &ReadRequest) -> Result<Found, Failure> {
    let session = directory.service.session(Purpose::AFew, request.now, request.seed)?;
    if directory.ability.finds(directory, &session, request.seed).await? {
        match look(directory, &session, &sought.people, request).await {
            Ok(found) => return Ok(found),
            Err(failure) if failure.code == "filter_ignored" => directory.ability.doubt().await,
            Err(failure) if failure.moved || failure.cannot() => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(find::among(read::everything(directory, request).await?, &sought.people))
}

/// Whose groups are asked for.
#[derive(Debug, Clone, Copy)]
enum Node {
    Person(PersonIndex),
    Group(GroupIndex),
}

async fn look(
    directory: &ScimDirectory,
    session: &Session<'_>,
    keys: &[PersonKey],
    request: &ReadRequest,
) -> Result<Found, Failure> {
    let paths = &directory.paths;
    let mut builder = SnapshotBuilder::new(request.seed);
    let part = builder.begin("a few people");
    let having: Vec<Vec<Value>> = stream::iter(keys.to_vec())
        .map(|key| async move { with_key(directory, session, &key).await })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let (mut taken, mut level, mut people) = (BTreeSet::new(), Vec::new(), Vec::new());
    let mut subjects: Vec<Result<String, Match>> = Vec::new();
    for mut users in having {
        let Some(user) = users.pop().filter(|_| users.is_empty()) else {
            subjects.push(Err(if users.is_empty() { Match::Nobody } else { Match::Several }));
            continue;
        };
        subjects.push(paths.person_id.text(&user).map(str::to_owned).ok_or(Match::Nobody));
        let Some(known_as) = id(&user).map(str::to_owned).filter(|id| taken.insert(id.clone())) else { continue };
        request.progress.add_people(1);
        if let Some(person) = paths.person(&user, &mut builder) {
            level.push((Node::Person(person), known_as));
            people.push((person, user));
        }
    }
    match directory.config.groups.members {
        ScimMembers::People => named(directory, session, &people, &mut builder).await?,
        ScimMembers::Auto | ScimMembers::Each => upwards(directory, session, level, &mut builder).await?,
    }
    builder.end(part);
    let reading = builder.finish_people();
    let s = reading.snapshot();
    let place = |subject: Result<String, Match>| match subject {
        Err(none) => none,
        Ok(subject) => match s.people.binary_search_by(|person| s.texts.get(person.subject).cmp(&subject)) {
            Ok(place) => Match::One(PersonIndex(u32::try_from(place).unwrap_or(u32::MAX))),
            Err(_) => Match::Nobody,
        },
    };
    let matches = subjects.into_iter().map(place).collect();
    Ok(Found { reading, matches })
}

/// Everybody who has a key, of those whose accounts may be used.
async fn with_key(directory: &ScimDirectory, session: &Session<'_>, key: &PersonKey) -> Result<Vec<Value>, Failure> {
    let paths = &directory.paths;
    let filter = match key {
        PersonKey::Dn(_) => return Ok(Vec::new()),
        PersonKey::Subject(text) | PersonKey::Login(text) | PersonKey::Email(text) if text.is_empty() => {
            return Ok(Vec::new());
        }
        PersonKey::Subject(subject) => equal(&paths.person_id.in_filter(), subject),
        PersonKey::Login(login) => equal(&paths.login.in_filter(), login),
        PersonKey::Email(email) => {
            let small = email.to_lowercase();
            let by = |email: &str| equal(&paths.email.value_in_filter(), email);
            let found = by_filter(directory, session, key, by(email)).await?;
            // Some compare with case, and most addresses are kept in small letters.
            if !found.is_empty() || small == *email {
                return Ok(found);
            }
            by(&small)
        }
    };
    by_filter(directory, session, key, filter).await
}

async fn by_filter(
    directory: &ScimDirectory,
    session: &Session<'_>,
    key: &PersonKey,
    filter: String,
) -> Result<Vec<Value>, Failure> {
    let paths = &directory.paths;
    let mut found = Vec::new();
    let mut take = |user: Value| {
        if found.len() == SEVERAL || !is_meant(paths, key, &user) {
            return Err(Failure::moved("filter_ignored", "users came who were not asked for"));
        }
        // As a full read has them: an address counts that is somebody's first.
        if paths.active(&user) != Some(false) && has(paths, key, &user) {
            found.push(user);
        }
        Ok(())
    };
    all(session, &directory.list_users(Some(filter)), directory.page_size(), &mut take).await?;
    Ok(found)
}

/// Whether a user can have been found by the key.
fn is_meant(paths: &Paths, key: &PersonKey, user: &Value) -> bool {
    match key {
        PersonKey::Email(email) => {
            let same = |text: &String| text.to_lowercase() == email.to_lowercase();
            paths.email.texts(user).is_ok_and(|texts| texts.iter().any(same))
        }
        _ => has(paths, key, user),
    }
}

fn has(paths: &Paths, key: &PersonKey, user: &Value) -> bool {
    let is = |found: Option<&str>, text: &str| found.is_some_and(|found| found.to_lowercase() == text.to_lowercase());
    match key {
        PersonKey::Subject(subject) => paths.person_id.text(user) == Some(subject),
        // RFC 7643 §4.1.1: names of users compare without case.
        PersonKey::Login(login) => is(paths.login.text(user), login),
        PersonKey::Email(email) => is(paths.email.text(user), email),
        PersonKey::Dn(_) => false,
    }
}

/// The groups of these people, and those above.
async fn upwards(
    directory: &ScimDirectory,
    session: &Session<'_>,
    mut level: Vec<(Node, String)>,
    builder: &mut SnapshotBuilder,
) -> Result<(), Failure> {
    let mut known: BTreeMap<String, GroupIndex> = BTreeMap::new();
    for _ in 0..LEVELS {
        if level.is_empty() {
            return Ok(());
        }
        let asked: Vec<(Node, Vec<Value>)> = stream::iter(std::mem::take(&mut level))
            .map(|(node, id)| async move { Ok::<_, Failure>((node, having(directory, session, node, &id).await?)) })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        for (node, groups) in asked {
            for entry in groups {
                let Some(named) = id(&entry) else { continue };
                let group = match known.get(named) {
                    Some(group) => *group,
                    None => {
                        let Some(group) = directory.paths.group(&entry, builder) else { continue };
                        known.insert(named.to_owned(), group);
                        level.push((Node::Group(group), named.to_owned()));
                        group
                    }
                };
                match node {
                    Node::Person(person) => builder.member(person, group),
                    Node::Group(child) => builder.nested(child, group),
                }
            }
        }
        if known.len() > GROUPS {
            let text = format!("a few people are in more than {GROUPS} groups");
            return Err(Failure::protocol("too_much", text));
        }
    }
    builder.gap("too_deep", format!("groups are in groups through more than {LEVELS} levels"));
    Ok(())
}

/// The groups that list that id among their members.
async fn having(
    directory: &ScimDirectory,
    session: &Session<'_>,
    node: Node,
    member: &str,
) -> Result<Vec<Value>, Failure> {
    // Some count users and groups each from 1, against RFC 7643 §3.1.
    if member.bytes().all(|b| b.is_ascii_digit()) {
        let same = Some(equal("id", member));
        let others = match node {
            Node::Person(_) => directory.list_groups(same, false),
            Node::Group(_) => directory.list_users(same),
        };
        let mut taken = |_| Err(Failure::moved("ambiguous_member", "an id is a user's and a group's"));
        all(session, &others, directory.page_size(), &mut taken).await?;
    }
    let mut found = Vec::new();
    let mut take = |entry| {
        found.push(entry);
        Ok(())
    };
    let list = directory.list_groups(Some(equal("members.value", member)), false);
    all(session, &list, directory.page_size(), &mut take).await?;
    Ok(found)
}

/// The groups that these people name as theirs.
async fn named(
    directory: &ScimDirectory,
    session: &Session<'_>,
    people: &[(PersonIndex, Value)],
    builder: &mut SnapshotBuilder,
) -> Result<(), Failure> {
    let mut by_group: BTreeMap<String, BTreeSet<PersonIndex>> = BTreeMap::new();
    for (person, user) in people {
        for group in refs(user, "groups", builder) {
            by_group.entry(group.id().to_owned()).or_default().insert(*person);
        }
    }
    if by_group.is_empty() {
        return Ok(());
    }
    let mut take = |entry: Value| {
        let people = id(&entry).and_then(|id| by_group.get(id));
        if let Some((people, group)) = people.and_then(|people| Some((people, directory.paths.group(&entry, builder)?)))
        {
            people.iter().for_each(|person| builder.member(*person, group));
        }
        Ok(())
    };
    all(session, &directory.list_groups(None, false), directory.page_size(), &mut take).await?;
    Ok(())
}
