//! What a person who waits is answered, in the sender's own form.
//!
//! Nothing of it is decided here: it says what the tables say, less where a hook is told to say less.

use super::looking::{OrgNow, PersonNow};
use super::shapes::Shape;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use rosterd_core::lifecycle::{self, Access, Answer};
use rosterd_core::rights::{OrgRole, TeamRole};
use serde_json::{Value, json};

/// What is said of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// What they have; `complete`: as the provider says now.
    Person { person: Box<PersonNow>, finding: &'static str, complete: bool },
    /// Nothing: they are not known, or it is not known what they have.
    Nothing { finding: &'static str },
    /// The login is refused.
    Deny { reason: &'static str },
}

impl Verdict {
    /// Somebody who is suspended is refused, whatever they had.
    pub(crate) fn person(person: PersonNow, finding: &'static str, complete: bool) -> Self {
        match lifecycle::may(person.kind, person.state.into(), Access::Session) {
            Answer::Yes => Self::Person { person: Box::new(person), finding, complete },
            Answer::No | Answer::When(_) => Self::Deny { reason: "suspended" },
        }
    }
}

/// The least that keeps a login useful: Viewer where they were more, no teams, no server admin.
pub(crate) fn minimal(mut person: PersonNow) -> PersonNow {
    person.server_admin = false;
    person.teams.clear();
    for org in &mut person.orgs {
        org.role = org.role.min(OrgRole::Viewer);
    }
    person
}

/// The answer.
pub(crate) fn render(shape: Shape, verdict: &Verdict) -> Response<Body> {
    match shape {
        Shape::Plain => plain(verdict),
        Shape::OktaToken | Shape::OktaSaml => json_answer(StatusCode::OK, &okta(shape, verdict)),
        Shape::Entra => entra(verdict),
        Shape::Kratos => kratos(verdict),
        Shape::ZitadelClaims | Shape::ZitadelPass => zitadel(shape, verdict),
        Shape::ForwardAuth => forward_auth(verdict),
    }
}

pub(crate) fn json_answer(status: StatusCode, value: &Value) -> Response<Body> {
    let mut answer = Response::new(Body::from(value.to_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // What somebody has is nobody else's and true for now only.
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn plain(verdict: &Verdict) -> Response<Body> {
    let (status, value) = match verdict {
        Verdict::Person { person, finding, complete } => {
            (StatusCode::OK, json!({ "finding": finding, "complete": complete, "person": person_json(person) }))
        }
        Verdict::Nothing { finding } => {
            (StatusCode::OK, json!({ "finding": finding, "complete": false, "person": null }))
        }
        Verdict::Deny { reason } => (StatusCode::FORBIDDEN, json!({ "finding": "denied", "reason": reason })),
    };
    json_answer(status, &value)
}

fn person_json(person: &PersonNow) -> Value {
    let org = |org: &OrgNow| json!({ "id": org.id, "name": org.name, "role": org.role.name() });
    json!({
        "id": person.id, "subject": person.subject, "login": person.login, "name": person.name,
        "email": person.email, "state": person.state.name(), "server_admin": person.server_admin,
        "orgs": person.orgs.iter().map(org).collect::<Vec<_>>(),
        "teams": person.teams.iter().map(|team| json!({
            "id": team.id, "org": team.org, "name": team.name, "role": team.role.name(),
        })).collect::<Vec<_>>(),
        "groups": person.groups,
    })
}

/// The claims that senders who mint tokens are given.
struct Said {
    orgs: Vec<String>,
    teams: Vec<String>,
    server_admin: bool,
}

fn said(person: &PersonNow) -> Said {
    let team = |role: TeamRole| if role == TeamRole::Admin { ":admin" } else { "" };
    Said {
        orgs: person.orgs.iter().map(|org| format!("{}:{}", org.name, org.role.name())).collect(),
        teams: person.teams.iter().map(|one| format!("{}/{}{}", one.org, one.name, team(one.role))).collect(),
        server_admin: person.server_admin,
    }
}

/// `commands`, or `error`, on which Okta refuses the token.
fn okta(shape: Shape, verdict: &Verdict) -> Value {
    let person = match verdict {
        Verdict::Person { person, .. } => person,
        Verdict::Nothing { .. } => return json!({ "commands": [] }),
        Verdict::Deny { .. } => return json!({ "error": { "errorSummary": "rosterd refuses this login" } }),
    };
    let said = said(person);
    let claims = [
        ("rosterd_orgs", json!(said.orgs)),
        ("rosterd_teams", json!(said.teams)),
        ("rosterd_server_admin", json!(said.server_admin)),
    ];
    if shape == Shape::OktaToken {
        let patches: Vec<Value> = claims
            .iter()
            .map(|(name, value)| json!({ "op": "add", "path": format!("/claims/{name}"), "value": value }))
            .collect();
        return json!({ "commands": [
            { "type": "com.okta.identity.patch", "value": patches },
            { "type": "com.okta.access.patch", "value": patches },
        ] });
    }
    let texts = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        other => vec![Value::String(other.to_string())],
    };
    let patches: Vec<Value> = claims
        .iter()
        .filter(|(_, value)| value.as_array().is_none_or(|items| !items.is_empty()))
        .map(|(name, value)| {
            let values: Vec<Value> = texts(value)
                .into_iter()
                .map(|text| json!({ "attributes": { "xsi:type": "xs:string" }, "value": text }))
                .collect();
            let format = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";
            let value = json!({ "attributes": { "NameFormat": format }, "attributeValues": values });
            json!({ "op": "add", "path": format!("/claims/{name}"), "value": value })
        })
        .collect();
    json!({ "commands": [{ "type": "com.okta.assertion.patch", "value": patches }] })
}

/// Entra takes no claims above 3 KB; all it says fits, or it says that it does not.
const ENTRA_MOST: usize = 2800;

fn entra(verdict: &Verdict) -> Response<Body> {
    let claims = match verdict {
        Verdict::Person { person, .. } => {
            let said = said(person);
            let all = json!({
                "rosterd_orgs": said.orgs, "rosterd_teams": said.teams,
                "rosterd_server_admin": said.server_admin.to_string(),
            });
            if all.to_string().len() <= ENTRA_MOST {
                all
            } else {
                let without = json!({
                    "rosterd_orgs": said.orgs, "rosterd_server_admin": said.server_admin.to_string(),
                    "rosterd_partial": "true",
                });
                if without.to_string().len() <= ENTRA_MOST { without } else { json!({ "rosterd_partial": "true" }) }
            }
        }
        Verdict::Nothing { .. } => json!({}),
        // There is no word for it: a call that fails is a login that fails.
        Verdict::Deny { .. } => return plain(verdict),
    };
    let value = json!({ "data": {
        "@odata.type": "microsoft.graph.onTokenIssuanceStartResponseData",
        "actions": [{
            "@odata.type": "microsoft.graph.tokenIssuanceStart.provideClaimsForToken",
            "claims": claims,
        }],
    } });
    json_answer(StatusCode::OK, &value)
}

/// Kratos ends the login with the messages of an answer that is not 2xx.
fn kratos(verdict: &Verdict) -> Response<Body> {
    if !matches!(verdict, Verdict::Deny { .. }) {
        return plain(verdict);
    }
    let message = json!({ "id": 4_100_001, "text": "This account may not log in.", "type": "error" });
    json_answer(StatusCode::FORBIDDEN, &json!({ "messages": [{ "instance_ptr": "#/", "messages": [message] }] }))
}

/// Zitadel hands on an error that is answered 200 with `forwardedStatusCode`.
fn zitadel(shape: Shape, verdict: &Verdict) -> Response<Body> {
    let value = match verdict {
        Verdict::Deny { .. } => {
            json!({ "forwardedStatusCode": 403, "forwardedErrorMessage": "rosterd refuses this login" })
        }
        // A body would replace the request or response.
        _ if shape == Shape::ZitadelPass => {
            let mut answer = Response::new(Body::empty());
            answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            return answer;
        }
        Verdict::Person { person, .. } => {
            let said = said(person);
            json!({ "append_claims": [
                { "key": "rosterd_orgs", "value": said.orgs },
                { "key": "rosterd_teams", "value": said.teams },
                { "key": "rosterd_server_admin", "value": said.server_admin },
            ] })
        }
        Verdict::Nothing { .. } => json!({}),
    };
    json_answer(StatusCode::OK, &value)
}

/// How long a header becomes: proxies hold 4 KB or 8 KB of all headers together.
const HEADER_MOST: usize = 3000;

fn forward_auth(verdict: &Verdict) -> Response<Body> {
    let person = match verdict {
        Verdict::Person { person, .. } => person,
        // A proxy that hears 2xx lets the person in.
        Verdict::Nothing { .. } => return plain(&Verdict::Deny { reason: "unknown" }),
        Verdict::Deny { .. } => return plain(verdict),
    };
    let mut answer = Response::new(Body::empty());
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let said = said(person);
    put(headers, "remote-user", &escaped(&person.login));
    put(headers, "remote-name", &escaped(&person.name));
    put(headers, "remote-email", &escaped(&person.email));
    put(headers, "remote-groups", &list(&person.groups));
    put(headers, "x-rosterd-user-id", &person.id.to_string());
    put(headers, "x-rosterd-orgs", &list(&said.orgs));
    put(headers, "x-rosterd-teams", &list(&said.teams));
    put(headers, "x-rosterd-server-admin", &said.server_admin.to_string());
    answer
}

/// Always sets the header, so that one of that name from outside is replaced, never passed on.
fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    let value = HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""));
    headers.insert(HeaderName::from_static(name), value);
}

/// Separated by commas; as many as fit, whole.
fn list(items: &[String]) -> String {
    let mut out = String::new();
    for item in items {
        let item = escaped(item);
        if out.len() + item.len() + 1 > HEADER_MOST {
            break;
        }
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str(&item);
    }
    out
}

/// A name as a part of a header: what is not printable ASCII, and `%` and `,`, percent-encoded
/// (RFC 3986, 2.1). Line ends can't get through, nor can one name become two.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && byte != b'%' && byte != b',' || byte == b' ' {
            out.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests;
