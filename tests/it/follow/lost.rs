//! Where changes cannot be followed everything is read, once, and nothing is guessed.

use super::Followed;
use crate::world::company::Company;
use crate::world::database::Backend;
use crate::world::ldap_edit::Edited as _;
use crate::world::wait_until;

/// What happened while no daemon was there is followed from where it had ended.
#[test]
fn a_daemon_goes_on_from_where_it_ended() {
    let mut followed = Followed::small(Backend::Sqlite);
    followed.stop();
    let login = followed.directory.hire(&["team-003"]);
    followed.directory.slapd.restart();
    followed.run();
    followed.caught_up("what came meanwhile");
    followed.directory.leave("team-003", &login);
    followed.caught_up("and after it");
    followed.close();
}

#[test]
fn a_cursor_that_means_nothing_is_a_reading_of_everything() {
    for cursor in ["", "{}", "garbage", r#"{"by":"content-sync","of":[],"cookies":[]}"#] {
        let mut followed = Followed::small(Backend::Sqlite);
        // It is followed, so that no run puts another cursor there.
        let told = followed.said().len();
        followed.directory.hire(&["team-005"]);
        assert!(wait_until(30, || followed.said()[told..].contains("changes were followed")));
        followed.site.database.execute(&format!("UPDATE feeds SET cursor = '{cursor}'"));
        followed.directory.hire(&["team-003"]);
        followed.caught_up("somebody new");
        assert!(followed.said().contains("everything is read"), "{}", followed.said());
        followed.close();
    }
}

/// Many changes at once are a reading of everything, under the limits as a whole.
#[test]
fn n10_a_change_that_takes_too_much_is_held_as_a_whole() {
    let followed = Followed::small(Backend::Sqlite);
    let before = followed.site.tables();
    let people: Vec<String> = followed.directory.company.people.iter().skip(10).take(40).map(|p| p.dn()).collect();
    // All of it is there when the daemon looks again.
    followed.signal("STOP");
    followed.directory.slapd.delete(people.iter().map(String::as_str));
    followed.signal("CONT");
    let held = || followed.site.database.value("SELECT count(*) FROM holds WHERE state = 'pending'") == "1";
    assert!(wait_until(30, held), "{}", followed.said());
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert!(followed.site.tables() == before, "not nine of ten");
    assert_eq!(followed.site.database.value("SELECT count(*) FROM holds"), "1");
}

/// What a reader may no longer see looks like everybody having left.
#[test]
fn l16_a_reader_that_lost_its_rights_takes_nothing() {
    let mut followed = Followed::small(Backend::Sqlite);
    let before = followed.site.tables();
    followed.directory.slapd.set_access(crate::world::slapd::READ_NOTHING);
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(followed.site.tables() == before);
}

/// Ten thousand are not told one by one; what comes after the reading is.
#[test]
fn more_changes_than_are_read_one_by_one_are_a_reading_of_everything() {
    let mut followed = Followed::without_limits(Backend::Sqlite, Company::new(10_050, 60, 7));
    let cursor = followed.site.database.value("SELECT cursor FROM feeds");
    let (before, newest) = cursor.split_once("csn=").unwrap();
    let old = format!("{before}csn=20000101{}", &newest[8..]);
    followed.site.database.execute(&format!("UPDATE feeds SET cursor = '{old}'"));
    followed.directory.hire(&["team-003"]);
    followed.caught_up("somebody new");
    assert!(followed.said().contains("more changes than are read one by one"), "{}", followed.said());
    assert!(!followed.said().contains("could not be followed"), "{}", followed.said());
    followed.directory.hire(&["team-004"]);
    followed.caught_up("and one more, by the feed");
    followed.close();
}

/// Somebody logs in before it is told that their group came into another: what is stored of groups then would hide
/// it from whoever else is in it.
#[test]
fn what_a_login_saw_of_groups_is_told_to_everybody_in_them() {
    let mut followed = Followed::small(Backend::Postgres);
    followed.signal("STOP");
    followed.directory.nest("dept-01", "team-006");
    followed.directory.rename_group("team-004", "team-904");
    for group in ["team-006", "team-904"] {
        let login = followed.directory.member(group, &["admins"]);
        followed.site.run(&["look", &login]).expect(0);
    }
    followed.signal("CONT");
    followed.caught_up("whoever else is in these groups");
    assert_eq!(followed.runs("schedule"), 1);
    followed.close();
}
