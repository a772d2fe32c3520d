//! From a verified text to who it is about: pointers, kinds of events, times.

use super::proof::sha256;
use crate::config::{Hook, LoginProtocol, Pointer, Secret};
use crate::hooks::looking::{PersonKey, Said};
use crate::hooks::refusal::{Refusal, unreadable};
use crate::hooks::shapes::Shape;
use crate::jose::{self, Keys};
use axum::http::{HeaderMap, Method};
use rosterd_core::ids::Timestamp;
use serde_json::{Map, Value, json};

/// The longest key of a person, in bytes.
const LONGEST_KEY: usize = 512;
/// The longest id that is kept as it is; of a longer one its hash.
const LONGEST_ID: usize = 200;
/// The longest kind of an event.
const LONGEST_KIND: usize = 100;
/// The most groups that somebody is said to be in.
const MOST_GROUPS: usize = 5000;

/// A call, as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// What a call is read with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) hook: &'a Hook,
    pub(crate) secrets: &'a [Secret],
    /// The issuer's keys, where the sender signs with tokens.
    pub(crate) keys: Option<&'a Keys>,
    /// Set where the provider is known by its logins: what the event says is believed.
    pub(crate) source: Option<LoginProtocol>,
    pub(crate) now: Timestamp,
}

/// What a verified call says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verified {
    /// The sender wants to hear this back, once, before it sends anything.
    Challenge(String),
    Events {
        events: Vec<Event>,
        /// How many more there were that are not wanted or name nobody.
        ignored: usize,
        shape: Shape,
    },
}

/// Something happened to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// The sender's id of it, if it has one.
    pub(crate) id: Option<String>,
    pub(crate) kind: String,
    /// When the sender says it was, never later than now.
    pub(crate) at: Option<Timestamp>,
    pub(crate) login: Login,
    /// Of what it was read from.
    pub(crate) hash: [u8; 32],
}

/// Who an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) key: PersonKey,
    /// What a signed source says.
    pub(crate) said: Option<Said>,
}

/// Where a sender puts things, where nobody says otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Form {
    pub(crate) subject: Option<&'static str>,
    pub(crate) login: Option<&'static str>,
    pub(crate) email: Option<&'static str>,
    pub(crate) name: Option<&'static str>,
    pub(crate) id: Option<&'static str>,
    pub(crate) kind: Option<&'static str>,
    pub(crate) time: Option<&'static str>,
}

/// A body's JSON.
pub(crate) fn parse(body: &[u8]) -> Result<Value, Refusal> {
    jose::parse(body, jose::FEW).map_err(|_| unreadable("body"))
}

/// The one event that a body is.
pub(crate) fn one(body: &[u8], given: &Given<'_>, form: &Form, id: Option<&str>) -> Result<Verified, Refusal> {
    let event = event(&parse(body)?, given, form, id, sha256(body));
    Ok(one_as(event, Shape::Plain))
}

/// The same, answered in another shape.
pub(crate) fn one_as(event: Option<Event>, shape: Shape) -> Verified {
    let ignored = usize::from(event.is_none());
    Verified::Events { events: event.into_iter().collect(), ignored, shape }
}

/// Reads an event; nothing if its kind is not wanted or it names nobody.
pub(crate) fn event(root: &Value, given: &Given<'_>, form: &Form, id: Option<&str>, hash: [u8; 32]) -> Option<Event> {
    let hook = given.hook;
    let at = |own: &Option<Pointer>, default: Option<&str>| {
        own.as_ref().map(Pointer::as_str).or(default).and_then(|pointer| root.pointer(pointer))
    };
    let kind = at(&hook.event, form.kind).and_then(Value::as_str).unwrap_or("login");
    let kind: String = kind.chars().filter(|c| !c.is_control()).take(LONGEST_KIND).collect();
    if !wanted(&hook.events, &kind) {
        return None;
    }
    let login = login(root, given, form)?;
    let id = if hook.id.is_some() { None } else { id.map(str::to_owned) };
    let id = id.or_else(|| text(at(&hook.id, form.id))).map(|id| kept_id(&id));
    // A sender whose clock is ahead must not shut out what comes after.
    let at = at(&hook.time, form.time).and_then(millis).map(|at| at.min(given.now));
    Some(Event { id, kind, at, login, hash })
}

/// An id as it is kept and shown: without what a terminal obeys, and not without end.
fn kept_id(id: &str) -> String {
    if id.len() <= LONGEST_ID && !id.chars().any(char::is_control) {
        return id.to_owned();
    }
    format!("sha256:{}", rosterd_core::text::hex(&sha256(id.as_bytes())))
}

fn wanted(events: &[String], kind: &str) -> bool {
    let fits = |pattern: &String| match pattern.strip_suffix('*') {
        Some(start) => kind.starts_with(start),
        None => pattern == kind,
    };
    events.is_empty() || events.iter().any(fits)
}

fn login(root: &Value, given: &Given<'_>, form: &Form) -> Option<Login> {
    let own = given.hook.person.as_ref();
    let find = |own: Option<&Pointer>, default: Option<&str>| {
        let pointer = if given.hook.person.is_some() { own.map(Pointer::as_str) } else { default };
        text(pointer.and_then(|pointer| root.pointer(pointer)))
    };
    let subject = find(own.and_then(|p| p.subject.as_ref()), form.subject);
    let login = find(own.and_then(|p| p.login.as_ref()), form.login);
    let email = find(own.and_then(|p| p.email.as_ref()), form.email);
    let Some(protocol) = given.source else {
        // A sender's own id is the provider's only where somebody says so.
        let subject = subject.filter(|_| own.is_some() || (form.login.is_none() && form.email.is_none()));
        let key = subject.map(PersonKey::Subject).or(login.map(PersonKey::Login)).or(email.map(PersonKey::Email))?;
        return Some(Login { key, said: None });
    };
    let subject = subject?;
    let said = Said {
        login: login.or_else(|| email.clone()).unwrap_or_else(|| subject.clone()),
        name: find(own.and_then(|p| p.name.as_ref()), form.name),
        email,
        groups: groups(root, given),
        claims: claims(root, given, protocol),
        subject: subject.clone(),
        missing: Vec::new(),
        at: None,
        until: None,
    };
    Some(Login { key: PersonKey::Subject(subject), said: Some(said) })
}

/// A text or a whole number that can name somebody.
fn text(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.clone(),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        _ => return None,
    };
    let fits = !text.trim().is_empty() && text.len() <= LONGEST_KEY && !text.chars().any(char::is_control);
    fits.then_some(text)
}

/// Absent and damaged lists are unknown; only a list is a list.
fn groups(root: &Value, given: &Given<'_>) -> Option<Vec<String>> {
    let items = root.pointer(given.hook.groups.as_ref()?.as_str())?.as_array()?;
    if items.len() > MOST_GROUPS {
        return None;
    }
    items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

fn claims(root: &Value, given: &Given<'_>, protocol: LoginProtocol) -> Option<String> {
    let claims = root.pointer(given.hook.claims.as_ref()?.as_str())?.as_object()?;
    let source = match protocol {
        LoginProtocol::Oidc | LoginProtocol::Jwt => "id_token",
        LoginProtocol::Oauth => "userinfo",
        LoginProtocol::Saml => "assertion",
        LoginProtocol::Proxy => "attributes",
    };
    Some(json!({ source: claims }).to_string())
}

/// RFC 3339, or Unix time in seconds or milliseconds.
pub(crate) fn millis(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => {
            let parsed: Option<jiff::Timestamp> = text.parse().ok();
            parsed.map(|at| Timestamp(at.as_millisecond()))
        }
        // 100,000,000,000 seconds are the year 5138.
        Value::Number(number) => match number.as_i64()? {
            n if n.unsigned_abs() < 100_000_000_000 => Some(Timestamp(n * 1000)),
            n => Some(Timestamp(n)),
        },
        _ => None,
    }
}

/// Groups in a header: separated by commas, blanks around them.
pub(crate) fn group_list(text: &str) -> Value {
    text.split(',').map(str::trim).filter(|group| !group.is_empty()).take(MOST_GROUPS).collect()
}

/// What was not said; nothing in what was kept before that was known.
fn missing(said: &Value) -> Vec<(String, String)> {
    let pair = |pair: &Value| Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned()));
    said.get("missing").and_then(Value::as_array).into_iter().flatten().filter_map(pair).collect()
}

/// A verified call about this person. What is wrong with the stored text is ours.
impl Login {
    /// As it is kept: JSON.
    pub(crate) fn to_json(&self) -> String {
        let (by, key) = self.by();
        let mut out = Map::new();
        out.insert("by".to_owned(), by.into());
        out.insert("key".to_owned(), key.into());
        if let Some(said) = &self.said {
            let said = json!({
                "subject": said.subject, "login": said.login, "name": said.name, "email": said.email,
                "groups": said.groups, "claims": said.claims, "missing": said.missing,
                "until": said.until.map(|at| at.0),
            });
            out.insert("said".to_owned(), said);
        }
        Value::Object(out).to_string()
    }

    /// What [`Self::to_json`] made.
    pub(crate) fn from_json(json: &str) -> Result<Self, Refusal> {
        let root: Value = serde_json::from_str(json).map_err(|_| unreadable("kept"))?;
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let key = text(&root, "key").ok_or(unreadable("kept"))?;
        let key = match root.get("by").and_then(Value::as_str) {
            Some("subject") => PersonKey::Subject(key),
            Some("login") => PersonKey::Login(key),
            Some("email") => PersonKey::Email(key),
            _ => return Err(unreadable("kept")),
        };
        let said = root.get("said").map(|said| -> Option<Said> {
            let groups = said.get("groups").and_then(Value::as_array);
            let groups = groups.map(|items| items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect());
            Some(Said {
                subject: text(said, "subject")?,
                login: text(said, "login")?,
                name: text(said, "name"),
                email: text(said, "email"),
                groups,
                claims: text(said, "claims"),
                missing: missing(said),
                at: None,
                until: said.get("until").and_then(Value::as_i64).map(Timestamp),
            })
        });
        match said {
            Some(None) => Err(unreadable("kept")),
            said => Ok(Self { key, said: said.flatten() }),
        }
    }

    fn by(&self) -> (&'static str, &str) {
        match &self.key {
            PersonKey::Subject(key) => ("subject", key),
            PersonKey::Login(key) => ("login", key),
            PersonKey::Email(key) => ("email", key),
            PersonKey::Dn(key) => ("dn", key),
        }
    }

    /// The person as one text, equal where they are looked for by the same.
    pub(crate) fn person(&self) -> String {
        let (by, key) = self.by();
        if by == "email" { format!("{by}:{}", key.to_lowercase()) } else { format!("{by}:{key}") }
    }
}
