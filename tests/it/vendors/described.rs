//! What a vendor publishes of its interface, as far as it is used: the smallest schemas of it, in `schemas/`. Questions
//! and answers are held to them, so that a fake cannot answer what the vendor would not be asked.

use crate::world::scripted_http::{Asked, Reply};
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeMap;

pub struct Described {
    document: Value,
}

impl Described {
    pub fn new(text: &str) -> Self {
        let document: Value = serde_json::from_str(text).unwrap();
        for key in ["api", "version", "from"] {
            assert!(document[key].is_string(), "{key}");
        }
        assert!(document["checked"].is_array(), "which documents it was held to, and what was not found");
        Self { document }
    }

    /// What is wrong with a question and its answer by what is published.
    pub fn wrong(&self, asked: &Asked, reply: &Reply) -> Vec<String> {
        let at = format!("{} {}", asked.method, asked.target);
        let Some(operation) = self.operation(asked) else { return vec![format!("{at}: there is no such operation")] };
        let mut wrong = Vec::new();
        if let Some(headers) = operation["headers"].as_object() {
            for (name, pattern) in headers {
                let fits = Regex::new(pattern.as_str().unwrap()).unwrap();
                if !asked.header(name).is_some_and(|value| fits.is_match(value)) {
                    wrong.push(format!("header {name}: {:?}", asked.header(name)));
                }
            }
        }
        let query = asked.target.split_once('?').map_or("", |(_, query)| query);
        self.pairs(query, &operation["query"], &mut wrong);
        self.pairs(&asked.body, &operation["form"], &mut wrong);
        let given = pairs(query).into_iter().chain(pairs(&asked.body)).map(|(name, _)| name).collect::<Vec<_>>();
        for name in operation["required"].as_array().into_iter().flatten() {
            if !given.iter().any(|given| given == name.as_str().unwrap()) {
                wrong.push(format!("{name} is missing"));
            }
        }
        if reply.status == 200 {
            let body = serde_json::from_slice(&reply.body).unwrap_or(Value::String("no JSON".to_owned()));
            self.value(&body, &operation["answer"], "answer", &mut wrong);
        }
        wrong.into_iter().map(|wrong| format!("{at}: {wrong}")).collect()
    }

    /// The operation that a question is for: the one with the fewest parts left open.
    fn operation(&self, asked: &Asked) -> Option<&Value> {
        let parts: Vec<&str> = asked.path().split('/').collect();
        let fits = |template: &str| {
            let open: Vec<&str> = template.split('/').collect();
            let same = open.len() == parts.len()
                && open
                    .iter()
                    .zip(&parts)
                    .all(|(open, part)| open == part || (open.starts_with('{') && !part.is_empty()));
            same.then(|| open.iter().filter(|open| open.starts_with('{')).count())
        };
        let all = self.document["operations"].as_array().unwrap().iter();
        all.filter(|operation| operation["method"] == asked.method.as_str())
            .filter_map(|operation| fits(operation["path"].as_str().unwrap()).map(|open| (open, operation)))
            .min_by_key(|(open, _)| *open)
            .map(|(_, operation)| operation)
    }

    fn pairs(&self, text: &str, schema: &Value, wrong: &mut Vec<String>) {
        let given = pairs(text);
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, value) in &given {
            *times.entry(name).or_default() += 1;
            let Some(schema) = schema.get(name) else {
                wrong.push(format!("there is no parameter {name}"));
                continue;
            };
            let value = match schema["type"].as_str() {
                Some("integer" | "boolean") => serde_json::from_str(value).unwrap_or(Value::Null),
                _ => Value::String(value.clone()),
            };
            self.value(&value, schema, name, wrong);
        }
        wrong.extend(times.iter().filter(|(_, n)| **n > 1).map(|(name, _)| format!("{name} stands there twice")));
    }

    fn value(&self, value: &Value, schema: &Value, at: &str, wrong: &mut Vec<String>) {
        if let Some(name) = schema["$ref"].as_str() {
            return self.value(value, &self.document["shapes"][name], at, wrong);
        }
        let is = |kind: &str| match kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_u64(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            other => panic!("no type {other}"),
        };
        let fits = match &schema["type"] {
            Value::String(kind) => is(kind),
            Value::Array(kinds) => kinds.iter().any(|kind| is(kind.as_str().unwrap())),
            _ => true,
        };
        let one_of = schema["enum"].as_array().is_none_or(|words| words.contains(value));
        let small = schema["maximum"].as_u64().is_none_or(|most| value.as_u64().is_some_and(|n| n <= most));
        let like = schema["pattern"]
            .as_str()
            .is_none_or(|pattern| value.as_str().is_some_and(|text| Regex::new(pattern).unwrap().is_match(text)));
        if !(fits && one_of && small && like) {
            wrong.push(format!("{at}: {value} is not {schema}"));
        }
        for name in schema["required"].as_array().into_iter().flatten().filter(|_| value.is_object()) {
            if value.get(name.as_str().unwrap()).is_none() {
                wrong.push(format!("{at}: {name} is missing"));
            }
        }
        for (name, inner) in value.as_object().into_iter().flatten() {
            match schema["properties"].get(name) {
                Some(schema) => self.value(inner, schema, &format!("{at}.{name}"), wrong),
                None if schema.get("properties").is_some() => wrong.push(format!("{at}: there is no {name}")),
                None => {}
            }
        }
        for inner in value.as_array().into_iter().flatten() {
            self.value(inner, &schema["items"], &format!("{at}[]"), wrong);
        }
    }
}

/// The pairs of a query or form.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

#[test]
fn what_is_not_published_is_seen() {
    let described = Described::new(include_str!("schemas/okta.json"));
    let asked = |target: &str| Asked {
        method: "GET".to_owned(),
        target: target.to_owned(),
        authorization: String::new(),
        headers: [("authorization", "SSWS x"), ("accept", "application/json")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        body: String::new(),
    };
    let wrong =
        |target: &str, body: &str| described.wrong(&asked(target), &Reply::new(200, "application/json", body)).len();
    let user = r#"[{"id":"1","status":"ACTIVE","profile":{"login":"a"}}]"#;
    assert_eq!(wrong("/api/v1/users?limit=200", user), 0);
    assert_eq!(wrong("/api/v1/groups/g1/users", user), 0);
    for (target, body) in [
        ("/api/v1/users?limit=201", user),
        ("/api/v1/users?limit=x", user),
        ("/api/v1/users?page=2", user),
        ("/api/v1/users?limit=1&limit=2", user),
        ("/api/v1/user", user),
        ("/api/v1/users/", user),
        ("/api/v1/users", "{}"),
        ("/api/v1/users", r#"[{"id":1,"status":"ACTIVE","profile":{"login":"a"}}]"#),
        ("/api/v1/users", r#"[{"id":"1","status":"HAPPY","profile":{"login":"a"}}]"#),
        ("/api/v1/users", r#"[{"id":"1","status":"ACTIVE","profile":{}}]"#),
        ("/api/v1/users", r#"[{"id":"1","status":"ACTIVE","profile":{"login":"a"},"more":1}]"#),
    ] {
        assert_ne!(wrong(target, body), 0, "{target} {body}");
    }
}
