//! GitLab: groups below a group, each with its direct members; numbered pages that are counted.

use super::{Question, SECRET, World, refused, reply, slice};
use crate::world::scripted_http::Reply;
use serde_json::{Value, json};

const TOP: usize = 1;
/// Whose token it is: a member of a group above, so that it is in no list.
const READER: usize = 5;
/// Ids of people and groups are counted apart, so that some are equal.
const FROM: usize = 1000;

pub fn answer(world: &World, question: &Question<'_>) -> Reply {
    if question.asked.header("private-token") != Some(SECRET) {
        return refused(401);
    }
    let groups = 0..world.company.groups.len();
    match question.parts().as_slice() {
        ["api", "v4", "user"] => reply(&json!({ "id": READER, "username": "reader", "state": "active" })),
        ["api", "v4", "groups", "acme" | "1"] => reply(&group(world, None)),
        ["api", "v4", "groups", "1", "members", "all", "5"] => reply(&json!({
            "id": READER, "username": "reader", "name": "Reader", "state": "active", "access_level": 10,
        })),
        ["api", "v4", "groups", "1" | "acme", "members"] => page(world, question, &[], |n| member(world, n)),
        ["api", "v4", "groups", "1" | "acme", "descendant_groups"] => {
            page(world, question, &groups.collect::<Vec<_>>(), |n| group(world, Some(n)))
        }
        ["api", "v4", "groups", id, "members"] => match id.parse::<usize>().map(|id| id - FROM) {
            Ok(n) if groups.contains(&n) => page(world, question, &world.members(n), |n| member(world, n)),
            _ => refused(404),
        },
        _ => refused(404),
    }
}

/// Whoever is in a group is in those below it: so the group inside another is the one above it here.
fn group(world: &World, n: Option<usize>) -> Value {
    let Some(n) = n else {
        return json!({ "id": TOP, "name": "acme", "path": "acme", "full_path": "acme", "parent_id": null });
    };
    let name = &world.company.groups[n].name;
    let parent = world.inner(n).map_or(TOP, |above| FROM + above);
    json!({ "id": FROM + n, "name": name, "path": name, "full_path": path(world, n), "parent_id": parent })
}

fn path(world: &World, n: usize) -> String {
    let above = world.inner(n).map_or_else(|| "acme".to_owned(), |above| path(world, above));
    format!("{above}/{}", world.company.groups[n].name)
}

fn member(world: &World, n: usize) -> Value {
    let person = &world.company.people[n];
    let state = if world.paused.contains(&n) { "blocked" } else { "active" };
    json!({
        "id": FROM + n, "username": person.login, "name": person.name, "state": state, "membership_state": "active",
        "access_level": 30, "expires_at": null,
    })
}

fn page(world: &World, question: &Question<'_>, all: &[usize], one: impl Fn(usize) -> Value) -> Reply {
    let size = question.number("per_page", 20).min(world.cap);
    let number = question.number("page", 1);
    let (some, next) = slice(all, (number - 1) * size, size);
    let mut links = vec![format!("<{}>; rel=\"first\"", question.with("page", 1))];
    links.extend(next.map(|_| format!("<{}>; rel=\"next\"", question.with("page", number + 1))));
    reply(&some.into_iter().map(one).collect()).with("link", &links.join(", ")).with("x-total", &all.len().to_string())
}
