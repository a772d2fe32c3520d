//! Okta: cursors in the header `Link`, beside the page's own address.

use super::super::described::pairs;
use super::{Question, SECRET, World, keys, refused, reply, slice};
use crate::world::scripted_http::Reply;
use serde_json::{Value, json};

pub fn answer(world: &mut World, question: &Question<'_>) -> Reply {
    let shown = &question.asked.authorization;
    match question.parts().as_slice() {
        ["oauth2", "v1", "token"] => {
            let form = pairs(&question.asked.body);
            let assertion = form.iter().find(|(name, _)| name == "client_assertion").map(|(_, value)| value.as_str());
            let audience = format!("{}/oauth2/v1/token", question.host());
            let good = assertion.and_then(|token| keys::signed(token, &audience)).is_some_and(|(claims, kid)| {
                claims["iss"] == "rosterd"
                    && claims["sub"] == "rosterd"
                    && claims["jti"].is_string()
                    && kid.as_deref() == Some("k1")
            });
            if good { world.token() } else { Reply::new(401, "application/json", r#"{"error":"invalid_client"}"#) }
        }
        ["api", "v1", rest @ ..] if *shown == format!("SSWS {SECRET}") || world.takes(shown) => match rest {
            // Whoever is deprovisioned is in no such list.
            ["users"] => page(world, question, 200, &world.everybody(), |n| person(world, n)),
            ["groups"] => {
                let real = world.company.groups.len();
                // The last is the one that each organization has; to whoever is shown none not even that.
                let all: Vec<usize> = (0..if real > 0 { real + 1 } else { 0 }).collect();
                page(world, question, 10_000, &all, |n| {
                    if n == real {
                        return json!({ "id": "everyone", "type": "BUILT_IN", "profile": { "name": "Everyone" } });
                    }
                    let group = &world.company.groups[n];
                    json!({ "id": group.uuid, "type": "OKTA_GROUP", "profile": { "name": group.name, "description": null } })
                })
            }
            ["groups", "everyone", "users"] => page(world, question, 1000, &world.everybody(), |n| person(world, n)),
            ["groups", id, "users"] => match world.find_group(id) {
                Some(n) => page(world, question, 1000, &world.members(n), |n| person(world, n)),
                None => refused(404),
            },
            _ => refused(404),
        },
        _ => refused(401),
    }
}

fn person(world: &World, n: usize) -> Value {
    let person = &world.company.people[n];
    let status = match n % 4 {
        _ if world.paused.contains(&n) => "SUSPENDED",
        1 => "PASSWORD_EXPIRED",
        2 => "LOCKED_OUT",
        _ => "ACTIVE",
    };
    let mut profile = json!({ "login": person.login, "email": person.email });
    match n % 2 {
        0 => profile["displayName"] = person.name.as_str().into(),
        _ => {
            let (first, last) = person.name.split_once(' ').unwrap();
            (profile["firstName"], profile["lastName"]) = (first.into(), last.into());
        }
    }
    json!({ "id": person.uuid, "status": status, "profile": profile })
}

fn page(world: &World, question: &Question<'_>, most: usize, all: &[usize], one: impl Fn(usize) -> Value) -> Reply {
    let from = question.number("after", 0);
    let (some, next) = slice(all, from, question.number("limit", most).min(world.cap));
    let own = format!("{}{}", question.host(), question.asked.target);
    let good = reply(&some.into_iter().map(one).collect()).with("link", &format!("<{own}>; rel=\"self\""));
    match next {
        // In a header of its own, as Okta has it.
        Some(next) => good.with("link", &format!("<{}>; rel=\"next\"", question.with("after", next))),
        None => good,
    }
}
