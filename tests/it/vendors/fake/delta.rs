//! Delta queries of Microsoft Graph: the difference between what is held and what was held when it was asked before.

use super::graph::person;
use super::{Question, World, refused, reply, slice};
use crate::world::company::{Company, Group};
use crate::world::scripted_http::Reply;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

type Held = (Company, BTreeSet<usize>);

/// A token is the number of what was held; a page's, the numbers of both and where it begins.
pub fn answer(world: &mut World, question: &Question<'_>, what: &str) -> Reply {
    let mut mark = || {
        world.marks.push((world.company.clone(), world.paused.clone()));
        world.marks.len() - 1
    };
    let token = question.text("$deltatoken").map(str::to_owned);
    let (from, to, at) = match (token.as_deref(), question.text("$skiptoken")) {
        (Some("latest"), None) => {
            let now = mark();
            (now, now, 0)
        }
        (Some(from), None) => (from.parse().unwrap(), mark(), 0),
        (None, Some(page)) => {
            let numbers: Vec<usize> = page.split('.').map(|n| n.parse().unwrap()).collect();
            (numbers[0], numbers[1], numbers[2])
        }
        // Everything from the beginning, which nobody here asks for.
        _ => return refused(400),
    };
    let (before, now) = (&world.marks[from], &world.marks[to]);
    let all = if what == "users" { users(before, now) } else { groups(&before.0, &now.0) };
    let places: Vec<usize> = (0..all.len()).collect();
    let (some, next) = slice(&places, at, world.cap.min(50));
    let link = |name: &str, value: &str| format!("{}{}?{name}={value}", question.host(), question.asked.path());
    let mut body = json!({ "value": some.into_iter().map(|n| all[n].clone()).collect::<Vec<Value>>() });
    match next {
        Some(next) => body["@odata.nextLink"] = link("$skiptoken", &format!("{from}.{to}.{next}")).into(),
        None => body["@odata.deltaLink"] = link("$deltatoken", &to.to_string()).into(),
    }
    reply(&body)
}

fn users(before: &Held, now: &Held) -> Vec<Value> {
    let there = |held: &Held, n: usize| held.0.people.get(n).is_some_and(|person| !person.gone);
    let mut all = Vec::new();
    for n in 0..now.0.people.len() {
        let entry = person(&now.0, &now.1, n);
        match (there(before, n), there(now, n)) {
            (true, false) => all.push(json!({ "id": entry["id"], "@removed": { "reason": "changed" } })),
            (true, true) if person(&before.0, &before.1, n) == entry => {}
            (_, true) => all.push(entry),
            (false, false) => {}
        }
    }
    all
}

/// A group's members: their ids, and of which type they are.
fn members(company: &Company, group: &Group) -> BTreeMap<String, &'static str> {
    let people = group.people.iter().map(|n| &company.people[*n]).filter(|person| !person.gone);
    let people = people.map(|person| (person.uuid.clone(), "user"));
    people.chain(group.groups.iter().map(|n| (company.groups[*n].uuid.clone(), "group"))).collect()
}

fn groups(before: &Company, now: &Company) -> Vec<Value> {
    let find = |company: &'_ Company, id: &str| company.groups.iter().position(|group| group.uuid == id);
    let mut all = Vec::new();
    for group in &before.groups {
        if find(now, &group.uuid).is_none() {
            all.push(json!({ "id": group.uuid, "@removed": { "reason": "deleted" } }));
        }
    }
    for group in &now.groups {
        let here = members(now, group);
        let old = find(before, &group.uuid).map(|n| &before.groups[n]);
        let there = old.map(|old| members(before, old)).unwrap_or_default();
        let entry = |kind: &str, id: &str| json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "id": id });
        let came = here.iter().filter(|(id, _)| !there.contains_key(*id)).map(|(id, kind)| entry(kind, id));
        let left = there.iter().filter(|(id, _)| !here.contains_key(*id)).map(|(id, kind)| {
            let mut entry = entry(kind, id);
            entry["@removed"] = json!({ "reason": "deleted" });
            entry
        });
        let members: Vec<Value> = came.chain(left).collect();
        if members.is_empty() && old.is_some_and(|old| old.name == group.name) {
            continue;
        }
        let mut entry = json!({ "id": group.uuid, "displayName": group.name });
        if !members.is_empty() {
            entry["members@delta"] = members.into();
        }
        all.push(entry);
    }
    all
}
