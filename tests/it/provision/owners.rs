//! N3: what rules and people give stays, whatever a file says or says no longer.

use super::{CONFIGURATION, declare, may, site};
use crate::world::database::Backend;
use crate::world::invariants;

crate::world::on_both!(
    n3_what_people_and_rules_give_stays,
    a_role_made_by_hand_is_not_taken_over_unasked,
    a_role_that_somebody_holds_otherwise_stays,
    a_role_that_is_held_by_hand_no_longer_goes,
    a_role_made_by_hand_in_an_organization_does_not_stand_for_the_declared_one,
);

const ROLE: &str = "[[roles]]\nname = \"a\"\npermissions = [{ action = \"x:read\", scope = \"*\" }]\n";
const HELD: &str = "[[assignments]]\nrole = \"a\"\norg = \"Main\"\npeople = [\"wei\"]\n";
const FOR_EVER: &str = "253402300799999";

fn n3_what_people_and_rules_give_stays(backend: Backend) {
    let site = site(backend, "");
    let member = "[[members]]\norg = \"Main\"\nrole = \"Editor\"\npeople = [\"wei\", \"ana\"]\n";
    declare(&site, &format!("{ROLE}{HELD}{member}"));
    site.sync(0);
    site.database.execute(
        "UPDATE org_members SET manual_role = 'Admin' WHERE user_id = (SELECT id FROM users WHERE login = 'wei')",
    );
    site.database.execute(&format!("UPDATE user_entitlements SET manual_until = {FOR_EVER}"));
    declare(&site, ROLE);
    site.sync(0);
    let role = |login: &str| site.tables().org_members[&("Main".to_owned(), login.to_owned())].clone();
    assert_eq!((role("wei").as_str(), role("ana").as_str()), ("Admin", "Viewer"), "by hand, and by a rule");
    assert_eq!(may(&site, "wei"), ["Main x:read * {} {}"]);
    assert_eq!(site.database.value("SELECT count(*) FROM user_entitlements WHERE declared_until IS NOT NULL"), "0");
    invariants::check(&site).expect(0);
}

fn a_role_made_by_hand_is_not_taken_over_unasked(backend: Backend) {
    let site = site(backend, "");
    declare(&site, "");
    site.sync(0);
    site.database.execute(
        "INSERT INTO roles (id, org_id, name, kind, title, description, origin, version, updated_at)
         VALUES (10, NULL, 'a', 'custom', 'By hand', '', 'manual', 3, 0)",
    );
    declare(&site, &format!("{ROLE}{HELD}"));
    site.run(&["sync"]).expect(CONFIGURATION).says("roles/a.toml:1: what is in the role `a` was said by hand");
    assert_eq!(site.database.value("SELECT origin FROM roles WHERE id = 10"), "manual");
    declare(&site, &format!("{ROLE}adopt = true\n{HELD}"));
    site.sync(0);
    assert_eq!(site.database.rows("SELECT origin, version FROM roles WHERE id = 10"), [["file", "4"]]);
    assert_eq!(may(&site, "wei"), ["Main x:read * {} {}"]);
    // One that a file declares may be made of one that was made by hand.
    declare(&site, &format!("{ROLE}adopt = true\n[[roles]]\nname = \"b\"\nfrom = [\"a\"]\n{HELD}"));
    site.sync(0);
    invariants::check(&site).expect(0);
}

fn a_role_that_somebody_holds_otherwise_stays(backend: Backend) {
    let site = site(backend, "");
    declare(&site, &format!("{ROLE}{HELD}"));
    site.sync(0);
    site.database.execute(&format!("UPDATE user_entitlements SET manual_until = {FOR_EVER}"));
    declare(&site, "[[members]]\norg = \"Main\"\nrole = \"Viewer\"\npeople = [\"ana\"]\n");
    site.run(&["sync"]).expect(0).says("no file declares the role `a` any longer");
    assert_eq!(may(&site, "wei"), ["Main x:read * {} {}"]);
    invariants::check(&site).expect(0);
    // The change in the repository is reverted: nobody has to say more than before.
    declare(&site, &format!("{ROLE}{HELD}"));
    site.sync(0);
    assert_eq!(site.database.value("SELECT count(*) FROM user_entitlements WHERE declared_until IS NOT NULL"), "1");
    // It goes when nobody holds it otherwise any more.
    declare(&site, "[[members]]\norg = \"Main\"\nrole = \"Viewer\"\npeople = [\"ana\"]\n");
    site.sync(0);
    site.database.execute("DELETE FROM user_entitlements");
    site.sync(0);
    assert_eq!(site.database.value("SELECT count(*) FROM roles WHERE name = 'a'"), "0");
    invariants::check(&site).expect(0);
}

fn a_role_that_is_held_by_hand_no_longer_goes(backend: Backend) {
    let site = site(backend, "");
    declare(&site, &format!("{ROLE}{HELD}"));
    site.sync(0);
    site.database.execute("UPDATE user_entitlements SET manual_until = 1000");
    declare(&site, "[[members]]\norg = \"Main\"\nrole = \"Viewer\"\npeople = [\"ana\"]\n");
    site.sync(0);
    assert_eq!(site.database.value("SELECT count(*) FROM roles WHERE name = 'a'"), "0");
    assert_eq!(site.database.value("SELECT count(*) FROM user_entitlements"), "0", "its time is over");
    invariants::check(&site).expect(0);
}

fn a_role_made_by_hand_in_an_organization_does_not_stand_for_the_declared_one(backend: Backend) {
    let site = site(backend, "");
    declare(&site, "");
    site.sync(0);
    site.database.execute(
        "INSERT INTO roles (id, org_id, name, kind, title, description, origin, version, updated_at)
         SELECT 10, id, 'a', 'custom', 'By hand', '', 'manual', 1, 0 FROM orgs WHERE name = 'Main'",
    );
    site.database.execute("INSERT INTO role_permissions (role_id, action, scope) VALUES (10, '*', '*')");
    let made_of = "[[roles]]\nname = \"b\"\norg = \"Main\"\nfrom = [\"a\"]\n\
                   [[assignments]]\nrole = \"b\"\norg = \"Main\"\npeople = [\"zoe\"]\n";
    declare(&site, &format!("{ROLE}{HELD}{made_of}"));
    site.sync(0);
    assert_eq!(may(&site, "wei"), ["Main x:read * {} {}"]);
    assert_eq!(may(&site, "zoe"), ["Main x:read * {} {}"]);
    invariants::check(&site).expect(0);
    // Where there is no other, it is the one that is meant.
    declare(&site, &format!("{HELD}{made_of}"));
    site.sync(0);
    assert_eq!(may(&site, "wei"), ["Main * * {} {}"]);
    assert_eq!(may(&site, "zoe"), ["Main * * {} {}"]);
    invariants::check(&site).expect(0);
}
