//! Whose tokens they are, how old, and what they say is elsewhere: what a forged or a mixed-up token must not do.

use super::app::{App, Extra};
use crate::world::database::Backend;
use crate::world::scripted_http::{Reply, ScriptedHttp};
use crate::world::scripted_openid::{ACCESS, ScriptedOpenId, now};
use serde_json::{Value, json};

/// A token of no time, of tomorrow, and of last month: `exp` says of each that it counts.
#[test]
fn o05_a_token_that_nobody_can_have_got_just_now_is_refused() {
    let provider = ScriptedOpenId::start();
    let app = App::beside(Backend::Sqlite, &provider.issuer(), &Extra::default());
    let (now, day) = (now(), 86_400);
    let later = now + 60 * day;
    for (iat, exp) in [
        (Value::Null, now + 300),
        (json!(now + day), later),
        (json!(now - 30 * day), later),
        (json!(now.to_string()), later),
        (json!(-1), later),
        (json!(now * 1000), later * 1000),
    ] {
        let token = provider.id_token("ann", &["devs"], &json!({ "iat": iat, "exp": exp }));
        let (status, answer) = app.hand_on(&json!({ "id_token": token }));
        assert_eq!((status, &answer["code"]), (401, &json!("token-time")), "{iat}: {answer}");
    }
    assert!(app.site.tables().users.is_empty());
    // As far as clocks may be apart, and as old as a token may be.
    for iat in [now + 30, now - 3500] {
        let token = provider.id_token("ann", &["devs"], &json!({ "iat": iat, "exp": now + 300 }));
        app.accepted(&json!({ "id_token": token }));
    }
    app.close();
}

/// Whom the provider has authorized with the token (OpenID Connect Core §3.1.3.7, 4 and 5): nobody but our client.
#[test]
fn o13_a_token_that_another_client_asked_for_is_refused() {
    let provider = ScriptedOpenId::start();
    let app = App::beside(Backend::Sqlite, &provider.issuer(), &Extra::oidc("audiences = [\"api\"]"));
    let both = json!(["rosterd", "api"]);
    for (aud, azp) in [
        (json!("rosterd"), json!("other")),
        (json!("rosterd"), json!("")),
        (json!("rosterd"), json!(["rosterd"])),
        (json!("rosterd"), json!("Rosterd")),
        // An audience is no party: the token was made for whoever calls it.
        (both.clone(), json!("api")),
        (both.clone(), json!("other")),
    ] {
        let token = provider.id_token("ann", &["devs"], &json!({ "aud": aud, "azp": azp }));
        let (status, answer) = app.hand_on(&json!({ "id_token": token }));
        assert_eq!((status, &answer["code"]), (401, &json!("token-audience")), "{aud} {azp}: {answer}");
    }
    // Several audiences and nobody who was authorized.
    let token = provider.id_token("ann", &["devs"], &json!({ "aud": both }));
    let (status, answer) = app.hand_on(&json!({ "id_token": token }));
    assert_eq!((status, &answer["code"]), (401, &json!("token-audience")), "{answer}");
    assert!(app.site.tables().users.is_empty());
    for changed in [json!({ "azp": "rosterd" }), json!({ "aud": both, "azp": "rosterd" }), json!({})] {
        app.accepted(&json!({ "id_token": provider.id_token("ann", &["devs"], &changed) }));
    }
    app.close();
}

/// Claims that are elsewhere, or that somebody else has signed (OpenID Connect Core §5.6.2): neither is asked for, and
/// neither counts.
#[test]
fn o22_what_a_token_says_is_elsewhere_is_neither_asked_nor_believed() {
    let elsewhere = ScriptedHttp::start(|_| Reply::new(200, "application/json", "{\"groups\":[\"admins\"]}"));
    let provider = ScriptedOpenId::start();
    let app = App::beside(Backend::Sqlite, &provider.issuer(), &Extra::oidc("private_network = true"));
    let start = now() - 100;
    app.accepted(&json!({ "id_token": provider.id_token("ann", &["devs"], &json!({ "iat": start })) }));
    // Signed by the provider itself, even.
    let signed = provider.id_token("ann", &["admins"], &json!({}));
    let sources = [
        json!({ "endpoint": format!("{}/claims", elsewhere.url()), "access_token": "secret" }),
        json!({ "JWT": signed }),
        json!({ "JWT": signed, "endpoint": format!("{}/keys", elsewhere.url()) }),
    ];
    let mut iat = start;
    for source in sources {
        let said = json!({
            "sub": "ann", "groups": null,
            "_claim_names": { "groups": "src1" }, "_claim_sources": { "src1": source },
        });
        // In the ID token, and in what UserInfo says.
        for (mut id_token, userinfo) in
            [(said.clone(), json!({ "sub": "ann" })), (json!({ "groups": null }), said.clone())]
        {
            iat += 1;
            id_token["iat"] = json!(iat);
            provider.userinfo(&userinfo);
            let tokens = json!({ "id_token": provider.id_token("ann", &[], &id_token), "access_token": ACCESS });
            let answer = app.accepted(&tokens);
            assert_eq!(answer["finding"], "incomplete", "{said}: {answer}");
            assert_eq!(app.role("ann").as_deref(), Some("Editor"), "what there was stays, and nothing is added");
        }
    }
    assert!(elsewhere.asked().is_empty(), "{:?}", elsewhere.asked());
    app.close();
}

/// Tenants of one server (Entra) have the same keys, so that nothing but `iss` tells them apart. The metadata for
/// everybody's tenant names a template, which is nobody's.
#[test]
fn o24_a_token_of_another_tenant_is_refused() {
    let provider = ScriptedOpenId::start();
    let base = provider.issuer();
    let [ours, theirs] = ["a1b2", "c3d4"].map(|tenant| format!("{base}/{tenant}/v2.0"));
    let app = App::beside(Backend::Sqlite, &ours, &Extra::default());
    let token = |iss: &str| json!({ "id_token": provider.id_token("ann", &["devs"], &json!({ "iss": iss })) });
    let template = format!("{base}/{{tenantid}}/v2.0");
    for iss in [&theirs, &template, &base, &format!("{ours}/"), &format!("{base}/common/v2.0")] {
        let (status, answer) = app.hand_on(&token(iss));
        assert_eq!((status, &answer["code"]), (401, &json!("token-issuer")), "{iss}: {answer}");
    }
    assert!(app.site.tables().users.is_empty());
    app.accepted(&token(&ours));
    assert_eq!(app.role("ann").as_deref(), Some("Editor"));
    app.close();

    // The server for everybody says the template; neither the one nor the other, written down, takes anybody in.
    let template = template.as_str();
    for issuer in [format!("{base}/common/v2.0").as_str(), template] {
        provider.metadata(&json!({ "issuer": template }));
        let app = App::beside(Backend::Sqlite, issuer, &Extra::default());
        for iss in [&ours, &theirs] {
            let (status, answer) = app.hand_on(&token(iss));
            let code =
                if issuer == template { (401, json!("token-issuer")) } else { (503, json!("provider-unreachable")) };
            assert_eq!((status, answer["code"].clone()), code, "{issuer}, {iss}: {answer}");
        }
        assert!(app.site.tables().users.is_empty());
        app.close();
    }
}

/// `sub` says who somebody is at one issuer, and nothing about another's people (OpenID Connect Core §5.7).
#[test]
fn o24_one_sub_of_two_issuers_is_two_people() {
    let provider = ScriptedOpenId::start();
    let base = provider.issuer();
    let [first, second] = ["a1b2", "c3d4"].map(|tenant| format!("{base}/{tenant}/v2.0"));
    let more = format!(
        "[providers.second]\nclaims.groups = \"groups\"\non_no_match = \"nothing\"\n\
         [providers.second.oidc]\nissuer = {second:?}\nclient_id = \"rosterd\"\n\
         [hooks.second]\nsender = \"oidc\"\nprovider = \"second\"\n"
    );
    let app = App::beside(Backend::Sqlite, &first, &Extra { more: &more, ..Extra::default() });
    let token = |iss: &str, login: &str, group: &str| {
        let changed = json!({ "iss": iss, "preferred_username": login });
        json!({ "id_token": provider.id_token("248289761001", &[group], &changed) })
    };
    app.accepted(&token(&first, "ann", "devs"));
    let (status, answer) = app.hand_on_to("second", &token(&second, "bob", "elsewhere"));
    assert_eq!((status, &answer["finding"]), (200, &json!("applied")), "{answer}\n{}", app.said());
    let tables = app.site.tables();
    assert_eq!(tables.users.len(), 2, "{:?}", tables.users);
    assert_eq!((app.role("ann").as_deref(), app.role("bob").as_deref()), (Some("Editor"), Some("Viewer")));
    // Each hook takes its own issuer's, whoever calls it.
    assert_eq!(app.hand_on_to("second", &token(&first, "ann", "admins")).0, 401);
    assert_eq!(app.hand_on(&token(&second, "bob", "admins")).0, 401);
    assert_eq!((app.role("ann").as_deref(), app.role("bob").as_deref()), (Some("Editor"), Some("Viewer")));
    app.close();
}

/// An ID token may be for an audience of ours besides; it is held to what is asked of ID tokens all the same.
#[test]
fn o10_an_id_token_is_no_access_token() {
    let provider = ScriptedOpenId::start();
    let oidc = "audiences = [\"urn:example:api\"]\nuserinfo = \"never\"";
    let app = App::beside(Backend::Sqlite, &provider.issuer(), &Extra::oidc(oidc));
    let token = |changed: Value| {
        let mut claims = json!({ "aud": ["other", "urn:example:api"], "azp": "other" });
        claims.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        provider.id_token("ann", &["devs"], &claims)
    };
    for changed in [json!({ "at_hash": "77QmUPtjPfzWtF2AnpK9RQ" }), json!({ "c_hash": "x" }), json!({ "typ": "ID" })] {
        let (status, answer) = app.hand_on(&json!({ "access_token": token(changed.clone()) }));
        assert_eq!((status, &answer["code"]), (401, &json!("token-type")), "{changed}: {answer}");
        let (status, answer) = app.hand_on(&json!({ "id_token": token(changed.clone()) }));
        assert_eq!((status, &answer["code"]), (401, &json!("token-audience")), "{changed}: {answer}");
    }
    assert!(app.site.tables().users.is_empty());
    app.accepted(&json!({ "access_token": token(json!({ "typ": "Bearer" })) }));
    assert_eq!(app.role("ann").as_deref(), Some("Editor"));
    app.close();
}
