//! What is particular about Active Directory.

use super::{By, Followed};
use crate::world::company::{Company, group_dn};
use crate::world::database::Backend;
use crate::world::ldap_edit::Edited;
use crate::world::slapd::SUFFIX;
use crate::world::wait_until;

const AUTO: &str = "every = \"100ms\"";
pub const WAYS: [&str; 2] = ["by = \"dirsync\", every = \"100ms\"", "by = \"usn-changed\", every = \"100ms\""];

/// Replicating changes is a right. Who has it is told more; who has not is told of no deletions, which the next
/// full reading finds.
#[test]
fn it_is_followed_as_far_as_the_account_may() {
    let Some(mut followed) = Followed::domain(Backend::Sqlite, Company::new(60, 30, 7), (AUTO, ""), By::Feed, |_| {})
    else {
        return;
    };
    assert_eq!(followed.way(), "usn-changed");
    let login = followed.directory.hire(&["team-003"]);
    followed.caught_up("a joiner");
    // Everything until now, also that the group has changed.
    let root =
        followed.directory.slapd.tool("ldapsearch", &["-LLL", "-s", "base", "-b", "", "highestCommittedUSN"], "");
    let usn = root.lines().find_map(|line| line.strip_prefix("highestCommittedUSN: ")).unwrap().to_owned();
    let cursor = || followed.site.database.value("SELECT cursor FROM feeds");
    assert!(wait_until(30, || cursor().contains(&format!("\"{usn}\""))), "{usn}: {}", cursor());
    // The groups lose who was deleted, and say nothing of it.
    followed.directory.slapd.delete([followed.directory.slapd.person(&login).as_str()]);
    let place = followed.directory.company.place(&login);
    followed.directory.company.group_mut("team-003").people.remove(&place);
    followed.directory.company.person_mut(&login).gone = true;
    let there = |followed: &Followed<_>| followed.site.tables().state(&login) == Some("active");
    followed.directory.hire(&["team-004"]);
    assert!(wait_until(30, || followed.site.tables().team_role("Team 004", "u00061").is_some()));
    assert!(there(&followed), "nobody has told that they are gone: {}", followed.said());
    followed.stop();
    followed.directory.slapd.allow_feeds();
    followed.run();
    followed.caught_up("everything was read");
    assert_eq!(followed.way(), "dir-sync");
    let leaver = followed.directory.member("team-002", &["admins", "operators"]);
    followed.directory.dismiss(&leaver);
    followed.caught_up("a leaver");
    followed.close();
}

/// An account that is disabled no longer fits the filter, and one whose time is over counts as gone; one that is
/// locked or moved elsewhere is as before.
#[test]
fn l18_who_no_longer_fits_is_gone_and_who_fits_again_is_back() {
    for way in WAYS {
        let Some(mut followed) = Followed::active_directory(Backend::Sqlite, way, By::Feed) else { return };
        let login = followed.directory.member("team-002", &["admins", "operators"]);
        let dn = followed.directory.slapd.person(&login);
        let set = |attribute: &str, value: &str| {
            format!("dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n")
        };
        let groups = followed.directory.groups_of(&login);
        let place = followed.directory.company.place(&login);
        for (attribute, bad, good) in [("userAccountControl", "546", "544"), ("accountExpires", "1", "0")] {
            followed.directory.slapd.modify(&set(attribute, bad));
            for group in &groups {
                followed.directory.company.group_mut(group).people.remove(&place);
            }
            followed.directory.company.people[place].gone = true;
            followed.caught_up(attribute);
            followed.directory.slapd.modify(&set(attribute, good));
            followed.directory.company.people[place].gone = false;
            for group in &groups {
                followed.directory.company.group_mut(group).people.insert(place);
            }
            followed.caught_up(&format!("{attribute} is good again"));
        }
        followed.directory.slapd.modify(&set("lockoutTime", "134403408000000000"));
        followed.directory.slapd.rename(&dn, &format!("cn={login}"), Some(&format!("ou=moved,{SUFFIX}")));
        followed.directory.slapd.join(&group_dn("operators"), &format!("cn={login},ou=moved,{SUFFIX}"));
        followed.directory.company.group_mut("operators").people.insert(place);
        followed.caught_up("an account in another place");
        assert_eq!(followed.runs("schedule"), 1, "{way}");
        followed.close();
    }
}

/// Who is in a group by their own entry alone: it lists them no longer once it is their primary group.
#[test]
fn l18_a_primary_group_counts_without_listing_anybody() {
    for way in WAYS {
        let primary = ("users = { ", "users = { primary_group = \"primaryGroupID\", ");
        let Some(mut followed) = Followed::domain_with(Backend::Sqlite, way, primary) else { return };
        let login = followed.directory.hire(&["team-005"]);
        followed.directory.join("team-003", &login);
        followed.caught_up("somebody in a group");
        let directory = &followed.directory;
        let (dn, sid) = (directory.slapd.person(&login), directory.slapd.sid("team-003"));
        let (_, number) = sid.rsplit_once('-').unwrap();
        let set = format!("dn: {dn}\nchangetype: modify\nreplace: primaryGroupID\nprimaryGroupID: {number}\n");
        directory.slapd.modify(&set);
        assert!(!directory.slapd.values("(cn=team-003)", "member").contains(&dn), "it is not listed any more");
        followed.directory.leave("team-005", &login);
        followed.caught_up("somebody whose primary group it is");
        let tables = followed.site.tables();
        assert!(tables.team_role("Team 003", &login).is_some() && tables.team_role("Team 005", &login).is_none());
        assert_eq!(followed.runs("schedule"), 1, "{way}");
        followed.close();
    }
}

/// The numbers are of one domain controller: whoever was restored counts from elsewhere.
#[test]
fn l19_r09_a_cursor_of_another_life_is_a_reading_of_everything() {
    let Some(mut followed) = Followed::active_directory(Backend::Sqlite, WAYS[1], By::Feed) else { return };
    let cursor = followed.site.database.value("SELECT cursor FROM feeds");
    let other = cursor.replace("\"cookies\":[\"", "\"cookies\":[\"00");
    assert_ne!(cursor, other);
    followed.site.database.execute(&format!("UPDATE feeds SET cursor = '{other}'"));
    followed.directory.hire(&["team-003"]);
    followed.caught_up("somebody new");
    assert!(followed.said().contains("another domain controller"), "{}", followed.said());
    followed.close();
}
