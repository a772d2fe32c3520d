//! The observed rows of one user after the other.

use crate::entitlements::HolderRow;
use crate::ids::UserId;
use crate::observed::{Grant, Observed, OrgMemberRow, OtherIdentity, SuspensionRow, TeamMemberRow, UserRow};

/// What stands about one user.
#[derive(Debug)]
pub(super) struct PersonRows<'o> {
    /// `None` for somebody who is new.
    pub(super) user: Option<&'o UserRow>,
    pub(super) org_members: &'o [OrgMemberRow],
    pub(super) team_members: &'o [TeamMemberRow],
    pub(super) holders: &'o [HolderRow],
    pub(super) suspensions: &'o [SuspensionRow],
    pub(super) other_identities: &'o [OtherIdentity],
    pub(super) other_grants: &'o [(UserId, Grant)],
}

/// Walks along all lists. Users must be asked for in ascending order.
pub(super) struct Rows<'o> {
    users: &'o [UserRow],
    org_members: &'o [OrgMemberRow],
    team_members: &'o [TeamMemberRow],
    holders: &'o [HolderRow],
    suspensions: &'o [SuspensionRow],
    other_identities: &'o [OtherIdentity],
    other_grants: &'o [(UserId, Grant)],
}

impl<'o> Rows<'o> {
    pub(super) fn new(observed: &'o Observed) -> Self {
        Self {
            users: &observed.users,
            org_members: &observed.org_members,
            team_members: &observed.team_members,
            holders: &observed.holders,
            suspensions: &observed.suspensions,
            other_identities: &observed.other_identities,
            other_grants: &observed.other_grants,
        }
    }

    pub(super) fn of(&mut self, user: UserId) -> PersonRows<'o> {
        PersonRows {
            user: taken(&mut self.users, user, |row| row.id).first(),
            org_members: taken(&mut self.org_members, user, |row| row.user),
            team_members: taken(&mut self.team_members, user, |row| row.user),
            holders: taken(&mut self.holders, user, |row| row.user),
            suspensions: taken(&mut self.suspensions, user, |row| row.user),
            other_identities: taken(&mut self.other_identities, user, |row| row.user),
            other_grants: taken(&mut self.other_grants, user, |row| row.0),
        }
    }
}

/// The user's rows; what stands before them is passed over.
fn taken<'o, T>(rows: &mut &'o [T], user: UserId, of: impl Fn(&T) -> UserId) -> &'o [T] {
    let before = rows.iter().take_while(|row| of(row) < user).count();
    let rest = rows.get(before..).unwrap_or(&[]);
    let own = rest.iter().take_while(|row| of(row) == user).count();
    let (own, rest) = rest.split_at(own);
    *rows = rest;
    own
}
