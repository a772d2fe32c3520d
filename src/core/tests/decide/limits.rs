//! Limits to the last object, the rolling budget, and the last administrators.

use crate::target::Target;
use crate::world::{Directory, Sync, compiled, free, limited, role, teams};
use rosterd_core::ids::Timestamp;
use rosterd_core::mapping::RuleSet;
use rosterd_core::observed::RemovalClass;
use rosterd_core::plan::{Exceeded, Plan, Policy, RunFacts};
use rosterd_core::rights::OrgRole;
use rosterd_core::writes::Trigger;

const HOUR: i64 = 3600 * 1000;

/// `n` people, the first `admins` of them in the group `boss` as well.
fn company(n: usize, admins: usize) -> Directory {
    let lines: Vec<String> =
        (0..n).map(|i| format!("{i:04} u{i:04} staff{}", if i < admins { " boss" } else { "" })).collect();
    Directory::of(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

fn rules() -> RuleSet {
    compiled(&[role("staff", OrgRole::Viewer), role("boss", OrgRole::Admin), teams()])
}

fn plan(target: &Target, policy: &Policy, hour: i64, directory: &Directory) -> Plan {
    let rules = rules();
    Sync { provider: "corp", rules: &rules, policy, now: Timestamp(hour * HOUR) }.plan(target, directory.reading(true))
}

fn synced(directory: &Directory) -> Target {
    let (mut target, rules, policy) = (Target::default(), rules(), free());
    Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(0) }.apply(&mut target, directory);
    target
}

/// The directory with its last `gone` people left out.
fn cut(directory: &Directory, gone: usize) -> Directory {
    let mut directory = directory.clone();
    directory.people.truncate(directory.people.len() - gone);
    directory
}

#[test]
fn removals_are_held_from_the_next_after_the_limit_on() {
    // 20 % of 100 is 20, and 10 at least.
    let all = company(100, 1);
    let target = synced(&all);
    for (gone, held) in [(19, false), (20, false), (21, true)] {
        assert_eq!(!plan(&target, &limited(), 1, &cut(&all, gone)).exceeded.is_empty(), held, "{gone} of 100");
    }
    // 10 of 30 are more than 20 %, and just enough to count.
    let all = company(30, 1);
    let target = synced(&all);
    for (gone, held) in [(9, false), (10, true), (11, true)] {
        assert_eq!(!plan(&target, &limited(), 1, &cut(&all, gone)).exceeded.is_empty(), held, "{gone} of 30");
    }
}

#[test]
fn a_demotion_counts_as_a_removal() {
    let target = synced(&company(60, 30));
    let exceeded = plan(&target, &limited(), 1, &company(60, 10)).exceeded;
    let privileged =
        |e: &Exceeded| matches!(e, Exceeded::Removals { class: RemovalClass::Privileged, removed: 20, .. });
    assert!(exceeded.iter().any(privileged), "{exceeded:?}");
}

#[test]
fn l16_nobody_at_all_is_held_however_few_there_were() {
    let target = synced(&company(2, 0));
    let exceeded = plan(&target, &limited(), 1, &company(0, 0)).exceeded;
    assert_eq!(exceeded, [Exceeded::Empty { before: 2 }]);
}

#[test]
fn a_team_of_three_is_not_emptied_a_team_of_two_is() {
    let staff: Vec<String> = (0..40).map(|i| format!("{i:02} u{i:02} staff")).collect();
    for (members, held) in [(2, false), (3, true), (4, true)] {
        let lines: Vec<String> =
            staff.iter().enumerate().map(|(i, l)| if i < members { format!("{l} t-web") } else { l.clone() }).collect();
        let target = synced(&Directory::of(&lines.iter().map(String::as_str).collect::<Vec<_>>()));
        let after = Directory::of(&staff.iter().map(String::as_str).collect::<Vec<_>>());
        let exceeded = plan(&target, &limited(), 1, &after).exceeded;
        assert_eq!(exceeded.iter().any(|e| matches!(e, Exceeded::EmptiedTeam { .. })), held, "{members}: {exceeded:?}");
    }
}

#[test]
fn more_than_five_new_admins_are_held_but_not_in_the_first_run() {
    assert_eq!(plan(&Target::default(), &limited(), 1, &company(50, 10)).exceeded, []);
    let target = synced(&company(50, 1));
    for (admins, held) in [(5, false), (6, false), (7, true)] {
        let exceeded = plan(&target, &limited(), 1, &company(50, admins)).exceeded;
        assert_eq!(!exceeded.is_empty(), held, "{} new: {exceeded:?}", admins - 1);
    }
}

#[test]
fn r04_slices_do_not_pass() {
    let policy = limited();
    let mut directory = company(200, 1);
    let mut target = synced(&directory);
    let mut applied = 0;
    for hour in 1..=20 {
        let next = cut(&directory, directory.people.len() * 9 / 100);
        let plan = plan(&target, &policy, hour, &next);
        if plan.exceeded.is_empty() {
            applied += 1;
            let facts =
                RunFacts { trigger: Trigger::Command, started_at: Timestamp(hour * HOUR), hold: None, epoch: None };
            target.apply(&plan.into_writes(facts), Timestamp(hour * HOUR));
            directory = next;
        }
    }
    assert_eq!(applied, 2, "nine per cent twice are 18, thrice 27");
    // A day later the budget is fresh.
    let next = cut(&directory, directory.people.len() * 9 / 100);
    assert_eq!(plan(&target, &policy, 48, &next).exceeded, []);
}

#[test]
fn what_was_approved_does_not_count_again() {
    let policy = limited();
    let all = company(100, 1);
    let mut target = synced(&all);
    let half = cut(&all, 50);
    let held = plan(&target, &policy, 1, &half);
    assert!(!held.exceeded.is_empty());
    let facts = RunFacts { trigger: Trigger::Command, started_at: Timestamp(HOUR), hold: Some(1), epoch: None };
    target.apply(&held.into_writes(facts), Timestamp(HOUR));
    assert_eq!(plan(&target, &policy, 2, &cut(&half, 9)).exceeded, []);
}

#[test]
fn r22_the_last_admin_stays_and_everything_else_goes_on() {
    let all = Directory::of(&["1 ana boss t-web", "2 bob staff", "3 cy staff"]);
    let target = synced(&all);
    let rules = rules();
    let policy = free();
    let sync = Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(HOUR) };
    // She leaves, somebody joins: her teams go, her Admin and her account stay, he comes in.
    let after = Directory::of(&["2 bob staff", "3 cy staff", "4 dee staff"]);
    let plan = sync.plan(&target, after.reading(true));
    assert_eq!(plan.summary().withheld, 2, "her role and her suspension");
    let mut now = target;
    sync.apply(&mut now, &after);
    let lines = now.seen();
    assert!(lines.contains(&"Org: ana = Admin".to_owned()) && lines.contains(&"ana: active".to_owned()), "{lines:?}");
    assert!(lines.contains(&"Org: dee = Viewer".to_owned()) && !lines.iter().any(|l| l.starts_with("Org/web")));
    // As soon as there is another, she goes.
    sync.apply(&mut now, &Directory::of(&["2 bob boss", "3 cy staff", "4 dee staff"]));
    assert_eq!(now.seen()[..2], ["Org: bob = Admin", "Org: cy = Viewer"]);
    assert!(now.seen().contains(&"ana: suspended".to_owned()));
}

#[test]
fn r23_of_all_admins_one_stays() {
    let target = synced(&Directory::of(&["1 ana boss", "2 bob boss", "3 cy staff"]));
    let plan = plan(&target, &free(), 1, &Directory::of(&["1 ana staff", "2 bob staff", "3 cy staff"]));
    assert_eq!((plan.withheld.len(), plan.changes.len()), (1, 1));
}

#[test]
fn an_admin_by_hand_is_admin_enough() {
    let mut target = synced(&Directory::of(&["1 ana boss", "2 bob staff"]));
    let (bob, org) = (target.user("bob").0, target.org("Org"));
    target.org_members.get_mut(&(bob, org)).unwrap().1 = Some(OrgRole::Admin);
    let plan = plan(&target, &free(), 1, &Directory::of(&["1 ana staff", "2 bob staff"]));
    assert_eq!(plan.withheld, []);
}
