//! What is asked for coalesces, and no provider is read twice at once.

use super::inside::{HOUR, Inside, MINUTE, on_a_runtime, provider};
use rosterd::worker::What;
use rosterd_core::writes::Trigger;

#[test]
fn asked_a_thousand_times_while_one_is_under_way_is_one_more_run() {
    on_a_runtime(async {
        let mut inside = Inside::start(&provider("corp", "every = \"1h\"")).await;
        inside.end_of("corp").await;
        inside.fakes["corp"].shut();
        inside.handle.run("corp", Trigger::Api).unwrap();
        inside.until("the run begins", || inside.fakes["corp"].reads() == 2).await;
        for _ in 0..1000 {
            inside.handle.run("corp", Trigger::Api).unwrap();
        }
        inside.until("it is noted", || inside.handle.status().providers["corp"].asked).await;
        inside.fakes["corp"].open();
        assert_eq!(inside.end_of("corp").await, What::Unchanged { complete: true });
        inside.end_of("corp").await;
        inside.stays_quiet().await;
        assert_eq!((inside.fakes["corp"].reads(), inside.fakes["corp"].most()), (3, 1));
        inside.end().await;
    });
}

/// R34: a run that takes longer than its interval is not joined by the next one.
#[test]
fn r34_a_run_is_never_joined_by_another_of_its_provider() {
    on_a_runtime(async {
        let mut inside = Inside::start(&provider("corp", "every = \"5m\"")).await;
        inside.end_of("corp").await;
        inside.fakes["corp"].shut();
        inside.pass(5 * MINUTE);
        inside.until("a run begins", || inside.fakes["corp"].reads() == 2).await;
        for _ in 0..20 {
            inside.pass(5 * MINUTE);
            inside.handle.run("corp", Trigger::Schedule).unwrap();
        }
        inside.until("it is noted", || inside.handle.status().providers["corp"].asked).await;
        inside.fakes["corp"].open();
        inside.end_of("corp").await;
        inside.end_of("corp").await;
        inside.stays_quiet().await;
        assert_eq!((inside.fakes["corp"].reads(), inside.fakes["corp"].most()), (3, 1));
        inside.end().await;
    });
}

#[test]
fn so_many_providers_at_once_as_configured_and_each_gets_its_turn() {
    on_a_runtime(async {
        let sections: String = ["a", "b", "c"].map(|name| provider(name, "every = \"1h\"")).concat();
        let inside = Inside::start(&format!("daemon.concurrency = 2\n{sections}")).await;
        for name in ["a", "b", "c"] {
            inside.fakes[name].shut();
        }
        // Those that begin before the gate was shut have ended by now, or wait there.
        for name in ["a", "b", "c"] {
            inside.handle.run(name, Trigger::Api).unwrap();
        }
        let running = |inside: &Inside| {
            inside.handle.status().providers.values().filter(|provider| provider.running.is_some()).count()
        };
        inside.until("two are under way", || running(&inside) == 2).await;
        for _ in 0..20 {
            inside.handle.wake();
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            assert!(running(&inside) <= 2);
        }
        for name in ["a", "b", "c"] {
            inside.fakes[name].open();
        }
        inside
            .until("all have run", || inside.fakes.values().all(|fake| fake.reads() > 0) && running(&inside) == 0)
            .await;
        inside.end().await;
    });
}

#[test]
fn who_is_not_configured_cannot_be_asked_for() {
    on_a_runtime(async {
        let inside = Inside::start(&provider("corp", "")).await;
        for name in ["nobody", ""] {
            assert!(inside.handle.run(name, Trigger::Api).is_err(), "{name}");
        }
        inside.end().await;
    });
}

/// R31-R33: after a sleep, or a clock that was set forward, one run catches up; set back, the clock
/// makes nothing wait until it has caught up.
#[test]
fn r31_r33_a_clock_that_jumps_makes_one_run_not_a_burst_and_no_pause() {
    on_a_runtime(async {
        let sections = provider("often", "every = \"5m\"") + &provider("daily", "schedule = \"0 2 * * *\"");
        let mut inside = Inside::start(&sections).await;
        inside.end_of("often").await;
        let count = |inside: &Inside| (inside.started("often"), inside.started("daily"));
        inside.until("both have run", || count(&inside) == (1, 1)).await;
        inside
            .until("both have ended", || {
                inside.handle.status().providers.values().all(|provider| provider.running.is_none())
            })
            .await;
        let settle = async |inside: &Inside| {
            inside.handle.wake();
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            inside
                .until("they end", || inside.handle.status().providers.values().all(|one| one.running.is_none()))
                .await;
        };
        // Three days of sleep.
        inside.pass(72 * HOUR + HOUR);
        inside.until("both catch up", || count(&inside) == (2, 2)).await;
        settle(&inside).await;
        assert_eq!(count(&inside), (2, 2));
        // Set back by a year: `every` goes on as if nothing were, the time of day is the new clock's.
        inside.pass(-365 * 24 * HOUR);
        settle(&inside).await;
        assert_eq!(count(&inside), (2, 2));
        inside.pass(5 * MINUTE);
        inside.until("the next comes after its five minutes", || count(&inside).0 == 3).await;
        settle(&inside).await;
        inside.pass(HOUR);
        inside.until("two o'clock comes", || count(&inside).1 == 3).await;
        settle(&inside).await;
        // Set back by an hour: two o'clock comes again, and is not for a second run.
        inside.pass(-HOUR);
        settle(&inside).await;
        inside.pass(HOUR);
        settle(&inside).await;
        assert_eq!(count(&inside).1, 3);
        inside.end().await;
    });
}
