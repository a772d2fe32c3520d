//! What is wanted against what stands, for one person: two sorted lists walked side by side. Only
//! what rosterd gave is looked at; what people gave by hand is nobody's difference.

use super::draft::Draft;
use super::{Change, Reason};
use crate::ids::UserId;
use crate::observed::{Grant, OrgMemberRow, Right, TeamMemberRow};

/// Adds what changes in the organizations that somebody is a member of.
pub(super) fn org_changes(draft: &mut Draft<'_>, user: UserId, wanted: &[Grant], rows: &[OrgMemberRow]) {
    let mut rows = rows.iter().filter(|row| row.synced.is_some()).peekable();
    for grant in wanted {
        let Right::Org(org, role) = grant.right else { break };
        while let Some(row) = rows.next_if(|row| row.org < org) {
            let (org, old) = (row.org, row.synced);
            draft.changes.push(Change::OrgRole { user, org, old, new: None, reason: Reason::default() });
        }
        let old = rows.next_if(|row| row.org == org).and_then(|row| row.synced);
        if old != Some(role) {
            let reason = Reason { rule: grant.rule.into(), via: grant.via };
            draft.changes.push(Change::OrgRole { user, org, old, new: Some(role), reason });
        }
    }
    for row in rows {
        let (org, old) = (row.org, row.synced);
        draft.changes.push(Change::OrgRole { user, org, old, new: None, reason: Reason::default() });
    }
}

/// Adds what changes in the teams that somebody is a member of.
pub(super) fn team_changes(draft: &mut Draft<'_>, user: UserId, wanted: &[Grant], rows: &[TeamMemberRow]) {
    let mut rows = rows.iter().filter(|row| row.synced.is_some()).peekable();
    let teams = wanted.iter().filter_map(|grant| match grant.right {
        Right::Team(team, role) => Some((team, role, grant)),
        Right::Org(..) | Right::ServerAdmin | Right::Entitlement(_) => None,
    });
    for (team, role, grant) in teams {
        while let Some(row) = rows.next_if(|row| row.team < team) {
            let (team, old) = (row.team, row.synced);
            draft.changes.push(Change::TeamRole { user, team, old, new: None, reason: Reason::default() });
        }
        let old = rows.next_if(|row| row.team == team).and_then(|row| row.synced);
        if old != Some(role) {
            let reason = Reason { rule: grant.rule.into(), via: grant.via };
            draft.changes.push(Change::TeamRole { user, team, old, new: Some(role), reason });
        }
    }
    for row in rows {
        let (team, old) = (row.team, row.synced);
        draft.changes.push(Change::TeamRole { user, team, old, new: None, reason: Reason::default() });
    }
}
