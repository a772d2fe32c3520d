//! An organization that is declared under a key is the same one whatever it is called.

use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::site::Site;

crate::world::on_both!(a_declared_organization_keeps_its_members_through_renames);

/// Rules by key and by name, and by what a directory says besides groups.
fn config(orgs: &str, org: &str) -> String {
    format!(
        "{orgs}\n[providers.corp]\nfile = {{ path = \"people.ldif\", attributes = [\"department\"] }}\n\
         [[rules]]\nid = \"sales\"\nmatch.claim = {{ path = \"department\", equals = \"Sales\" }}\n\
         org = \"{org}\"\nrole = \"Editor\"\n"
    )
}

fn rows(site: &Site) -> Vec<Vec<String>> {
    site.database.rows(
        "SELECT CAST(o.id AS TEXT), coalesce(o.key, '-'), o.name, u.login, m.role FROM org_members m
         JOIN orgs o ON o.id = m.org_id JOIN users u ON u.id = m.user_id ORDER BY o.id, u.login",
    )
}

fn a_declared_organization_keeps_its_members_through_renames(backend: Backend) {
    let site = Site::new(backend, &config("[orgs.1]\nname = \"Main\"", "1"));
    let person = |name: &str, department: &str| {
        format!(
            "dn: uid={name},dc=x\nobjectClass: person\nuid: {name}\nentryUUID: {name}\ndepartment: {department}\n\n"
        )
    };
    site.write("people.ldif", &(person("ana", "Sales") + &person("bob", "Ops")));
    // Made without create_missing, because it is declared.
    site.sync(0);
    assert_eq!(rows(&site), [["1", "1", "Main", "ana", "Editor"]]);
    invariants::check(&site);

    // The name changes in the configuration: one change, seen in the plan, and nobody loses anything.
    site.configure(&config("[orgs.1]\nname = \"Head Office\"", "Head Office"));
    let plan = site.run(&["plan", "--output", "json"]).expect(0);
    assert!(plan.stdout.contains("\"rename_org\""), "{}", plan.stdout);
    site.sync(0);
    assert_eq!(rows(&site), [["1", "1", "Head Office", "ana", "Editor"]]);
    invariants::check(&site);

    // Declared under its key only, it may be renamed by others.
    site.configure(&config("[orgs.1]", "1"));
    site.database.execute("UPDATE orgs SET name = 'Theirs' WHERE id = 1");
    site.sync(0);
    assert_eq!(rows(&site), [["1", "1", "Theirs", "ana", "Editor"]]);

    // One that was not declared is found by its name and gets its key; one that is not there is not made.
    site.database.execute("UPDATE orgs SET key = NULL WHERE id = 1");
    site.configure(&config("[orgs.main]\nname = \"Theirs\"", "main"));
    site.sync(0);
    assert_eq!(rows(&site), [["1", "main", "Theirs", "ana", "Editor"]]);
    invariants::check(&site);
}
