//! `make bench-rules`: what rules cost.
//!
//! People are mapped by more and more rules while as many match as before: time must follow what
//! matches, and not the number of rules. The mapping is linked in and measured by itself; how a file
//! of that many rules is read is measured by running the program named on the command line.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock: that is what it is for")]
#![expect(clippy::print_stdout, reason = "what was measured is printed")]

mod config;
mod document;
mod memory;
mod patterns;
mod world;

use anyhow::Result;
use rosterd_core::mapping::{Decision, Mapping, RuleSet};
use std::time::Instant;
use world::{Kind, World};

const PEOPLE: u32 = 10_000;
const SIZES: [u32; 3] = [1_000, 10_000, 100_000];

fn main() -> Result<()> {
    println!("compiling rules\n{:<12} {:>8} {:>10} {:>10} {:>12}", "", "rules", "seconds", "memory", "µs a rule");
    for kind in Kind::ALL {
        // A hundred thousand patterns take a minute to compile, as the first two say already.
        let sizes = if matches!(kind, Kind::Pattern | Kind::ClaimPattern) { &SIZES[..2] } else { &SIZES[..] };
        for rules in sizes.iter().copied() {
            let world = World { kind, rules, groups: rules, per_person: 0, claims: 0 };
            let specs = world.specs();
            let before = memory::resident()?;
            let (compiled, seconds) = timed(|| world.compile(&specs));
            let megabytes = memory::resident()?.saturating_sub(before) / 1024;
            let each = seconds * 1e6 / f64::from(rules);
            println!("{:<12} {rules:>8} {seconds:>8.3} s {megabytes:>7} MB {each:>12.2}", kind.name());
            drop(compiled?);
        }
    }

    println!("\n{PEOPLE} people, each in 10 groups and with 5 claims, 15 matches each");
    heading();
    for rules in SIZES {
        people("more rules", World { kind: Kind::Mixed, rules, groups: rules, per_person: 10, claims: 5 })?;
    }
    println!("\n{PEOPLE} people, 10,000 rules, more and more matches");
    heading();
    for per_person in [1, 10, 100] {
        people("more matches", World { kind: Kind::Group, rules: 10_000, groups: 10_000, per_person, claims: 0 })?;
    }
    println!("\n{PEOPLE} people in 10 of 10,000 groups each, patterns: each is tried on each group once");
    heading();
    for rules in [10, 100, 1_000] {
        people("patterns", World { kind: Kind::Pattern, rules, groups: 10_000, per_person: 10, claims: 0 })?;
    }
    println!("\n{PEOPLE} people with 5 claims each, patterns on claims: each is tried on each person");
    heading();
    for rules in [10, 100, 1_000] {
        people("claims", World { kind: Kind::ClaimPattern, rules, groups: 10, per_person: 0, claims: 5 })?;
    }
    println!("\nexpressions and hostile documents, one evaluation");
    document::measure()?;
    println!("\nregular expressions made to be slow");
    patterns::measure();
    if let Some(program) = std::env::args_os().nth(1) {
        println!("\nreading a file of rules: `rosterd check config`");
        config::measure(std::path::Path::new(&program), &SIZES)?;
    }
    Ok(())
}

fn heading() {
    println!(
        "{:<14} {:>8} {:>8} {:>10} {:>14} {:>10} {:>12}",
        "", "rules", "groups", "per person", "groups mapped", "people", "µs a person"
    );
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begun = Instant::now();
    let value = work();
    (value, begun.elapsed().as_secs_f64())
}

/// Maps everybody; the best of three, because the machine may do other work as well.
fn people(what: &str, world: World) -> Result<()> {
    let rules: RuleSet = world.compile(&world.specs())?;
    let groups = world.groups();
    let people = world.people(PEOPLE)?;
    let (mut mapped, mut decided, mut claims) = (f64::MAX, f64::MAX, 0);
    for _ in 0..3 {
        let none = std::iter::empty();
        let (mut mapping, seconds) =
            timed(|| Mapping::new(&rules, groups.iter().map(world::Group::facts), Some(none), true));
        mapped = mapped.min(seconds);
        let mut decision = Decision::default();
        let (given, seconds) = timed(|| {
            let mut given = 0;
            for person in &people {
                mapping.decide(&person.facts(), &mut decision);
                given += decision.claims.len();
            }
            given
        });
        decided = decided.min(seconds);
        claims = given;
    }
    let each = claims as f64 / f64::from(PEOPLE);
    println!(
        "{what:<14} {:>8} {:>8} {each:>10.1} {mapped:>12.3} s {decided:>8.3} s {:>12.2}",
        world.rules,
        world.groups,
        decided * 1e6 / f64::from(PEOPLE)
    );
    Ok(())
}
