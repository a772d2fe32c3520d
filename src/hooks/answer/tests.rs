#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use super::*;
use crate::hooks::looking::TeamNow;
use rosterd_core::ids::{OrgId, TeamId, UserId};
use rosterd_core::observed::UserState;

fn ann() -> PersonNow {
    PersonNow {
        id: UserId(7),
        subject: "s-7".to_owned(),
        login: "ann".to_owned(),
        name: "Ann".to_owned(),
        email: "ann@x.org".to_owned(),
        state: UserState::Active,
        kind: rosterd_core::lifecycle::Kind::Person,
        server_admin: true,
        orgs: vec![OrgNow { id: OrgId(1), name: "Platform".to_owned(), role: OrgRole::Admin }],
        teams: vec![TeamNow {
            id: TeamId(2),
            org: "Platform".to_owned(),
            name: "sre".to_owned(),
            role: TeamRole::Admin,
        }],
        groups: vec!["ops".to_owned()],
    }
}

fn known(person: PersonNow) -> Verdict {
    Verdict::person(person, "applied", true)
}

/// Status and JSON.
async fn said(shape: Shape, verdict: &Verdict) -> (u16, Value) {
    let answer = render(shape, verdict);
    let status = answer.status().as_u16();
    assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
}

#[tokio::test]
async fn each_sender_hears_its_own_form() {
    let orgs = json!(["Platform:Admin"]);
    let (status, value) = said(Shape::Plain, &known(ann())).await;
    assert_eq!((status, &value["person"]["orgs"][0]["role"], &value["complete"]), (200, &json!("Admin"), &json!(true)));
    let (_, value) = said(Shape::OktaToken, &known(ann())).await;
    assert_eq!(value["commands"][0]["type"], "com.okta.identity.patch");
    assert_eq!(value["commands"][1]["value"][0], json!({ "op": "add", "path": "/claims/rosterd_orgs", "value": orgs }));
    let (_, value) = said(Shape::OktaSaml, &known(ann())).await;
    assert_eq!(value.pointer("/commands/0/value/1/value/attributeValues/0/value"), Some(&json!("Platform/sre:admin")));
    let (_, value) = said(Shape::Entra, &known(ann())).await;
    assert_eq!(value.pointer("/data/actions/0/claims/rosterd_orgs"), Some(&orgs));
    let (_, value) = said(Shape::ZitadelClaims, &known(ann())).await;
    assert_eq!(value.pointer("/append_claims/0/value"), Some(&orgs));
    assert_eq!(said(Shape::ZitadelPass, &known(ann())).await, (200, Value::Null));
}

#[tokio::test]
async fn each_sender_can_be_told_no_as_far_as_it_understands() {
    let no = Verdict::Deny { reason: "rules" };
    assert_eq!(said(Shape::Plain, &no).await.0, 403);
    assert_eq!(said(Shape::Entra, &no).await.0, 403);
    assert_eq!(said(Shape::ForwardAuth, &no).await.0, 403);
    assert!(said(Shape::OktaToken, &no).await.1.get("error").is_some());
    let (status, value) = said(Shape::Kratos, &no).await;
    assert_eq!((status, value.pointer("/messages/0/messages/0/type")), (403, Some(&json!("error"))));
    assert_eq!(said(Shape::ZitadelClaims, &no).await.1["forwardedStatusCode"], 403);
    // To know nothing is no reason to keep somebody out, except for who guards a door.
    let nothing = Verdict::Nothing { finding: "late" };
    assert_eq!(said(Shape::OktaToken, &nothing).await, (200, json!({ "commands": [] })));
    assert_eq!(said(Shape::ForwardAuth, &nothing).await.0, 403);
    for state in [UserState::Suspended, UserState::Archived] {
        assert_eq!(known(PersonNow { state, ..ann() }), Verdict::Deny { reason: "suspended" });
    }
}

#[tokio::test]
async fn entra_hears_no_more_than_it_takes() {
    let many = |count: usize| -> Vec<TeamNow> {
        let team =
            |n| TeamNow { id: TeamId(n), org: "Org".to_owned(), name: format!("team-{n}"), role: TeamRole::Member };
        (0..count as u32).map(team).collect()
    };
    let (_, value) = said(Shape::Entra, &known(PersonNow { teams: many(5000), ..ann() })).await;
    assert!(value.to_string().len() < 3000);
    let claims = value.pointer("/data/actions/0/claims").unwrap();
    assert_eq!((&claims["rosterd_partial"], &claims["rosterd_orgs"]), (&json!("true"), &json!(["Platform:Admin"])));
}

#[test]
fn w18_a_name_cannot_make_a_header_or_a_second_group() {
    let evil = PersonNow {
        login: "ann\r\nX-Admin: 1".to_owned(),
        name: "Änn \u{0}".to_owned(),
        groups: vec!["a,b".to_owned(), "100%".to_owned(), "cn=x\n".to_owned()],
        ..ann()
    };
    let answer = render(Shape::ForwardAuth, &known(evil));
    let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(header("remote-user"), "ann%0D%0AX-Admin: 1");
    assert_eq!(header("remote-name"), "%C3%84nn %00");
    assert_eq!(header("remote-groups"), "a%2Cb,100%25,cn=x%0A");
    assert!(answer.headers().get("x-admin").is_none());
    let none = render(Shape::ForwardAuth, &known(PersonNow { groups: Vec::new(), email: String::new(), ..ann() }));
    // Set although there is nothing to say: one from outside must not pass for ours.
    for name in ["remote-groups", "remote-email"] {
        assert_eq!(none.headers().get(name).unwrap(), "");
    }
    let long: Vec<String> = (0..5000).map(|n| format!("group-{n}")).collect();
    let long = render(Shape::ForwardAuth, &known(PersonNow { groups: long, ..ann() }));
    let list = long.headers().get("remote-groups").unwrap().to_str().unwrap().to_owned();
    assert!(list.len() <= HEADER_MOST && list.split(',').all(|group| group.starts_with("group-")));
}

#[test]
fn the_least_is_viewer_without_teams() {
    let least = minimal(ann());
    assert_eq!((least.orgs[0].role, least.teams.len(), least.server_admin), (OrgRole::Viewer, 0, false));
    let none = PersonNow { orgs: vec![OrgNow { role: OrgRole::None, ..ann().orgs[0].clone() }], ..ann() };
    assert_eq!(minimal(none).orgs[0].role, OrgRole::None);
}
