//! The trail: whole, or the first record that is not as it was written (N5, W21).

use crate::world::invariants;
use crate::world::roster::{Roster, STAFF_VIEWS};
use crate::world::site::Site;

/// One record for the organization and one for each of 20 people.
fn synced() -> Site {
    let site = Roster::of(20, "p", "staff").synced(STAFF_VIEWS);
    site.run(&["audit", "verify"]).expect(0).says("21 audit records");
    site
}

fn broken(damage: &str, says: &str) {
    let site = synced();
    damage.split(';').for_each(|statement| site.database.execute(statement));
    site.run(&["audit", "verify"]).expect(1).says(says);
}

#[test]
fn w21_an_edited_record_is_named() {
    broken("UPDATE audit SET body = replace(body, 'Viewer', 'Editor') WHERE seq = 7", "record 7 ");
    broken("UPDATE audit SET at = at + 1 WHERE seq = 9", "record 9 ");
    broken("UPDATE audit SET actor = 'nobody' WHERE seq = 1", "record 1 ");
    broken("UPDATE audit SET user_id = user_id + 1 WHERE seq = 21", "record 21 ");
}

#[test]
fn w21_a_deleted_record_is_named() {
    broken("DELETE FROM audit WHERE seq = 12", "record 12 is missing");
    broken("DELETE FROM audit WHERE seq = 1", "record 1 is missing");
}

#[test]
fn w21_records_that_changed_places_are_named() {
    broken(
        "UPDATE audit SET seq = -1 WHERE seq = 4;
         UPDATE audit SET seq = 4 WHERE seq = 5;
         UPDATE audit SET seq = 5 WHERE seq = -1",
        "record 4 ",
    );
}

#[test]
fn w21_a_trail_without_its_end_is_noticed() {
    broken("DELETE FROM audit WHERE seq > 18", "records 19 to 21 are missing");
    broken("DELETE FROM audit", "records 1 to 21 are missing");
}

#[test]
fn every_change_of_a_person_stands_in_one_record() {
    let mut people = Roster::of(20, "p", "staff");
    let site = people.synced(STAFF_VIEWS);
    people.add(3, "zoe", "staff");
    people.take(2, "staff");
    people.write(&site);
    site.sync(0);
    let out = site.run(&["audit", "export", "--after", "21"]).expect(0);
    let lines: Vec<serde_json::Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds = |line: &serde_json::Value| -> Vec<String> {
        let changes = line["body"]["changes"].as_array().unwrap().iter();
        changes.map(|change| change[0].as_str().unwrap().to_owned()).collect()
    };
    let joiners = lines.iter().filter(|line| kinds(line) == ["create_user", "org_role"]).count();
    let leavers = lines.iter().filter(|line| kinds(line) == ["org_role"]).count();
    assert_eq!((lines.len(), joiners, leavers), (5, 3, 2), "{}", out.stdout);
    assert!(!out.stdout.contains("zoe"), "no personal data in what can never be taken out again");
    invariants::check(&site).expect(0);
}
