//! Several domain controllers: each counts changes for itself, and one may not have everything yet.

use super::active_directory::WAYS;
use super::{By, Followed};
use crate::world::database::Backend;
use crate::world::ldap_edit::Edited as _;

#[test]
fn l19_r08_a_domain_is_read_where_it_was_read_before() {
    for way in WAYS {
        let Some(mut followed) = Followed::active_directory(Backend::Sqlite, way, By::Feed) else { return };
        let copy = followed.directory.slapd.save();
        let late = followed.directory.slapd.beside(&copy);
        followed.directory.hire(&["team-003"]);
        followed.caught_up("somebody whom the other has not heard of");
        followed.stop();
        let written = std::fs::read_to_string(followed.site.dir().join("rosterd.toml")).unwrap();
        let first = format!("urls = [{:?}", late.url());
        followed.site.write("rosterd.toml", &written.replace("urls = [", &format!("{first}, ")));
        followed.run();
        followed.directory.hire(&["team-004"]);
        followed.caught_up("somebody after that");
        assert!(followed.said().contains("another LDAP server is asked first"), "{}", followed.said());
        followed.directory.hire(&["team-005"]);
        followed.caught_up("somebody more, by the feed");
        followed.stop();
        // Without a daemon nobody knows where it was read.
        followed.site.write("rosterd.toml", &written);
        followed.close();
    }
}
