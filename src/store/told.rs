//! What people are told when a look has ended, worked out of what was read for it and what is written.

use super::look::{Scope, Sight};
use super::now::{OrgNow, PersonNow, TeamNow};
use rosterd_core::ids::{OrgId, UserId};
use rosterd_core::observed::{IdentityRow, Observed};
use rosterd_core::text::Text;
use rosterd_core::writes::Writes;
use std::collections::BTreeMap;

/// Who waits for an answer, and what was read of them.
#[derive(Debug)]
pub(super) struct Told {
    subjects: Vec<String>,
    state: Observed,
}

impl Told {
    /// `None` where everybody was read: nobody waits.
    pub(super) fn of(scope: Scope, sight: &Sight) -> Option<Self> {
        match scope {
            Scope::Everybody => None,
            Scope::People(whom) => Some(Self { subjects: whom.subjects, state: sight.observed.clone() }),
        }
    }

    /// What they have once that is written, in the order asked; `None` for whom rosterd does not know.
    pub(super) fn people(mut self, writes: Option<&Writes>) -> Vec<Option<PersonNow>> {
        if let Some(writes) = writes {
            self.state.write(writes);
        }
        let texts = &self.state.texts;
        let identities: BTreeMap<&str, &IdentityRow> =
            self.state.identities.iter().map(|identity| (texts.get(identity.subject), identity)).collect();
        self.subjects.iter().map(|subject| self.person(identities.get(subject.as_str())?)).collect()
    }

    fn person(&self, identity: &IdentityRow) -> Option<PersonNow> {
        let o = &self.state;
        let text = |text: Text| o.texts.get(text).to_owned();
        let org = |id: OrgId| o.orgs.get(o.orgs.binary_search_by_key(&id, |org| org.id).ok()?);
        let user = o.users.get(o.users.binary_search_by_key(&identity.user, |user| user.id).ok()?)?;
        let orgs = of(&o.org_members, user.id, |member| member.user).filter_map(|member| {
            let role = member.synced.max(member.manual)?;
            Some(OrgNow { id: member.org, name: text(org(member.org)?.name), role })
        });
        let teams = of(&o.team_members, user.id, |member| member.user).filter_map(|member| {
            let team = o.teams.get(o.teams.binary_search_by_key(&member.team, |team| team.id).ok()?)?;
            let role = member.synced.max(member.manual)?;
            Some(TeamNow { id: team.id, org: text(org(team.org)?.name), name: text(team.name), role })
        });
        let groups = identity.groups.iter().filter_map(|group| {
            let at = o.groups.binary_search_by_key(group, |row| row.id).ok()?;
            Some(text(o.groups.get(at)?.name))
        });
        let mut person = PersonNow {
            id: user.id,
            subject: text(identity.subject),
            login: text(user.login),
            name: text(user.name),
            email: text(user.email),
            state: user.state,
            kind: user.kind,
            server_admin: user.synced_admin || user.manual_admin,
            orgs: orgs.collect(),
            teams: teams.collect(),
            groups: groups.collect(),
        };
        person.sort();
        Some(person)
    }
}

/// A user's rows, of rows that are sorted by user.
fn of<T>(rows: &[T], user: UserId, whose: impl Fn(&T) -> UserId) -> impl Iterator<Item = &T> {
    let from = rows.partition_point(|row| whose(row) < user);
    rows.iter().skip(from).take_while(move |row| whose(row) == user)
}
