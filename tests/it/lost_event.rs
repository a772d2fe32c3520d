//! R59: an event that never comes. The order of work follows the state, so the next run on schedule
//! sees what the hook did not tell.

use crate::world::database::Backend;
use crate::world::ldap_edit::Edited as _;
use crate::world::portal::{Portal, dn};
use crate::world::wait_until;

crate::world::on_both!(r59_what_no_hook_told_of_is_seen_by_the_next_run);

fn r59_what_no_hook_told_of_is_seen_by_the_next_run(backend: Backend) {
    let mut portal = Portal::every(backend, "1s");
    portal.slapd.join(&dn("groups", "red"), &dn("people", "ann"));
    portal.slapd.leave(&dn("groups", "staff"), &dn("people", "ben"));
    let right = || {
        let tables = portal.site.tables();
        tables.team_role("red", "ann") == Some("member") && tables.org_role("Main", "ben").is_none()
    };
    assert!(wait_until(60, right), "{:#?}\n{}", portal.site.tables(), portal.said());
    assert_eq!(portal.site.database.value("SELECT count(*) FROM deliveries"), "0", "nobody told of it");
    assert_eq!(portal.site.tables().org_role("Main", "cleo"), Some("Viewer"), "the rest stays");

    portal.stop();
    let before = portal.site.database.fingerprint();
    portal.site.sync(0);
    assert_eq!(portal.site.database.fingerprint(), before, "a run without news wrote something");
    portal.close();
}
