//! Nobody's last Admin is taken (N4): that one change waits, everything else goes on.

use crate::world::invariants;
use crate::world::roster::Roster;
use crate::world::site::Site;

const RULES: &str = r#"
[[rules]]
id = "staff"
match.group = "staff"
org = "Main"
role = "Viewer"

[[rules]]
id = "editors"
match.group = "editors"
org = "Main"
role = "Editor"

[[rules]]
id = "chiefs"
match.group = "chiefs"
org = "Main"
role = "Admin"

[[rules]]
id = "roots"
match.group = "roots"
server_admin = true
"#;

/// 20 people; the first is the only Admin of Main and the only server admin.
fn staff() -> Roster {
    let mut people = Roster::of(20, "p", "staff");
    people.add(1, "p", "chiefs");
    people.add(1, "p", "roots");
    people.groups.insert("editors".to_owned());
    people
}

fn server_admin(site: &Site, login: &str) -> bool {
    site.tables().users[login].server_admin
}

#[test]
fn r22_last_org_admin_is_kept_and_the_rest_is_applied() {
    let mut people = staff();
    let site = people.synced(RULES);
    people.take(1, "chiefs");
    people.add(5, "p", "editors");
    people.add(1, "joiner", "staff");
    people.write(&site);
    site.sync(0).says("p000");
    let tables = site.tables();
    assert_eq!(tables.org_role("Main", "p000"), Some("Admin"), "withheld");
    assert_eq!(tables.org_role("Main", "p003"), Some("Editor"), "applied");
    assert_eq!(tables.org_role("Main", "joiner000"), Some("Viewer"), "applied");
    invariants::check(&site).expect(0);
    assert_eq!(site.tables().org_role("Main", "p000"), Some("Admin"));

    // Another Admin appears: now the first can go.
    people.people.get_mut("p007").unwrap().insert("chiefs".to_owned());
    people.write(&site);
    site.sync(0);
    invariants::check(&site).expect(0);
    assert_eq!(site.tables().org_role("Main", "p007"), Some("Admin"));
    assert_eq!(site.tables().org_role("Main", "p000"), Some("Editor"));
}

#[test]
fn r22_last_server_admin_is_kept_and_the_rest_is_applied() {
    let mut people = staff();
    let site = people.synced(RULES);
    people.take(1, "roots");
    people.add(5, "p", "editors");
    people.write(&site);
    site.sync(0).says("p000");
    assert!(server_admin(&site, "p000"), "withheld");
    assert_eq!(site.tables().org_role("Main", "p003"), Some("Editor"), "applied");
    invariants::check(&site).expect(0);
    assert!(server_admin(&site, "p000"));

    people.people.get_mut("p007").unwrap().insert("roots".to_owned());
    people.write(&site);
    site.sync(0);
    invariants::check(&site).expect(0);
    assert!(server_admin(&site, "p007") && !server_admin(&site, "p000"));
}

/// The last Admin leaves the company: the account stays usable until there is another one.
#[test]
fn r22_last_admin_who_leaves_stays_until_there_is_another() {
    let mut people = staff();
    let site = people.synced(RULES);
    people.dismiss(1, "p");
    people.add(5, "p", "editors");
    people.people.remove("p000");
    people.write(&site);
    site.sync(0);
    let tables = site.tables();
    assert_eq!((tables.state("p000"), tables.org_role("Main", "p000")), (Some("active"), Some("Admin")));
    assert!(server_admin(&site, "p000"));
    assert_eq!(tables.org_role("Main", "p003"), Some("Editor"), "applied");
    invariants::check(&site).expect(0);

    for group in ["chiefs", "roots"] {
        people.people.get_mut("p007").unwrap().insert(group.to_owned());
    }
    people.write(&site);
    site.sync(0);
    invariants::check(&site).expect(0);
    let tables = site.tables();
    assert_eq!((tables.state("p000"), tables.org_role("Main", "p000")), (Some("suspended"), None));
    assert!(!server_admin(&site, "p000") && server_admin(&site, "p007"));
}

/// Two Admins go in one run: one of them, and only one, is kept.
#[test]
fn r23_all_admins_at_once() {
    let mut people = staff();
    people.add(2, "p", "chiefs");
    let site = people.synced(RULES);
    people.take(2, "chiefs");
    people.write(&site);
    site.sync(0);
    let admins = |site: &Site| site.tables().org_members.values().filter(|role| *role == "Admin").count();
    assert_eq!(admins(&site), 1);
    invariants::check(&site).expect(0);
    assert_eq!(admins(&site), 1);
}

/// A manual Admin is one too: then nothing has to wait.
#[test]
fn r22_manual_admin_counts() {
    let mut people = staff();
    let site = people.synced(RULES);
    site.database.execute(
        "UPDATE org_members SET manual_role = 'Admin' WHERE user_id = (SELECT id FROM users WHERE login = 'p009')",
    );
    site.database.execute("UPDATE users SET manual_admin = 1 WHERE login = 'p009'");
    people.take(1, "chiefs");
    people.take(1, "roots");
    people.write(&site);
    site.sync(0);
    assert_eq!(site.tables().org_role("Main", "p000"), Some("Viewer"));
    assert!(!server_admin(&site, "p000") && server_admin(&site, "p009"));
    invariants::check(&site).expect(0);
}

/// An Admin who is suspended cannot administer: does not count.
#[test]
fn r22_suspended_admin_does_not_count() {
    let mut people = staff();
    people.add(2, "p", "chiefs");
    let site = people.synced(RULES);
    site.database.execute("UPDATE users SET state = 'suspended' WHERE login = 'p001'");
    site.database.execute(
        "INSERT INTO user_suspensions (user_id, origin, reason, since) \
         SELECT id, 'manual', 'lost badge', 0 FROM users WHERE login = 'p001'",
    );
    people.people.get_mut("p000").unwrap().remove("chiefs");
    people.write(&site);
    site.sync(0);
    assert_eq!(site.tables().org_role("Main", "p000"), Some("Admin"), "withheld");
    assert_eq!(site.tables().state("p001"), Some("suspended"), "what people suspended stays so");
    invariants::check(&site).expect(0);
}
