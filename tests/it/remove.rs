//! What takes things away for good is typed by a person: retiring a provider, purging somebody.

use crate::world::invariants;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;

const GUESTS: &str = "
[providers.guests]
create_missing = [\"orgs\"]
file = { path = \"guests.yaml\" }
";

/// 20 people of one provider, 4 of another that is no longer configured.
fn without_guests() -> Site {
    let site = Roster::of(20, "p", "staff").synced(STAFF_VIEWS);
    Roster::of(4, "guest", "staff").write_as(&site, "guests.yaml");
    site.configure(&format!("{PROVIDER}{GUESTS}{STAFF_VIEWS}"));
    site.sync(0);
    site.configure(&format!("{PROVIDER}{STAFF_VIEWS}"));
    site.sync(0);
    assert_eq!(site.tables().org_role("Main", "guest003"), Some("Viewer"), "not taken back by itself");
    site
}

#[test]
fn r11_a_retired_provider_gives_back_what_it_gave_once_that_is_approved() {
    let site = without_guests();
    let before = site.tables();
    site.run(&["retire", "guests"]).expect(4);
    site.tables().assert_is(&before);
    let holds = site.run(&["holds", "list", "--output", "json"]).expect(0).json();
    let (id, hash) = (holds["holds"][0]["id"].to_string(), holds["holds"][0]["plan_hash"].as_str().unwrap().to_owned());
    site.run(&["holds", "approve", &id, "--plan", &hash]).expect(0);
    site.run(&["retire", "guests"]).expect(0);
    let tables = site.tables();
    for n in 0..4 {
        let login = format!("guest{n:03}");
        assert_eq!((tables.org_role("Main", &login), tables.state(&login)), (None, Some("suspended")));
    }
    assert_eq!(tables.org_members.len(), 20, "the other provider's people keep everything");
    site.run(&["retire", "guests"]).expect(0).says("changes=0");
    invariants::check(&site).expect(0);
}

#[test]
fn a_provider_that_is_configured_or_unknown_is_not_retired() {
    let site = Roster::of(20, "p", "staff").synced(STAFF_VIEWS);
    let before = site.database.fingerprint();
    site.run(&["retire", "corp"]).expect(1).says("still configured");
    site.run(&["retire", "nowhere"]).expect(1).says("nowhere");
    assert_eq!(site.database.fingerprint(), before);
}

#[test]
fn somebody_is_purged_only_when_archived_and_only_when_said_twice() {
    let mut people = Roster::of(20, "p", "staff");
    let site = people.synced(&format!("{STAFF_VIEWS}\n[accounts]\narchive_after = \"1ms\"\n"));
    site.run(&["purge", "p019", "--yes"]).expect(1).says("archived");
    people.people.remove("p019");
    people.write(&site);
    site.sync(0);
    assert_eq!(site.tables().state("p019"), Some("suspended"));
    site.sync(0);
    assert_eq!(site.tables().state("p019"), Some("archived"));
    site.run(&["purge", "p019"]).expect(0).says("--yes");
    assert_eq!(site.tables().state("p019"), Some("archived"));
    site.run(&["purge", "p019", "--yes"]).expect(0);
    assert_eq!(site.tables().state("p019"), None);
    site.run(&["purge", "p019", "--yes"]).expect(1).says("p019");
    invariants::check(&site).expect(0);
}
