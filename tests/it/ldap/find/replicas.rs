//! Several servers of one directory, of which one has not everything yet.

use super::{Looker, groups};
use crate::world::company::{Company, group_dn, person_dn};
use crate::world::ldap_edit::Edited as _;
use crate::world::slapd::{SYNC_LOG, Slapd};
use rosterd::providers::ProviderErrorKind;
use rosterd_core::snapshot::Reading;
use serde_json::json;

/// One that has everything, and one with what that had before somebody joined `team-001`.
fn replicas() -> (Slapd, Slapd) {
    let company = Company::new(20, 20, 7);
    let mut first = Slapd::start_telling(&company.ldif(), SYNC_LOG);
    let mut late = Slapd::start_telling("", SYNC_LOG);
    first.join(&group_dn("operators"), &person_dn("u00010"));
    late.restore(&first.save());
    first.join(&group_dn("admins"), &person_dn("u00010"));
    (first, late)
}

#[test]
fn l19_r08_whoever_logs_in_is_not_asked_for_at_a_replica_that_lags() {
    let (mut first, mut late) = replicas();
    let looker = Looker::at(&first, &json!({ "urls": [first.url(), late.url()] }));
    assert!(matches!(looker.read_after(None).0, Reading::Complete(_)));
    let admins = || groups(&looker.login("u00010").unwrap()).iter().any(|group| group == "admins");
    assert!(admins());
    first.stop();
    let error = looker.login("u00010").unwrap_err();
    assert_eq!(error.kind, ProviderErrorKind::Unreachable);
    assert!(error.message.contains("stands before where the directory was read last"), "{error}");
    // It has caught up.
    late.restore(&{
        first.start_again();
        let copy = first.save();
        first.stop();
        copy
    });
    assert!(admins());
}

#[test]
fn l19_r08_everything_is_read_where_everything_is() {
    let (first, late) = replicas();
    let ahead = Looker::at(&first, &json!({ "urls": [first.url()] }));
    let (everything, cursor) = ahead.read_after(None);
    let members = |reading: &Reading| reading.snapshot().direct.len();
    let looker = Looker::at(&late, &json!({ "urls": [late.url(), first.url()] }));
    let (reading, _) = looker.read_after(cursor.as_ref());
    assert_eq!((members(&reading), reading.snapshot().behind), (members(&everything), false));
    let looker = Looker::at(&late, &json!({ "urls": [late.url()] }));
    let (reading, _) = looker.read_after(cursor.as_ref());
    assert_eq!((members(&reading), reading.snapshot().behind), (members(&everything) - 1, true), "there is no other");
}
