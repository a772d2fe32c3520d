//! A failure costs one run; a provider that fails is asked less often, and nothing of it is believed.

use super::inside::{Act, HOUR, Inside, MINUTE, SECOND, on_a_runtime, provider};
use rosterd::providers::ProviderErrorKind;
use rosterd::worker::{BreakerState, What};
use rosterd_core::writes::Trigger;
use std::os::unix::fs::PermissionsExt as _;

fn failed(what: &What, with: &str) -> bool {
    matches!(what, What::Failed { message, .. } if message.contains(with))
}

#[test]
fn a_run_over_its_deadline_is_abandoned_and_said() {
    on_a_runtime(async {
        let mut inside = Inside::start(&provider("corp", "every = \"1h\"\ndeadline = \"100ms\"")).await;
        inside.end_of("corp").await;
        inside.fakes["corp"].act(Act::Hang);
        inside.pass(HOUR);
        let mut what = inside.end_of("corp").await;
        // On a busy machine the first may be over its deadline as well.
        while !failed(&what, "deadline of 100ms") {
            inside.pass(HOUR);
            what = inside.end_of("corp").await;
        }
        assert!(failed(&what, "nothing was changed"), "{what:?}");
        inside.fakes["corp"].act(Act::Answer);
        inside.pass(HOUR);
        while inside.end_of("corp").await != (What::Unchanged { complete: true }) {
            inside.pass(HOUR);
        }
        inside.end().await;
    });
}

/// R50.
#[test]
fn r50_a_panic_costs_the_run_in_which_it_happens() {
    on_a_runtime(async {
        let mut inside = Inside::start(&(provider("a", "every = \"5m\"") + &provider("b", "every = \"5m\""))).await;
        inside.end_of("a").await;
        inside.fakes["a"].act(Act::Panic);
        inside.pass(5 * MINUTE);
        let what = inside.end_of("a").await;
        assert!(failed(&what, "failed unexpectedly"), "{what:?}");
        let reads = inside.fakes["b"].reads();
        inside.pass(5 * MINUTE);
        inside.until("the other goes on", || inside.fakes["b"].reads() > reads).await;
        inside.fakes["a"].act(Act::Answer);
        inside.pass(HOUR);
        while failed(&inside.end_of("a").await, "failed unexpectedly") {
            inside.pass(HOUR);
        }
        inside.end().await;
    });
}

#[test]
fn a_provider_that_is_down_is_asked_less_and_less_until_it_answers() {
    on_a_runtime(async {
        let mut inside = Inside::start(&provider("corp", "schedule = \"@yearly\"")).await;
        inside.end_of("corp").await;
        inside.fakes["corp"].act(Act::Fail(ProviderErrorKind::Unreachable));
        inside.handle.run("corp", Trigger::Api).unwrap();
        let mut pauses = Vec::new();
        for n in 0..8 {
            assert!(failed(&inside.end_of("corp").await, "as the test says"));
            let status = inside.handle.status().providers["corp"].clone();
            assert_eq!(status.breaker == BreakerState::Open, n >= 4, "after {} failures", n + 1);
            let next = status.next.unwrap().0;
            pauses.push((next - inside.now()) / SECOND);
            inside.set(next);
        }
        // 5 s, doubled each time up to 5 minutes, and up to a fifth more.
        let least = [5, 10, 20, 40, 80, 160, 300, 300];
        for (pause, least) in pauses.iter().zip(least) {
            assert!((least..=least * 6 / 5).contains(pause), "{pauses:?}");
        }
        inside.fakes["corp"].act(Act::Answer);
        let mut what = inside.end_of("corp").await;
        while failed(&what, "as the test says") {
            inside.pass(HOUR);
            what = inside.end_of("corp").await;
        }
        assert_eq!(inside.handle.status().providers["corp"].breaker, BreakerState::Closed);
        inside.end().await;
    });
}

/// R07: whoever asks for runs cannot make rosterd try a wrong password again and again.
#[test]
fn r07_refused_credentials_are_not_tried_again_until_they_change() {
    on_a_runtime(async {
        let ldap = "[providers.corp]\nevery = \"5m\"\n[providers.corp.ldap]\nurls = [\"ldaps://127.0.0.1:1\"]\n\
                    users.base = [\"dc=x\"]\ngroups.base = [\"dc=x\"]\n\
                    bind = { dn = \"cn=reader,dc=x\", password = { file = \"reader.pw\" } }\n";
        let mut inside = Inside::start(ldap).await;
        let password = inside.dir.path().join("reader.pw");
        std::fs::write(&password, "wrong").unwrap();
        std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o600)).unwrap();
        inside.fakes["corp"].act(Act::Fail(ProviderErrorKind::Credentials));
        inside.handle.run("corp", Trigger::Api).unwrap();
        inside.end_of("corp").await;
        inside.pass(20 * SECOND);
        inside
            .until("it counts as refused", || inside.handle.status().providers["corp"].breaker == BreakerState::Open)
            .await;
        // The first run may have come before the file: then the file was new, and was tried.
        inside.until("nothing is under way", || inside.handle.status().providers["corp"].running.is_none()).await;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let tried = inside.fakes["corp"].reads();
        for _ in 0..100 {
            inside.handle.run("corp", Trigger::Api).unwrap();
            inside.handle.reload();
            inside.handle.wake();
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        inside.pass(15 * MINUTE);
        inside.until("requests are answered", || !inside.handle.status().providers["corp"].asked).await;
        assert_eq!(inside.fakes["corp"].reads(), tried, "a wrong password was tried again");
        // Another password is tried at once.
        // As a whole: a file that is found empty in between is another password, and is tried as well.
        let next = inside.dir.path().join("next.pw");
        std::fs::write(&next, "right").unwrap();
        std::fs::set_permissions(&next, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::rename(&next, &password).unwrap();
        // Whoever looked at the file just before looks again later.
        for _ in 0..100 {
            inside.pass(20 * SECOND);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            if inside.fakes["corp"].reads() > tried {
                break;
            }
        }
        assert!(inside.fakes["corp"].reads() > tried, "the new one is not tried");
        inside.end().await;
    });
}
