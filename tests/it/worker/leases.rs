//! Leases of people who cannot be listed end by the provider's schedule.

use super::inside::{HOUR, Inside, MINUTE, on_a_runtime};
use rosterd::hooks::{Asked, Said};
use rosterd::worker::What;
use rosterd_core::writes::Trigger;

const DAY: i64 = 24 * HOUR;

#[test]
fn a_lease_ends_by_schedule_and_nothing_is_written_before() {
    on_a_runtime(async {
        let config = "[providers.sso]\nlogin.protocol = \"oidc\"\ncreate_missing = [\"orgs\"]\nevery = \"1h\"\n\
                      [[rules]]\nid = \"staff\"\nmatch.group = \"staff\"\norg = \"Main\"\nrole = \"Viewer\"\n";
        let mut inside = Inside::start(config).await;
        assert_eq!(inside.end_of("sso").await, What::Unchanged { complete: true });
        let said = Said {
            subject: "s-1".to_owned(),
            login: "ann".to_owned(),
            groups: Some(vec!["staff".to_owned()]),
            ..Said::default()
        };
        inside.handle.look("sso", Asked::Said(Box::new(said)), Trigger::Login).await.unwrap();
        for _ in 0..5 {
            inside.pass(HOUR);
            assert_eq!(inside.end_of("sso").await, What::Unchanged { complete: true });
        }
        inside.pass(30 * DAY - 5 * HOUR + MINUTE);
        let ended = inside.end_of("sso").await;
        assert!(matches!(ended, What::Applied { removed: 2, complete: true, .. }), "{ended:?}");
        let last = inside.handle.status().providers["sso"].last.clone().unwrap();
        assert_eq!(last.trigger, Trigger::Lease);
        assert_eq!(inside.store.runs(1).await.unwrap()[0].trigger, "lease");
        inside.end().await;
    });
}
