//! What the tables must say of a roster, in the few rules of these tests; shares nothing with rosterd.

use crate::world::roster::Roster;
use crate::world::tables::{Tables, User};
use std::collections::BTreeSet;

/// Everybody in `staff` is a Viewer of Main, and in the teams that groups are named after.
pub const RULES: &str = r#"
[limits]
removals_percent = 100
removals_at_least = 1000000
emptied_at_least = 1000000
privileged_gains = 1000000

[[rules]]
id = "staff"
match.group = "staff"
org = "Main"
role = "Viewer"

[[rules]]
id = "teams"
match.group_regex = "team-(.+)"
org = "Main"
team = "${1}"
"#;

/// The tables once `roster` was read. Who was seen before and is gone stays, suspended.
pub fn tables(roster: &Roster, seen: &BTreeSet<String>, teams: &BTreeSet<String>) -> Tables {
    let mut tables = Tables::default();
    tables.orgs.insert("Main".to_owned());
    tables.teams.extend(teams.iter().map(|team| ("Main".to_owned(), team.clone())));
    for login in seen {
        let state = if roster.people.contains_key(login) { "active" } else { "suspended" };
        let (name, email) = (login.clone(), format!("{login}@example.org"));
        tables.users.insert(login.clone(), User { name, email, state: state.to_owned(), server_admin: false });
    }
    for (login, groups) in &roster.people {
        for group in groups {
            if group == "staff" {
                tables.org_members.insert(("Main".to_owned(), login.clone()), "Viewer".to_owned());
            } else if let Some(team) = group.strip_prefix("team-") {
                let key = ("Main".to_owned(), team.to_owned(), login.clone());
                tables.team_members.insert(key, "member".to_owned());
            }
        }
    }
    tables
}
