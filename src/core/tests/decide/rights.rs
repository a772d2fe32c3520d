//! What an incomplete reading may do: give, never take.

use crate::target::Target;
use crate::world::{Directory, Sync, compiled, free, role, teams};
use rosterd_core::ids::Timestamp;
use rosterd_core::mapping::ConditionSpec;
use rosterd_core::rights::OrgRole;

#[test]
fn unknown_keeps_everything_and_may_add() {
    let rules = compiled(&[role("staff", OrgRole::Viewer), role("devs", OrgRole::Editor), teams()]);
    let policy = free();
    let sync = Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(1) };
    let mut target = Target::default();
    sync.apply(&mut target, &Directory::of(&["1 ana staff t-web", "2 bob staff"]));
    // bob was not read, ana's groups only in part; cy is new.
    let partial = Directory::of(&["1 ana devs", "3 cy staff"]);
    sync.apply_reading(&mut target, &partial, false);
    let expected = [
        "Org/web: ana = member",
        "Org: ana = Editor",
        "Org: bob = Viewer",
        "Org: cy = Viewer",
        "ana: active",
        "bob: active",
        "cy: active",
    ];
    assert_eq!(target.seen(), expected);
    // The next complete read takes away what is really gone.
    sync.apply(&mut target, &partial);
    assert_eq!(target.seen(), ["Org: ana = Editor", "Org: cy = Viewer", "ana: active", "bob: suspended", "cy: active"]);
}

#[test]
fn a_rule_that_rules_groups_out_gives_nothing_new_on_an_unknown_read() {
    let mut outsiders = role("", OrgRole::Editor);
    outsiders.condition = ConditionSpec::None(vec![ConditionSpec::Group("contractors".to_owned())]);
    let rules = compiled(&[outsiders]);
    let policy = free();
    let sync = Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(1) };
    let mut target = Target::default();
    sync.apply(&mut target, &Directory::of(&["1 ana"]));
    sync.apply_reading(&mut target, &Directory::of(&["1 ana", "2 eve"]), false);
    assert_eq!(target.seen(), ["Org: ana = Editor", "ana: active", "eve: active"]);
}
