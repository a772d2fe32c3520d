//! 24 hours of schedules with faults, in a few seconds: the clock is set from one due time to the next.

use super::inside::{Act, HOUR, Inside, MIDNIGHT, on_a_runtime, provider};
use crate::world::roster::Roster;
use crate::world::rosterd;
use ::rosterd::providers::ProviderErrorKind;
use ::rosterd::worker::What;
use std::collections::BTreeMap;

const RULES: &str = "[[rules]]\nid = \"staff\"\nmatch.group = \"staff\"\norg = \"Main\"\nrole = \"Viewer\"\n";

/// A number of the day's, always the same.
fn dice(step: u64, sides: u64) -> u64 {
    let mut x = step.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    x ^= x >> 31;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x ^ (x >> 29)) % sides
}

#[test]
fn a_day_with_faults_ends_at_rest() {
    on_a_runtime(async {
        let config = provider("often", "every = \"5m\"\njitter = \"20s\"")
            + &provider("hourly", "schedule = \"@hourly\"")
            + &provider("nightly", "schedule = \"30 2 * * *\"\ntime_zone = \"Europe/Berlin\"")
            + "[limits]\nremovals_at_least = 1000\n"
            + RULES;
        let mut inside = Inside::start(&config).await;
        let mut ends: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let mut rosters: BTreeMap<&str, Roster> =
            ["often", "hourly", "nightly"].map(|name| (name, Roster::of(10, name, "staff"))).into();
        let mut step = 0;
        let mut due: Vec<String> = inside.fakes.keys().cloned().collect();
        // Faults for 23 hours, then none.
        while inside.now() < MIDNIGHT + 24 * HOUR {
            while !due.is_empty() {
                let event = inside.events.recv().await.unwrap();
                if !event.what.is_end() {
                    continue;
                }
                due.retain(|name| *name != event.provider);
                let (ended, failed) = ends.entry(event.provider).or_default();
                *ended += 1;
                *failed += usize::from(matches!(event.what, What::Failed { .. }));
            }
            step += 1;
            let calm = inside.now() >= MIDNIGHT + 23 * HOUR;
            for (number, (name, roster)) in (0..).zip(&mut rosters) {
                let thrown = if calm { 99 } else { dice(step * 4 + number, 24) };
                inside.fakes[*name].act(match thrown {
                    0 | 1 => Act::Fail(ProviderErrorKind::Unreachable),
                    2 => Act::Fail(ProviderErrorKind::Protocol),
                    3 => Act::Panic,
                    _ => Act::Answer,
                });
                if thrown == 4 {
                    roster.add(10 + usize::try_from(step % 5).unwrap(), name, "staff");
                    roster.people.remove(&format!("{name}{:03}", step % 10));
                    inside.people(name, roster);
                }
            }
            let status = inside.handle.status();
            let next = status.providers.values().filter_map(|provider| provider.next).min().unwrap().0;
            let next = next.max(inside.now());
            due = status
                .providers
                .iter()
                .filter(|(_, provider)| provider.next.is_some_and(|at| at.0 <= next))
                .map(|(name, _)| name.clone())
                .collect();
            inside.set(next);
        }
        // Every five minutes, a little more often after failures and less for chance; the hours and
        // the first run; half past two and the first run.
        let (often, failed) = ends["often"];
        assert!((260..=330 + failed).contains(&often), "{ends:?}");
        assert!(failed > 10, "too few faults to show anything: {ends:?}");
        let (hourly, failed) = ends["hourly"];
        assert!((24..=25 + failed).contains(&hourly), "{ends:?}");
        let (nightly, failed) = ends["nightly"];
        assert!((2..=2 + failed).contains(&nightly), "{ends:?}");

        // At rest: everybody is right, another round writes nothing, the audit chain is whole.
        inside
            .until("all have ended", || {
                inside.handle.status().providers.values().all(|provider| provider.running.is_none())
            })
            .await;
        let before = inside.store.runs(1).await.unwrap()[0].id;
        while inside.events.try_recv().is_ok() {}
        for name in rosters.keys() {
            inside.handle.run(name, rosterd_core::writes::Trigger::Api).unwrap();
            assert!(matches!(inside.end_of(name).await, What::Unchanged { complete: true }), "{name}");
        }
        assert_eq!(inside.store.runs(1).await.unwrap()[0].id, before, "a run without news wrote something");
        for (name, roster) in &rosters {
            for login in roster.people.keys() {
                let person = &inside.store.people(login).await.unwrap()[0];
                assert!(person.orgs.iter().any(|org| org.name == "Main"), "{login} of {name}");
            }
        }
        let verify = ["--config", "rosterd.toml", "audit", "verify"];
        rosterd::start(inside.dir.path(), &verify, &[]).wait().expect(0);
        inside.end().await;
    });
}
