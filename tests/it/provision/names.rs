//! Whom and what names in files mean, when somebody or something is called otherwise.

use super::{HELD, declare, hold, may, people, site};
use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::site::Site;

crate::world::on_both!(
    what_files_give_follows_a_person_and_not_a_login,
    a_login_that_somebody_else_has_by_now_is_held,
    nothing_is_taken_where_an_organization_or_a_team_is_called_otherwise,
    a_name_that_another_organization_has_by_now_is_held,
    a_purge_forgets_the_login,
);

const ROLE: &str = "[[roles]]\nname = \"a\"\npermissions = [{ action = \"x:read\", scope = \"*\" }]\n";

fn held_by(person: &str) -> String {
    format!("{ROLE}[[assignments]]\nrole = \"a\"\norg = \"Main\"\npeople = [\"{person}\"]\n")
}

/// `ana` is called `ana.smith`, at her provider.
fn renamed(site: &Site, more: &str) {
    let yaml = people(&["ana", "boss", "wei", "zoe"]).yaml().replace("login: ana,", "login: ana.smith,");
    site.write("people.yaml", &yaml.replace("people:\n", &format!("people:\n{more}")));
}

fn id(site: &Site, login: &str) -> String {
    site.database.value(&format!("SELECT id FROM users WHERE login = '{login}'"))
}

fn what_files_give_follows_a_person_and_not_a_login(backend: Backend) {
    let site = site(backend, "");
    declare(&site, &held_by("ana"));
    site.sync(0);
    let ana = id(&site, "ana");
    renamed(&site, "");
    site.sync(0);
    let said = format!("the account with the login \"ana\" is #{ana} (\"ana.smith\") by now, and is meant still");
    site.run(&["sync"]).expect(0).says(&said);
    assert_eq!(may(&site, "ana.smith"), ["Main x:read * {} {}"]);
    invariants::check(&site).expect(0);
    // By the number nobody has to look at what she is called.
    declare(&site, &held_by(&format!("#{ana}")));
    let outcome = site.run(&["sync"]).expect(0);
    assert!(!outcome.stderr.contains("meant still"), "{outcome:#?}");
    assert_eq!(may(&site, "ana.smith"), ["Main x:read * {} {}"]);
    declare(&site, &held_by("#99"));
    site.run(&["sync"]).expect(0).says("roles/a.toml:7: there is no account #99 yet");
    assert_eq!(may(&site, "ana.smith"), [""; 0]);
    invariants::check(&site).expect(0);
}

fn a_login_that_somebody_else_has_by_now_is_held(backend: Backend) {
    let site = site(backend, "");
    declare(&site, &held_by("ana"));
    site.sync(0);
    let ana = id(&site, "ana");
    renamed(&site, "  - { id: \"id-new\", login: ana, name: new, email: new@example.org, groups: [staff] }\n");
    let outcome = site.sync(HELD);
    let new = id(&site, "ana");
    assert_ne!(new, ana);
    outcome.says(&format!(
        "the account with the login \"ana\" was #{ana} (\"ana.smith\"), and is #{new} by now: what files give would move"
    ));
    assert_eq!(may(&site, "ana.smith"), ["Main x:read * {} {}"]);
    assert_eq!(may(&site, "ana"), [""; 0]);
    invariants::check(&site).expect(HELD);
    // It is meant so, says somebody.
    let (id, hash) = hold(&site, "pending");
    site.run(&["holds", "approve", &id, "--plan", &hash]).expect(0);
    site.sync(0);
    assert_eq!(may(&site, "ana"), ["Main x:read * {} {}"]);
    assert_eq!(may(&site, "ana.smith"), [""; 0]);
    invariants::check(&site).expect(0);
    // In files somebody may be replaced by somebody else without that.
    declare(&site, &held_by("wei"));
    site.sync(0);
    assert_eq!(may(&site, "wei"), ["Main x:read * {} {}"]);
    invariants::check(&site).expect(0);
}

const CLIENT: &str = r#"
[[orgs]]
name = "Client A"
[[teams]]
org = "Client A"
name = "sre"
members = ["wei"]
[[members]]
org = "Client A"
role = "Viewer"
people = ["zoe"]
[[roles]]
name = "b"
org = "Client A"
permissions = [{ action = "x:read", scope = "*" }]
[[assignments]]
role = "b"
org = "Client A"
teams = ["sre"]
"#;

fn nothing_is_taken_where_an_organization_or_a_team_is_called_otherwise(backend: Backend) {
    let site = site(backend, "");
    declare(&site, CLIENT);
    site.sync(0);
    assert_eq!(may(&site, "wei"), ["Client A x:read * {} {}"]);
    site.database.execute("UPDATE teams SET name = 'reliability' WHERE name = 'sre'");
    site.run(&["sync"]).expect(0).says("the team \"sre\" of Client A is \"reliability\" by now, and is meant still");
    site.database.execute("UPDATE orgs SET name = 'Customer A' WHERE name = 'Client A'");
    site.run(&["sync"]).expect(0).says("the organization \"Client A\" is \"Customer A\" by now, and is meant still");
    assert_eq!(may(&site, "wei"), ["Customer A x:read * {} {}"]);
    assert_eq!(site.tables().org_members[&("Customer A".to_owned(), "zoe".to_owned())], "Viewer");
    assert_eq!(site.database.value("SELECT count(*) FROM orgs WHERE name = 'Client A'"), "0", "none is made anew");
    invariants::check(&site).expect(0);
    // What is in no file any longer goes, as ever.
    let (before, _) = CLIENT.split_once("[[roles]]").unwrap();
    declare(&site, before);
    site.sync(0);
    assert_eq!(may(&site, "wei"), [""; 0]);
    invariants::check(&site).expect(0);
}

fn a_name_that_another_organization_has_by_now_is_held(backend: Backend) {
    let site = site(backend, "");
    declare(&site, CLIENT);
    site.sync(0);
    site.database.execute("UPDATE orgs SET name = 'Customer A' WHERE name = 'Client A'");
    site.database.execute("INSERT INTO orgs (id, name, created_at) VALUES (77, 'Client A', 0)");
    site.sync(HELD).says("the organization \"Client A\" was \"Customer A\", and is another one by now");
    assert_eq!(may(&site, "wei"), ["Customer A x:read * {} {}"]);
    invariants::check(&site).expect(HELD);
}

fn a_purge_forgets_the_login(backend: Backend) {
    let site = site(backend, "");
    declare(&site, &held_by("ana"));
    site.sync(0);
    let known = "SELECT count(*) FROM declared_names WHERE name = 'ana'";
    assert_eq!(site.database.value(known), "1");
    site.run(&["user", "archive", "ana"]).expect(0);
    site.run(&["purge", "ana", "--yes"]).expect(0);
    assert_eq!(site.database.value(known), "0");
}
