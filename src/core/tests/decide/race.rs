//! N9 in every interleaving: a full run, looks at one person, and the directory changing, step by
//! step in all orders that there are.
//!
//! The steps are those that the program takes: draw a number, ask the provider, then either plan
//! and write in two steps (refused when somebody wrote in between) or in one (its turn).

use crate::people::{facts, few, observed, planned, rules};
use crate::target::Target;
use crate::world::{Directory, Sync, free};
use rosterd_core::ids::{ReadingNumber, Timestamp};
use rosterd_core::plan::{Input, plan};
use rosterd_core::writes::Writes;
use std::sync::Arc;

/// Where an actor is.
#[derive(Clone)]
enum Actor {
    Full(Full),
    Look(Look),
    /// The states that the directory takes, one after the other.
    Directory(Vec<Directory>),
}

#[derive(Clone)]
enum Full {
    Begin,
    Read(i64),
    Plan(i64, Directory),
    /// With the generation that the plan rests on.
    Write(i64, Directory, i64, Option<Arc<Writes>>),
    /// It was refused, and begins anew.
    BeginAgain,
    ReadAgain(i64),
    InTurn(i64, Directory),
    Done,
}

#[derive(Clone, PartialEq)]
enum Look {
    Begin,
    Read(i64),
    InTurn(i64, Directory),
    Done,
}

#[derive(Clone)]
struct World {
    target: Target,
    directory: Directory,
    numbers: i64,
    /// The newest full reading that was finished.
    finished: i64,
    /// What the newest reading of ana that was finished said.
    newest: (i64, Directory),
}

impl World {
    fn draw(&mut self) -> i64 {
        self.numbers += 1;
        self.numbers
    }

    fn said(&mut self, number: i64, directory: Directory) {
        if number > self.newest.0 {
            self.newest = (number, directory);
        }
    }

    fn plan_all(&self, number: i64, directory: &Directory) -> Option<Arc<Writes>> {
        let plan = plan(Input {
            provider: "corp",
            observed: self.target.observe("corp", Timestamp(0)),
            reading: directory.reading(true),
            rules: rules(),
            policy: &free(),
            number: ReadingNumber(number),
            given: self.target.given("corp"),
            login: None,
            now: Timestamp(number),
        });
        (!plan.is_empty()).then(|| Arc::new(plan.into_writes(facts())))
    }

    /// One transaction: what a full reading found is written, and that it was finished.
    fn finish(&mut self, number: i64, read: &Directory, writes: Option<&Writes>) {
        if let Some(writes) = writes {
            self.target.apply(writes, Timestamp(number));
        }
        self.finished = self.finished.max(number);
        self.said(number, read.clone());
    }

    /// One step of the actor; `None` when it has none left.
    fn step(&mut self, actor: &Actor) -> Option<Actor> {
        Some(match actor {
            Actor::Directory(states) => {
                let (next, rest) = states.split_first()?;
                self.directory = next.clone();
                Actor::Directory(rest.to_vec())
            }
            Actor::Full(full) => Actor::Full(self.full(full)?),
            Actor::Look(look) => Actor::Look(self.look(look)?),
        })
    }

    fn full(&mut self, full: &Full) -> Option<Full> {
        Some(match full {
            Full::Begin => Full::Read(self.draw()),
            Full::Read(number) => Full::Plan(*number, self.directory.clone()),
            Full::Plan(number, read) => {
                Full::Write(*number, read.clone(), self.target.generation, self.plan_all(*number, read))
            }
            Full::Write(_, _, generation, _) if *generation != self.target.generation => Full::BeginAgain,
            Full::Write(number, read, _, writes) => {
                self.finish(*number, read, writes.as_deref());
                Full::Done
            }
            Full::BeginAgain => Full::ReadAgain(self.draw()),
            Full::ReadAgain(number) => Full::InTurn(*number, self.directory.clone()),
            Full::InTurn(number, read) => {
                let writes = self.plan_all(*number, read);
                self.finish(*number, read, writes.as_deref());
                Full::Done
            }
            Full::Done => return None,
        })
    }

    fn look(&mut self, look: &Look) -> Option<Look> {
        Some(match look {
            Look::Begin => Look::Read(self.draw()),
            Look::Read(number) => Look::InTurn(*number, self.directory.clone()),
            Look::InTurn(number, read) => {
                let reading = few(read, &["ana"]);
                let plan = planned(&self.target, &free(), *number, reading);
                let overtaken = self.finished > *number || plan.fate(rosterd_core::snapshot::PersonIndex(0)).newer;
                if overtaken {
                    return Some(Look::Begin);
                }
                self.target.apply(&plan.into_writes(facts()), Timestamp(*number));
                self.said(*number, read.clone());
                Look::Done
            }
            Look::Done => return None,
        })
    }

    /// What ana has.
    fn ana(&self) -> Vec<String> {
        self.target.seen().into_iter().filter(|line| line.contains("ana")).collect()
    }

    fn settled(&self) {
        let mut expected = Target::default();
        Sync { provider: "corp", rules: rules(), policy: &free(), now: Timestamp(1) }
            .apply(&mut expected, &self.newest.1);
        let expected: Vec<String> = expected.seen().into_iter().filter(|line| line.contains("ana")).collect();
        assert_eq!(self.ana(), expected, "the newest reading was number {}", self.newest.0);
        assert!(observed(&self.target).identities.iter().all(|i| i.reading.0 <= self.numbers));
    }
}

/// What the directory said when it was read last.
const BEFORE: &[&str] = &["1 ana staff", "2 bob staff", "9 boss chiefs"];

/// All orders in which the actors can take their steps; returns how many.
fn every_order(world: &World, actors: &[Actor]) -> u64 {
    let mut orders = 0;
    let mut moved = false;
    for (at, actor) in actors.iter().enumerate() {
        // Two that are equal take their steps in one order only.
        if let Actor::Look(look) = actor
            && actors.iter().take(at).any(|other| matches!(other, Actor::Look(other) if other == look))
        {
            continue;
        }
        let mut world = world.clone();
        if let Some(next) = world.step(actor) {
            let mut actors = actors.to_vec();
            actors[at] = next;
            moved = true;
            orders += every_order(&world, &actors);
        }
    }
    if !moved {
        world.settled();
        orders = 1;
    }
    orders
}

fn race(actors: &[Actor]) -> u64 {
    race_in(Directory::of(BEFORE), actors)
}

/// The directory is in this state when the race begins.
fn race_in(now: Directory, actors: &[Actor]) -> u64 {
    let directory = Directory::of(BEFORE);
    let mut target = Target::default();
    Sync { provider: "corp", rules: rules(), policy: &free(), now: Timestamp(1) }.apply(&mut target, &directory);
    let world = World { target, directory: now, numbers: 1, finished: 1, newest: (1, directory) };
    every_order(&world, actors)
}

#[test]
fn r26_a_login_and_a_full_run_in_every_order() {
    let states = vec![
        Directory::of(&["1 ana chiefs", "2 bob t-web", "9 boss chiefs"]),
        Directory::of(&["1 ana t-web", "2 bob staff", "9 boss chiefs"]),
    ];
    let orders = race(&[Actor::Full(Full::Begin), Actor::Look(Look::Begin), Actor::Directory(states)]);
    assert!(orders > 1000, "{orders}");
}

#[test]
fn r28_two_logins_and_a_full_run_in_every_order() {
    // The directory has changed since it was read last, and changes no more.
    let (full, look) = (Actor::Full(Full::Begin), Actor::Look(Look::Begin));
    let changed = Directory::of(&["1 ana chiefs", "2 bob t-web", "9 boss chiefs"]);
    let orders = race_in(changed, &[full, look.clone(), look]);
    assert!(orders > 1000, "{orders}");
}
