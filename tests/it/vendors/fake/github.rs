//! GitHub: numbered pages, teams whose members are those of the teams below, too.

use super::{Question, SECRET, World, refused, reply, slice};
use crate::world::scripted_http::Reply;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Ids of people and teams are counted apart, so that some are equal.
const FROM: usize = 1000;

pub fn answer(world: &World, question: &Question<'_>) -> Reply {
    if question.asked.authorization != format!("Bearer {SECRET}") {
        return refused(401);
    }
    let team = |slug: &str| world.company.groups.iter().position(|group| group.name == slug);
    match question.parts().as_slice() {
        ["user", "memberships", "orgs", "acme"] => {
            reply(&json!({ "state": "active", "role": "admin", "organization": { "id": 9, "login": "acme" } }))
        }
        ["orgs", "acme", "members"] => page(world, question, &world.everybody(), |n| person(world, n)),
        ["orgs", "acme", "teams"] => {
            let all: Vec<usize> = (0..world.company.groups.len()).collect();
            page(world, question, &all, |n| {
                let name = |n: usize| world.company.groups[n].name.as_str();
                let parent = world.outer(n).map(|parent| json!({ "id": FROM + parent, "slug": name(parent) }));
                json!({ "id": FROM + n, "name": name(n), "slug": name(n), "privacy": "closed", "parent": parent })
            })
        }
        ["orgs", "acme", "teams", slug, "members"] => match team(slug) {
            Some(n) => {
                let mut all = BTreeSet::new();
                collect(world, n, &mut all);
                page(world, question, &all.into_iter().collect::<Vec<_>>(), |n| person(world, n))
            }
            None => refused(404),
        },
        _ => refused(404),
    }
}

fn collect(world: &World, team: usize, all: &mut BTreeSet<usize>) {
    all.extend(world.members(team));
    world.company.groups[team].groups.iter().for_each(|inner| collect(world, *inner, all));
}

fn person(world: &World, n: usize) -> Value {
    json!({ "id": FROM + n, "login": world.company.people[n].login, "type": "User", "site_admin": false })
}

fn page(world: &World, question: &Question<'_>, all: &[usize], one: impl Fn(usize) -> Value) -> Reply {
    let size = question.number("per_page", 30).min(world.cap);
    let number = question.number("page", 1);
    let (some, next) = slice(all, (number - 1) * size, size);
    let good = reply(&some.into_iter().map(one).collect());
    // Where one page is all, there is no such header.
    match next {
        Some(_) => {
            let (next, last) = (question.with("page", number + 1), question.with("page", all.len().div_ceil(size)));
            good.with("link", &format!("<{next}>; rel=\"next\", <{last}>; rel=\"last\""))
        }
        None if number > 1 => good.with("link", &format!("<{}>; rel=\"first\"", question.with("page", 1))),
        None => good,
    }
}
