//! Google's Directory API: tokens of pages, lists that are left out where they are empty.

use super::super::described::pairs;
use super::{Question, World, keys, refused, reply, slice};
use crate::world::scripted_http::Reply;
use serde_json::{Value, json};

const SCOPE: &str = "https://www.googleapis.com/auth/admin.directory.user.readonly \
                     https://www.googleapis.com/auth/admin.directory.group.readonly";

pub fn answer(world: &mut World, question: &Question<'_>) -> Reply {
    match question.parts().as_slice() {
        ["token"] => {
            let form = pairs(&question.asked.body);
            let assertion = form.iter().find(|(name, _)| name == "assertion").map(|(_, value)| value.as_str());
            let audience = format!("{}/token", question.host());
            let good = assertion.and_then(|token| keys::signed(token, &audience)).is_some_and(|(claims, _)| {
                claims["iss"] == "rosterd@acme.iam.gserviceaccount.com"
                    && claims["sub"] == "admin@example.org"
                    && claims["scope"] == SCOPE
            });
            if good { world.token() } else { Reply::new(400, "application/json", r#"{"error":"invalid_grant"}"#) }
        }
        ["admin", "directory", "v1", rest @ ..] if world.takes(&question.asked.authorization) => match rest {
            ["users"] => page(world, question, "users", &world.everybody(), |n| person(world, n)),
            ["groups"] => {
                let all: Vec<usize> = (0..world.company.groups.len()).collect();
                page(world, question, "groups", &all, |n| {
                    let group = &world.company.groups[n];
                    json!({ "id": group.uuid, "email": format!("{}@example.org", group.name) })
                })
            }
            ["groups", id, "members"] => match world.find_group(id) {
                Some(n) => members(world, question, n),
                None => refused(404),
            },
            _ => refused(404),
        },
        _ => refused(401),
    }
}

fn person(world: &World, n: usize) -> Value {
    let person = &world.company.people[n];
    json!({
        "id": person.uuid, "customerId": "C0acme", "primaryEmail": person.email, "name": { "fullName": person.name },
        "suspended": world.paused.contains(&n), "archived": false,
    })
}

/// People, groups, and somebody of elsewhere. A group of everybody has the account itself.
fn members(world: &World, question: &Question<'_>, n: usize) -> Reply {
    let people = world.members(n);
    let whole = people.len() == world.everybody().len();
    let people = people.into_iter().filter(|_| !whole).map(|n| (n, "USER"));
    let groups = world.company.groups[n].groups.iter().map(|n| (*n, "GROUP"));
    let all: Vec<(usize, &str)> =
        people.chain(groups).chain([(n, "EXTERNAL")]).chain(whole.then_some((n, "CUSTOMER"))).collect();
    page(world, question, "members", &all, |(n, kind)| {
        let id = match kind {
            "USER" => world.company.people[n].uuid.clone(),
            "GROUP" => world.company.groups[n].uuid.clone(),
            "CUSTOMER" => "C0acme".to_owned(),
            _ => format!("external-{n}"),
        };
        match kind {
            // Invited by an address that nobody has an account for.
            "EXTERNAL" => json!({ "email": "somebody@elsewhere.example", "type": "USER" }),
            kind => json!({ "id": id, "type": kind }),
        }
    })
}

fn page<T: Copy>(world: &World, question: &Question<'_>, name: &str, all: &[T], one: impl Fn(T) -> Value) -> Reply {
    let from = question.number("pageToken", 0);
    let (some, next) = slice(all, from, question.number("maxResults", 100).min(world.cap));
    let mut body = json!({ "kind": format!("admin#directory#{name}") });
    if !some.is_empty() {
        body[name] = some.into_iter().map(one).collect();
    }
    if let Some(next) = next {
        body["nextPageToken"] = next.to_string().into();
    }
    reply(&body)
}
