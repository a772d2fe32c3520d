//! Provisioning files: what they declare is in the tables, beside what rules and people give.

mod crash;
mod daemon;
mod declared;
mod held;
mod left_alone;
mod names;
mod owners;
mod replicas;
mod templates;
mod wrong;

use crate::world::database::Backend;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;

pub const CONFIGURATION: i32 = 78;
pub const HELD: i32 = 4;

/// The files that a site reads.
const FILES: &str = "[provisioning]\nfiles = [\"roles/*.toml\"]\n";

/// A site whose people (`ana`, `boss`, `wei`, `zoe`) are Viewers of Main, once synced.
fn site(backend: Backend, more: &str) -> Site {
    let site = Site::new(backend, &format!("{FILES}{more}{PROVIDER}{STAFF_VIEWS}"));
    std::fs::create_dir(site.dir().join("roles")).unwrap();
    people(&["ana", "boss", "wei", "zoe"]).write(&site);
    site
}

fn people(names: &[&str]) -> Roster {
    let mut roster = Roster { groups: ["staff".to_owned()].into(), ..Roster::default() };
    for name in names {
        roster.people.insert((*name).to_owned(), ["staff".to_owned()].into());
    }
    roster
}

fn declare(site: &Site, text: &str) {
    site.write("roles/a.toml", text);
}

/// What the view that answers for everything says of somebody: organization, action, scope, parameters of what is held
/// and of the role.
fn may(site: &Site, login: &str) -> Vec<String> {
    let sql = format!(
        "SELECT coalesce(o.name, '*'), p.action, p.scope, p.parameters, p.role_parameters FROM effective_permissions p
         JOIN users u ON u.id = p.user_id LEFT JOIN orgs o ON o.id = p.org_id WHERE u.login = '{login}'"
    );
    let mut rows: Vec<String> = site.database.rows(&sql).into_iter().map(|row| row.join(" ")).collect();
    rows.sort();
    rows
}

/// The number and the hash of a hold of files.
fn hold(site: &Site, state: &str) -> (String, String) {
    let list = site.run(&["holds", "list", "--output", "json"]).expect(0).json();
    let hold = list["holds"].as_array().unwrap().iter().find(|hold| hold["state"] == state);
    let hold = hold.unwrap_or_else(|| panic!("no {state} hold in {list:#}"));
    assert_eq!(hold["provider"], "provisioning");
    (hold["id"].to_string(), hold["plan_hash"].as_str().unwrap().to_owned())
}

/// A plan for files, by itself.
fn plan(site: &Site) -> String {
    let text = site.run(&["plan"]).stdout;
    let rest = text.split_once("provisioning:").unwrap_or_else(|| panic!("no plan for files in {text}")).1;
    rest.split("\n\n").next().unwrap_or_default().to_owned()
}
