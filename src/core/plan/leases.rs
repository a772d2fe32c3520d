//! Leases of people who cannot be listed: begun, renewed, re-checked, ended. See [`crate::renewal`].
//!
//! They end in a plan that is of everybody although the reading says of nobody that they have gone.
//!
//! A re-check is another provider's word: what somebody's login said goes on holding while that provider lists them.
//! It is worked out anew by each plan, from who is present there and when it was last read completely, and written
//! for nobody: a login's renewal stays as it was, and once somebody is gone there, their lease ends by it at once.

use super::draft::Draft;
use super::limits::Exceeded;
use super::people::Work;
use crate::ids::{IdentityId, Timestamp};
use crate::observed::Scope;
use crate::renewal::Renewal;
use crate::writes::RenewalWrite;

/// Of those whose leases are over by their logins, how many another provider has.
#[derive(Debug, Default)]
pub(super) struct Rechecks {
    /// They keep what they have.
    held: u32,
    /// They lose it: that provider was not read for too long.
    unread: u32,
}

/// On what somebody's lease rests.
fn of(draft: &Draft<'_>, identity: IdentityId) -> Option<Renewal> {
    let renewals = &draft.observed.renewals;
    let at = renewals.binary_search_by_key(&identity, |(identity, _)| *identity).ok()?;
    renewals.get(at).map(|(_, renewal)| *renewal)
}

/// Whether the plan is one in which leases may end, and how long they are.
fn lease(draft: &Draft<'_>) -> Option<i64> {
    let all = draft.observed.scope == Scope::Provider && draft.complete() && !draft.everybody();
    draft.policy.lease.filter(|_| all)
}

/// Whether somebody's lease is over as far as logins go.
fn is_over(draft: &Draft<'_>, work: &Work, lease: i64) -> bool {
    let silent = work.person.is_none() && !work.newer;
    silent && of(draft, work.identity).is_some_and(|renewal| renewal.is_over(lease, draft.now))
}

/// Whether somebody is present where people are re-checked. What the provider itself has withdrawn since, nobody
/// else's word prolongs.
fn listed(draft: &Draft<'_>, work: &Work) -> bool {
    let Some(recheck) = draft.policy.recheck.as_deref() else { return false };
    let observed = &draft.observed;
    let others = &observed.other_identities;
    let from = others.partition_point(|other| other.user < work.user);
    let mut theirs = others.iter().skip(from).take_while(|other| other.user == work.user);
    theirs.any(|other| !other.gone && observed.texts.get(other.provider) == recheck)
        && observed.withdrawn.binary_search(&work.identity).is_err()
}

/// The renewal that being listed is: when the provider by which people are re-checked was last read completely.
fn last_read(draft: &Draft<'_>) -> Option<Renewal> {
    let at = draft.observed.reads.get(draft.policy.recheck.as_deref()?)?;
    Some(Renewal { at: *at, until: None })
}

/// Whether such a reading is new enough to renew anybody.
fn rechecks(draft: &Draft<'_>, lease: i64) -> bool {
    last_read(draft).is_some_and(|read| !read.is_over(lease, draft.now))
}

/// Whether somebody's lease ends by this plan.
pub(super) fn ends(draft: &Draft<'_>, work: &Work) -> bool {
    let Some(lease) = lease(draft).filter(|lease| is_over(draft, work, *lease)) else { return false };
    !(rechecks(draft, lease) && listed(draft, work))
}

/// Whether an identity that is there goes by this plan.
pub(super) fn leaves(draft: &Draft<'_>, work: &Work) -> bool {
    if work.person.is_some() || work.newer {
        return false;
    }
    let stored = work.stored.and_then(|at| draft.observed.identities.get(at as usize));
    stored.is_some_and(|stored| draft.gone(stored.subject)) || ends(draft, work)
}

/// Notes that somebody's lease is over, if they had one.
pub(super) fn end(draft: &mut Draft<'_>, work: &Work) {
    let identity = work.identity;
    if let Some(renewal) = of(draft, identity) {
        draft.books.renewals.push(RenewalWrite { identity, renewal, ended_at: Some(draft.now) });
        draft.books.rechecks.unread += u32::from(lease(draft).is_some() && listed(draft, work));
    }
}

/// Somebody stays whom the reading does not have. Whoever was known before there were leases has one from now on.
pub(super) fn begin(draft: &mut Draft<'_>, work: &Work) {
    let Some(lease) = lease(draft) else { return };
    let identity = work.identity;
    if of(draft, identity).is_none() {
        let renewal = Renewal { at: draft.now, until: None };
        draft.books.renewals.push(RenewalWrite { identity, renewal, ended_at: None });
    }
    draft.books.rechecks.held += u32::from(is_over(draft, work, lease));
}

/// Somebody has logged in. That counts whatever else could not be read: they are there.
pub(super) fn renew(draft: &mut Draft<'_>, identity: IdentityId) {
    let (Some(login), Some(lease)) = (draft.login, draft.policy.lease) else { return };
    if of(draft, identity).is_none_or(|stored| stored.gives_way(login, lease, draft.now)) {
        draft.books.renewals.push(RenewalWrite { identity, renewal: login, ended_at: None });
    }
}

/// When everybody was read, if others' leases rest on that and it is to be noted: as seldom as a login's renewal is.
pub(super) fn read_at(draft: &Draft<'_>) -> Option<Timestamp> {
    let lease = draft.policy.rechecks.filter(|_| draft.everybody())?;
    let read = Renewal { at: draft.now, until: None };
    let noted = draft.observed.reads.get(draft.provider).map(|at| Renewal { at: *at, until: None });
    noted.is_none_or(|noted| noted.gives_way(read, lease, draft.now)).then_some(draft.now)
}

fn any_ended(draft: &Draft<'_>) -> bool {
    draft.books.renewals.iter().any(|renewal| renewal.ended_at.is_some())
}

/// A provider of which nobody was heard for a whole lease is more likely down than left by everybody. Of fewer
/// people than make an emptied team nothing can be told: their leases end.
pub(super) fn nobody_renewed(draft: &Draft<'_>) -> Option<Exceeded> {
    let lease = lease(draft)?;
    let people = draft.base.present;
    // Who is re-checked has as good as logged in.
    let rechecked = draft.books.rechecks.held > 0;
    let last = draft.observed.last_renewal.is_some_and(|at| at.plus_millis(lease) < draft.now);
    let silent = any_ended(draft) && last && !rechecked;
    (silent && people >= draft.policy.limits.emptied_at_least).then_some(Exceeded::NobodyRenewed { people })
}

/// A provider that was not read for a whole lease says of nobody that they have gone. However few: that it was not
/// read is known, not guessed.
pub(super) fn not_rechecked(draft: &Draft<'_>) -> Option<Exceeded> {
    let people = draft.books.rechecks.unread;
    (people > 0).then_some(Exceeded::NotRechecked { people })
}
