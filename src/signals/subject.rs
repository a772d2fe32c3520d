//! Who is meant by the subject of an event (RFC 9493; complex subjects: SSF 1.0 §3). Pure.

use crate::config::NamedBy;
use crate::hooks::PersonKey;
use serde_json::{Map, Value};

/// The longest name of somebody.
const LONGEST: usize = 512;
/// The most names of one person that are looked at.
const ALIASES: usize = 20;

/// What names are here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// Whose `iss_sub` counts.
    pub(super) issuer: String,
    pub(super) iss_sub: NamedBy,
    pub(super) opaque: NamedBy,
    pub(super) account: NamedBy,
    pub(super) email: NamedBy,
    /// Whether an e-mail address says who somebody is.
    pub(super) believed: bool,
}

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whom {
    Person(PersonKey),
    /// Whoever has this session, by the provider's own id of it.
    Session(String),
    Nobody,
}

/// Who is meant: by `sub_id` of the token, or `subject` of the event, where it was before SSF 1.0.
pub(super) fn whom(sub_id: Option<&Value>, event: &Map<String, Value>, names: &Names) -> Whom {
    let Some(Value::Object(subject)) = sub_id.or_else(|| event.get("subject")) else { return Whom::Nobody };
    let format = format(subject);
    if format.as_deref() == Some("complex") || (format.is_none() && subject.values().any(Value::is_object)) {
        return complex(subject, names);
    }
    person(subject, names).map_or(Whom::Nobody, Whom::Person)
}

/// Of one that is put together, the user; where only a session is named, that.
fn complex(subject: &Map<String, Value>, names: &Names) -> Whom {
    let part = |name: &str| subject.get(name).map(Value::as_object);
    match (part("user"), part("session")) {
        (Some(Some(user)), _) => person(user, names).map_or(Whom::Nobody, Whom::Person),
        // Something is there that cannot be read: nobody else is meant instead.
        (Some(None), _) => Whom::Nobody,
        (None, Some(Some(session))) if format(session).as_deref() == Some("opaque") => {
            text(session, "id").map_or(Whom::Nobody, |id| Whom::Session(id.to_owned()))
        }
        (None, _) => Whom::Nobody,
    }
}

/// The format; before RFC 9493 it was called `subject_type`, and written with `-`.
fn format(subject: &Map<String, Value>) -> Option<String> {
    let said = subject.get("format").or_else(|| subject.get("subject_type"))?;
    Some(said.as_str().unwrap_or_default().replace('-', "_"))
}

fn person(subject: &Map<String, Value>, names: &Names) -> Option<PersonKey> {
    if format(subject).as_deref() != Some("aliases") {
        return simple(subject, names);
    }
    // All are of one person (RFC 9493 §3.2.8): the one that changes least counts.
    let identifiers = subject.get("identifiers")?.as_array()?;
    let keys = identifiers.iter().take(ALIASES).filter_map(Value::as_object).filter_map(|one| simple(one, names));
    keys.min_by_key(|key| match key {
        PersonKey::Subject(_) => 0,
        PersonKey::Dn(_) => 1,
        PersonKey::Login(_) => 2,
        PersonKey::Email(_) => 3,
    })
}

fn simple(subject: &Map<String, Value>, names: &Names) -> Option<PersonKey> {
    let (by, name) = match format(subject)?.as_str() {
        "iss_sub" => {
            // Another issuer's people have the same names.
            let ours = text(subject, "iss")? == names.issuer;
            (names.iss_sub, text(subject, "sub").filter(|_| ours)?)
        }
        "opaque" => (names.opaque, text(subject, "id")?),
        "email" => (names.email, text(subject, "email")?),
        "account" => {
            let account = text(subject, "uri")?.strip_prefix("acct:")?;
            let user = account.rsplit_once('@')?.0;
            (names.account, if names.account == NamedBy::Email { account } else { user })
        }
        _ => return None,
    };
    let name = name.to_owned();
    match by {
        NamedBy::Subject => Some(PersonKey::Subject(name)),
        NamedBy::Login => Some(PersonKey::Login(name)),
        NamedBy::Email => names.believed.then_some(PersonKey::Email(name)),
        NamedBy::Nothing => None,
    }
}

fn text<'s>(subject: &'s Map<String, Value>, name: &str) -> Option<&'s str> {
    let text = subject.get(name)?.as_str()?;
    let fits = !text.trim().is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control);
    fits.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names() -> Names {
        Names {
            issuer: "https://sso.x.org".to_owned(),
            iss_sub: NamedBy::Subject,
            opaque: NamedBy::Subject,
            account: NamedBy::Login,
            email: NamedBy::Email,
            believed: true,
        }
    }

    fn of(subject: &Value, names: &Names) -> Whom {
        whom(Some(subject), &Map::new(), names)
    }

    #[test]
    fn each_format_names_somebody() {
        let (subject, login) = (|id: &str| PersonKey::Subject(id.to_owned()), PersonKey::Login("ann".to_owned()));
        let email = PersonKey::Email("ann@x.org".to_owned());
        let (iss_sub, mail) = (
            json!({ "format": "iss_sub", "iss": "https://sso.x.org", "sub": "a1" }),
            json!({ "format": "email", "email": "ann@x.org" }),
        );
        for (said, key) in [
            (iss_sub.clone(), subject("a1")),
            (json!({ "subject_type": "iss-sub", "iss": "https://sso.x.org", "sub": "a1" }), subject("a1")),
            (json!({ "format": "opaque", "id": "a2" }), subject("a2")),
            (json!({ "format": "account", "uri": "acct:ann@x.org" }), login),
            (mail.clone(), email),
            (json!({ "format": "aliases", "identifiers": [mail, 1, iss_sub] }), subject("a1")),
            (
                json!({ "format": "complex", "user": iss_sub, "device": { "format": "opaque", "id": "d" } }),
                subject("a1"),
            ),
            (json!({ "user": iss_sub, "session": { "format": "opaque", "id": "s" } }), subject("a1")),
        ] {
            assert_eq!(of(&said, &names()), Whom::Person(key.clone()), "{said}");
            // Where it was before.
            let event = Map::from_iter([("subject".to_owned(), said)]);
            assert_eq!(whom(None, &event, &names()), Whom::Person(key));
        }
        let session = json!({ "format": "complex", "session": { "format": "opaque", "id": "s" } });
        assert_eq!(of(&session, &names()), Whom::Session("s".to_owned()));
    }

    #[test]
    fn o26_what_does_not_name_one_of_ours_names_nobody() {
        let good = json!({ "format": "iss_sub", "iss": "https://sso.x.org", "sub": "a1" });
        for bad in [
            json!({ "format": "iss_sub", "iss": "https://sso.x.org/", "sub": "a1" }),
            json!({ "format": "iss_sub", "iss": "https://evil.example", "sub": "a1" }),
            json!({ "format": "iss_sub", "sub": "a1" }),
            json!({ "format": "iss_sub", "iss": "https://sso.x.org", "sub": 1 }),
            json!({ "iss": "https://sso.x.org", "sub": "a1" }),
            json!({ "format": ["iss_sub"], "iss": "https://sso.x.org", "sub": "a1" }),
            json!({ "format": "opaque", "id": " " }),
            json!({ "format": "opaque", "id": "a\nb" }),
            json!({ "format": "opaque", "id": "x".repeat(513) }),
            json!({ "format": "account", "uri": "https://x.org/ann" }),
            json!({ "format": "account", "uri": "acct:ann" }),
            json!({ "format": "phone_number", "phone_number": "+1" }),
            json!({ "format": "aliases", "identifiers": [{ "format": "aliases", "identifiers": [good] }] }),
            json!({ "format": "aliases", "identifiers": {} }),
            json!({ "format": "complex", "device": good }),
            json!({ "format": "complex", "user": "a1", "session": { "format": "opaque", "id": "s" } }),
            json!({ "format": "complex", "user": { "format": "complex", "user": good } }),
            json!({}),
            json!("a1"),
            json!(null),
        ] {
            assert_eq!(of(&bad, &names()), Whom::Nobody, "{bad}");
        }
        // What the token says counts, also where it cannot be read.
        let event = Map::from_iter([("subject".to_owned(), good)]);
        assert_eq!(whom(Some(&json!({ "format": "did" })), &event, &names()), Whom::Nobody);
        let mail = json!({ "format": "email", "email": "ann@x.org" });
        assert_eq!(of(&mail, &Names { believed: false, ..names() }), Whom::Nobody);
        assert_eq!(of(&mail, &Names { email: NamedBy::Nothing, ..names() }), Whom::Nobody);
    }
}
