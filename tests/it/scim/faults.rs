//! What a service may send instead of a whole list. None of it is ever a complete reading.

use super::script::{KIND, LIST, changed, good, groups, page, reply, server, users};
use super::{Reader, codes, lines};
use crate::world::scripted_http::{Reply, ScriptedHttp};
use rosterd::providers::{Match, PersonKey, ProviderErrorKind};
use rosterd_core::snapshot::Reading;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Why it is not complete: gaps, or the kind of an error.
fn why(server: &ScriptedHttp) -> Vec<String> {
    match Reader::of(server).read() {
        Ok(Reading::Unknown(partial)) => codes(&Reading::Unknown(partial)).into_iter().map(str::to_owned).collect(),
        Ok(other) => panic!("{:?}", lines(&other)),
        Err(error) => vec![format!("error {}", error.kind.code())],
    }
}

#[test]
fn a_service_without_a_fault_is_read_whole() {
    let server = server(|_| None);
    let reading = Reader::of(&server).read().unwrap();
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    let said = lines(&reading);
    assert!(said.contains(&"user-5 in group-1".to_owned()) && said.contains(&"group-1 within group-2".to_owned()));
    assert_eq!(said.len(), 5 + 2 + 5 + 1);
    assert!(server.asked().iter().all(|asked| asked.authorization == "Bearer scim-token"));
}

#[test]
fn l09_l10_lists_that_are_not_whole() {
    type Change = fn(&mut Value);
    let cases: [(&str, usize, Change); 12] = [
        ("page_count", 2, |page| page["Resources"] = json!([])),
        ("short", 2, |page| *page = json!({ "schemas": [LIST], "totalResults": 5 })),
        ("page_count", 2, |page| page["Resources"] = json!([page["Resources"][0]])),
        ("shifted", 2, |page| page["Resources"][0] = page["Resources"][1].clone()),
        ("repeated", 2, |page| page["Resources"][1] = page["Resources"][0].clone()),
        ("total_changed", 2, |page| page["totalResults"] = json!(6)),
        ("total_changed", 3, |page| page["totalResults"] = json!(4)),
        ("page_count", 2, |page| page["itemsPerPage"] = json!(20)),
        ("page_count", 2, |page| page["itemsPerPage"] = json!(1)),
        ("wrong_page", 2, |page| page["startIndex"] = json!(1)),
        ("no_id", 2, |page| page["Resources"][1] = json!({ "userName": "x" })),
        ("not_a_list", 2, |page| page["schemas"] = json!(["urn:ietf:params:scim:api:messages:2.0:Error"])),
    ];
    for (code, n, change) in cases {
        assert_eq!(why(&changed(n, change)), [code]);
    }
}

#[test]
fn l09_a_total_that_is_less_than_came_and_one_that_is_missing() {
    assert_eq!(why(&changed(1, |page| page["totalResults"] = json!(1))), ["error protocol"]);
    assert_eq!(why(&changed(1, |page| page["totalResults"] = Value::Null)), ["error protocol"]);
    // More than there are: the rest never comes.
    assert_eq!(
        why(&server(|asked| {
            (asked.path() == "/v2/Users").then(|| {
                let mut body = page(asked, &users());
                body["totalResults"] = json!(9);
                reply(&body)
            })
        })),
        ["short"]
    );
}

#[test]
fn what_is_no_answer_of_scim() {
    for body in ["", "<html><body>Sign in</body></html>", "[]", "null", "{\"a\":1,\"a\":2}"] {
        for kind in [KIND, "text/html"] {
            let server = server(move |asked| (asked.path() == "/v2/Users").then(|| Reply::new(200, kind, body)));
            assert_eq!(why(&server), ["error protocol"], "{body} {kind}");
        }
    }
    // After something was read already.
    let later = server(|asked| (asked.path() == "/v2/Groups").then(|| Reply::new(200, "text/html", "<html>")));
    assert_eq!(why(&later), ["not_json"]);
    let elsewhere = server(|_| Some(Reply::new(302, "text/html", "").with("location", "http://127.0.0.1:1/v2/Users")));
    assert_eq!(why(&elsewhere), ["error configuration"]);
    assert_eq!(why(&server(|_| Some(Reply::new(404, KIND, "{}")))), ["error configuration"]);
    assert_eq!(why(&server(|_| Some(Reply::new(500, KIND, "{}")))), ["error unreachable"]);
}

#[test]
fn a_connection_that_is_cut_is_tried_again_and_then_unknown() {
    let cut = server(|asked| {
        let mut reply = good(asked);
        reply.cut = (asked.path() == "/v2/Users" && asked.number("startIndex") == 3).then_some(20);
        Some(reply)
    });
    assert_eq!(why(&cut), ["unreachable"]);
    let times = AtomicUsize::new(0);
    let once = server(move |asked| {
        let mut reply = good(asked);
        reply.cut = (asked.path() == "/v2/Groups" && times.fetch_add(1, Ordering::Relaxed) == 0).then_some(20);
        Some(reply)
    });
    assert!(matches!(Reader::of(&once).read().unwrap(), Reading::Complete(_)));
}

/// Somebody is added while the pages are read: the second time all is as it is said to be.
#[test]
fn what_moves_while_it_is_read_is_read_again() {
    let times = AtomicUsize::new(0);
    let server = server(move |asked| {
        let later = asked.path() == "/v2/Users" && asked.number("startIndex") == 3;
        (later && times.fetch_add(1, Ordering::Relaxed) == 0).then(|| {
            let mut body = page(asked, &users());
            body["totalResults"] = json!(6);
            reply(&body)
        })
    });
    let reading = Reader::of(&server).read().unwrap();
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    assert_eq!(reading.snapshot().people.len(), 5);
}

#[test]
fn groups_that_lists_show_without_members_are_asked_one_by_one() {
    let without = |asked: &crate::world::scripted_http::Asked| {
        (asked.path() == "/v2/Groups").then(|| {
            let mut body = page(asked, &groups());
            for group in body["Resources"].as_array_mut().unwrap() {
                group.as_object_mut().unwrap().remove("members");
            }
            reply(&body)
        })
    };
    let each = Reader::of(&server(without)).read().unwrap();
    assert!(matches!(each, Reading::Complete(_)), "{:?}", each.gaps());
    assert_eq!(lines(&each), lines(&Reader::of(&server(|_| None)).read().unwrap()));
    // And where they say nothing either, nobody is known to be in none.
    let nowhere = server(move |asked| {
        let group = json!({ "id": asked.path().rsplit('/').next().unwrap(), "displayName": "x" });
        without(asked).or_else(|| asked.path().starts_with("/v2/Groups/").then(|| reply(&group)))
    });
    assert_eq!(why(&nowhere), ["no_members"]);
    let other = server(move |asked| {
        let group = json!({ "id": "group-9", "displayName": "x", "members": [] });
        without(asked).or_else(|| asked.path().starts_with("/v2/Groups/").then(|| reply(&group)))
    });
    assert_eq!(why(&other), ["wrong_entry"]);
}

#[test]
fn the_groups_of_users_count_where_they_are_asked_for() {
    let server = server(|asked| {
        let mut users = users();
        users[0]["groups"] = json!([{ "value": "group-2", "type": "indirect" }, { "value": "elsewhere" }]);
        (asked.path() == "/v2/Users").then(|| reply(&page(asked, &users)))
    });
    let reader = Reader::new(&format!("{}/v2", server.url()), &json!({ "groups": { "members": "people" } }));
    let reading = reader.read().unwrap();
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    let said = lines(&reading);
    assert_eq!(said.iter().filter(|line| line.contains(" in ")).collect::<Vec<_>>(), ["user-1 in group-2"]);
    assert_eq!(reading.snapshot().strangers, 1);
}

/// One that ignores filters would put everybody into every group, one that finds nothing would take all away.
#[test]
fn l01_filters_that_are_not_right_are_not_used() {
    for ignores in [true, false] {
        let server = server(move |asked| {
            let filtered = asked.target.contains("filter=");
            match asked.path() {
                "/v2/ServiceProviderConfig" => Some(reply(&json!({ "filter": { "supported": true } }))),
                "/v2/Users" | "/v2/Groups" if filtered && !ignores => Some(reply(&page(asked, &[]))),
                _ => None,
            }
        });
        let reader = Reader::of(&server);
        let found = reader.find(&[PersonKey::Login("u3".to_owned())]).unwrap();
        assert_eq!(found.matches, [Match::One(rosterd_core::snapshot::PersonIndex(0))]);
        let said = lines(&found.reading);
        assert!(said.contains(&"user-3 in group-1".to_owned()), "{said:?}");
        assert_eq!(said.len(), 5, "{said:?}");
        assert!(reader.check().iter().all(Result::is_ok), "{:?}", reader.check());
    }
}

#[test]
fn r07_a_token_that_is_refused_is_shown_once() {
    for status in [401, 403] {
        let server = server(move |_| Some(Reply::new(status, KIND, "the token scim-token is wrong")));
        let reader = Reader::of(&server);
        for _ in 0..5 {
            let error = reader.find(&[PersonKey::Login("u1".to_owned())]).unwrap_err();
            assert_eq!(error.kind, ProviderErrorKind::Credentials);
            assert!(!error.message.contains("scim-token"), "{error}");
        }
        assert_eq!(server.asked().len(), 1);
        assert_eq!(reader.read().unwrap_err().kind, ProviderErrorKind::Credentials);
        assert_eq!(server.asked().len(), 2);
        // Another token is another chance.
        std::fs::write(&reader.token, "another").unwrap();
        assert_eq!(reader.find(&[PersonKey::Login("u1".to_owned())]).unwrap_err().kind, ProviderErrorKind::Credentials);
        assert_eq!(server.asked().last().unwrap().authorization, "Bearer another");
    }
}

/// Nothing that a service says is in an error, and no name of a person.
#[test]
fn w20_errors_hold_nothing_of_an_answer() {
    let server = server(|asked| match asked.path() {
        "/v2/ServiceProviderConfig" => Some(reply(&json!({}))),
        _ => Some(Reply::new(500, KIND, "{\"detail\":\"something secret\"}")),
    });
    let error = Reader::of(&server).find(&[PersonKey::Login("ann".to_owned())]).unwrap_err();
    assert!(!error.message.contains("secret") && !error.message.contains("ann"), "{error}");
    assert!(error.message.contains("/v2/Users answered 500"), "{error}");
}
