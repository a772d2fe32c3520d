//! What is particular about following changes by their times.

use super::{By, Followed, NO_LIMITS, NO_SYNC, by_time};
use crate::world::company::Company;
use crate::world::database::Backend;
use crate::world::directory::Directory;
use crate::world::ldap_edit::Edited;
use crate::world::slapd::{READER, SUFFIX};
use crate::world::wait_until;
use std::thread::sleep;
use std::time::Duration;

impl<S: Edited> Followed<S> {
    /// Somebody is taken out of the directory, and groups still name them.
    fn gone(&mut self, login: &str) {
        for group in self.directory.groups_of(login) {
            let place = self.directory.company.place(login);
            self.directory.company.group_mut(&group).people.remove(&place);
        }
        self.directory.company.person_mut(login).gone = true;
    }

    fn cursor(&self) -> String {
        self.site.database.value("SELECT cursor FROM feeds")
    }

    /// Waits until everything until now is told.
    fn told(&self) {
        let (mut before, mut same) = (self.cursor(), 0);
        assert!(wait_until(60, || {
            sleep(Duration::from_millis(200));
            let now = self.cursor();
            same = if now == before { same + 1 } else { 0 };
            before = now;
            same > 10
        }));
    }
}

/// A server that offers nothing else is followed so by itself.
#[test]
fn it_is_the_way_of_servers_that_have_no_other() {
    let mut followed = Followed::start(Backend::Sqlite, Company::new(60, 30, 7), NO_SYNC);
    assert!(followed.cursor().contains("\"by\":\"modify-timestamp\""), "{}", followed.cursor());
    followed.directory.hire(&["team-003"]);
    followed.caught_up("a joiner");
    assert_eq!(followed.runs("schedule"), 1);
    followed.close();
}

/// Nothing of a deletion is in what has changed: the list of everybody shows it. Nor is it there that somebody has
/// left what is read.
#[test]
fn who_is_deleted_or_moved_away_is_found_by_the_list_of_everybody() {
    let directory = Directory::telling(Company::new(60, 30, 7), NO_SYNC);
    let provider = by_time(&directory.slapd.url(), "entryUUID");
    let provider = provider.replace(&format!("[\"{SUFFIX}\"]"), &format!("[\"ou=people,{SUFFIX}\"]"));
    let mut followed = Followed::of(Backend::Sqlite, directory, &provider, READER, By::Feed);
    for moved in [false, true] {
        let leaver = followed.directory.member("team-002", &["admins", "operators"]);
        let dn = followed.directory.slapd.person(&leaver);
        if moved {
            followed.directory.slapd.rename(&dn, &format!("uid={leaver}"), Some(&format!("ou=moved,{SUFFIX}")));
        } else {
            followed.directory.slapd.delete([dn.as_str()]);
        }
        followed.gone(&leaver);
        followed.caught_up("a leaver");
    }
    assert_eq!(followed.runs("schedule"), 1, "{}", followed.said());
    followed.close();
}

/// Several changes within one second, of which the feed sees the first alone.
#[test]
fn an_entry_that_is_changed_twice_in_a_second_is_not_missed() {
    let mut followed = Followed::by_time(Backend::Sqlite, Company::new(60, 30, 7), NO_LIMITS, By::Feed);
    for _ in 0..5 {
        let login = followed.directory.hire(&[]);
        for _ in 0..4 {
            followed.directory.join("team-003", &login);
            sleep(Duration::from_millis(120));
            followed.directory.leave("team-003", &login);
            sleep(Duration::from_millis(120));
        }
        followed.directory.join("team-003", &login);
        followed.caught_up("the last change");
    }
    assert_eq!(followed.runs("schedule"), 1);
    followed.close();
}

/// Neither looks nor lists of everybody.
#[test]
fn n06_a_quiet_directory_writes_nothing() {
    let mut followed = Followed::by_time(Backend::Postgres, Company::new(60, 30, 7), "", By::Feed);
    followed.directory.hire(&["team-003"]);
    followed.caught_up("a joiner");
    followed.told();
    let written = || {
        ["SELECT count(*) FROM runs", "SELECT last_value FROM readings", "SELECT cursor FROM feeds"]
            .map(|sql| followed.site.database.value(sql))
    };
    let before = written();
    sleep(Duration::from_secs(4));
    assert_eq!(written(), before);
    followed.close();
}

/// An organizational unit gets another name, and with it everybody below: their times stay.
#[test]
fn who_has_another_name_and_the_time_of_before_is_found_by_the_list_of_everybody() {
    let provider = |url: &str| by_time(url, "nsUniqueId");
    let Some(followed) = Followed::ds389_as(Backend::Sqlite, Company::new(60, 30, 7), provider, By::Feed) else {
        return;
    };
    // Two lists to compare with.
    sleep(Duration::from_secs(3));
    let login = followed.directory.member("team-002", &["admins", "operators"]);
    let dn = || followed.site.database.value(&format!("SELECT dn FROM identities WHERE login = '{login}'"));
    let (people, unit) = (format!("ou=people,{SUFFIX}"), format!("ou=unit,ou=people,{SUFFIX}"));
    let entry = format!("dn: {unit}\nobjectClass: organizationalUnit\nou: unit\n");
    followed.directory.slapd.add(&entry);
    followed.directory.slapd.rename(&format!("uid={login},{people}"), &format!("uid={login}"), Some(&unit));
    assert!(wait_until(30, || dn().contains("ou=unit,ou=people")), "{}", dn());
    followed.told();
    let time = || followed.directory.slapd.values(&format!("(uid={login})"), "modifyTimestamp");
    let before = time();
    followed.directory.slapd.rename(&unit, "ou=other", None);
    assert_eq!(time(), before);
    assert!(wait_until(30, || dn().contains("ou=other,ou=people")), "{}", dn());
}
