//! Microsoft Graph: links in the body, members of several types.

use super::super::described::pairs;
use super::{Question, SECRET, World, delta, refused, reply, slice};
use crate::world::company::Company;
use crate::world::scripted_http::Reply;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub fn answer(world: &mut World, question: &Question<'_>) -> Reply {
    match question.parts().as_slice() {
        ["acme", "oauth2", "v2.0", "token"] => {
            let form = pairs(&question.asked.body);
            let has = |name: &str, value: &str| form.contains(&(name.to_owned(), value.to_owned()));
            let scope = format!("{}/.default", question.host());
            if has("client_id", "rosterd") && has("client_secret", SECRET) && has("scope", &scope) {
                world.token()
            } else {
                Reply::new(401, "application/json", r#"{"error":"invalid_client","error_codes":[7000215]}"#)
            }
        }
        ["v1.0", rest @ ..] if world.takes(&question.asked.authorization) => match rest {
            ["users"] => page(world, question, &world.everybody(), |n| person(&world.company, &world.paused, n)),
            ["groups"] => {
                let all: Vec<usize> = (0..world.company.groups.len()).collect();
                page(world, question, &all, |n| group(world, n))
            }
            [what @ ("users" | "groups"), "delta"] => delta::answer(world, question, what),
            ["users", id] => {
                let found = world.everybody().into_iter().find(|n| world.company.people[*n].uuid == *id);
                found.map_or_else(|| refused(404), |n| reply(&person(&world.company, &world.paused, n)))
            }
            ["groups", id] => world.find_group(id).map_or_else(|| refused(404), |n| reply(&group(world, n))),
            ["groups", id, "members"] => match world.find_group(id) {
                Some(n) => members(world, question, n),
                None => refused(404),
            },
            _ => refused(404),
        },
        _ => refused(401),
    }
}

fn group(world: &World, n: usize) -> Value {
    let group = &world.company.groups[n];
    json!({ "id": group.uuid, "displayName": group.name, "visibility": "Private" })
}

pub fn person(company: &Company, paused: &BTreeSet<usize>, n: usize) -> Value {
    let person = &company.people[n];
    json!({
        "id": person.uuid, "userPrincipalName": person.login, "displayName": person.name, "mail": person.email,
        "accountEnabled": !paused.contains(&n),
    })
}

/// People, groups, and a device.
fn members(world: &World, question: &Question<'_>, n: usize) -> Reply {
    let people = world.members(n).into_iter().map(|n| (n, "user"));
    let groups = world.company.groups[n].groups.iter().map(|n| (*n, "group"));
    let all: Vec<(usize, &str)> = people.chain(groups).chain([(n, "device")]).collect();
    page(world, question, &all, |(n, kind)| {
        let id = match kind {
            "user" => world.company.people[n].uuid.clone(),
            "group" => world.company.groups[n].uuid.clone(),
            _ => format!("device-{n}"),
        };
        json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "id": id })
    })
}

fn page<T: Copy>(world: &World, question: &Question<'_>, all: &[T], one: impl Fn(T) -> Value) -> Reply {
    let from = question.number("$skiptoken", 0);
    let (some, next) = slice(all, from, question.number("$top", 100).min(world.cap));
    let mut body = json!({ "@odata.context": "x", "value": some.into_iter().map(one).collect::<Vec<_>>() });
    if let Some(next) = next {
        body["@odata.nextLink"] = question.with("$skiptoken", next).into();
    }
    reply(&body)
}
