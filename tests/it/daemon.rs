//! `rosterd run`: what changes is followed without anybody asking, until it is told to stop.

use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;
use crate::world::wait_until;

#[test]
fn changes_are_followed_until_it_is_told_to_stop() {
    let provider = PROVIDER.replace("create_missing", "every = \"100ms\"\ncreate_missing");
    let site = Site::new(Backend::Sqlite, &(provider + STAFF_VIEWS));
    let mut people = Roster::of(20, "p", "staff");
    people.write(&site);
    site.run(&["db", "migrate"]).expect(0);
    let running = site.start(&["run"], &[]);
    assert!(wait_until(60, || site.tables().org_members.len() == 20), "the first run is at once");

    // Two daemons on one database file: the second is refused (R43).
    site.run(&["run"]).expect(1).says("rosterd.db.lock");

    people.add(2, "joiner", "staff");
    people.people.remove("p000");
    people.write(&site);
    let followed = || {
        let tables = site.tables();
        tables.state("joiner001") == Some("active") && tables.state("p000") == Some("suspended")
    };
    assert!(wait_until(60, followed), "{:#?}", site.tables());
    running.signal("TERM");
    running.wait().expect(0);
    invariants::check(&site).expect(0);
}
