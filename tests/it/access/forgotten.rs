//! Entitlements that are of no use any longer.

use crate::store::{Site, on_both};
use rosterd_core::ids::Timestamp;

/// What is over by hand and what nobody holds is forgotten; what files give is theirs, and what lasts stays.
async fn what_is_over_is_forgotten_and_nothing_else(site: Site) {
    let store = site.store().await;
    for sql in [
        "INSERT INTO orgs (id, name, created_at) VALUES (3, 'Acme', 1)",
        "INSERT INTO users (id, login, name, email, state, created_at, updated_at) VALUES (7, 'ana', '', '', 'active', 1, 1)",
        "INSERT INTO org_members (org_id, user_id, synced_role) VALUES (3, 7, 'Viewer')",
        "INSERT INTO teams (id, org_id, name, created_at) VALUES (5, 3, 'sre', 1)",
        "INSERT INTO roles VALUES (100, NULL, 'writer', 'custom', '', '', 'file', 1, 1)",
        "INSERT INTO entitlements VALUES (1, 3, 100, NULL, 'a', '{}'), (2, 3, 100, NULL, 'b', '{}'),
            (3, 3, 100, NULL, 'c', '{}'), (4, 3, 100, NULL, 'd', '{}'), (5, 3, 100, NULL, 'e', '{}'), (6, 3, 100, NULL, 'f', '{}')",
        // Over; over, but a file's; over, but a rule's; not over for long enough.
        "INSERT INTO user_entitlements (entitlement_id, user_id, synced, declared_until, manual_until) VALUES
            (1, 7, 0, NULL, 50), (2, 7, 0, 50, 50), (3, 7, 1, NULL, 50), (4, 7, 0, NULL, 100)",
        "INSERT INTO team_entitlements (entitlement_id, team_id, manual_until) VALUES (1, 5, 50), (4, 5, 50)",
        "INSERT INTO org_entitlements (entitlement_id, org_id, manual_until) VALUES (1, 3, 50), (5, 3, 100)",
    ] {
        site.by_hand(sql);
    }
    let generation = || site.by_hand("SELECT generation FROM state");
    let before = generation();
    assert_eq!(store.forget_entitlements(Timestamp(100)).await.unwrap(), 6, "four rows of holders, 1 and 6");
    assert_ne!(generation(), before, "a plan may name one of them");
    assert_eq!(site.by_hand("SELECT id FROM entitlements ORDER BY id"), "2\n3\n4\n5\n");
    assert_eq!(site.by_hand("SELECT entitlement_id FROM user_entitlements ORDER BY 1"), "2\n3\n4\n");
    assert_eq!(site.by_hand("SELECT count(*) FROM team_entitlements"), "0\n");
    assert_eq!(site.by_hand("SELECT last_entitlement FROM state"), "6\n");
    let before = generation();
    assert_eq!(store.forget_entitlements(Timestamp(100)).await.unwrap(), 0);
    assert_eq!(generation(), before, "where nothing is to be done, nothing is written");
}

on_both!(what_is_over_is_forgotten_and_nothing_else);
