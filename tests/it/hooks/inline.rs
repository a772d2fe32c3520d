//! `/hooks/v1/NAME/inline`: in time, whatever the provider does; nothing is gained from a failed look.

use super::{Mood, STANDARD, World, ann};
use crate::store::{Site, on_both};
use rosterd::hooks::Finding;
use rosterd_core::observed::UserState;
use rosterd_core::rights::OrgRole;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

on_both!(
    the_answer_says_what_the_look_found,
    a_slow_provider_is_answered_for_in_time_and_heard_later,
    a_provider_that_is_down_gives_nothing,
    each_way_to_answer_without_the_provider,
    a_refused_login_is_refused,
    a_signed_source_is_believed_once_and_in_order,
    a_proxy_is_answered_in_headers,
    several_people_cannot_be_answered_about,
);

fn role(body: &Value) -> &str {
    body.pointer("/person/orgs/0/role").and_then(Value::as_str).unwrap_or("-")
}

fn with(line: &str) -> String {
    format!("{STANDARD}{line}\n")
}

async fn the_answer_says_what_the_look_found(site: Site) {
    let mut world = World::new(&site, STANDARD).await;
    world.work();
    let (status, body) = world.send(&world.call("portal", "ann", "msg_1").inline()).await;
    assert_eq!(
        (status, role(&body), &body["finding"], &body["complete"]),
        (200, "Editor", &json!("applied"), &json!(true))
    );
    for (n, (finding, word)) in [(Finding::Nobody, "nobody"), (Finding::Several, "several")].into_iter().enumerate() {
        world.mood(Mood::Says(finding));
        let (status, body) = world.send(&world.call("portal", "ann", &format!("msg_n{n}")).inline()).await;
        assert_eq!((status, &body["finding"], &body["person"]), (200, &json!(word), &Value::Null));
    }
    world.until_done().await;
    world.rest().await;
    // The same call again is answered again, and another body under its id is not.
    world.mood(Mood::Says(Finding::Unchanged));
    let again = world.call("portal", "ann", "msg_1").inline();
    assert_eq!(world.send(&again).await.1["code"], "other-body", "its timestamp differs, and so does its body");
    let same = world.call("portal", "zoe", "msg_z").inline();
    for _ in 0..2 {
        assert_eq!(world.send(&same).await.1["finding"], "unchanged");
    }
}

async fn a_slow_provider_is_answered_for_in_time_and_heard_later(site: Site) {
    let mut world = World::new(&site, &with("deadline = \"800ms\"")).await;
    world.work();
    world.mood(Mood::Slow(Duration::from_millis(2500)));
    let call = world.call("portal", "ann", "msg_1").inline();
    let before = Instant::now();
    let (status, body) = world.send(&call).await;
    assert!(before.elapsed() < Duration::from_millis(2000), "{:?}", before.elapsed());
    // What was known, not what the look will find.
    assert_eq!(
        (status, role(&body), &body["finding"], &body["complete"]),
        (200, "Viewer", &json!("late"), &json!(false))
    );
    world.until_done().await;
    world.rest().await;
    let kept = world.deliveries().await.remove(0);
    assert!(kept.outcome.unwrap().contains("applied"));
    assert_eq!(world.looks(), 1);
}

async fn a_provider_that_is_down_gives_nothing(site: Site) {
    let mut world = World::new(&site, STANDARD).await;
    world.work();
    world.mood(Mood::Down);
    let (status, body) = world.send(&world.call("portal", "ann", "msg_1").inline()).await;
    assert_eq!((status, role(&body), &body["finding"]), (200, "Viewer", &json!("failed")));
    *world.script.known.lock().unwrap() = None;
    let (status, body) = world.send(&world.call("portal", "ann", "msg_2").inline()).await;
    assert_eq!((status, &body["person"]), (200, &Value::Null));
    // It is looked at behind, when that works again.
    world.mood(Mood::Says(Finding::Applied));
    world.until_done().await;
    world.rest().await;
}

async fn each_way_to_answer_without_the_provider(site: Site) {
    for (on_error, status, role_said) in
        [("last_known", 200, "Admin"), ("minimal_role", 200, "Viewer"), ("deny", 403, "-"), ("pass", 200, "-")]
    {
        let world = World::new(&site, &with(&format!("on_error = \"{on_error}\""))).await;
        *world.script.known.lock().unwrap() = Some(ann(OrgRole::Admin));
        let moods = [Mood::Down, Mood::Says(Finding::NotYet), Mood::Says(Finding::Incomplete(Vec::new()))];
        for (n, mood) in moods.into_iter().enumerate() {
            // What an incomplete look left in the tables is what the tables say.
            let expected = if n == 2 && on_error == "last_known" { "Editor" } else { role_said };
            world.mood(mood);
            let call = world.call("portal", "ann", &format!("{on_error}_{n}")).inline();
            let (found, body) = world.send(&call).await;
            assert_eq!((found, role(&body)), (status, expected), "{on_error} {n} {body}");
            assert_ne!(body["complete"], json!(true));
        }
        // Whoever is suspended stays out, whatever they had.
        let suspended = rosterd::hooks::PersonNow { state: UserState::Suspended, ..ann(OrgRole::Admin) };
        *world.script.known.lock().unwrap() = Some(suspended);
        world.mood(Mood::Down);
        let (found, body) = world.send(&world.call("portal", "ann", &format!("{on_error}_s")).inline()).await;
        assert_eq!((found, role(&body)), (if on_error == "pass" { 200 } else { 403 }, "-"));
    }
}

async fn a_refused_login_is_refused(site: Site) {
    let world = World::new(&site, STANDARD).await;
    world.mood(Mood::Denies);
    let (status, body) = world.send(&world.call("portal", "ann", "msg_1").inline()).await;
    assert_eq!((status, body), (403, json!({ "finding": "denied", "reason": "rules" })));
}

async fn a_signed_source_is_believed_once_and_in_order(site: Site) {
    let hook = "[hooks.sso]\nsender = \"bearer\"\nprovider = \"sso\"\n$secrets\nid = \"/id\"\ntime = \"/at\"\n\
                person = { subject = \"/sub\" }\nclaims = \"/claims\"\n";
    let mut world = World::new(&site, hook).await;
    world.work();
    let call = |id: &str, at: i64| {
        let body = json!({ "id": id, "at": at, "sub": "s-1", "claims": { "n": at } });
        super::Call { body: body.to_string().into_bytes(), ..world.call("sso", "x", "x") }.inline()
    };
    assert_eq!(world.send(&call("b", 2000)).await.1["finding"], "applied");
    // The same again, and one from before: answered from the tables, believed by nobody.
    for old in [call("b", 2000), call("a", 1000)] {
        let (status, body) = world.send(&old).await;
        assert_eq!((status, &body["finding"], role(&body)), (200, &json!("known"), "Viewer"));
    }
    assert_eq!(world.send(&call("b", 2001)).await.0, 409);
    world.until_done().await;
    world.rest().await;
    assert_eq!(world.looks(), 1);
}

async fn a_proxy_is_answered_in_headers(site: Site) {
    let hook = "[hooks.proxy]\nsender = \"forward-auth\"\nprovider = \"corp\"\nallow_from = [\"10.0.0.0/8\"]\n";
    let world = World::new(&site, hook).await;
    let call = world.call("proxy", "ann", "x").inline();
    let (status, headers, _) = world.send_from(&call, Some("10.1.2.3:9")).await;
    let header = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!((status, header("remote-user").as_str(), header("remote-groups").as_str()), (200, "ann", "ops"));
    assert_eq!(header("x-rosterd-orgs"), "Platform:Editor");
    // Each request of a page asks: the next seconds are answered without a look, and nothing is kept.
    for _ in 0..50 {
        assert_eq!(world.send_from(&call, Some("10.1.2.3:9")).await.0, 200);
    }
    assert_eq!((world.looks(), world.deliveries().await.len()), (1, 0));
    for peer in [Some("192.0.2.1:9"), None] {
        assert_eq!(world.send_from(&call, peer).await.0, 403, "{peer:?}");
    }
    world.mood(Mood::Says(Finding::Nobody));
    let eve = call.clone().with("Remote-User", "eve");
    assert_eq!(world.send_from(&eve, Some("10.1.2.3:9")).await.0, 403);
    let nobody = super::Call { headers: Vec::new(), ..call };
    assert_eq!(world.send_from(&nobody, Some("10.1.2.3:9")).await.0, 401);
}

async fn several_people_cannot_be_answered_about(site: Site) {
    let world = World::new(&site, "[hooks.logs]\nsender = \"auth0\"\nprovider = \"corp\"\n$secrets\n").await;
    let one = |n: u32| json!({ "log_id": n.to_string(), "user": { "user_id": "u", "email": format!("p{n}@x.org") } });
    let body = json!([one(1), one(2)]).to_string().into_bytes();
    let call = super::Call { body, ..world.call("logs", "x", "x") }.inline();
    let (status, body) = world.send(&call).await;
    assert_eq!((status, &body["code"]), (400, &json!("several-events")));
}
