//! What rosterd must make of a [`Company`]: computed here, in a few lines that share nothing with
//! rosterd but the rules' text.

use super::company::Company;
use super::tables::{Tables, User};
use std::collections::BTreeSet;

/// The rules, as the configuration says them. [`tables`] says the same in its own way.
pub const RULES: &str = r#"
[[rules]]
id = "everybody"
match.group = "*"
org = "Main"
role = "Viewer"

[[rules]]
id = "teams"
match.group_regex = "team-(?<n>[0-9]+)"
org = "Main"
team = "Team ${n}"

[[rules]]
id = "team-leads"
match.group_regex = "lead-([0-9]+)"
org = "Main"
team = "Team ${1}"
team_role = "admin"

[[rules]]
id = "departments"
match.group_regex = "dept-(?<n>[0-9]+)"
org = "Department ${n}"
role = "Editor"

[[rules]]
id = "divisions"
match.group_glob = "division-*"
org = "Divisions"
role = "Viewer"

[[rules]]
id = "both"
match.all = [{ group = "team-000" }, { group = "team-001" }]
org = "Both"
role = "Editor"

[[rules]]
id = "neither"
match.none = [{ group_glob = "team-*" }]
org = "Unplaced"
role = "None"

[[rules]]
id = "admins"
match.group = "CN=Admins, OU=groups, DC=example, DC=org"
org = "*"
role = "Admin"

[[rules]]
id = "operators"
match.any = [{ group = "operators" }, { group = "no-such-group" }]
server_admin = true
"#;

/// The tables after a sync of `company` under [`RULES`]. Whoever is gone was there before: the
/// account stays, suspended and without rights.
pub fn tables(company: &Company) -> Tables {
    let groups = groups_of_people(company);
    let mut tables = Tables::default();
    let roles = ["None", "Viewer", "Editor", "Admin"];
    for (person, groups) in company.people.iter().zip(&groups) {
        let login = &person.login;
        let is = |name: &str| groups.iter().any(|g| company.groups[*g].name == name);
        tables.users.insert(
            login.clone(),
            User {
                name: person.name.clone(),
                email: person.email.clone(),
                state: if person.gone { "suspended" } else { "active" }.to_owned(),
                server_admin: is("operators"),
            },
        );
        if person.gone {
            continue;
        }
        let mut orgs = vec![("Main".to_owned(), 1)];
        let mut in_team = false;
        for group in groups {
            let name = &company.groups[*group].name;
            let (kind, rest) = name.split_once('-').unwrap_or((name, ""));
            match kind {
                "team" | "lead" => {
                    in_team |= kind == "team";
                    let key = ("Main".to_owned(), format!("Team {rest}"), login.clone());
                    let role = tables.team_members.entry(key).or_insert_with(|| "member".to_owned());
                    if kind == "lead" {
                        "admin".clone_into(role);
                    }
                }
                "dept" => orgs.push((format!("Department {rest}"), 2)),
                "division" => orgs.push(("Divisions".to_owned(), 1)),
                _ => {}
            }
        }
        if is("team-000") && is("team-001") {
            orgs.push(("Both".to_owned(), 2));
        }
        if !in_team {
            orgs.push(("Unplaced".to_owned(), 0));
        }
        for (org, role) in orgs {
            tables.orgs.insert(org.clone());
            let row = tables.org_members.entry((org, login.clone())).or_insert_with(|| "None".to_owned());
            if roles.iter().position(|r| r == row).unwrap() < role {
                roles[role].clone_into(row);
            }
        }
    }
    // "*" is every organization there is, those that the same run creates included.
    for (person, groups) in company.people.iter().zip(&groups) {
        if groups.iter().any(|g| company.groups[*g].name == "admins") {
            for org in &tables.orgs {
                tables.org_members.insert((org.clone(), person.login.clone()), "Admin".to_owned());
            }
        }
    }
    tables.teams = tables.team_members.keys().map(|(org, team, _)| (org.clone(), team.clone())).collect();
    tables
}

/// For each person all groups, those above the direct ones included.
fn groups_of_people(company: &Company) -> Vec<BTreeSet<usize>> {
    let mut found = vec![BTreeSet::new(); company.people.len()];
    for top in 0..company.groups.len() {
        let (mut seen, mut open) = (BTreeSet::new(), vec![top]);
        while let Some(group) = open.pop() {
            if seen.insert(group) {
                open.extend(&company.groups[group].groups);
                for person in &company.groups[group].people {
                    found[*person].insert(top);
                }
            }
        }
    }
    found
}
