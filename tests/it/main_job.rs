//! A directory becomes the authorization tables: all of it, exactly, and nothing more a second time.

use crate::world::company::{Company, group_dn, person_dn};
use crate::world::database::Backend;
use crate::world::directory::Directory;
use crate::world::expected::{RULES, tables};
use crate::world::invariants;
use crate::world::ldap_edit::Edited as _;
use crate::world::site::{Site, slapd_provider};
use crate::world::slapd::READ_ALL;

crate::world::on_both!(
    ten_thousand_people_are_followed,
    r58_second_run_writes_nothing,
    joiner_gets_what_the_groups_say,
    mover_gets_the_new_and_loses_the_old,
    leaver_is_suspended_without_rights,
    leaver_whose_memberships_dangle_is_suspended_all_the_same,
    l17_moved_and_renamed_person_stays_the_same_user,
    renamed_group_renames_its_team_and_keeps_its_members,
    l17_recycled_uid_is_a_new_user,
    l17_two_people_who_swap_logins_stay_who_they_are,
    who_returns_is_the_same_user,
    r21_damage_by_hand_is_repaired,
    manual_grants_stay,
);

/// A directory with its site, synced once.
fn synced(backend: Backend, directory: &Directory) -> Site {
    let site = Site::new(backend, &(slapd_provider("corp", &directory.slapd.url(), "") + RULES));
    site.sync(0);
    site.tables().assert_is(&tables(&directory.company));
    site
}

/// Syncs, and holds the tables against the computation; all that follows writes nothing.
#[track_caller]
fn follows(site: &Site, directory: &Directory) {
    site.sync(0);
    site.tables().assert_is(&tables(&directory.company));
    let before = site.database.fingerprint();
    invariants::check(site).expect(0);
    assert_eq!(site.database.fingerprint(), before, "the second run wrote something");
}

fn ten_thousand_people_are_followed(backend: Backend) {
    let mut directory = Directory::start(Company::new(10_000, 200, 42));
    let site = synced(backend, &directory);
    let before = site.database.fingerprint();
    site.sync(0);
    assert_eq!(site.database.fingerprint(), before, "the second run wrote something");

    directory.hire(&["team-001", "team-100"]);
    let mover = directory.member("team-050", &["team-051"]);
    directory.leave("team-050", &mover);
    directory.join("team-051", &mover);
    directory.dismiss(&directory.member("team-090", &["admins", "operators"]));
    directory.rename_person(&directory.member("team-070", &[]), "somebody.else");
    directory.rename_group("team-120", "team-920");
    follows(&site, &directory);
}

fn r58_second_run_writes_nothing(backend: Backend) {
    let directory = Directory::small();
    let site = synced(backend, &directory);
    let before = site.database.fingerprint();
    for _ in 0..3 {
        site.sync(0);
        assert_eq!(site.database.fingerprint(), before);
    }
    invariants::check(&site).expect(0);
}

fn joiner_gets_what_the_groups_say(backend: Backend) {
    let mut directory = Directory::small();
    let site = synced(backend, &directory);
    let login = directory.hire(&["team-003", "lead-001"]);
    follows(&site, &directory);
    assert_eq!(site.tables().team_role("Team 001", &login), Some("admin"));
    let nobody = directory.hire(&[]);
    follows(&site, &directory);
    assert_eq!(site.tables().org_role("Unplaced", &nobody), Some("None"));
}

fn mover_gets_the_new_and_loses_the_old(backend: Backend) {
    let mut directory = Directory::small();
    let site = synced(backend, &directory);
    let login = directory.member("team-003", &["team-004"]);
    directory.leave("team-003", &login);
    directory.join("team-004", &login);
    follows(&site, &directory);
    assert_eq!(site.tables().team_role("Team 003", &login), None);
    assert_eq!(site.tables().team_role("Team 004", &login), Some("member"));
}

fn leaver_is_suspended_without_rights(backend: Backend) {
    let mut directory = Directory::small();
    let site = synced(backend, &directory);
    let login = directory.member("team-003", &["admins", "operators"]);
    directory.dismiss(&login);
    follows(&site, &directory);
    assert_eq!(site.tables().state(&login), Some("suspended"));
    let reasons = site.database.rows(&format!(
        "SELECT s.origin, s.reason FROM user_suspensions s JOIN users u ON u.id = s.user_id WHERE u.login = '{login}'"
    ));
    assert_eq!(reasons, [["corp", "gone from provider corp"]]);
}

/// OpenLDAP without `refint` leaves the name of a deleted entry in the groups.
fn leaver_whose_memberships_dangle_is_suspended_all_the_same(backend: Backend) {
    let mut directory = Directory::small();
    let site = synced(backend, &directory);
    let login = directory.member("team-003", &["admins", "operators"]);
    directory.slapd.delete([person_dn(&login).as_str()]);
    let place = directory.company.place(&login);
    for group in &mut directory.company.groups {
        group.people.remove(&place);
    }
    directory.company.person_mut(&login).gone = true;
    follows(&site, &directory);
}

fn l17_moved_and_renamed_person_stays_the_same_user(backend: Backend) {
    let mut directory = Directory::small();
    let site = synced(backend, &directory);
    let login = directory.member("team-002", &[]);
    let id = |login: &str| site.database.value(&format!("SELECT id FROM users WHERE login = '{login}'"));
    let before = id(&login);

    directory.rename_person(&login, "new.name");
    follows(&site, &directory);
    assert_eq!(id("new.name"), before);

    // The entry moves to another branch, and so does what the groups call it.
    let groups = directory.groups_of("new.name");
    directory.slapd.rename(&person_dn("new.name"), "uid=new.name", Some("ou=moved,dc=example,dc=org"));
    for group in groups {
        directory.slapd.leave(&group_dn(&group), &person_dn("new.name"));
        directory.slapd.join(&group_dn(&group), "uid=new.name,ou=moved,dc=example,dc=org");
    }
    follows(&site, &directory);
    assert_eq!(id("new.name"), before);
}

fn renamed_group_renames_its_team_and_keeps_its_members(backend: Backend) {
    let mut directory = Directory::small();
    let site = synced(backend, &directory);
    let team = |name: &str| site.database.rows(&format!("SELECT id FROM teams WHERE name = '{name}'"));
    let before = team("Team 015");
    directory.rename_group("team-015", "team-900");
    follows(&site, &directory);
    assert_eq!(team("Team 900"), before);
    assert!(team("Team 015").is_empty());
}

fn l17_recycled_uid_is_a_new_user(backend: Backend) {
    let mut directory = Directory::small();
    let site = synced(backend, &directory);
    let login = directory.member("team-003", &["admins", "operators"]);
    let old = directory.company.people[directory.company.place(&login)].clone();
    directory.dismiss(&login);
    let dn = person_dn(&login);
    directory
        .slapd
        .add(&format!("dn: {dn}\nobjectClass: inetOrgPerson\nuid: {login}\ncn: Another\nsn: x\nmail: x@example.org\n"));
    directory.slapd.join(&group_dn("team-007"), &dn);
    site.sync(0);

    let of = |subject: &str| {
        let sql = format!(
            "SELECT u.login, u.state, u.name FROM identities i JOIN users u ON u.id = i.user_id WHERE i.subject = '{subject}'"
        );
        site.database.rows(&sql)
    };
    let now = directory.slapd.values(&format!("(uid={login})"), "entryUUID");
    assert_eq!(of(&now[0]), [[login.as_str(), "active", "Another"]]);
    let former = of(&old.uuid);
    assert_eq!(former[0][1..], ["suspended", &old.name]);
    assert_ne!(former[0][0], login, "the login is the new person's");
    let tables = site.tables();
    assert_eq!(tables.team_role("Team 007", &login), Some("member"));
    assert_eq!(tables.team_role("Team 003", &login), None, "nothing of the old one's goes to the new one");
    assert_eq!(tables.org_role("Main", &former[0][0]), None);
    invariants::check(&site).expect(0);
}

fn l17_two_people_who_swap_logins_stay_who_they_are(backend: Backend) {
    let mut directory = Directory::small();
    let site = synced(backend, &directory);
    let id = |login: &str| site.database.value(&format!("SELECT id FROM users WHERE login = '{login}'"));
    let before = (id("u00020"), id("u00021"));
    directory.rename_person("u00020", "aside");
    directory.rename_person("u00021", "u00020");
    directory.rename_person("aside", "u00021");
    follows(&site, &directory);
    assert_eq!((id("u00021"), id("u00020")), before);
}

fn who_returns_is_the_same_user(backend: Backend) {
    let mut directory = Directory::small();
    let site = synced(backend, &directory);
    let login = directory.member("team-003", &["admins", "operators"]);
    let id = site.database.value(&format!("SELECT id FROM users WHERE login = '{login}'"));
    // Out of the reader's sight and back: to rosterd the same as gone and back.
    directory.slapd.set_access(&format!("access to dn.exact={} by * none\n{READ_ALL}", person_dn(&login)));
    site.sync(0);
    assert_eq!(site.tables().state(&login), Some("suspended"));
    assert_eq!(site.tables().org_role("Main", &login), None);
    directory.slapd.set_access(READ_ALL);
    follows(&site, &directory);
    assert_eq!(site.database.value(&format!("SELECT id FROM users WHERE login = '{login}'")), id);
    assert_eq!(site.database.value("SELECT count(*) FROM user_suspensions"), "0");
}

fn r21_damage_by_hand_is_repaired(backend: Backend) {
    let directory = Directory::small();
    let site = synced(backend, &directory);
    let expected = tables(&directory.company);
    let member = |login: &str, org: &str| {
        format!(
            "user_id = (SELECT id FROM users WHERE login = '{login}') AND org_id = (SELECT id FROM orgs WHERE name = '{org}')"
        )
    };
    let damage = [
        format!("DELETE FROM org_members WHERE {}", member("u00021", "Main")),
        format!("UPDATE org_members SET synced_role = 'Admin' WHERE {}", member("u00022", "Main")),
        "DELETE FROM team_members WHERE team_id = (SELECT id FROM teams WHERE name = 'Team 002')".to_owned(),
        "UPDATE team_members SET synced_role = 'admin' WHERE team_id = (SELECT id FROM teams WHERE name = 'Team 004')"
            .to_owned(),
        "INSERT INTO team_members (team_id, user_id, synced_role) \
         SELECT t.id, u.id, 'admin' FROM teams t, users u WHERE t.name = 'Team 010' AND u.login NOT IN \
         (SELECT x.login FROM team_members m JOIN users x ON x.id = m.user_id WHERE m.team_id = t.id) AND u.login > 'u00050'"
            .to_owned(),
        "UPDATE users SET synced_admin = 1 WHERE login = 'u00040'".to_owned(),
        "UPDATE users SET name = 'Somebody Else', email = '' WHERE login = 'u00041'".to_owned(),
        "UPDATE users SET login = 'broken' WHERE login = 'u00042'".to_owned(),
        "UPDATE teams SET name = 'Wrong name' WHERE name = 'Team 006'".to_owned(),
    ];
    for sql in &damage {
        site.database.execute(sql);
        assert_ne!(site.database.tables(), expected, "{sql} shows nowhere");
        site.sync(0);
        let repaired = site.database.tables();
        assert!(repaired == expected, "{sql} is not repaired: {:?}", repaired.beyond(&expected));
    }
    invariants::check(&site).expect(0);
}

fn manual_grants_stay(backend: Backend) {
    let mut directory = Directory::small();
    let site = synced(backend, &directory);
    let login = directory.member("team-003", &["admins", "operators", "team-010"]);
    let user = format!("(SELECT id FROM users WHERE login = '{login}')");
    site.database.execute(&format!(
        "INSERT INTO org_members (org_id, user_id, manual_role) SELECT id, {user}, 'Admin' FROM orgs WHERE name = 'Main' \
         ON CONFLICT (org_id, user_id) DO UPDATE SET manual_role = excluded.manual_role"
    ));
    site.database.execute(&format!(
        "INSERT INTO team_members (team_id, user_id, manual_role) SELECT id, {user}, 'admin' FROM teams WHERE name = 'Team 003' \
         ON CONFLICT (team_id, user_id) DO UPDATE SET manual_role = excluded.manual_role"
    ));
    site.database.execute(&format!(
        "INSERT INTO team_members (team_id, user_id, manual_role) SELECT id, {user}, 'member' FROM teams WHERE name = 'Team 010'"
    ));
    site.database.execute(&format!("UPDATE users SET manual_admin = 1 WHERE id = {user}"));
    let manual = |site: &Site| {
        let tables = site.tables();
        assert_eq!(tables.org_role("Main", &login), Some("Admin"));
        assert_eq!(tables.team_role("Team 003", &login), Some("admin"));
        assert_eq!(tables.team_role("Team 010", &login), Some("member"));
        assert!(tables.users[&login].server_admin);
    };
    site.sync(0);
    manual(&site);
    directory.leave("team-003", &login);
    site.sync(0);
    manual(&site);
    // A leaver may do nothing, but what people gave is for people to take.
    directory.dismiss(&login);
    site.sync(0);
    manual(&site);
    assert_eq!(site.tables().state(&login), Some("suspended"));
    assert_eq!(
        site.database
            .value(&format!("SELECT count(*) FROM org_members WHERE user_id = {user} AND synced_role IS NOT NULL")),
        "0"
    );
    invariants::check(&site).expect(0);
}
