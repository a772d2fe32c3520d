//! Over a limit nothing of that provider is applied: not the removals, and nothing else (N10).
//! Each limit at one below, at and above its number.

use crate::world::invariants;
use crate::world::roster::Roster;
use crate::world::site::Site;

const HELD: i32 = 4;

/// Members of `staff` are Viewers of Main, `crew` a team of it, `chiefs` its Admins.
const RULES: &str = r#"
[[rules]]
id = "staff"
match.group = "staff"
org = "Main"
role = "Viewer"

[[rules]]
id = "crew"
match.group = "crew"
org = "Main"
team = "Crew"

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

/// Syncs `start`, then `change`d: that ends with `code`, and when it is held, with the same tables.
#[track_caller]
fn after(start: &Roster, change: impl FnOnce(&mut Roster), code: i32) -> Site {
    after_under(RULES, start, change, code)
}

#[track_caller]
fn after_under(rules: &str, start: &Roster, change: impl FnOnce(&mut Roster), code: i32) -> Site {
    let site = start.synced(rules);
    let before = site.tables();
    let mut now = start.clone();
    change(&mut now);
    now.write(&site);
    site.run(&["sync"]).expect(code);
    if code == HELD {
        site.tables().assert_is(&before);
        invariants::check(&site).expect(HELD);
        site.tables().assert_is(&before);
    } else {
        assert_ne!(site.tables(), before);
        invariants::check(&site).expect(0);
    }
    site
}

#[test]
fn r03_memberships_by_percent() {
    // 100 memberships: 20 % are 20.
    let staff = Roster::of(100, "p", "staff");
    after(&staff, |r| r.take(19, "staff"), 0);
    after(&staff, |r| r.take(20, "staff"), 0);
    after(&staff, |r| r.take(21, "staff"), HELD);
}

#[test]
fn r03_memberships_by_number() {
    // 20 memberships: 9 are 45 %, but fewer than 10.
    let staff = Roster::of(20, "p", "staff");
    after(&staff, |r| r.take(9, "staff"), 0);
    after(&staff, |r| r.take(10, "staff"), HELD);
    after(&staff, |r| r.take(11, "staff"), HELD);
}

#[test]
fn r03_other_numbers_can_be_said() {
    let rules = format!("[limits]\nremovals_percent = 50\nremovals_at_least = 3\n{RULES}");
    let staff = Roster::of(10, "p", "staff");
    after_under(&rules, &staff, |r| r.take(5, "staff"), 0);
    after_under(&rules, &staff, |r| r.take(6, "staff"), HELD);
    let few = Roster::of(4, "p", "staff");
    after_under(&rules, &few, |r| r.take(2, "staff"), 0);
    after_under(&rules, &few, |r| r.take(3, "staff"), HELD);
}

#[test]
fn r03_people_by_percent() {
    // Half of the people have no right to lose: only the accounts are counted.
    let mut people = Roster::of(100, "idle", "visitors");
    people.add(100, "p", "staff");
    after(&people, |r| r.dismiss(39, "idle"), 0);
    after(&people, |r| r.dismiss(40, "idle"), 0);
    after(&people, |r| r.dismiss(41, "idle"), HELD);
}

/// Each organization has its own share: 21 of 100 members of one are too many although there are
/// 1,000 memberships in all.
#[test]
fn r03_memberships_of_one_organization() {
    let rules = format!("{RULES}\n[[rules]]\nid = \"lab\"\nmatch.group = \"lab\"\norg = \"Lab\"\nrole = \"Viewer\"\n");
    let mut people = Roster::of(900, "p", "staff");
    people.add(100, "p", "lab");
    after_under(&rules, &people, |r| r.take(20, "lab"), 0);
    after_under(&rules, &people, |r| r.take(21, "lab"), HELD);
}

#[test]
fn r03_privileged_roles_by_percent() {
    // The membership stays with a lower role: only the privilege is counted.
    let mut people = Roster::of(200, "p", "staff");
    people.add(100, "p", "chiefs");
    after(&people, |r| r.take(20, "chiefs"), 0);
    after(&people, |r| r.take(21, "chiefs"), HELD);
    let mut roots = Roster::of(200, "p", "staff");
    roots.add(100, "p", "roots");
    after(&roots, |r| r.take(20, "roots"), 0);
    after(&roots, |r| r.take(21, "roots"), HELD);
}

#[test]
fn r05_emptied_team() {
    for (members, code) in [(2, 0), (3, HELD), (4, HELD)] {
        let mut people = Roster::of(50, "p", "staff");
        people.add(members, "p", "crew");
        after(&people, |r| r.take(members, "crew"), code);
    }
    // One member left is not empty.
    let mut people = Roster::of(50, "p", "staff");
    people.add(4, "p", "crew");
    after(&people, |r| r.take(3, "crew"), 0);
}

#[test]
fn r05_deleted_group_is_an_emptied_team_too() {
    let mut people = Roster::of(50, "p", "staff");
    people.add(3, "p", "crew");
    let without = |r: &mut Roster| {
        r.take(3, "crew");
        r.groups.remove("crew");
    };
    after(&people, without, HELD);
}

/// However few people there were: nobody at all is never believed.
#[test]
fn r02_provider_returns_nothing() {
    for people in [1, 2, 5, 50] {
        after(&Roster::of(people, "p", "staff"), |r| *r = Roster::default(), HELD);
    }
}

#[test]
fn privileged_gains_of_both_kinds() {
    let people = Roster::of(50, "p", "staff");
    for group in ["chiefs", "roots"] {
        after(&people, |r| r.add(4, "p", group), 0);
        after(&people, |r| r.add(5, "p", group), 0);
        after(&people, |r| r.add(6, "p", group), HELD);
    }
    // Together: two people of one kind and four others of the other.
    after(&people, |r| (r.add(2, "p", "chiefs"), r.add(4, "q", "roots")).0, HELD);
}

#[test]
fn privileged_gains_in_slices() {
    let people = Roster::of(50, "p", "staff");
    let site = after(&people, |r| r.add(3, "p", "chiefs"), 0);
    let mut now = people;
    now.add(6, "p", "chiefs");
    now.write(&site);
    site.sync(HELD);
    assert_eq!(site.tables().org_members.values().filter(|role| *role == "Admin").count(), 3);
    invariants::check(&site).expect(HELD);
}

/// `privileged_gains` does not count for the first run: somebody has to be Admin.
#[test]
fn first_run_may_make_many_admins() {
    let mut people = Roster::of(50, "p", "staff");
    people.add(20, "p", "chiefs");
    let site = people.synced(RULES);
    assert_eq!(site.tables().org_members.values().filter(|role| *role == "Admin").count(), 20);
    invariants::check(&site).expect(0);
}

#[test]
fn r04_nine_percent_a_run_for_twenty_runs() {
    let mut staff = Roster::of(200, "p", "staff");
    let site = staff.synced(RULES);
    let mut codes = Vec::new();
    for _ in 0..20 {
        staff.take(staff.people.values().filter(|g| g.contains("staff")).count() * 9 / 100, "staff");
        staff.write(&site);
        codes.push(site.run(&["sync"]).status.code().unwrap());
    }
    // 18 of 200, then 16 of 182, are 34; the next 14 would make 48 of 200.
    assert_eq!(codes[..2], [0, 0]);
    assert!(codes[2..].iter().all(|code| *code == HELD), "{codes:?}");
    assert_eq!(site.tables().org_members.len(), 200 - 18 - 16);
    invariants::check(&site).expect(HELD);
}

/// Not nine of ten, and not the joiner who came in the same run either.
#[test]
fn n10_held_scope_applies_nothing_at_all() {
    let mut people = Roster::of(100, "p", "staff");
    people.add(5, "crew", "crew");
    let change = |r: &mut Roster| {
        r.take(30, "staff");
        r.add(1, "joiner", "staff");
        r.add(8, "crew", "crew");
        r.add(1, "crew", "chiefs");
    };
    let site = after(&people, change, HELD);
    assert_eq!(site.tables().state("joiner000"), None);
    assert_eq!(site.database.value("SELECT count(*) FROM runs"), "1");
}

/// A held provider does not stop another one.
#[test]
fn n10_other_providers_go_on() {
    let other = "\n[providers.other]\nfile = { path = \"other.yaml\" }\ncreate_missing = [\"orgs\", \"teams\"]\n";
    let staff = Roster::of(100, "p", "staff");
    let site = staff.synced(RULES);
    site.write(
        "other.yaml",
        "people:\n  - { id: o, login: olga, groups: [staff] }\ngroups:\n  - { id: s, name: staff }\n",
    );
    site.configure(&format!("{}{other}{RULES}", crate::world::roster::PROVIDER));
    let mut now = staff;
    now.take(50, "staff");
    now.write(&site);
    site.sync(HELD);
    let tables = site.tables();
    assert_eq!(tables.org_role("Main", "olga"), Some("Viewer"));
    assert_eq!(tables.org_members.len(), 101);
    invariants::check(&site).expect(HELD);
}
