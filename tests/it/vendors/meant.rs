//! What each vendor's words mean: who counts as gone, which groups are meant, and who may not be believed.

use super::fake::{ALL, Fake, Make};
use super::{Reader, memberships, small};
use crate::world::scripted_http::Reply;
use rosterd::providers::ProviderErrorKind;
use rosterd_core::snapshot::Reading;
use serde_json::json;

const KIND: &str = "application/json";

#[test]
fn only_groups_that_are_meant_are_read() {
    for make in ALL {
        let fake = Fake::start(make, small());
        let reading = Reader::with(&fake, &json!({ "groups": ["*FEW*", "one*", "*/one"] })).read().unwrap();
        assert!(matches!(reading, Reading::Complete(_)), "{make:?}: {:?}", reading.gaps());
        assert_eq!(memberships(&reading), ["u00001 in few", "u00002 in few", "u00003 in one"], "{make:?}");
        assert!(!fake.server.asked().iter().any(|asked| asked.target.contains("everybody/members")));
    }
}

#[test]
fn who_may_not_sign_in_is_as_gone() {
    for make in ALL.into_iter().filter(|make| *make != Make::GitHub) {
        let fake = Fake::start(make, small());
        fake.world.lock().unwrap().paused.insert(3);
        let reading = Reader::of(&fake).read().unwrap();
        assert!(matches!(reading, Reading::Complete(_)), "{make:?}: {:?}", reading.gaps());
        assert_eq!(reading.snapshot().people.len(), 6, "{make:?}");
        assert!(!memberships(&reading).iter().any(|line| line.starts_with("u00003")), "{make:?}");
    }
}

/// A state that is not known is not one of those that are gone.
#[test]
fn n1_a_state_that_is_not_known_is_unknown() {
    for (make, from, to) in [
        (Make::Keycloak, "\"enabled\":true,", ""),
        (Make::Graph, "\"accountEnabled\":true", "\"accountEnabled\":null"),
        (Make::Okta, "\"status\":\"ACTIVE\"", "\"status\":\"MARVELLOUS\""),
        (Make::Google, "\"suspended\":false,", ""),
        (Make::GitLab, "\"state\":\"active\",", ""),
    ] {
        let fake = Fake::tampered(make, small(), 99, move |_, reply| {
            let body = String::from_utf8(reply.body.clone()).unwrap().replace(from, to);
            Reply { body: body.into(), ..reply }
        });
        let reading = Reader::of(&fake).read().unwrap();
        assert!(reading.gaps().iter().any(|gap| gap.code == "unreadable_state"), "{make:?}: {:?}", reading.gaps());
        assert_eq!(reading.snapshot().people.len(), 7, "{make:?}");
    }
}

/// Attributes that are asked for are claims.
#[test]
fn attributes_are_claims() {
    let fake = Fake::start(Make::Keycloak, small());
    let reading = Reader::with(&fake, &json!({ "attributes": ["department", "none"] })).read().unwrap();
    let s = reading.snapshot();
    assert_eq!(s.texts.get(s.people[0].claims), r#"{"attributes":{"department":["Sales"]}}"#);
}

/// Whoever is in a subgroup has the roles of the groups above, and is in them, unless it is said otherwise.
#[test]
fn subgroups_of_keycloak_are_in_what_is_above_or_apart() {
    let mut company = small();
    company.groups[1].groups.insert(2);
    let fake = Fake::start(Make::Keycloak, company);
    let read = |more| memberships(&Reader::with(&fake, &more).read().unwrap());
    assert!(read(json!({})).contains(&"one within few".to_owned()));
    assert!(!read(json!({ "subgroups": "separate" })).iter().any(|line| line.contains("within")));
    // Where only the lower one is meant, it is read all the same.
    assert_eq!(read(json!({ "groups": ["/few/one"] })), ["u00003 in one"]);
}

/// Before version 23 groups came with those below them, and without their number.
#[test]
fn an_older_keycloak_sends_the_whole_tree() {
    let mut company = small();
    company.groups[1].groups.insert(2);
    let inner = json!({ "id": company.groups[2].uuid, "name": "one", "path": "/few/one", "subGroups": [] });
    let fake = Fake::tampered(Make::Keycloak, company, 99, move |asked, mut reply| {
        if asked.path().ends_with("/groups") {
            let mut body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
            for group in body.as_array_mut().unwrap() {
                group.as_object_mut().unwrap().remove("subGroupCount");
                if group["name"] == "few" {
                    group["subGroups"] = json!([inner]);
                }
            }
            reply.body = body.to_string().into();
        }
        reply
    });
    let reading = Reader::of(&fake).read().unwrap();
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    assert!(memberships(&reading).contains(&"one within few".to_owned()));
    assert!(!fake.server.asked().iter().any(|asked| asked.target.contains("/children")));
}

/// By default whoever may make a group may call it as any other: an id is nobody else's.
#[test]
fn groups_of_entra_are_named_by_ids_unless_it_is_said_otherwise() {
    let fake = Fake::start(Make::Graph, small());
    let name = |more| {
        let reading = Reader::with(&fake, &more).read().unwrap();
        let s = reading.snapshot();
        s.texts.get(s.groups[1].name).to_owned()
    };
    assert_eq!(name(json!({})), "few");
    assert_eq!(name(json!({ "group_name": "id" })), small().groups[1].uuid);
}

/// A group that hides its members shows none to whoever may not see them.
#[test]
fn n1_hidden_members_of_entra_are_unknown() {
    let fake = Fake::tampered(Make::Graph, small(), 99, |asked, mut reply| {
        let one = asked.target.contains("-000000000002/");
        if asked.path().ends_with("/groups") {
            let body = String::from_utf8(reply.body.clone()).unwrap();
            reply.body = body
                .replacen("\"one\",\"visibility\":\"Private\"", "\"one\",\"visibility\":\"HiddenMembership\"", 1)
                .into();
        } else if one {
            reply.body = "{\"value\":[]}".into();
        }
        reply
    });
    let reading = Reader::of(&fake).read().unwrap();
    let codes: Vec<&str> = reading.gaps().iter().map(|gap| gap.code).collect();
    assert_eq!(codes, ["hidden_members"]);
}

/// Others are shown public members and the teams alone that are not secret, and nothing says so.
#[test]
fn n1_github_is_not_read_by_whoever_does_not_own_the_organization() {
    for body in [
        r#"{"state":"active","role":"member","organization":{"id":9,"login":"acme"}}"#,
        r#"{"state":"pending","role":"admin","organization":{"id":9,"login":"acme"}}"#,
        "{}",
        "",
    ] {
        let fake = Fake::tampered(Make::GitHub, small(), 99, move |asked, reply| {
            match (asked.target.starts_with("/user/memberships/"), body) {
                (true, "") => Reply::new(404, KIND, "{}"),
                (true, body) => Reply::new(200, KIND, body),
                (false, _) => reply,
            }
        });
        let error = Reader::of(&fake).read().unwrap_err();
        assert_eq!(error.kind, ProviderErrorKind::Credentials, "{body}");
        assert_eq!(fake.server.asked().len(), 1, "{body}");
    }
}

/// To whoever administers some groups alone the others are not shown, nor the group of everybody.
#[test]
fn n1_some_groups_of_okta_are_not_all() {
    let fake = Fake::tampered(Make::Okta, small(), 99, |asked, mut reply| {
        if asked.path().ends_with("/groups") {
            let mut body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
            body.as_array_mut().unwrap().retain(|group| group["type"] == "OKTA_GROUP");
            reply.body = body.to_string().into();
        }
        reply
    });
    let reading = Reader::of(&fake).read().unwrap();
    let codes: Vec<&str> = reading.gaps().iter().map(|gap| gap.code).collect();
    assert_eq!(codes, ["partial_view"]);
    assert!(memberships(&reading).contains(&"u00003 in one".to_owned()));
}

/// Others are not shown what is private below a group.
#[test]
fn n1_gitlab_is_not_read_by_whoever_is_no_member() {
    let read = |user: &'static str| {
        let fake = Fake::tampered(Make::GitLab, small(), 99, move |asked, reply| match asked.path() {
            "/api/v4/user" => Reply::new(200, KIND, user),
            path if path.contains("/members/all/") => Reply::new(404, KIND, "{}"),
            _ => reply,
        });
        Reader::of(&fake).read()
    };
    let error = read(r#"{"id":1000}"#).unwrap_err();
    assert_eq!(error.kind, ProviderErrorKind::Credentials);
    assert!(error.message.contains("no member of the group acme"), "{error}");
    // An administrator of the whole server sees everything.
    assert!(matches!(read(r#"{"id":1000,"is_admin":true}"#).unwrap(), Reading::Complete(_)));
}
