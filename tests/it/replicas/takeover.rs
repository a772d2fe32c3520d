//! R29, R30: how long nobody leads. At most two lease times, whatever became of the leader.
#![expect(clippy::print_stdout, reason = "how long it took is what its reader wants")]

use super::fleet::Fleet;
use crate::world::proxy::Fault;
use crate::world::roster::Roster;
use std::thread;
use std::time::{Duration, Instant};

const LEASE: &str = "3s";
const TWICE: Duration = Duration::from_secs(6);

/// Since when until another one leads.
#[track_caller]
fn taken_over(fleet: &Fleet, from: usize, begun: Instant, what: &str) -> Duration {
    loop {
        if fleet.lease().is_some_and(|(leader, _)| leader != from) {
            let took = begun.elapsed();
            println!("{what}: taken over after {} ms", took.as_millis());
            assert!(took <= TWICE, "{what}: {took:?}");
            return took;
        }
        assert!(begun.elapsed() < TWICE * 3, "{what}: nobody takes over");
        thread::sleep(Duration::from_millis(20));
    }
}

fn roster(n: usize) -> Roster {
    Roster::of(n, "p", "staff")
}

#[test]
fn r29_r30_another_one_leads_within_two_lease_times() {
    let Some(mut fleet) = Fleet::new(2, LEASE) else { return };
    fleet.write(&roster(3));
    fleet.start_all();
    fleet.converges("at first");

    // Told to stop: the lease is given back.
    let (leader, _) = fleet.leader();
    let begun = Instant::now();
    fleet.stop(leader);
    let took = taken_over(&fleet, leader, begun, "told to stop");
    assert!(took <= Duration::from_secs(3), "a lease that was given back was waited for: {took:?}");
    fleet.start(leader);

    let (leader, _) = fleet.leader();
    let begun = Instant::now();
    fleet.kill(leader);
    taken_over(&fleet, leader, begun, "killed");
    fleet.start(leader);

    // Stopped while it writes: its transaction is in the way of everybody, until it is ended. In the
    // middle of a COPY too, where PostgreSQL's own timeouts say nothing.
    for (n, point) in (4..).zip(["apply.provider", "apply.audit", "apply.commit", "apply.begin"]) {
        let (leader, epoch) = fleet.leader();
        fleet.arm(leader, "stop", point);
        fleet.write(&roster(n));
        let waiting = Instant::now();
        while fleet.armed(leader) && waiting.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(5));
        }
        let begun = Instant::now();
        taken_over(&fleet, leader, begun, point);
        // Whoever leads now can write.
        fleet.converges(point);
        fleet.signal(leader, "CONT");
        fleet.write(&roster(n + 10));
        fleet.converges(point);
        let (_, now) = fleet.leader();
        assert!(now > epoch);
    }

    // Cut off: the leader steps down by itself, before its lease ends.
    let (leader, _) = fleet.leader();
    let begun = Instant::now();
    fleet.replicas[leader].proxy.set(Fault::Silent);
    taken_over(&fleet, leader, begun, "cut off");
    let stepped_down = || fleet.said(leader).contains("leads no more: the lease could not be renewed");
    assert!(crate::world::wait_until(5, stepped_down), "{}", fleet.said(leader));
    fleet.heal(leader);

    fleet.write(&roster(30));
    fleet.converges("at last");
    fleet.no_stale_write("taking over");
}
