//! What happens in a directory, followed by its feed alone: everything was read once, at the start.

use super::{By, Followed, WAYS, backends, by_time};
use crate::world::company::{Company, group_dn, person_dn};
use crate::world::database::Backend;
use crate::world::ldap_edit::Edited;

crate::world::on_both!(slapd_is_followed, slapd_is_followed_by_times, slapd_is_read);

fn slapd_is_followed(backend: Backend) {
    for way in WAYS {
        everything_happens(Followed::start(backend, Company::new(60, 30, 7), way));
    }
}

fn slapd_is_followed_by_times(backend: Backend) {
    everything_happens(Followed::by_time(backend, Company::new(60, 30, 7), "", By::Feed));
}

fn slapd_is_read(backend: Backend) {
    everything_happens(Followed::by_time(backend, Company::new(60, 30, 7), "", By::FullRead));
}

#[test]
fn ds389_is_followed() {
    for backend in backends() {
        Followed::ds389(backend, By::Feed).into_iter().for_each(everything_happens);
    }
}

#[test]
fn ds389_is_followed_by_times() {
    let provider = |url: &str| by_time(url, "nsUniqueId");
    for backend in backends() {
        let followed = Followed::ds389_as(backend, Company::new(60, 30, 7), provider, By::Feed);
        followed.into_iter().for_each(everything_happens);
    }
}

#[test]
fn ds389_is_read() {
    for backend in backends() {
        Followed::ds389(backend, By::FullRead).into_iter().for_each(everything_happens);
    }
}

#[test]
fn active_directory_is_followed() {
    for (backend, way) in
        backends().into_iter().flat_map(|backend| ["dirsync", "usn-changed"].map(|way| (backend, way)))
    {
        let follow = format!("by = {way:?}, every = \"100ms\"");
        if let Some(followed) = Followed::active_directory(backend, &follow, By::Feed) {
            assert_eq!(followed.way().replace("dir-sync", "dirsync"), way);
            everything_happens(followed);
        }
    }
}

#[test]
fn active_directory_is_read() {
    for backend in backends() {
        let followed = Followed::active_directory(backend, "every = \"1s\"", By::FullRead);
        followed.into_iter().for_each(everything_happens);
    }
}

/// 389 Directory Server sends whole entries, whatever it was asked for.
#[test]
fn w20_a_password_that_nobody_asked_for_is_written_nowhere() {
    let Some(mut followed) = Followed::ds389(Backend::Sqlite, By::Feed) else { return };
    let login = followed.directory.hire(&["team-003"]);
    let secret = "canary-of-389";
    let dn = person_dn(&login);
    let set = format!("dn: {dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: {secret}\n");
    followed.directory.slapd.modify(&set);
    let asked = ["-LLL", "-b", &dn, "-s", "base", "userPassword"];
    let shown = followed.directory.slapd.tool("ldapsearch", &asked, "");
    assert!(shown.contains("userPassword:: "), "{shown}");
    followed.directory.join("team-005", &login);
    followed.caught_up("a mover with a password");
    let written = |needle: &str| {
        let files = std::fs::read_dir(followed.site.dir()).unwrap().map(|file| file.unwrap().path());
        let bytes = files.filter(|path| path.is_file()).map(|path| std::fs::read(path).unwrap()).collect::<Vec<_>>();
        bytes.concat().windows(needle.len()).any(|window| window == needle.as_bytes())
    };
    assert!(written(&login) && !written(secret) && !written("{PBKDF2"), "in the database");
    assert!(!followed.said().contains(secret) && !followed.said().contains("{PBKDF2"), "in the log");
    followed.close();
}

fn everything_happens<S: Edited>(mut followed: Followed<S>) {
    people_come_move_and_go(&mut followed);
    followed.directory.slapd.restart();
    groups_come_into_groups_and_go(&mut followed);
    many_come_at_once(&mut followed);
    if followed.running.is_some() {
        assert_eq!((followed.runs("schedule"), followed.said().contains("everything is read")), (1, false));
    }
    a_cursor_is_lost(&mut followed);
    a_copy_from_before_comes_back(&mut followed);
    a_group_is_deleted(&mut followed);
    followed.close();
}

fn people_come_move_and_go<S: Edited>(followed: &mut Followed<S>) {
    let directory = &mut followed.directory;
    let login = directory.hire(&["team-003", "lead-001"]);
    followed.caught_up("a joiner");
    let directory = &mut followed.directory;
    directory.leave("team-003", &login);
    directory.join("team-005", &login);
    followed.caught_up("a mover");
    followed.directory.rename_person(&login, "somebody.else");
    followed.caught_up("another name");
    followed.directory.rename_group("team-004", "team-904");
    followed.caught_up("a group's other name");
    let leaver = followed.directory.member("team-002", &["admins", "operators"]);
    followed.directory.dismiss(&leaver);
    followed.caught_up("a leaver");
}

/// A group comes into another and goes out of it.
fn groups_come_into_groups_and_go<S: Edited>(followed: &mut Followed<S>) {
    followed.directory.nest("dept-01", "team-006");
    followed.caught_up("a group came into another");
    followed.directory.unnest("dept-01", "team-006");
    followed.caught_up("and went out of it");
}

/// A class of apprentices, in one group.
fn many_come_at_once<S: Edited>(followed: &mut Followed<S>) {
    for _ in 0..20 {
        followed.directory.hire(&["team-005"]);
    }
    followed.caught_up("many came");
}

/// What the server does not know, or the daemon not, is a reading of everything.
fn a_cursor_is_lost<S: Edited>(followed: &mut Followed<S>) {
    if followed.running.is_none() {
        return;
    }
    followed.site.database.execute("UPDATE feeds SET cursor = 'garbage'");
    followed.directory.hire(&["team-003"]);
    followed.caught_up("somebody came after it was lost");
    assert!(followed.said().contains("everything is read"), "{}", followed.said());
}

/// The directory is restored from last week's copy: whoever came since is not there.
fn a_copy_from_before_comes_back<S: Edited>(followed: &mut Followed<S>) {
    let copy = followed.directory.slapd.save();
    let cursors = followed.site.database.rows("SELECT cursor FROM feeds");
    if cursors.iter().flatten().any(|cursor| cursor.contains("modify-timestamp")) {
        // Two seconds may be two clocks. Last week's copy is older.
        std::thread::sleep(std::time::Duration::from_secs(4));
    }
    let login = followed.directory.hire(&["team-003", "dept-01"]);
    followed.caught_up("somebody came after it was copied");
    let newest = followed.site.tables();
    let reads = followed.running.is_none();
    followed.directory.slapd.restore(&copy);
    if reads {
        // Without a daemon nobody knows until where it was read.
        followed.site.run(&["sync"]).expect(0);
    } else {
        let held = followed.plan_held();
        assert!(followed.site.tables() == newest, "a view from before takes nothing");
        followed.approve(&held);
    }
    for group in ["team-003", "dept-01"] {
        let place = followed.directory.company.place(&login);
        followed.directory.company.group_mut(group).people.remove(&place);
    }
    followed.directory.company.person_mut(&login).gone = true;
    if !reads {
        followed.run();
    }
    followed.caught_up("what is in the copy");
}

/// One that others are in.
fn a_group_is_deleted<S: Edited>(followed: &mut Followed<S>) {
    let directory = &mut followed.directory;
    directory.slapd.delete([group_dn("team-007").as_str()]);
    let gone = directory.company.find("team-007");
    directory.company.groups[gone].people.clear();
    directory.company.groups[gone].groups.clear();
    for group in &mut directory.company.groups {
        group.groups.remove(&gone);
    }
    // A team would lose everybody: whichever way it is read, somebody has to say that this is meant.
    if followed.running.is_none() {
        followed.site.run(&["sync"]).expect(4).says("Team 007 would lose all");
    }
    let held = followed.plan_held();
    followed.approve(&held);
    // The team stays, with nobody in it.
    assert!(followed.site.tables().team_members.keys().all(|(_, team, _)| team != "Team 007"));
    followed.site.database.execute("DELETE FROM teams WHERE name = 'Team 007'");
}

/// OpenLDAP tells that somebody is gone, and not that the groups that named them have lost a member.
#[test]
fn somebody_who_is_gone_is_gone_from_groups_that_still_name_them() {
    let mut followed = Followed::small(Backend::Sqlite);
    let leaver = followed.directory.member("team-002", &["admins", "operators"]);
    followed.directory.slapd.delete([person_dn(&leaver).as_str()]);
    for group in followed.directory.groups_of(&leaver) {
        let place = followed.directory.company.place(&leaver);
        followed.directory.company.group_mut(&group).people.remove(&place);
    }
    followed.directory.company.person_mut(&leaver).gone = true;
    followed.caught_up("a leaver");
    assert_eq!(followed.runs("schedule"), 1);
    followed.close();
}

/// The turns are a day apart: it is the server that says when.
#[test]
fn a_server_that_tells_at_once_is_followed_at_once() {
    let mut followed = Followed::every(Backend::Sqlite, Company::new(60, 30, 7), WAYS[0], "24h");
    for _ in 0..3 {
        let login = followed.directory.hire(&["team-003"]);
        followed.caught_up("a joiner");
        followed.directory.dismiss(&login);
        followed.caught_up("a leaver");
    }
    // A connection that has ended is opened anew, at a turn; here the daemon begins again instead.
    followed.stop();
    followed.directory.slapd.restart();
    followed.run();
    followed.directory.hire(&["team-003"]);
    followed.caught_up("after both were started again");
    followed.directory.hire(&["team-004"]);
    followed.caught_up("and once more");
    followed.close();
}
