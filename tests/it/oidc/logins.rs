//! What a login gives, takes, and leaves as it is.

use super::app::{App, Extra};
use super::{SignOn, person};
use crate::world::database::Backend;
use crate::world::http::ask;
use crate::world::scripted_openid::ScriptedOpenId;
use crate::world::wait_until;
use serde_json::{Value, json};
use std::thread;

crate::world::on_both!(
    groups_of_a_login_become_roles_and_change_with_the_next,
    a_provider_that_is_down_removes_nothing
);

fn groups_of_a_login_become_roles_and_change_with_the_next(backend: Backend) {
    let sign_on = SignOn::open(backend);
    let answer = sign_on.login("ann");
    assert_eq!(answer["person"]["teams"][0]["name"], "devs", "{answer}");
    assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"));
    let tables = sign_on.site.tables();
    sign_on.login("root");
    sign_on.openid.person("ann", &person("ann", &["elsewhere"]));
    sign_on.login("ann");
    assert_eq!(sign_on.role("ann").as_deref(), Some("Viewer"));
    assert_eq!(sign_on.site.tables().team_role("devs", "ann"), None);
    sign_on.openid.person("ann", &person("ann", &["devs"]));
    sign_on.login("ann");
    assert!(sign_on.site.tables().org_role("Main", "ann") == tables.org_role("Main", "ann"));
    let told = sign_on.site.run(&["explain", "user", "ann"]).expect(0).stdout;
    assert!(told.contains("devs") && told.contains("sso"), "{told}");
    // Nothing has changed: nothing is written, although each token is another one.
    let records = || sign_on.site.database.value("SELECT count(*) FROM audit");
    let before = records();
    sign_on.login("ann");
    assert_eq!(records(), before);
    sign_on.close();
}

fn a_provider_that_is_down_removes_nothing(backend: Backend) {
    let mut sign_on = SignOn::open(backend);
    sign_on.login("ann");
    sign_on.openid.person("ann", &person("ann", &[]));
    let tokens = sign_on.openid.login("ann");
    let before = sign_on.site.tables();
    sign_on.openid.stop();
    // The ID token proves itself; UserInfo, which may say more, is not there.
    let (status, answer) = sign_on.hand_on(&tokens);
    assert_eq!((status, &answer["finding"]), (200, &json!("incomplete")), "{answer}");
    assert!(sign_on.site.tables() == before, "nothing is taken away");
    // Back, a new login says it all.
    sign_on.openid.run();
    sign_on.openid.person("ann", &person("ann", &["elsewhere"]));
    sign_on.openid.person("root", &person("root", &["admins"]));
    sign_on.login("root");
    sign_on.login("ann");
    assert_eq!(sign_on.role("ann").as_deref(), Some("Viewer"));
    sign_on.close();
}

/// A token from before says what was before: it undoes nothing that was said since.
#[test]
fn n9_an_older_token_undoes_nothing() {
    let sign_on = SignOn::open(Backend::Sqlite);
    let old = sign_on.openid.login("root");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    sign_on.openid.person("root", &person("root", &["devs"]));
    sign_on.login("root");
    assert_eq!(sign_on.role("root").as_deref(), Some("Editor"));
    let (status, answer) = sign_on.hand_on(&json!({ "id_token": old["id_token"] }));
    assert_eq!((status, sign_on.role("root").as_deref()), (200, Some("Editor")), "{answer}");
    sign_on.close();
}

/// Keys change while people log in: nobody is refused because of it.
#[test]
fn o17_new_keys_refuse_nobody() {
    let sign_on = SignOn::open(Backend::Sqlite);
    sign_on.login("ann");
    let old = sign_on.openid.login("root");
    sign_on.openid.rotate();
    sign_on.openid.person("ann", &person("ann", &["admins", "devs"]));
    sign_on.login("ann");
    assert_eq!(sign_on.role("ann").as_deref(), Some("Admin"));
    // By a key that the provider has taken back.
    let (status, answer) = sign_on.hand_on(&json!({ "id_token": old["id_token"] }));
    assert_eq!((status, sign_on.role("root")), (401, None), "{answer}");
    sign_on.close();
}

#[test]
fn by_every_algorithm_and_with_a_signed_userinfo() {
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let settings = json!({ "algorithm": algorithm, "inIdToken": false,
            "client": { "userinfo_signed_response_alg": algorithm } });
        let sign_on = SignOn::with(Backend::Sqlite, &settings, &Extra::oidc(&format!("algorithms = [{algorithm:?}]")));
        sign_on.login("ann");
        assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"), "{algorithm}");
        sign_on.close();
    }
    let other = SignOn::with(Backend::Sqlite, &json!({}), &Extra::oidc("algorithms = [\"ES256\"]"));
    let (status, answer) = other.hand_on(&other.openid.login("ann"));
    assert_eq!((status, other.role("ann")), (401, None), "{answer}");
    assert!(other.said().contains("algorithm"), "{}", other.said());
    other.close();
}

/// Only UserInfo says the groups.
#[test]
fn o15_groups_of_userinfo_count_and_only_of_the_same_person() {
    let sign_on = SignOn::with(Backend::Sqlite, &json!({ "inIdToken": false }), &Extra::default());
    sign_on.login("ann");
    assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"));
    let (ann, root) = (sign_on.openid.login("ann"), sign_on.openid.login("root"));
    let (status, answer) =
        sign_on.hand_on(&json!({ "id_token": ann["id_token"], "access_token": root["access_token"] }));
    assert_eq!(status, 401, "{answer}");
    assert_eq!((sign_on.role("ann").as_deref(), sign_on.role("root")), (Some("Editor"), None));
    // Without an access token nobody can be asked: what there was stays.
    let (status, answer) = sign_on.hand_on(&json!({ "id_token": ann["id_token"] }));
    assert_eq!((status, &answer["finding"]), (200, &json!("incomplete")), "{answer}");
    assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"));
    sign_on.close();
}

#[test]
fn o12_o18_a_token_of_another_login_is_refused() {
    let sign_on = SignOn::open(Backend::Sqlite);
    let tokens = sign_on.openid.login_with(&json!({ "person": "ann", "nonce": "n-1" }));
    let with = |nonce: &str| {
        let mut body = tokens.clone();
        body["nonce"] = json!(nonce);
        sign_on.hand_on(&body).0
    };
    assert_eq!(with("n-2"), 401);
    assert_eq!(sign_on.role("ann"), None);
    assert_eq!(with("n-1"), 200);
    // One that was made for another application.
    let other = sign_on.openid.login_with(&json!({ "person": "root", "client": "other" }));
    assert_eq!(sign_on.hand_on(&other).0, 401);
    assert_eq!(sign_on.hand_on(&json!({ "access_token": other["access_token"] })).0, 401);
    assert_eq!(sign_on.role("root"), None);
    sign_on.close();
}

/// An opaque access token alone: only the provider can say whose it is, and for whom.
#[test]
fn o27_an_access_token_that_only_the_provider_can_read() {
    let secret = "client_secret = { file = \"client\" }";
    let sign_on = SignOn::with(Backend::Sqlite, &json!({}), &Extra::oidc(secret));
    let tokens = sign_on.openid.login("ann");
    let (status, answer) = sign_on.hand_on(&json!({ "access_token": tokens["access_token"] }));
    assert_eq!((status, sign_on.role("ann").as_deref()), (200, Some("Editor")), "{answer}");
    let other = sign_on.openid.login_with(&json!({ "person": "root", "client": "other" }));
    for wrong in [json!("no token"), other["access_token"].clone()] {
        let (status, answer) = sign_on.hand_on(&json!({ "access_token": wrong }));
        assert_eq!((status, sign_on.role("root")), (401, None), "{answer}");
    }
    sign_on.close();
}

/// A signed access token (RFC 9068) for an audience of ours.
#[test]
fn a_signed_access_token_alone() {
    let settings = json!({ "jwtFor": "urn:example:api" });
    let sign_on = SignOn::with(Backend::Sqlite, &settings, &Extra::oidc("audiences = [\"urn:example:api\"]"));
    let tokens = sign_on.openid.login("ann");
    let (status, answer) = sign_on.hand_on(&json!({ "access_token": tokens["access_token"] }));
    assert_eq!((status, sign_on.role("ann").as_deref()), (200, Some("Editor")), "{answer}\n{}", sign_on.said());
    sign_on.close();
}

/// More groups than the token holds: what it does not name is not taken away.
#[test]
fn o21_groups_that_are_elsewhere_are_unknown() {
    let sign_on = SignOn::open(Backend::Sqlite);
    sign_on.login("ann");
    let elsewhere: [Value; 2] = [
        json!({ "hasgroups": true }),
        json!({ "_claim_names": { "groups": "src1" }, "_claim_sources": { "src1": { "endpoint": "http://127.0.0.1:1/" } } }),
    ];
    for more in elsewhere {
        let mut claims = person("ann", &["admins"]);
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        sign_on.openid.person("ann", &claims);
        let answer = sign_on.login("ann");
        assert_eq!(answer["finding"], "incomplete", "{answer}");
        let tables = sign_on.site.tables();
        assert_eq!(tables.team_role("devs", "ann"), Some("member"), "what was there stays");
        assert_eq!(tables.org_role("Main", "ann"), Some("Admin"), "what is named counts");
    }
    sign_on.close();
}

/// What a provider may say of groups, and what it may not say.
#[test]
fn o20_groups_in_every_form() {
    let sign_on = SignOn::open(Backend::Sqlite);
    let with = |groups: &Value| {
        let mut claims = person("ann", &[]);
        match groups {
            Value::Null => drop(claims.as_object_mut().unwrap().remove("groups")),
            groups => claims["groups"] = groups.clone(),
        }
        sign_on.openid.person("ann", &claims);
        let answer = sign_on.login("ann");
        let of = sign_on.site.tables().team_role("devs", "ann").is_some();
        (of, answer["finding"].as_str().unwrap().to_owned())
    };
    let mut many: Vec<String> = (0..1500).map(|n| format!("group {n} of this very large company")).collect();
    many.push("devs".to_owned());
    for (groups, devs, finding) in [
        (json!(["devs", "devs", "DEVS"]), true, "applied"),
        (json!([]), false, "applied"),
        (json!("devs"), true, "applied"),
        // Not said: what there was stays.
        (Value::Null, true, "incomplete"),
        (json!([{ "name": "elsewhere" }]), true, "incomplete"),
        (json!(7), true, "incomplete"),
        (json!(["elsewhere"]), false, "applied"),
        (json!(many), true, "applied"),
    ] {
        let shown = groups.to_string();
        assert_eq!(with(&groups), (devs, finding.to_owned()), "{shown:.60}");
    }
    sign_on.close();
}

/// In the token itself: a call has room for it, and somebody in a hundred thousand groups is in them all.
#[test]
fn o20_a_token_with_a_hundred_thousand_groups() {
    let provider = ScriptedOpenId::start();
    let app = App::beside(Backend::Sqlite, &provider.issuer(), &Extra::default());
    let mut groups: Vec<String> = (0..100_000).map(|n| format!("department-{n:06}")).collect();
    groups.push("devs".to_owned());
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let token = provider.id_token("ann", &groups, &json!({}));
    assert!(token.len() > 2 << 20, "{}", token.len());
    // Whoever waits is answered in time, and told so where it takes longer.
    let answer = app.accepted(&json!({ "id_token": token }));
    assert!(answer["finding"] == "applied" || answer["finding"] == "late", "{answer}");
    let there = || app.site.tables().team_role("devs", "ann") == Some("member");
    assert!(wait_until(60, there), "{}", app.said());
    assert_eq!(app.role("ann").as_deref(), Some("Editor"));
    // Several at once, in turns.
    let port = app.port;
    let mut several = Vec::new();
    for n in 0..8 {
        let token = provider.id_token(&format!("person-{n}"), &groups, &json!({}));
        let body = json!({ "id_token": token }).to_string();
        several.push(thread::spawn(move || ask(port, "POST", "/hooks/v1/app/inline", &[], &body).unwrap().0));
    }
    let several: Vec<u16> = several.into_iter().map(|one| one.join().unwrap()).collect();
    assert!(several.iter().all(|status| *status == 200), "{several:?}\n{}", app.said());
    assert!(wait_until(120, || app.site.tables().users.len() == 9), "{}", app.said());
    // Longer than any token that is believed.
    let (status, answer) = app.hand_on(&json!({ "id_token": "a".repeat((4 << 20) + 1) }));
    assert_eq!((status, &answer["code"]), (401, &json!("token-size")), "{answer}");
    app.close();
}

/// Where the provider is, and whether its keys are any.
#[test]
fn a_check_says_what_was_found() {
    let sign_on = SignOn::open(Backend::Sqlite);
    let said = sign_on.site.run(&["check", "provider", "sso"]).expect(0);
    assert!(said.stdout.contains("UserInfo at") && said.stdout.contains("3 that can verify"), "{}", said.stdout);
    let mut sign_on = sign_on;
    sign_on.openid.stop();
    sign_on.site.run(&["check", "provider", "sso"]).expect(1);
    sign_on.close();
}
