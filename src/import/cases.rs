//! `tests.yaml`: somebody for each rule, and somebody whom none matches, with what Grafana would do.

use super::Expressions;
use super::draft::{Draft, Provider};
use super::grafana::{LoginModel, Model, Outcome, Person, TeamLink};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A group that nobody has made.
const NOBODY: &str = "cn=nobody-has-this-group,dc=invalid";

/// The whole file. JSON is YAML, so each input and expectation is written as one line of it.
pub(super) fn write(draft: &Draft, expressions: &dyn Expressions) -> String {
    let named: Vec<String> = draft.orgs.iter().filter(|org| org.name.is_some()).map(|org| org.key.clone()).collect();
    let orgs = (!named.is_empty()).then_some(named.as_slice());
    let mut out = String::from(
        "# What Grafana would give to some people, worked out from its own files: run them with\n\
         #   rosterd test-rules tests.yaml\n\
         # Add your own: people whose rights you know.\ncases:\n",
    );
    let mut none = true;
    for provider in &draft.providers {
        for case in of(provider, orgs, expressions) {
            none = false;
            let text = |value: &str| Value::from(value).to_string();
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "  - name: {}\n    provider: {}\n    input: {}\n    expect: {}",
                text(&case.name),
                text(&provider.name),
                case.input,
                case.expect
            );
        }
    }
    if none {
        out.truncate(out.len() - 1);
        out.push_str(" []\n");
    }
    out
}

struct Case {
    name: String,
    input: Value,
    expect: Value,
}

fn of(provider: &Provider, orgs: Option<&[String]>, expressions: &dyn Expressions) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name: String, person: Person| {
        let outcome = provider.model.decide(&person, orgs, expressions);
        cases.push(Case { name, input: input(provider, &person), expect: expectation(&outcome, None) });
    };
    match &provider.model {
        Model::Ldap(ldap) => {
            for (number, mapping) in (1..).zip(&ldap.mappings) {
                let groups = if mapping.group_dn == "*" { Vec::new() } else { vec![mapping.group_dn.clone()] };
                add(
                    format!("{}: mapping {number}, {}", provider.name, mapping.group_dn),
                    Person { groups, document: None },
                );
            }
            add(
                format!("{}: nobody's group", provider.name),
                Person { groups: vec![NOBODY.to_owned()], document: None },
            );
        }
        Model::Login(login) | Model::Saml(login, _) => {
            let template = Template::of(login);
            for mapped in login.mapped.iter().filter(|mapped| !mapped.external.is_empty()) {
                let person = match &login.left {
                    _ if mapped.external == "*" => template.person(None, &[]),
                    Some(path) => template.person(Some((path, json!([mapped.external]))), &[]),
                    None => template.person(None, std::slice::from_ref(&mapped.external)),
                };
                if let Some(person) = person {
                    add(format!("{}: {}", provider.name, mapped.text), person);
                }
            }
            if let Some((expression, several)) = &login.role {
                for role in ["Viewer", "Editor", "Admin", "GrafanaAdmin"] {
                    let value = if *several { json!([role]) } else { json!(role) };
                    if let Some(person) = template.person(Some((expression, value)), &[]) {
                        add(format!("{}: {expression} says {role}", provider.name), person);
                    }
                }
            }
            if let Some(person) = template.person(None, &[]) {
                add(format!("{}: no mapping", provider.name), person);
            }
        }
        Model::Proxy(proxy) => {
            add(format!("{}: no role", provider.name), Person { groups: Vec::new(), document: Some(json!({})) });
            if proxy.org.is_some() {
                let document = Some(json!({ "Role": "Editor" }));
                add(format!("{}: role Editor", provider.name), Person { groups: Vec::new(), document });
            }
        }
    }
    cases.extend(teams(provider, orgs, expressions));
    cases
}

/// Somebody in one group of a team each, unless Grafana would refuse that person.
fn teams(provider: &Provider, orgs: Option<&[String]>, expressions: &dyn Expressions) -> Vec<Case> {
    let given = Given::of(provider);
    let mut cases = Vec::new();
    for link in provider.teams.iter().filter(|link| !link.group.contains('*') && !link.group.is_empty()) {
        let person = match &provider.model {
            Model::Login(login) | Model::Saml(login, _) => {
                Template::of(login).person(None, std::slice::from_ref(&link.group))
            }
            Model::Ldap(_) => Some(Person { groups: vec![link.group.clone()], document: None }),
            Model::Proxy(_) => Some(Person { groups: vec![link.group.clone()], document: Some(json!({})) }),
        };
        let Some(person) = person else { continue };
        if provider.model.decide(&person, orgs, expressions).denied {
            continue;
        }
        let expect = expectation(&Outcome::default(), Some(&given.to(&person)));
        let name = format!("{}: team {} by {}", provider.name, link.team, link.group);
        cases.push(Case { name, input: input(provider, &person), expect });
    }
    cases
}

/// Teams by group, in small letters: team sync knows no case.
struct Given<'a> {
    by_group: BTreeMap<String, Vec<&'a TeamLink>>,
    /// `cn=*,ou=…`: every group of that unit, in a directory. By what stands before and after `*`.
    by_unit: Vec<(String, String, &'a TeamLink)>,
}

impl<'a> Given<'a> {
    fn of(provider: &'a Provider) -> Self {
        let mut given = Self { by_group: BTreeMap::new(), by_unit: Vec::new() };
        for link in &provider.teams {
            let group = link.group.to_lowercase();
            match group.split_once("=*,") {
                Some((attribute, unit)) if matches!(provider.model, Model::Ldap(_)) => {
                    given.by_unit.push((format!("{attribute}="), unit.to_owned(), link));
                }
                _ => given.by_group.entry(group).or_default().push(link),
            }
        }
        given
    }

    fn to(&self, person: &Person) -> Vec<(&'a str, &'a str)> {
        let mut links: Vec<&TeamLink> = Vec::new();
        for group in person.groups.iter().map(|group| group.to_lowercase()) {
            links.extend(self.by_group.get(&group).into_iter().flatten());
            let (first, rest) = group.split_once(',').unwrap_or_default();
            let within = self.by_unit.iter().filter(|(start, unit, _)| first.starts_with(start) && unit == rest);
            links.extend(within.map(|(_, _, link)| *link));
        }
        let mut teams: Vec<_> = links.into_iter().map(|link| (link.org.as_str(), link.team.as_str())).collect();
        teams.sort_unstable();
        teams.dedup();
        teams
    }
}

fn input(provider: &Provider, person: &Person) -> Value {
    let mut input = Map::new();
    input.insert("groups".to_owned(), json!(person.groups));
    if let Some(document) = &person.document {
        let source = match &provider.model {
            Model::Login(login) | Model::Saml(login, _) => login.source,
            Model::Ldap(_) | Model::Proxy(_) => "attributes",
        };
        input.insert(source.to_owned(), document.clone());
    }
    Value::Object(input)
}

fn expectation(outcome: &Outcome, teams: Option<&[(&str, &str)]>) -> Value {
    if let Some(teams) = teams {
        let teams: Vec<Value> =
            teams.iter().map(|(org, team)| json!({ "org": org, "team": team, "role": "member" })).collect();
        return json!({ "denied": false, "teams": teams });
    }
    let account = if outcome.suspended { "suspended" } else { "active" };
    let orgs = outcome
        .orgs
        .as_ref()
        .map(|orgs| orgs.iter().map(|(org, role)| (org.clone(), Value::from(role.name()))).collect::<Map<_, _>>());
    json!({ "denied": outcome.denied, "account": account, "orgs": orgs, "server_admin": outcome.server_admin })
}

/// What somebody needs to be let in, and to be known about: a claim that is not there is unknown.
struct Template<'a> {
    groups: &'a [String],
    claims: &'a [(String, Value)],
    left: Option<&'a String>,
}

impl<'a> Template<'a> {
    fn of(login: &'a LoginModel) -> Self {
        Self { groups: &login.pass_groups, claims: &login.pass_claims, left: login.left.as_ref() }
    }

    /// With one claim more, if its path is a plain one.
    fn person(&self, claim: Option<(&String, Value)>, groups: &[String]) -> Option<Person> {
        let mut document = json!({});
        for (name, value) in self.claims {
            // An attribute's name is one key, whatever is in it.
            document.as_object_mut()?.insert(name.clone(), value.clone());
        }
        // One that it must have to pass is there already.
        if let Some(path) = self.left.map(|path| plain(path)) {
            let path = path?;
            if !self.claims.iter().any(|(name, _)| path == [name.as_str()]) {
                put(&mut document, &path, json!([]))?;
            }
        }
        if let Some((path, value)) = claim {
            put(&mut document, &plain(path)?, value)?;
        }
        let mut all = self.groups.to_vec();
        all.extend_from_slice(groups);
        Some(Person { groups: all, document: Some(document) })
    }
}

/// The keys of `a.b."c d"`, if the expression is nothing else.
fn plain(path: &str) -> Option<Vec<String>> {
    if path.starts_with('"') {
        return serde_json::from_str(path).ok().map(|key: String| vec![key]);
    }
    path.split('.')
        .map(|key| {
            let word = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            (word && !key.is_empty() && !key.starts_with(|c: char| c.is_ascii_digit())).then(|| key.to_owned())
        })
        .collect()
}

fn put(document: &mut Value, keys: &[String], value: Value) -> Option<()> {
    let (last, path) = keys.split_last()?;
    let mut at = document;
    for key in path {
        at = at.as_object_mut()?.entry(key.clone()).or_insert_with(|| json!({}));
    }
    at.as_object_mut()?.insert(last.clone(), value);
    Some(())
}
