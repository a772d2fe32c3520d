//! A vendor's interface as it is published, over a company. One engine; a file a vendor says what it calls things.
//! Whatever it is asked, and whatever it answers, is held to the vendor's description: what that does not know fails the
//! test.

mod delta;
mod github;
mod gitlab;
mod google;
mod graph;
mod keycloak;
mod keys;
mod okta;

use super::described::{Described, pairs};
use crate::world::company::Company;
use crate::world::scripted_http::{Asked, Reply, ScriptedHttp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// What proves who asks.
pub const SECRET: &str = "vendor-secret-1";
const KIND: &str = "application/json";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Make {
    Keycloak,
    Graph,
    Okta,
    /// The same, asked by an application that signs.
    OktaSigned,
    Google,
    GitHub,
    GitLab,
}

pub const ALL: [Make; 7] =
    [Make::Keycloak, Make::Graph, Make::Okta, Make::OktaSigned, Make::Google, Make::GitHub, Make::GitLab];

/// What the vendor holds.
#[derive(Debug, Clone)]
pub struct World {
    pub company: Company,
    /// People whose accounts may not be used.
    pub paused: BTreeSet<usize>,
    /// No page has more entries.
    pub cap: usize,
    /// How many tokens were given, and the lowest that is still taken.
    pub given: usize,
    pub taken_from: usize,
    /// What was held when a question for changes was answered.
    pub marks: Vec<(Company, BTreeSet<usize>)>,
}

/// A list that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Token,
    People,
    Groups,
    Members,
    Other,
}

/// A question, taken apart.
pub struct Question<'a> {
    pub asked: &'a Asked,
    parts: Vec<String>,
    query: BTreeMap<String, String>,
}

impl<'a> Question<'a> {
    fn new(asked: &'a Asked) -> Self {
        let parts = asked.path().split('/').skip(1).map(str::to_owned).collect();
        let query = pairs(asked.target.split_once('?').map_or("", |(_, query)| query)).into_iter().collect();
        Self { asked, parts, query }
    }

    fn parts(&self) -> Vec<&str> {
        self.parts.iter().map(String::as_str).collect()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    fn number(&self, name: &str, default: usize) -> usize {
        self.query.get(name).map_or(default, |text| text.parse().unwrap())
    }

    /// The server's own address.
    fn host(&self) -> String {
        format!("http://{}", self.asked.header("host").unwrap())
    }

    /// This question with another value of one of its parameters.
    fn with(&self, name: &str, value: usize) -> String {
        let value = value.to_string();
        let others = self.query.iter().filter(|(other, _)| *other != name);
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(others.map(|(a, b)| (a.as_str(), b.as_str())).chain([(name, value.as_str())]))
            .finish();
        format!("{}{}?{query}", self.host(), self.asked.path())
    }
}

impl World {
    /// Who is still there, of all or of some.
    fn there(&self, people: impl IntoIterator<Item = usize>) -> Vec<usize> {
        people.into_iter().filter(|n| !self.company.people[*n].gone).collect()
    }

    fn everybody(&self) -> Vec<usize> {
        self.there(0..self.company.people.len())
    }

    fn members(&self, group: usize) -> Vec<usize> {
        self.there(self.company.groups[group].people.iter().copied())
    }

    /// The group in which a group is.
    fn outer(&self, group: usize) -> Option<usize> {
        self.company.groups.iter().position(|other| other.groups.contains(&group))
    }

    /// The group that is in a group.
    fn inner(&self, group: usize) -> Option<usize> {
        self.company.groups[group].groups.first().copied()
    }

    fn find_group(&self, id: &str) -> Option<usize> {
        self.company.groups.iter().position(|group| group.uuid == id)
    }

    fn token(&mut self) -> Reply {
        self.given += 1;
        let token = format!("token-{}", self.given);
        reply(&json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 }))
    }

    fn takes(&self, bearer: &str) -> bool {
        let number = bearer.strip_prefix("Bearer token-").and_then(|number| number.parse::<usize>().ok());
        number.is_some_and(|number| number >= self.taken_from && number <= self.given)
    }
}

/// Entries from a place on, and where the next are.
fn slice<T: Copy>(all: &[T], from: usize, count: usize) -> (Vec<T>, Option<usize>) {
    let some: Vec<T> = all.iter().skip(from).take(count).copied().collect();
    let next = from + some.len();
    (some, (next < all.len()).then_some(next))
}

pub fn reply(body: &Value) -> Reply {
    Reply::new(200, KIND, body.to_string())
}

fn refused(status: u16) -> Reply {
    Reply::new(status, KIND, json!({ "error": "no" }).to_string())
}

impl Make {
    fn described(self) -> Described {
        Described::new(match self {
            Self::Keycloak => include_str!("../schemas/keycloak.json"),
            Self::Graph => include_str!("../schemas/graph.json"),
            Self::Okta | Self::OktaSigned => include_str!("../schemas/okta.json"),
            Self::Google => include_str!("../schemas/google.json"),
            Self::GitHub => include_str!("../schemas/github.json"),
            Self::GitLab => include_str!("../schemas/gitlab.json"),
        })
    }

    fn answer(self, world: &mut World, question: &Question<'_>) -> Reply {
        match self {
            Self::Keycloak => keycloak::answer(world, question),
            Self::Graph => graph::answer(world, question),
            Self::Okta | Self::OktaSigned => okta::answer(world, question),
            Self::Google => google::answer(world, question),
            Self::GitHub => github::answer(world, question),
            Self::GitLab => gitlab::answer(world, question),
        }
    }

    /// The section of the configuration, and its name. `secret` is where the secret is.
    pub fn section(self, url: &str, secret: &str) -> (&'static str, Value) {
        let secret = json!({ "file": secret });
        match self {
            Self::Keycloak => {
                ("keycloak", json!({ "url": url, "realm": "acme", "client_id": "rosterd", "client_secret": secret }))
            }
            Self::Graph => (
                "graph",
                json!({
                    "tenant": "acme", "client_id": "rosterd", "client_secret": secret, "group_name": "display_name",
                    "url": format!("{url}/v1.0"), "login_url": url,
                }),
            ),
            Self::Okta => ("okta", json!({ "url": url, "token": secret })),
            Self::OktaSigned => {
                ("okta", json!({ "url": url, "client": { "id": "rosterd", "key_id": "k1", "private_key": secret } }))
            }
            Self::Google => (
                "google",
                json!({
                    "service_account": secret, "admin": "admin@example.org", "url": url,
                    "token_url": format!("{url}/token"),
                }),
            ),
            Self::GitHub => ("github", json!({ "org": "acme", "token": secret, "url": url })),
            Self::GitLab => ("gitlab", json!({ "group": "acme", "token": secret, "url": url })),
        }
    }

    /// What is in the file of the secret.
    pub fn secret(self) -> String {
        match self {
            Self::Google => keys::account(),
            Self::OktaSigned => keys::pem(),
            _ => SECRET.to_owned(),
        }
    }

    /// Whether it is asked with tokens that are asked for.
    pub fn grants(self) -> bool {
        matches!(self, Self::Keycloak | Self::Graph | Self::Google | Self::OktaSigned)
    }

    /// What stands before and behind a group's name, as a regular expression.
    pub fn around(self) -> (&'static str, &'static str) {
        match self {
            Self::Keycloak => ("(?:/[^/]+)*/", ""),
            Self::Graph | Self::Okta | Self::OktaSigned => ("", ""),
            Self::Google => ("", "@example\\\\.org"),
            Self::GitHub => ("@acme/", ""),
            Self::GitLab => ("acme(?:/[^/]+)*/", ""),
        }
    }

    /// The list that is asked for, and whether it is its first page.
    pub fn part(self, asked: &Asked) -> (Part, bool) {
        let question = Question::new(asked);
        let parts = question.parts();
        let part = match (asked.method.as_str(), parts.last().copied().unwrap_or_default()) {
            ("POST", _) => Part::Token,
            (_, "users" | "members") if parts.iter().any(|part| ["groups", "teams"].contains(part)) => Part::Members,
            (_, "users" | "members") => Part::People,
            (_, "groups" | "teams" | "descendant_groups") => Part::Groups,
            _ => Part::Other,
        };
        let places = ["first", "$skiptoken", "after", "pageToken", "page"];
        let later = places.iter().any(|name| !["", "0", "1"].contains(&question.query.get(*name).map_or("", |v| v)));
        (part, !later)
    }
}

type Tamper = dyn Fn(&Asked, Reply) -> Reply + Send + Sync;

/// A vendor's interface that answers.
pub struct Fake {
    pub make: Make,
    pub server: ScriptedHttp,
    pub world: Arc<Mutex<World>>,
    wrong: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    pub fn start(make: Make, company: Company) -> Self {
        Self::tampered(make, company, usize::MAX, |_, reply| reply)
    }

    /// One whose answers are changed on their way, with at most `cap` entries a page.
    pub fn tampered(
        make: Make,
        company: Company,
        cap: usize,
        tamper: impl Fn(&Asked, Reply) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let world = World { company, paused: BTreeSet::new(), cap, given: 0, taken_from: 0, marks: Vec::new() };
        let (world, wrong) = (Arc::new(Mutex::new(world)), Arc::new(Mutex::new(Vec::new())));
        let (held, seen, described) = (Arc::clone(&world), Arc::clone(&wrong), make.described());
        let tamper: Box<Tamper> = Box::new(tamper);
        let server = ScriptedHttp::start(move |asked| {
            let reply = make.answer(&mut held.lock().unwrap(), &Question::new(asked));
            seen.lock().unwrap().extend(described.wrong(asked, &reply));
            tamper(asked, reply)
        });
        Self { make, server, world, wrong }
    }

    pub fn company(&self) -> Company {
        self.world.lock().unwrap().company.clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let wrong = self.wrong.lock().unwrap();
        if !std::thread::panicking() {
            assert!(wrong.is_empty(), "{:?} has no such interface:\n{}", self.make, wrong.join("\n"));
        }
    }
}
