//! An OpenID provider that says what a test has it say: what is forged, late, or contradicts itself. Whoever comes to
//! `/authorize` is somebody already, and is sent back with a code; its tokens are made by [`ScriptedOpenId::id_token`].

use super::scripted_http::{Asked, Reply, ScriptedHttp};
use super::signing::Key;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

const METADATA: &str = "/.well-known/openid-configuration";
const JSON: &str = "application/json";
/// The access token that UserInfo is asked with.
pub const ACCESS: &str = "access-token";

/// The code of each login.
pub const CODE: &str = "the-code";

/// What it says.
#[derive(Debug)]
struct Script {
    base: String,
    /// Instead of, or beside, what its metadata would be.
    metadata: Value,
    keys: Value,
    userinfo: Reply,
    /// For any code and any refresh token.
    tokens: Reply,
}

#[derive(Debug)]
pub struct ScriptedOpenId {
    http: ScriptedHttp,
    script: Arc<Mutex<Script>>,
    /// What it signs with, until a test takes another.
    pub key: Key,
}

impl ScriptedOpenId {
    /// With one key for RS256, and no answer of UserInfo.
    pub fn start() -> Self {
        let key = Key::rs256("first");
        let script = Arc::new(Mutex::new(Script {
            base: String::new(),
            metadata: json!({}),
            keys: json!({ "keys": [key.public()] }),
            userinfo: Reply::new(404, JSON, "{}"),
            tokens: Reply::new(400, JSON, r#"{"error":"invalid_request"}"#),
        }));
        let shared = Arc::clone(&script);
        let http = ScriptedHttp::start(move |asked| answer(&shared.lock().unwrap(), asked));
        script.lock().unwrap().base = http.url();
        Self { http, script, key }
    }

    pub fn issuer(&self) -> String {
        self.http.url()
    }

    /// Changes its metadata: `null` for what is left out.
    pub fn metadata(&self, changed: &Value) {
        self.script.lock().unwrap().metadata = changed.clone();
    }

    /// The keys that can be fetched from now on.
    pub fn keys(&self, keys: &[Value]) {
        self.script.lock().unwrap().keys = json!({ "keys": keys });
    }

    /// What UserInfo says from now on.
    pub fn userinfo(&self, claims: &Value) {
        self.userinfo_as(JSON, &claims.to_string());
    }

    /// The same in another form.
    pub fn userinfo_as(&self, kind: &str, body: &str) {
        self.script.lock().unwrap().userinfo = Reply::new(200, kind, body);
    }

    /// What the token endpoint says from now on.
    pub fn tokens(&self, tokens: &Value) {
        self.script.lock().unwrap().tokens = Reply::new(200, JSON, tokens.to_string());
    }

    /// It takes no code and no refresh token from now on (RFC 6749 §5.2).
    pub fn refuses(&self) {
        self.script.lock().unwrap().tokens = Reply::new(400, JSON, r#"{"error":"invalid_grant"}"#);
    }

    /// What an ID token of this moment says of somebody in these groups; `changed` where a test says otherwise, `null`
    /// for what is left out.
    pub fn claims(&self, person: &str, groups: &[&str], changed: &Value) -> Value {
        let now = now();
        let claims = json!({
            "iss": self.issuer(), "aud": "rosterd", "sub": person, "iat": now, "exp": now + 300,
            "preferred_username": person, "groups": groups,
        });
        with(claims, changed)
    }

    /// The same as a token that its key has signed.
    pub fn id_token(&self, person: &str, groups: &[&str], changed: &Value) -> String {
        self.key.token(&self.claims(person, groups, changed))
    }

    /// How often it was asked for this path.
    pub fn asked(&self, path: &str) -> usize {
        self.http.asked().iter().filter(|asked| asked.path() == path).count()
    }

    /// The last request for it.
    pub fn last(&self, path: &str) -> Option<Asked> {
        self.http.asked().into_iter().rfind(|asked| asked.path() == path)
    }

    /// What was sent to it each time.
    pub fn forms(&self, path: &str) -> Vec<BTreeMap<String, String>> {
        self.http.asked().iter().filter(|asked| asked.path() == path).map(Asked::form).collect()
    }

    /// What came with the last request for it (`Authorization`).
    pub fn authorization(&self, path: &str) -> Option<String> {
        self.last(path).map(|asked| asked.authorization)
    }
}

/// Everything below any path is an issuer, so that a server may have several, with the same keys.
fn answer(script: &Script, asked: &Asked) -> Reply {
    let base = &script.base;
    match asked.path() {
        "/keys" => Reply::new(200, JSON, script.keys.to_string()),
        "/userinfo" => script.userinfo.clone(),
        "/token" => script.tokens.clone(),
        "/authorize" => {
            let query = asked.query();
            let code = [("code", CODE), ("state", &query["state"]), ("iss", base)];
            back(&query["redirect_uri"], &code)
        }
        // Whoever logs out is not asked whether it is meant.
        "/logout" => {
            let query = asked.query();
            let state = query.get("state").map(|state| ("state", state.as_str()));
            back(&query["post_logout_redirect_uri"], state.as_slice())
        }
        path => match path.strip_suffix(METADATA) {
            Some(below) => {
                let metadata = json!({
                    "issuer": format!("{base}{below}"), "jwks_uri": format!("{base}/keys"),
                    "userinfo_endpoint": format!("{base}/userinfo"), "token_endpoint": format!("{base}/token"),
                    "authorization_endpoint": format!("{base}/authorize"),
                    "end_session_endpoint": format!("{base}/logout"),
                });
                Reply::new(200, JSON, with(metadata, &script.metadata).to_string())
            }
            None => Reply::new(404, JSON, "{}"),
        },
    }
}

fn back(to: &str, said: &[(&str, &str)]) -> Reply {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish();
    Reply::new(303, "text/plain", "").with("location", &format!("{to}?{query}"))
}

fn with(mut value: Value, changed: &Value) -> Value {
    let all = value.as_object_mut().unwrap();
    for (name, value) in changed.as_object().unwrap() {
        match value {
            Value::Null => drop(all.remove(name)),
            value => drop(all.insert(name.clone(), value.clone())),
        }
    }
    value
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}
