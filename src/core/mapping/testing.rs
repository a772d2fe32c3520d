//! What the unit tests of this folder share.

use super::condition::{Condition, ConditionSpec, GroupFacts};
use super::leaves::Leaves;
use super::template::Captures;

/// What a condition on a single group captures from the group, if it holds.
pub(super) fn captures(spec: &ConditionSpec, dn: &str, name: &str) -> Option<Captures> {
    let mut leaves = Leaves::default();
    assert!(Condition::compile(spec, false, &mut leaves).is_ok(), "{spec:?}");
    leaves.group_hits(&[GroupFacts { dn, name }]).into_iter().flatten().next().map(|(_, captures)| captures)
}

/// Whether it holds.
pub(super) fn hits(spec: ConditionSpec, dn: &str, name: &str) -> bool {
    captures(&spec, dn, name).is_some()
}
