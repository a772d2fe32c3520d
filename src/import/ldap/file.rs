//! `ldap.toml` as Grafana takes it, and refuses it.

use crate::import::read::{self, Table, Value};
use crate::import::{Problem, Text};
use rosterd_core::rights::OrgRole;

/// The file.
#[derive(Debug)]
pub(crate) struct Servers {
    pub(crate) file: String,
    pub(super) servers: Vec<Server>,
    /// Keys beside `servers`, with their lines.
    pub(super) unknown: Vec<(String, usize)>,
}

/// One of `[[servers]]`.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) table: Table,
    pub(super) mappings: Vec<Mapping>,
}

/// One of `[[servers.group_mappings]]`.
#[derive(Debug, Clone)]
pub(crate) struct Mapping {
    pub(crate) line: usize,
    pub(crate) group_dn: String,
    pub(crate) org: i64,
    pub(crate) role: Option<OrgRole>,
    pub(crate) admin: bool,
    /// Keys that it also has.
    pub(super) unknown: Vec<(String, usize)>,
}

impl Servers {
    pub(crate) fn read(file: Option<&Text>, environment: &[(String, String)]) -> Result<Option<Self>, Vec<Problem>> {
        let Some(file) = file else { return Ok(None) };
        let root = read::tables(file)?;
        let mut reader = Reader { file: &file.name, environment, problems: Vec::new() };
        let mut servers = Vec::new();
        let mut unknown = Vec::new();
        for key in root.keys {
            match key.value {
                Value::Tables(tables) if key.name.eq_ignore_ascii_case("servers") => {
                    servers.extend(tables.into_iter().map(|table| reader.server(table)));
                }
                _ => unknown.push((key.name, key.line)),
            }
        }
        if servers.is_empty() && reader.problems.is_empty() {
            reader.problems.push(Problem::whole(&file.name, "there is no [[servers]] in it"));
        }
        if !reader.problems.is_empty() {
            return Err(reader.problems);
        }
        Ok(Some(Self { file: file.name.clone(), servers, unknown }))
    }
}

impl Server {
    /// Whether this is the same directory at another address.
    pub(super) fn same_directory(&self, other: &Self) -> bool {
        let texts = |server: &Self, key: &str| match server.table.get(key).map(|key| &key.value) {
            Some(Value::Texts(texts)) => texts.clone(),
            Some(Value::Text(text)) => vec![text.clone()],
            _ => Vec::new(),
        };
        let same = |key| texts(self, key) == texts(other, key);
        let gives = |server: &Self| -> Vec<_> {
            server.mappings.iter().map(|m| (m.group_dn.clone(), m.org, m.role, m.admin)).collect()
        };
        ["search_base_dns", "group_search_base_dns", "search_filter"].into_iter().all(same)
            && gives(self) == gives(other)
    }
}

struct Reader<'a> {
    file: &'a str,
    environment: &'a [(String, String)],
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn server(&mut self, mut table: Table) -> Server {
        self.expand(&mut table);
        let mut mappings = Vec::new();
        let found = table.get("group_mappings").map(|key| (key.line, key.value.clone()));
        match found {
            Some((_, Value::Tables(tables))) => {
                for table in &tables {
                    mappings.extend(self.mapping(table));
                }
            }
            Some((_, Value::Texts(none))) if none.is_empty() => {}
            Some((line, _)) => self.wrong(line, "`group_mappings` must be tables, [[servers.group_mappings]]"),
            None => {}
        }
        Server { table, mappings }
    }

    /// Grafana refuses the file for the same reasons: a role that is none, a mapping that gives
    /// nothing at all.
    fn mapping(&mut self, table: &Table) -> Option<Mapping> {
        let before = self.problems.len();
        let mut mapping = Mapping {
            line: table.line,
            group_dn: String::new(),
            org: 1,
            role: None,
            admin: false,
            unknown: Vec::new(),
        };
        let mut says_admin = false;
        for key in &table.keys {
            match (key.name.to_ascii_lowercase().as_str(), &key.value) {
                ("group_dn", Value::Text(text)) => mapping.group_dn.clone_from(text),
                // Absent and 0 are the same: Main Org.
                ("org_id", Value::Int(id)) => mapping.org = if *id == 0 { 1 } else { *id },
                ("org_role", Value::Text(text)) => match role(text) {
                    Some(role) => mapping.role = Some(role),
                    None => {
                        let text = format!(
                            "{text:?} is not a role: None, Viewer, Editor or Admin (only the first letter may be small)"
                        );
                        self.wrong(key.line, text);
                    }
                },
                ("grafana_admin", Value::Bool(admin)) => {
                    mapping.admin = *admin;
                    says_admin = true;
                }
                ("group_dn" | "org_role", _) => self.wrong(key.line, format!("`{}` must be text", key.name)),
                ("org_id", _) => self.wrong(key.line, "`org_id` must be a whole number"),
                ("grafana_admin", _) => self.wrong(key.line, "`grafana_admin` must be true or false"),
                _ => mapping.unknown.push((key.name.clone(), key.line)),
            }
        }
        if self.problems.len() == before && mapping.role.is_none() && !says_admin {
            self.wrong(table.line, "this mapping gives nothing: it needs `org_role` or `grafana_admin`");
        }
        (self.problems.len() == before).then_some(mapping)
    }

    fn wrong(&mut self, line: usize, message: impl Into<String>) {
        self.problems.push(Problem::at(self.file, line, message));
    }

    /// Puts variables in, except into what may be a secret.
    fn expand(&self, table: &mut Table) {
        let expand = |text: &mut String| *text = read::expand(text, self.environment).0;
        for key in &mut table.keys {
            match &mut key.value {
                Value::Text(_) if is_secret(&key.name) => {}
                Value::Text(text) => expand(text),
                Value::Texts(texts) => texts.iter_mut().for_each(expand),
                Value::Table(inner) => self.expand(inner),
                Value::Tables(inner) => inner.iter_mut().for_each(|table| self.expand(table)),
                Value::Int(_) | Value::Bool(_) | Value::Other => {}
            }
        }
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "bind_password" || name == "client_key_value"
}

/// A role of `ldap.toml`: only the first letter may be small, and a written-out nothing is Viewer.
fn role(text: &str) -> Option<OrgRole> {
    let mut letters = text.chars();
    match letters.next() {
        None => Some(OrgRole::Viewer),
        Some(first) => OrgRole::parse(&format!("{}{}", first.to_uppercase(), letters.as_str())),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

    use super::*;

    fn read(mapping: &str) -> Result<Vec<Mapping>, String> {
        let text = format!("[[servers]]\nhost = \"h\"\n[[servers.group_mappings]]\n{mapping}\n");
        let file = Text { name: "ldap.toml".to_owned(), text };
        Servers::read(Some(&file), &[])
            .map(|servers| servers.unwrap().servers.remove(0).mappings)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn a_mapping_has_grafanas_defaults() {
        let one = read("group_dn = \"a\"\norg_role = \"viewer\"").unwrap().remove(0);
        assert_eq!((one.line, one.org, one.role, one.admin), (3, 1, Some(OrgRole::Viewer), false));
        let one = read("group_dn = \"a\"\norg_id = 0\norg_role = \"\"\ngrafana_admin = true").unwrap().remove(0);
        assert_eq!((one.org, one.role, one.admin), (1, Some(OrgRole::Viewer), true));
        let one = read("group_dn = \"a\"\norg_id = 3\ngrafana_admin = false").unwrap().remove(0);
        assert_eq!((one.org, one.role, one.admin), (3, None, false));
    }

    #[test]
    fn what_grafana_refuses_is_refused_with_its_line() {
        for (mapping, message) in [
            ("group_dn = \"a\"\norg_role = \"ADMIN\"", "ldap.toml:5: \"ADMIN\" is not a role"),
            ("group_dn = \"a\"\norg_role = \"Overlord\"", "ldap.toml:5: \"Overlord\" is not a role"),
            ("group_dn = \"a\"\norg_id = 1", "ldap.toml:3: this mapping gives nothing"),
            ("group_dn = 1\norg_role = \"Admin\"", "ldap.toml:4: `group_dn` must be text"),
        ] {
            assert!(read(mapping).unwrap_err().starts_with(message), "{mapping}");
        }
        let none = Servers::read(Some(&Text { name: "l".to_owned(), text: String::new() }), &[]).unwrap_err();
        assert_eq!(none[0].to_string(), "l: there is no [[servers]] in it");
    }
}
