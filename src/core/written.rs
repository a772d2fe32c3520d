//! What people have once writes are carried out, worked out of what was read before.
//!
//! Whoever waits for an answer is told from here, so that nobody is read twice. Only what an answer
//! shows is kept true: people, organizations, teams, memberships, identities and groups. What a store
//! does with writes stands in the stores.

use crate::lifecycle::Kind;
use crate::observed::{GroupRow, IdentityRow, Observed, OrgMemberRow, OrgRow, TeamMemberRow, TeamRow, UserRow};
use crate::text::{Arena, Text};
use crate::writes::{IdentityWrite, UserWrite, Writes};

impl Observed {
    /// Carries out `writes` in these lists, which stay sorted.
    pub fn write(&mut self, writes: &Writes) {
        let w = writes;
        let letters = &mut self.texts;
        let mut copy = |text: Text| copy(letters, w, text);
        for org in w.changed_orgs.iter().chain(&w.new_orgs) {
            let row = OrgRow { id: org.id, name: copy(org.name), key: copy(org.key) };
            put(&mut self.orgs, row, |row| row.id);
        }
        for (team, name) in &w.renamed_teams {
            let name = copy(*name);
            self.teams.iter_mut().filter(|row| row.id == *team).for_each(|row| row.name = name);
        }
        for team in &w.new_teams {
            let row = TeamRow { id: team.id, org: team.org, name: copy(team.name), named_after: team.named_after };
            put(&mut self.teams, row, |row| row.id);
        }
        for group in &w.groups {
            let (subject, dn, name) = (copy(group.subject), copy(group.dn), copy(group.name));
            let (parents, gone_at) = (group.parents.of(&w.group_lists).into(), group.gone_at);
            put(&mut self.groups, GroupRow { id: group.id, subject, dn, name, parents, gone_at }, |row| row.id);
        }
        self.write_people(w);
        for member in &w.org_members {
            let at = self.org_members.binary_search_by_key(&(member.user, member.org), |row| (row.user, row.org));
            let manual = at.ok().and_then(|at| self.org_members.get(at)?.manual);
            let row = OrgMemberRow { user: member.user, org: member.org, synced: member.role, manual };
            set(&mut self.org_members, at, (member.role.is_some() || manual.is_some()).then_some(row));
        }
        for member in &w.team_members {
            let at = self.team_members.binary_search_by_key(&(member.user, member.team), |row| (row.user, row.team));
            let manual = at.ok().and_then(|at| self.team_members.get(at)?.manual);
            let row = TeamMemberRow { user: member.user, team: member.team, synced: member.role, manual };
            set(&mut self.team_members, at, (member.role.is_some() || manual.is_some()).then_some(row));
        }
    }

    fn write_people(&mut self, w: &Writes) {
        for user in w.changed_users.iter().chain(&w.new_users) {
            let known = self.users.binary_search_by_key(&user.id, |row| row.id).ok();
            let known = known.and_then(|at| self.users.get(at));
            let kept = known.map(|row| (row.manual_admin, row.kind)).unwrap_or_default();
            let row = user_row(&mut self.texts, w, user, kept);
            put(&mut self.users, row, |row| row.id);
        }
        for identity in &w.identities {
            let row = identity_row(&mut self.texts, w, identity);
            put(&mut self.identities, row, |row| row.id);
        }
    }
}

fn user_row(texts: &mut Arena, w: &Writes, user: &UserWrite, (manual_admin, kind): (bool, Kind)) -> UserRow {
    let [login, name, email] = [user.login, user.name, user.email].map(|text| copy(texts, w, text));
    let UserWrite { id, state, synced_admin, .. } = *user;
    UserRow { id, state, login, name, email, synced_admin, manual_admin, kind }
}

fn identity_row(texts: &mut Arena, w: &Writes, identity: &IdentityWrite) -> IdentityRow {
    let written = [identity.subject, identity.login, identity.name, identity.email];
    let [subject, login, name, email] = written.map(|text| copy(texts, w, text));
    let IdentityWrite { id, user, digest, grants_digest, .. } = *identity;
    let (gone_at, reading) = (identity.gone_at(w), w.reading);
    let groups = identity.groups.of(&w.group_lists).into();
    IdentityRow { id, subject, user, login, name, email, groups, digest, grants_digest, gone_at, reading }
}

fn copy(texts: &mut Arena, w: &Writes, text: Text) -> Text {
    texts.push(w.texts.get(text))
}

/// Puts a row where it belongs, in the place of the one of the same key.
fn put<T, K: Ord>(rows: &mut Vec<T>, row: T, key: impl Fn(&T) -> K) {
    let at = rows.binary_search_by_key(&key(&row), &key);
    set(rows, at, Some(row));
}

/// The row at that place, or none.
fn set<T>(rows: &mut Vec<T>, at: Result<usize, usize>, row: Option<T>) {
    match (at, row) {
        (Ok(at), Some(row)) => {
            if let Some(there) = rows.get_mut(at) {
                *there = row;
            }
        }
        (Ok(at), None) => drop(rows.remove(at)),
        (Err(at), Some(row)) => rows.insert(at, row),
        (Err(_), None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{OrgId, UserId};
    use crate::rights::OrgRole;
    use crate::writes::OrgMemberWrite;

    fn member(user: u32, synced: Option<OrgRole>, manual: Option<OrgRole>) -> OrgMemberRow {
        OrgMemberRow { user: UserId(user), org: OrgId(1), synced, manual }
    }

    #[test]
    fn what_a_person_gave_outlives_what_is_taken() {
        let (given, by_hand) = (Some(OrgRole::Editor), Some(OrgRole::Viewer));
        let org_members = vec![member(1, given, None), member(2, given, by_hand), member(4, given, by_hand)];
        let mut state = Observed { org_members, ..Observed::default() };
        let role = |user, role| OrgMemberWrite { user: UserId(user), org: OrgId(1), role, exists: user != 3 };
        let org_members = vec![role(1, None), role(2, None), role(3, given), role(4, Some(OrgRole::Admin))];
        state.write(&Writes { org_members, ..Writes::default() });
        let left = [member(2, None, by_hand), member(3, given, None), member(4, Some(OrgRole::Admin), by_hand)];
        assert_eq!(state.org_members, left);
    }
}
