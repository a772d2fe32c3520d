//! A directory small enough to be counted: people and the groups they are in, as a YAML file.

use super::database::Backend;
use super::site::Site;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Who is in which groups, by login; and groups that stay though nobody is in them.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    pub people: BTreeMap<String, BTreeSet<String>>,
    pub groups: BTreeSet<String>,
}

impl Roster {
    /// `n` people, `prefix` and a number, in one group.
    pub fn of(n: usize, prefix: &str, group: &str) -> Self {
        let mut roster = Self::default();
        roster.add(n, prefix, group);
        roster
    }

    /// Puts the first `n` of those people into the group, new ones included.
    pub fn add(&mut self, n: usize, prefix: &str, group: &str) {
        self.groups.insert(group.to_owned());
        for n in 0..n {
            self.people.entry(format!("{prefix}{n:03}")).or_default().insert(group.to_owned());
        }
    }

    /// Takes the first `n` members, by login, out of the group.
    pub fn take(&mut self, n: usize, group: &str) {
        let mut left = n;
        for groups in self.people.values_mut() {
            if left > 0 && groups.remove(group) {
                left -= 1;
            }
        }
        assert_eq!(left, 0, "{group} has not so many members");
    }

    /// Takes the first `n` people of that prefix away altogether.
    pub fn dismiss(&mut self, n: usize, prefix: &str) {
        let gone: Vec<String> = self.people.keys().filter(|login| login.starts_with(prefix)).take(n).cloned().collect();
        assert_eq!(gone.len(), n, "not so many people");
        self.people.retain(|login, _| !gone.contains(login));
    }

    pub fn yaml(&self) -> String {
        if self.people.is_empty() && self.groups.is_empty() {
            return "people: []\ngroups: []\n".to_owned();
        }
        let mut out = if self.people.is_empty() { "people: []\n" } else { "people:\n" }.to_owned();
        for (login, groups) in &self.people {
            let groups = groups.iter().cloned().collect::<Vec<_>>().join(", ");
            writeln!(out, "  - {{ id: \"id-{login}\", login: {login}, name: {login}, email: {login}@example.org, groups: [{groups}] }}")
                .unwrap();
        }
        out.push_str(if self.groups.is_empty() { "groups: []\n" } else { "groups:\n" });
        for group in &self.groups {
            writeln!(out, "  - {{ id: \"g-{group}\", name: {group} }}").unwrap();
        }
        out
    }

    /// Makes this what [`PROVIDER`] reads.
    pub fn write(&self, site: &Site) {
        self.write_as(site, "people.yaml");
    }

    /// Makes this what that file says.
    pub fn write_as(&self, site: &Site, name: &str) {
        site.write(name, &self.yaml());
    }

    /// A site that has read this once, under `rules`.
    pub fn synced(&self, rules: &str) -> Site {
        let site = Site::new(Backend::Sqlite, &(PROVIDER.to_owned() + rules));
        self.write(&site);
        site.sync(0);
        site
    }
}

/// One rule: members of `staff` are Viewers of Main.
pub const STAFF_VIEWS: &str = r#"
[[rules]]
id = "staff"
match.group = "staff"
org = "Main"
role = "Viewer"
"#;

/// The provider that reads the file.
pub const PROVIDER: &str = "
[providers.corp]
create_missing = [\"orgs\", \"teams\"]
file = { path = \"people.yaml\" }
";
