//! R29, R30, N7: seeded schedules of crashes, pauses and cuts. In each something happens to whoever
//! leads, mostly in the middle of an apply, while the directory changes; then all heals, and the
//! tables must say what the directory says. Nothing may ever be committed under an old lease.
//!
//! `ROSTERD_SCHEDULES` says how many (200), `ROSTERD_SEED` which: a failure names its own.
#![expect(clippy::print_stdout, reason = "what the schedules came to is what its reader wants")]

use super::chance::Chance;
use super::fleet::Fleet;
use crate::world::proxy::Fault;
use crate::world::roster::Roster;
use crate::world::{invariants, wait_until};
use std::thread;
use std::time::Duration;

/// Fleets at a time. Processes mostly wait, but two cores are what a small machine has.
const LANES: u64 = 4;
/// Schedules that one fleet goes through, before its history is looked at and a new one begins.
const EACH: u64 = 25;

const LEASE: &str = "400ms";
const LEASE_MILLIS: u64 = 400;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().expect(name))
}

#[test]
fn n7_nothing_is_written_under_an_old_lease_whatever_happens() {
    let (count, seed) = (number("ROSTERD_SCHEDULES", 200), number("ROSTERD_SEED", 1));
    if Fleet::new(0, LEASE).is_none() {
        return;
    }
    let lanes: Vec<_> = (0..LANES)
        .map(|lane| {
            thread::spawn(move || {
                let mut sum = Sum::default();
                let mut n = lane * EACH;
                while n < count {
                    sum.add(fleet(seed, n..(n + EACH).min(count)));
                    n += LANES * EACH;
                }
                sum
            })
        })
        .collect();
    let mut sum = Sum::default();
    let mut failed = false;
    for lane in lanes {
        match lane.join() {
            Ok(one) => sum.add(one),
            Err(_) => failed = true,
        }
    }
    assert!(!failed, "see above");
    println!("{count} schedules: {sum:?}");
    // What was tried was really tried.
    assert!(sum.takeovers >= count / 4, "{sum:?}");
    // The plan's generation alone would stop most of them, too; but not these words.
    assert!(sum.refused > 0, "no old leader was ever refused for being one: {sum:?}");
    assert!(sum.runs as u64 >= count / 2, "{sum:?}");
}

#[derive(Debug, Default)]
struct Sum {
    schedules: u64,
    takeovers: u64,
    /// Writes of an old leader that were refused.
    refused: usize,
    runs: usize,
    aborted: u64,
    paused: u64,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.schedules += other.schedules;
        self.takeovers += other.takeovers;
        self.refused += other.refused;
        self.runs += other.runs;
        self.aborted += other.aborted;
        self.paused += other.paused;
    }
}

fn refused(said: &str) -> usize {
    said.lines().filter(|line| line.contains("another replica has taken over")).count()
}

fn fleet(seed: u64, schedules: std::ops::Range<u64>) -> Sum {
    let replicas = if (schedules.start / EACH).is_multiple_of(2) { 3 } else { 2 };
    let mut fleet = Fleet::new(replicas, LEASE).unwrap();
    fleet.write(&Roster::of(6, "p", "staff"));
    fleet.start_all();
    fleet.converges("at first");
    let (_, first) = fleet.leader();
    let mut sum = Sum::default();
    let mut last = first;
    for n in schedules {
        let what = format!("ROSTERD_SEED={seed}, schedule {n}");
        one(&mut fleet, &mut Chance(seed.wrapping_mul(1_000_003) ^ n), n, &mut sum, &what);
        sum.schedules += 1;
        let (_, epoch) = fleet.leader();
        sum.takeovers += u64::from(epoch > last);
        last = epoch;
    }
    for n in 0..replicas {
        let said = fleet.stop(n);
        sum.refused += refused(&said);
    }
    sum.runs = fleet.no_stale_write(&format!("ROSTERD_SEED={seed}"));
    invariants::check(&fleet.site).expect(0);
    sum
}

/// One schedule.
fn one(fleet: &mut Fleet, chance: &mut Chance, n: u64, sum: &mut Sum, what: &str) {
    let (victim, _) = fleet.leader();
    let mut roster = Roster::of(4 + usize::try_from(chance.below(4)).unwrap(), "p", "staff");
    roster.add(usize::try_from(1 + chance.below(3)).unwrap(), "p", &format!("team-{}", chance.below(5)));
    roster.add(1, &format!("n{n}x"), "staff");
    let pause = Duration::from_millis(chance.below(LEASE_MILLIS * 3));
    let point = *chance.one_of(rosterd::fault::POINTS);
    let chosen = chance.below(10);
    match chosen {
        // Stopped in the middle of an apply, and woken up when another may lead.
        0..=3 => {
            fleet.arm(victim, "stop", point);
            fleet.write(&roster);
            wait(fleet, victim);
            thread::sleep(Duration::from_millis(LEASE_MILLIS) + pause);
            sum.paused += 1;
        }
        4 | 5 => {
            fleet.arm(victim, "abort", point);
            fleet.write(&roster);
            wait(fleet, victim);
            thread::sleep(pause);
            sum.aborted += 1;
        }
        // Any moment.
        6 => {
            fleet.write(&roster);
            thread::sleep(pause / 4);
            sum.refused += refused(&fleet.kill(victim));
        }
        7 => {
            fleet.write(&roster);
            fleet.signal(victim, "STOP");
            thread::sleep(Duration::from_millis(LEASE_MILLIS) + pause);
        }
        // The network: silent, and then as if nothing had been; or cut.
        8 => {
            fleet.write(&roster);
            thread::sleep(pause / 4);
            fleet.replicas[victim].proxy.set(Fault::Silent);
            thread::sleep(Duration::from_millis(LEASE_MILLIS) + pause);
        }
        _ => {
            let delivered = chance.below(2) == 0;
            fleet.replicas[victim].proxy.set(Fault::CutAtCommit { delivered });
            fleet.write(&roster);
            thread::sleep(pause / 2);
        }
    }
    // Whoever was there may take its time to end, or to stop, on a busy machine.
    let (armed, there) = (chosen <= 5, !fleet.disarm(victim));
    if armed && there {
        let still = |fleet: &mut Fleet| fleet.ended(victim) || fleet.stopped(victim);
        assert!(wait_until(30, || still(fleet)), "{what}: it does not do what it was armed with");
    }
    if !fleet.ended(victim) {
        fleet.signal(victim, "CONT");
    }
    fleet.heal(victim);
    if fleet.ended(victim) {
        sum.refused += refused(&fleet.kill(victim));
        fleet.start(victim);
    }
    fleet.converges(what);
}

/// Until what it was armed with has happened, if it comes to that: it may lead no more.
fn wait(fleet: &Fleet, n: usize) {
    for _ in 0..200 {
        if !fleet.armed(n) {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
