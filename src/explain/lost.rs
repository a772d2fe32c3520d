//! What rules give and somebody has not by them: beaten by something stronger, against the
//! provider's terms, or not applied yet.

use super::book::Book;
use super::claims::{Claim, Tried, rank};
use super::person::{DIRECT_ROLE, ON_NO_MATCH, Source};
use super::value::{Reach, Right};
use crate::store::PersonView;
use std::cmp::Ordering;

/// What becomes of what a rule gives and nobody has by it.
pub(super) enum Fate {
    /// A sync would give it.
    Waits,
    /// The provider's terms are against it, or something that waits is stronger.
    NotGiven,
}

/// Puts what a rule would give beside the right that it lost to; returns it where there is none.
pub(super) fn lost(
    view: &PersonView,
    book: &Book<'_>,
    source: &Source<'_>,
    tried: &Tried<'_>,
    claim: &Claim,
    rights: &mut [Right],
) -> Option<(Fate, Reach)> {
    let rule = tried.rules.rules.get(claim.rule as usize)?;
    let provider = &source.identity.provider;
    let right = rights.iter_mut().find(|right| right.place == claim.place);
    // A provider gives one role for each place; what stands there for it is what won.
    let winner = right.as_ref().and_then(|right| right.given_by.iter().find(|other| other.provider == *provider));
    if winner.is_some_and(|winner| winner.rule == rule.id) {
        return None;
    }
    let group = claim.via.and_then(|via| source.ways.get(via));
    let mut path = group.map(|group| source.ways.path(&source.identity.direct, group.id)).unwrap_or_default();
    if !path.is_empty() {
        path.insert(0, view.login.clone());
    }
    let by_what_is = winner.and_then(|winner| beaten(tried, claim, &winner.rule, &winner.role));
    let (fate, note) = match by_what_is {
        Some(note) => (None, note),
        None if tried.gives(claim) => {
            (Some(Fate::Waits), "not applied; `rosterd plan` says whether the next sync does it".to_owned())
        }
        None => {
            let by_what_comes = tried.winner(claim).and_then(|(name, other)| beaten(tried, claim, name, other.role));
            (Some(Fate::NotGiven), by_what_comes.unwrap_or_else(|| tried.unsaid(claim).to_owned()))
        }
    };
    let reach = Reach {
        place: claim.place.clone(),
        role: claim.role.to_owned(),
        provider: provider.clone(),
        rule: rule.id.clone(),
        at: book.at(&rule.id),
        group: group.map(|group| group.name.clone()),
        group_dn: group.map(|group| group.dn.clone()),
        path,
        note: Some(note),
    };
    match (fate, right) {
        (None | Some(Fate::NotGiven), Some(right)) => right.lost.push(reach),
        (Some(fate), _) => return Some((fate, reach)),
        (None, None) => {}
    }
    None
}

/// Why a rule's role is not the one that stands there; `None` when it should be.
fn beaten(tried: &Tried<'_>, claim: &Claim, winner: &str, role: &str) -> Option<String> {
    let kind = claim.place.kind;
    let by = match (winner, tried.place_of(winner)) {
        (DIRECT_ROLE, None) => "the provider itself".to_owned(),
        (ON_NO_MATCH, None) => "on_no_match".to_owned(),
        (_, None) => return None,
        (_, Some(won)) => {
            let ordered = tried.ordered(kind) && !tried.is_aside(won) && !tried.is_aside(claim.rule);
            if ordered {
                return (won < claim.rule).then(|| format!("{winner} stands before it (resolve = \"first\")"));
            }
            winner.to_owned()
        }
    };
    match rank(kind, claim.role).cmp(&rank(kind, role)) {
        Ordering::Less => Some(format!("less than {role} by {by}")),
        Ordering::Equal => Some(format!("the same, given by {by} already")),
        Ordering::Greater => None,
    }
}

/// What a sync would give without a rule, and nobody has given yet.
pub(super) fn waiting(source: &Source<'_>, tried: &Tried<'_>, rights: &[Right]) -> Vec<Reach> {
    let provider = &source.identity.provider;
    let is_there = |claim: &Claim, name: &str| {
        let mut given = rights.iter().filter(|right| right.place == claim.place).flat_map(|right| &right.given_by);
        given.any(|reach| reach.provider == *provider && reach.rule == name && reach.role == claim.role)
    };
    let missing = tried.without_rule().filter(|(claim, name)| !is_there(claim, name));
    missing
        .map(|(claim, name)| Reach {
            place: claim.place.clone(),
            role: claim.role.to_owned(),
            provider: provider.clone(),
            rule: name.to_owned(),
            at: None,
            group: None,
            group_dn: None,
            path: Vec::new(),
            note: Some("not applied; `rosterd plan` says whether the next sync does it".to_owned()),
        })
        .collect()
}
