//! Two SCIM servers that know nothing of each other: scim2-server of the python-scim project, and SCIMMY.
//! `scripts/scim-servers.sh` installs the first.

use super::company::Company;
use super::{end, free_port, listens, wait_until};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

pub const TOKEN: &str = "scim-token";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Make {
    Scim2Server,
    Scimmy,
    /// SCIMMY that has never more than its first page.
    OnePage,
}

#[derive(Debug)]
pub struct Scim {
    server: Option<Child>,
    port: u16,
    _dir: TempDir,
}

impl Scim {
    pub fn start(make: Make) -> Self {
        let dir = TempDir::new().unwrap();
        // Somebody else may take the port first.
        for _ in 0..5 {
            let port = free_port();
            let mut server = command(make, port);
            let log = File::create(dir.path().join("log")).unwrap();
            let mut server = server
                .current_dir(dir.path())
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log)
                .spawn()
                .unwrap();
            let ready = wait_until(60, || listens(port) || server.try_wait().unwrap().is_some());
            if ready && server.try_wait().unwrap().is_none() {
                return Self { server: Some(server), port, _dir: dir };
            }
            end(server);
        }
        panic!("{make:?} does not start: {}", std::fs::read_to_string(dir.path().join("log")).unwrap());
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v2", self.port)
    }

    /// Asks it something that must succeed.
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!(
            "{method} /v2{path} HTTP/1.0\r\nhost: 127.0.0.1\r\nauthorization: Bearer {TOKEN}\r\n\
             content-type: application/scim+json\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.split(' ').nth(1).unwrap().starts_with('2'), "{method} {path}: {answer:.2000}");
        if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() }
    }

    /// Makes resources, so many at a time; returns their ids.
    pub fn make(&self, path: &str, entries: &[Value]) -> Vec<String> {
        let mut ids = Vec::new();
        for some in entries.chunks(500) {
            let operations: Vec<Value> = some
                .iter()
                .enumerate()
                .map(|(n, entry)| json!({ "method": "POST", "path": path, "bulkId": format!("b{n}"), "data": entry }))
                .collect();
            let done = self.ask("POST", "/Bulk", &json!({ "schemas": [BULK], "Operations": operations }));
            let location =
                |operation: &Value| operation["location"].as_str().map(|at| at.rsplit('/').next().unwrap().to_owned());
            let made: Vec<String> = done["Operations"].as_array().unwrap().iter().filter_map(location).collect();
            assert_eq!(made.len(), some.len(), "{done:.1000}");
            ids.extend(made);
        }
        ids
    }
}

impl Drop for Scim {
    fn drop(&mut self) {
        self.server.take().into_iter().for_each(end);
    }
}

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools")
}

fn command(make: Make, port: u16) -> Command {
    let port = port.to_string();
    if make == Make::Scim2Server {
        let program = tools().join("scim/bin/scim2-server");
        assert!(program.exists(), "{} is missing: scripts/scim-servers.sh installs it", program.display());
        let mut command = Command::new(program);
        command.args(["--port", &port, "--bearer-token", TOKEN]);
        return command;
    }
    let program = tools().join("node/bin/node");
    assert!(program.exists(), "{} is missing: scripts/node-tools.sh installs it", program.display());
    let mut command = Command::new(program);
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/world/scimmy.mjs"))
        .env("MODULES", tools().join("node"))
        .env("PORT", port);
    if make == Make::OnePage {
        command.env("ONE_PAGE", "1");
    }
    command
}

/// A service and the model of what is in it.
#[derive(Debug)]
pub struct Service {
    pub scim: Scim,
    pub company: Company,
    /// In the company's order.
    people: Vec<String>,
    groups: Vec<String>,
}

impl Service {
    pub fn start(make: Make, company: Company) -> Self {
        let scim = Scim::start(make);
        let users: Vec<Value> = (0..company.people.len()).map(|n| user(&company, n)).collect();
        let people = scim.make("/Users", &users);
        let named = |group: &super::company::Group| json!({ "schemas": [GROUP], "displayName": group.name });
        let groups = scim.make("/Groups", &company.groups.iter().map(named).collect::<Vec<_>>());
        let service = Self { scim, company, people, groups };
        (0..service.groups.len()).for_each(|group| service.put_group(group));
        service
    }

    /// The service's own id of the `n`th person.
    pub fn id(&self, n: usize) -> &str {
        &self.people[n]
    }

    /// Somebody new, in these groups; returns the login.
    pub fn hire(&mut self, groups: &[&str]) -> String {
        let n = self.company.people.len();
        self.company.people.push(super::company::person(n));
        self.people.extend(self.scim.make("/Users", &[user(&self.company, n)]));
        let login = self.company.people[n].login.clone();
        groups.iter().for_each(|group| self.join(group, &login));
        login
    }

    pub fn join(&mut self, group: &str, login: &str) {
        let (person, place) = (self.company.place(login), self.company.find(group));
        assert!(self.company.groups[place].people.insert(person));
        self.put_group(place);
    }

    pub fn leave(&mut self, group: &str, login: &str) {
        let (person, place) = (self.company.place(login), self.company.find(group));
        assert!(self.company.groups[place].people.remove(&person));
        self.put_group(place);
    }

    /// Somebody leaves, out of every group; the account is deleted, or only not active any more.
    pub fn dismiss(&mut self, login: &str, deleted: bool) {
        let person = self.company.place(login);
        let path = format!("/Users/{}", self.people[person]);
        if deleted {
            for group in 0..self.groups.len() {
                if self.company.groups[group].people.remove(&person) {
                    self.put_group(group);
                }
            }
            self.scim.ask("DELETE", &path, &Value::Null);
        } else {
            // Its memberships stay, and count for nothing.
            for group in &mut self.company.groups {
                group.people.remove(&person);
            }
            let mut user = user(&self.company, person);
            user["active"] = json!(false);
            self.scim.ask("PUT", &path, &user);
        }
        self.company.people[person].gone = true;
    }

    pub fn rename(&mut self, old: &str, new: &str) {
        let person = self.company.place(old);
        new.clone_into(&mut self.company.people[person].login);
        self.scim.ask("PUT", &format!("/Users/{}", self.people[person]), &user(&self.company, person));
    }

    fn put_group(&self, place: usize) {
        let group = &self.company.groups[place];
        let people = group.people.iter().map(|n| json!({ "value": self.people[*n] }));
        let groups = group.groups.iter().map(|n| json!({ "value": self.groups[*n], "type": "Group" }));
        let members: Vec<Value> = people.chain(groups).collect();
        let body = json!({ "schemas": [GROUP], "displayName": group.name, "members": members });
        self.scim.ask("PUT", &format!("/Groups/{}", self.groups[place]), &body);
    }
}

/// Every third person has the name in parts; `externalId` is the company's own id.
fn user(company: &Company, n: usize) -> Value {
    let person = &company.people[n];
    let mut user = json!({
        "schemas": [USER, ENTERPRISE],
        "userName": person.login,
        "externalId": person.uuid,
        "active": true,
        "emails": [{ "value": format!("other-{}", person.email) }, { "value": person.email, "primary": true }],
        ENTERPRISE: { "department": if n.is_multiple_of(2) { "Sales" } else { "Research" } },
    });
    match n % 3 {
        0 => user["name"] = json!({ "formatted": person.name }),
        _ => user["displayName"] = json!(person.name),
    }
    user
}
