//! Leases of people who cannot be listed: begun, renewed, ended. See [`crate::renewal`].
//!
//! They end in a plan that is of everybody although the reading says of nobody that they have gone.

use super::draft::Draft;
use super::limits::Exceeded;
use super::people::Work;
use crate::ids::IdentityId;
use crate::observed::Scope;
use crate::renewal::Renewal;
use crate::writes::RenewalWrite;

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

/// Whether somebody's lease ends by this plan.
pub(super) fn ends(draft: &Draft<'_>, work: &Work) -> bool {
    let Some(lease) = lease(draft).filter(|_| work.person.is_none() && !work.newer) else { return false };
    of(draft, work.identity).is_some_and(|renewal| renewal.is_over(lease, draft.now))
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
pub(super) fn end(draft: &mut Draft<'_>, identity: IdentityId) {
    if let Some(renewal) = of(draft, identity) {
        draft.books.renewals.push(RenewalWrite { identity, renewal, ended_at: Some(draft.now) });
    }
}

/// Somebody who was known before there were leases has one from now on.
pub(super) fn begin(draft: &mut Draft<'_>, identity: IdentityId) {
    if lease(draft).is_some() && of(draft, identity).is_none() {
        let renewal = Renewal { at: draft.now, until: None };
        draft.books.renewals.push(RenewalWrite { identity, renewal, ended_at: None });
    }
}

/// Somebody has logged in. That counts whatever else could not be read: they are there.
pub(super) fn renew(draft: &mut Draft<'_>, identity: IdentityId) {
    let (Some(login), Some(lease)) = (draft.login, draft.policy.lease) else { return };
    if of(draft, identity).is_none_or(|stored| stored.gives_way(login, lease, draft.now)) {
        draft.books.renewals.push(RenewalWrite { identity, renewal: login, ended_at: None });
    }
}

/// A provider of which nobody was heard for a whole lease is more likely down than left by everybody. Of fewer
/// people than make an emptied team nothing can be told: their leases end.
pub(super) fn nobody_renewed(draft: &Draft<'_>) -> Option<Exceeded> {
    let lease = lease(draft)?;
    let people = draft.base.present;
    let ended = draft.books.renewals.iter().any(|renewal| renewal.ended_at.is_some());
    let last = draft.observed.last_renewal.is_some_and(|at| at.plus_millis(lease) < draft.now);
    (ended && last && people >= draft.policy.limits.emptied_at_least).then_some(Exceeded::NobodyRenewed { people })
}
