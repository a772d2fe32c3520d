//! Files that are wrong or cannot be read change nothing.

use super::{CONFIGURATION, declare, may, site};
use crate::world::database::Backend;
use crate::world::invariants;

crate::world::on_both!(what_cannot_be_used_changes_nothing, a_role_that_is_not_there_is_a_mistake);

const GOOD: &str = r#"
[[roles]]
name = "a"
permissions = [{ action = "x:read", scope = "*" }]
[[assignments]]
role = "a"
people = ["wei"]
"#;

fn what_cannot_be_used_changes_nothing(backend: Backend) {
    let site = site(backend, "");
    declare(&site, GOOD);
    site.sync(0);
    let before = site.database.fingerprint();
    let unchanged = |why: &str| {
        let outcome = site.run(&["sync"]).expect(CONFIGURATION).says(why);
        assert!(outcome.stdout.contains("nothing that files declare was changed"), "{outcome:#?}");
        site.run(&["plan"]).expect(CONFIGURATION).says(why);
        assert_eq!(site.database.fingerprint(), before, "{why}");
    };
    // The other file is good, and says nothing of `wei` any more.
    declare(&site, "[[orgs]]\nname = \"Client A\"\n");
    site.write("roles/b.toml", "[[roles]]\nname = \"b\"\npermisions = []\n");
    unchanged("roles/b.toml:3: unknown key `permisions`; did you mean `permissions`?");
    site.run(&["check", "config"]).expect(CONFIGURATION).says("roles/b.toml:3");
    site.write("roles/b.toml", "[[roles]\n");
    unchanged("roles/b.toml:1:");
    std::fs::write(site.dir().join("roles/b.toml"), [b'#', 0xff, b'\n']).unwrap();
    unchanged("is not UTF-8");
    std::fs::remove_file(site.dir().join("roles/b.toml")).unwrap();
    // A name that leads nowhere, as in a volume that is half mounted.
    std::os::unix::fs::symlink("gone.toml", site.dir().join("roles/c.toml")).unwrap();
    unchanged("roles/c.toml: it cannot be read");
    std::fs::remove_file(site.dir().join("roles/c.toml")).unwrap();
    std::fs::rename(site.dir().join("roles"), site.dir().join("elsewhere")).unwrap();
    unchanged("the folder cannot be listed");
    std::fs::rename(site.dir().join("elsewhere"), site.dir().join("roles")).unwrap();
    declare(&site, GOOD);
    site.sync(0);
    assert_eq!(may(&site, "wei"), ["* x:read * {} {}"]);
    invariants::check(&site).expect(0);
}

fn a_role_that_is_not_there_is_a_mistake(backend: Backend) {
    let site = site(backend, "");
    declare(&site, GOOD);
    site.sync(0);
    let before = site.database.fingerprint();
    declare(&site, &GOOD.replace("role = \"a\"", "role = \"b\""));
    site.run(&["sync"]).expect(CONFIGURATION).says("roles/a.toml:7: there is no role `b`");
    assert_eq!(site.database.fingerprint(), before);
    // Somebody who is not there may come.
    declare(&site, &GOOD.replace("\"wei\"", "\"wei\", \"nobody\""));
    site.run(&["sync"]).expect(0).says("roles/a.toml:7: there is nobody with the login \"nobody\" yet");
    site.run(&["sync", "--deny-warnings"]).expect(3);
}

#[test]
fn every_mistake_in_every_file_is_said_with_its_place() {
    let site = site(Backend::Sqlite, "");
    declare(&site, "[[roles]]\nname = \"a\"\n[[assignments]]\nrole = \"a\"\npeople = [\"wei\"]\n");
    site.write("roles/b.yaml", "roles: []\n");
    site.configure("[provisioning]\nfiles = [\"roles/*\"]\n");
    site.write("roles/c.json", "{\"roles\": [{\"name\": \"a\"}]}\n");
    site.write("roles/d.toml", "[[assignments]]\nrole = \"a\"\npeople = [\"ana\", \"wei\"]\n");
    let said = site.run(&["check", "config"]).expect(CONFIGURATION).stderr;
    let folder = format!("{}/", site.dir().display());
    let said = said.replace(&folder, "");
    assert_eq!(
        said.trim_end(),
        "error: roles/c.json:1: the role `a` is declared at roles/a.toml:1 already\n\
         roles/d.toml:3: the role `a` on * for somebody is declared at roles/a.toml:5 already"
    );
    site.write("roles/c.json", "{\"role\": 1}\n");
    site.write("roles/e.txt", "");
    let said = site.run(&["check", "config"]).expect(CONFIGURATION).stderr.replace(&folder, "");
    assert_eq!(
        said.trim_end(),
        "error: roles/c.json:1: unknown key `role`; did you mean `roles`?\n\
         roles/e.txt: its name does not say its format: end it with .yaml, .yml, .toml or .json"
    );
    std::fs::remove_file(site.dir().join("roles/c.json")).unwrap();
    std::fs::remove_file(site.dir().join("roles/e.txt")).unwrap();
    std::fs::remove_file(site.dir().join("roles/d.toml")).unwrap();
    site.run(&["check", "config"]).expect(0).says("2 provisioning files");
}

#[test]
fn a_name_that_no_file_fits_is_noted() {
    let site = site(Backend::Sqlite, "");
    site.run(&["check", "config"]).expect(0).says("roles/*.toml: no file fits it");
    site.run(&["sync"]).expect(0).says("roles/*.toml: no file fits it");
    declare(&site, "");
    let outcome = site.run(&["check", "config"]).expect(0).says("1 provisioning files");
    assert!(!outcome.stderr.contains("no file fits it"), "{outcome:#?}");
    assert!(!site.run(&["sync"]).expect(0).stderr.contains("no file fits it"));
}
