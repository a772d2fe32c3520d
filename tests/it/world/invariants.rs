//! What holds after every test, whatever it did.

use super::rosterd::Outcome;
use super::site::Site;

/// The audit chain is whole (N5), no organization that had an Admin is without an active one (N4),
/// and once the state has settled a further run writes nothing (N6).
///
/// Runs `sync` up to three times: it may settle what the test left behind. Returns the last run.
#[track_caller]
pub fn check(site: &Site) -> Outcome {
    let settled = site.run(&["sync"]);
    let before = (site.tables(), site.database.fingerprint());
    let again = site.run(&["sync"]);
    assert_eq!(settled.status, again.status, "a run without news ends otherwise\n{settled:#?}\n{again:#?}");
    let after = (site.tables(), site.database.fingerprint());
    after.0.assert_is(&before.0);
    assert_eq!(before.1, after.1, "a run without news wrote something\n{again:#?}");

    let administered = after.0.administered();
    for org in site.once_administered() {
        assert!(administered.contains(&org), "{org} has lost its last active Admin");
    }
    audit(site);
    again
}

/// The audit chain is whole.
#[track_caller]
pub fn audit(site: &Site) {
    site.run(&["audit", "verify"]).expect(0);
}
