//! Keycloak: a tree of groups, lists by places.

use super::{Question, SECRET, World, refused, reply, slice};
use crate::world::scripted_http::Reply;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub fn answer(world: &mut World, question: &Question<'_>) -> Reply {
    let basic = format!("Basic {}", STANDARD.encode(format!("rosterd:{SECRET}")));
    let places = (question.number("first", 0), question.number("max", 100).min(world.cap));
    let brief = question.query.get("briefRepresentation").is_some_and(|brief| brief == "true");
    match question.parts().as_slice() {
        ["realms", "acme", "protocol", "openid-connect", "token"] => {
            if question.asked.authorization == basic {
                world.token()
            } else {
                Reply::new(401, "application/json", r#"{"error":"invalid_client","error_description":"x"}"#)
            }
        }
        ["admin", "realms", "acme", rest @ ..] if world.takes(&question.asked.authorization) => match rest {
            ["users", "count"] => reply(&json!(world.everybody().len())),
            ["users"] => people(world, &world.everybody(), places, brief),
            ["groups", "count"] => reply(&json!({ "count": top(world).len() })),
            ["groups"] => groups(world, &top(world), places),
            ["groups", id, "children"] => match world.find_group(id) {
                Some(n) => groups(world, &world.company.groups[n].groups.iter().copied().collect::<Vec<_>>(), places),
                None => refused(404),
            },
            ["groups", id, "members"] => match world.find_group(id) {
                Some(n) => people(world, &world.members(n), places, brief),
                None => refused(404),
            },
            _ => refused(404),
        },
        _ => refused(401),
    }
}

fn top(world: &World) -> Vec<usize> {
    (0..world.company.groups.len()).filter(|n| world.outer(*n).is_none()).collect()
}

fn people(world: &World, people: &[usize], (first, max): (usize, usize), brief: bool) -> Reply {
    let user = |n: usize| {
        let person = &world.company.people[n];
        let (first, last) = person.name.split_once(' ').unwrap();
        let mut user = json!({
            "id": person.uuid, "username": person.login, "firstName": first, "lastName": last, "email": person.email,
            "emailVerified": true, "enabled": !world.paused.contains(&n), "createdTimestamp": 1,
        });
        if !brief {
            user["attributes"] = json!({ "department": [if n.is_multiple_of(2) { "Sales" } else { "Research" }] });
        }
        user
    };
    reply(&slice(people, first, max).0.into_iter().map(user).collect())
}

fn groups(world: &World, groups: &[usize], (first, max): (usize, usize)) -> Reply {
    let group = |n: usize| {
        let group = &world.company.groups[n];
        let mut said = json!({
            "id": group.uuid, "name": group.name, "path": path(world, n), "subGroups": [],
            "subGroupCount": group.groups.len(),
        });
        if let Some(outer) = world.outer(n) {
            said["parentId"] = Value::from(world.company.groups[outer].uuid.as_str());
        }
        said
    };
    reply(&slice(groups, first, max).0.into_iter().map(group).collect())
}

fn path(world: &World, n: usize) -> String {
    let above = world.outer(n).map(|outer| path(world, outer)).unwrap_or_default();
    format!("{above}/{}", world.company.groups[n].name)
}
