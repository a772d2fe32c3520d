//! DECIDE: the difference between what provisioning files declare and what the database has by them.
//!
//! ```text
//! files ────▶ Declared ─┐
//!                       ├─▶ desired ─▶ changes ─▶ guard ─▶ limits ─▶ Plan ─▶ Writes
//! database ─▶ Observed ─┘
//! ```
//!
//! What a file declares stands beside what rules and people give, in columns of its own, and no plan for files says
//! anything of theirs. Nothing here reads a file or a database.

mod change;
mod declared;
mod desired;
mod diff;
mod finder;
mod glob;
mod guard;
mod limits;
mod moved;
mod names;
mod observed;
mod reach;
mod render;
mod roles;
mod template;
mod time;
mod twice;
mod writes;

pub use crate::mapping::About;
pub use change::{Act, Change, Shown};
pub use declared::{
    Account, At, Declared, Held, Holder, Member, Permission, PersonLimit, Place, Role, RoleName, Team, TeamMember,
    Template, Wanted,
};
pub use glob::fits;
pub use limits::{Exceeded, Limits, Policy};
pub use names::{BASIC, RoleKind, check_role};
pub use observed::{
    Entitlement, HolderId, Last, Name, Observed, Org, Origin, Reach, RoleContent, RoleRow, Subject, User,
    parameters_text,
};
pub use roles::Permissions;
pub use template::{check_text, stand_in};
pub use time::FOR_EVER;
pub use writes::{Record, RoleWrite, Writes};

use crate::rights::OrgRole;
use desired::Desired;
use std::collections::BTreeMap;

/// As what provisioning stands where a provider does: in holds, as who did it in the audit chain, and as why somebody
/// is suspended. No provider may be called that.
pub const PROVISIONING: &str = "provisioning";

/// What has to change.
#[derive(Debug)]
pub struct Plan {
    pub changes: Vec<Change>,
    /// Would take the last Admin of an organization away.
    pub withheld: Vec<Change>,
    pub exceeded: Vec<Exceeded>,
    /// What could not be given (yet), and what stays.
    pub notes: Vec<String>,
    /// How many files there are.
    pub files: usize,
    observed: Observed,
    desired: Desired,
}

impl Plan {
    /// Whether somebody is to be Admin of an organization no longer: then the plan has to be made knowing who else is.
    #[must_use]
    pub fn takes_admins(&self) -> bool {
        let takes = |change: &Change| matches!(change.act, Act::Member { old: Some(OrgRole::Admin), new, .. } if new != Some(OrgRole::Admin));
        self.changes.iter().any(takes)
    }

    /// Whether one change may take something from many people: then the plan has to be made knowing from how many.
    #[must_use]
    pub fn takes_from_many(&self) -> bool {
        reach::any(&self.changes, &self.desired, &self.observed)
    }
}

/// Everything that can be said against files without a database, each with its place.
#[must_use]
pub fn check(declared: &Declared) -> Vec<String> {
    // Without a database each name means itself.
    let names = BTreeMap::new();
    let meant = twice::Meant(&names);
    let mut problems = twice::said_twice(declared, meant);
    roles::flatten(&declared.roles, meant, None, &mut problems);
    problems
}

/// The plan that makes the database say what files declare.
///
/// # Errors
/// Everything that is wrong with the files, seen with the database. Then nothing must be changed.
pub fn plan(declared: &Declared, mut observed: Observed, policy: &Policy) -> Result<Plan, Vec<String>> {
    let left_out = observed.leave_out(&policy.break_glass);
    let mut desired = Desired::of(declared, &observed);
    let mut problems = std::mem::take(&mut desired.problems);
    if !problems.is_empty() {
        problems.sort();
        problems.dedup();
        return Err(problems);
    }
    let mut changes = diff::diff(&mut desired, &observed);
    let withheld = guard::withhold(&mut changes, &observed);
    let nothing = desired.members.is_empty() && desired.holders.is_empty() && desired.roles.is_empty();
    let mut exceeded = limits::exceeded(&changes, observed.count(), nothing, &policy.limits);
    exceeded.extend(reach::exceeded(&changes, &desired, &observed, &policy.limits));
    exceeded.extend(moved::exceeded(&changes, &desired, &observed));
    let mut notes = std::mem::take(&mut desired.notes);
    notes.extend(declared.unfit.iter().map(|name| format!("{name}: no file fits it")));
    notes.extend(left_out.iter().map(|login| format!("{login:?} is a break-glass account: what files gave it stays")));
    let notes = notes.into_iter().collect();
    Ok(Plan { changes, withheld, exceeded, notes, files: declared.files, observed, desired })
}
