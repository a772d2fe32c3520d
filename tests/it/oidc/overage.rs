//! Groups that are elsewhere, asked for at a place that the configuration names: Microsoft Graph, played by a script.

use super::app::{App, Extra};
use crate::world::database::Backend;
use crate::world::scripted_http::{Asked, Reply, ScriptedHttp};
use crate::world::scripted_openid::ScriptedOpenId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::cell::Cell;
use std::sync::{Arc, Mutex};

const JSON: &str = "application/json";
const PLACE: &str = "/users/1-ann/groups";

type Answers = Box<dyn Fn(&Asked) -> Reply + Send>;

/// A provider, where its people's groups are, and an application.
struct Graph {
    provider: ScriptedOpenId,
    http: ScriptedHttp,
    answers: Arc<Mutex<Answers>>,
    app: App,
    logins: Cell<u32>,
}

impl Graph {
    fn open() -> Self {
        let provider = ScriptedOpenId::start();
        provider.tokens(&json!({ "access_token": "graph", "token_type": "Bearer", "expires_in": 3600 }));
        let answers: Arc<Mutex<Answers>> = Arc::new(Mutex::new(Box::new(|_| Reply::new(404, JSON, "{}"))));
        let shared = Arc::clone(&answers);
        let http = ScriptedHttp::start(move |asked| (shared.lock().unwrap())(asked));
        let oidc = format!(
            "client_secret = {{ file = \"client\" }}\n\
             overage = {{ url = \"{}/users/{{oid}}/groups?$select=id\", scope = \"{0}/.default\" }}",
            http.url()
        );
        let app = App::beside(Backend::Sqlite, &provider.issuer(), &Extra::oidc(&oidc));
        Self { provider, http, answers, app, logins: Cell::new(0) }
    }

    fn answers(&self, answers: impl Fn(&Asked) -> Reply + Send + 'static) {
        *self.answers.lock().unwrap() = Box::new(answers);
    }

    /// Somebody logs in whose token says this besides; the finding.
    #[track_caller]
    fn login(&self, person: &str, said: &Value) -> String {
        self.logins.set(self.logins.get() + 1);
        let mut claims = json!({ "oid": format!("1-{person}"), "jti": self.logins.get().to_string(), "groups": null });
        claims.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        let answer = self.app.accepted(&json!({ "id_token": self.provider.id_token(person, &[], &claims) }));
        answer["finding"].as_str().unwrap().to_owned()
    }

    fn is_a_dev(&self) -> bool {
        self.app.site.tables().team_role("devs", "ann").is_some()
    }

    fn asked(&self) -> Vec<Asked> {
        self.http.asked()
    }
}

fn page(groups: &[&str], next: Option<&str>) -> Reply {
    let groups: Vec<Value> = groups.iter().map(|group| json!({ "id": group, "@odata.type": "#group" })).collect();
    let mut page = json!({ "value": groups });
    page.as_object_mut().unwrap().extend(next.map(|next| ("@odata.nextLink".to_owned(), json!(next))));
    Reply::new(200, JSON, page.to_string())
}

#[test]
fn o21_groups_that_are_elsewhere_are_asked_for_where_the_configuration_says() {
    let graph = Graph::open();
    // Somebody has to be left.
    graph.login("root", &json!({ "groups": ["admins", "devs"] }));
    assert_eq!(graph.login("ann", &json!({ "groups": ["devs"] })), "applied");
    assert!(graph.is_a_dev() && graph.asked().is_empty(), "all groups are in the token");

    let elsewhere = ScriptedHttp::start(|_| page(&["devs"], None));
    let place = graph.http.url();
    graph.answers(move |asked| match asked.query().get("$skiptoken").map(String::as_str) {
        None => page(&["elsewhere"], Some(&format!("{place}{PLACE}?$skiptoken=2"))),
        Some("2") => page(&[], Some(&format!("{place}{PLACE}?$skiptoken=3"))),
        Some(_) => page(&["admins"], None),
    });
    for said in [
        json!({ "hasgroups": true }),
        json!({ "_claim_names": { "groups": "src1" }, "_claim_sources": { "src1": { "endpoint": elsewhere.url() } } }),
    ] {
        assert_eq!(graph.login("ann", &said), "applied", "{}", graph.app.said());
        // All that they are in, and nothing that was before.
        assert_eq!((graph.app.role("ann").as_deref(), graph.is_a_dev()), (Some("Admin"), false));
    }
    assert!(elsewhere.asked().is_empty(), "what the token names is never asked");
    let asked = graph.asked();
    assert_eq!((asked.len(), asked[0].target.as_str()), (6, "/users/1-ann/groups?$select=id"));
    assert!(asked.iter().all(|asked| asked.authorization == "Bearer graph"));
    // One token for both.
    let forms = graph.provider.forms("/token");
    assert_eq!(forms.len(), 1);
    assert_eq!(forms[0]["grant_type"], "client_credentials");
    assert_eq!(forms[0]["scope"], format!("{}/.default", graph.http.url()));
    let basic = format!("Basic {}", STANDARD.encode("rosterd:rosterd-secret"));
    assert_eq!(graph.provider.authorization("/token"), Some(basic));
    graph.app.close();
}

/// Whatever is not a whole answer says nothing: nothing is taken.
#[test]
fn o21_groups_that_cannot_be_asked_for_are_unknown() {
    let graph = Graph::open();
    graph.login("root", &json!({ "groups": ["admins", "devs"] }));
    graph.login("ann", &json!({ "groups": ["devs"] }));
    let (here, other) = (graph.http.url(), ScriptedHttp::start(|_| page(&["admins"], None)));
    let next = |to: String| {
        move |asked: &Asked| match asked.target.contains("more") {
            true => Reply::new(500, JSON, "{}"),
            false => page(&["admins"], Some(&to)),
        }
    };
    let text = |status: u16, text: &'static str| move |_: &Asked| Reply::new(status, JSON, text);
    let all: Vec<(&str, Answers)> = vec![
        ("down", Box::new(text(500, "{}"))),
        ("forbidden", Box::new(text(403, "{}"))),
        ("throttled", Box::new(text(429, "{}"))),
        ("a redirect", Box::new(|_| Reply::new(302, JSON, "").with("location", "/users/1-ann/more"))),
        ("no JSON", Box::new(text(200, "<html>"))),
        ("no list", Box::new(text(200, r#"{"value":{"id":"admins"}}"#))),
        ("an error", Box::new(text(200, r#"{"error":{"code":"x"}}"#))),
        ("no name", Box::new(text(200, r#"{"value":[{"id":"admins"},{"displayName":"x"}]}"#))),
        ("null", Box::new(text(200, r#"{"value":[{"id":null}]}"#))),
        ("a page that is cut", Box::new(|_| Reply { cut: Some(10), ..page(&["admins"], None) })),
        ("another host", Box::new(next(format!("{}{PLACE}", other.url())))),
        ("a page that fails", Box::new(next(format!("{here}{PLACE}?more=1")))),
        ("no end", Box::new(move |_| page(&["admins"], Some(&format!("{here}{PLACE}?again=1"))))),
    ];
    for (what, answers) in all {
        *graph.answers.lock().unwrap() = answers;
        assert_eq!(graph.login("ann", &json!({ "hasgroups": true })), "incomplete", "{what}");
        assert_eq!((graph.app.role("ann").as_deref(), graph.is_a_dev()), (Some("Editor"), true), "{what}");
    }
    assert!(other.asked().is_empty(), "no token of ours goes to another host");
    // Nobody says whose groups they are, or as somebody else.
    graph.answers(|_| page(&["admins"], None));
    let before = graph.asked().len();
    for oid in [Value::Null, json!(["1-ann"]), json!(".."), json!("")] {
        assert_eq!(graph.login("ann", &json!({ "hasgroups": true, "oid": oid })), "incomplete", "{oid}");
    }
    assert_eq!(graph.asked().len(), before);
    assert_eq!(graph.login("ann", &json!({ "hasgroups": true })), "applied", "{}", graph.app.said());
    assert_eq!((graph.app.role("ann").as_deref(), graph.is_a_dev()), (Some("Admin"), false));
    graph.app.close();
}

/// The access token may end before its time, or not be had at all.
#[test]
fn o21_an_access_token_that_has_ended_is_had_anew() {
    let graph = Graph::open();
    graph.answers(|asked| match asked.authorization.as_str() {
        "Bearer second" => page(&["admins"], None),
        _ => Reply::new(401, JSON, "{}"),
    });
    graph.login("ann", &json!({ "groups": ["devs"] }));
    assert_eq!(graph.login("ann", &json!({ "hasgroups": true })), "incomplete");
    assert_eq!(graph.provider.forms("/token").len(), 2, "once anew, and not for ever");
    graph.provider.tokens(&json!({ "access_token": "second", "token_type": "Bearer", "expires_in": 3600 }));
    assert_eq!(graph.login("ann", &json!({ "hasgroups": true })), "applied", "{}", graph.app.said());
    assert_eq!(graph.app.role("ann").as_deref(), Some("Admin"));
    graph.app.close();
}
