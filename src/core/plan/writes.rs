//! From a plan to the rows of one transaction.

use super::{Change, Field, Plan, Summary, SuspendReason};
use crate::ids::{ProviderId, TeamId, Timestamp, UserId};
use crate::observed::UserState;
use crate::writes::{OrgMemberWrite, RemovalWrite, RunRow, TeamMemberWrite, Trigger, UserWrite, Writes};
use serde_json::json;
use std::collections::BTreeSet;

/// What a plan does not know of the run that applies it.
#[derive(Debug, Clone, Copy)]
pub struct RunFacts {
    pub trigger: Trigger,
    pub started_at: Timestamp,
    /// The hold that allows the plan in spite of the limits.
    pub hold: Option<i64>,
}

impl Plan {
    /// Everything that carrying the plan out writes.
    #[must_use]
    pub fn into_writes(mut self, run: RunFacts) -> Writes {
        let summary = self.summary();
        // One person's changes stand together, in the order in which they were found.
        self.changes.sort_by_key(Change::user);
        let mut writes = self.members();
        self.accounts(&mut writes);
        self.records(&mut writes, run, summary);
        let books = std::mem::take(&mut self.bookkeeping);
        if books.new_provider {
            let name = self.snapshot.texts.push(&self.provider);
            writes.new_provider = Some((ProviderId(self.observed.last.provider + 1), name));
        }
        writes.generation = self.observed.generation;
        writes.new_rules = books.new_rules;
        writes.new_orgs = books.new_orgs.into_iter().collect();
        writes.new_teams = books.new_teams.into_values().collect();
        writes.groups = books.groups;
        writes.identities = books.identities;
        writes.group_lists = books.group_lists;
        writes.grants = books.grants;
        writes.identities.sort_unstable_by_key(|identity| identity.id);
        writes.texts = self.snapshot.texts;
        writes
    }

    fn members(&self) -> Writes {
        let mut writes = Writes::default();
        let by_hand: BTreeSet<(UserId, crate::ids::OrgId)> = self
            .observed
            .org_members
            .iter()
            .filter(|row| row.synced.is_none())
            .map(|row| (row.user, row.org))
            .collect();
        let team_by_hand: BTreeSet<(UserId, TeamId)> = self
            .observed
            .team_members
            .iter()
            .filter(|row| row.synced.is_none())
            .map(|row| (row.user, row.team))
            .collect();
        for change in &self.changes {
            match *change {
                Change::OrgRole { user, org, old, new: role, .. } => {
                    let exists = old.is_some() || by_hand.contains(&(user, org));
                    writes.org_members.push(OrgMemberWrite { org, user, role, exists });
                }
                Change::TeamRole { user, team, old, new: role, .. } => {
                    let exists = old.is_some() || team_by_hand.contains(&(user, team));
                    writes.team_members.push(TeamMemberWrite { team, user, role, exists });
                }
                Change::RenameTeam { team, new, .. } => writes.renamed_teams.push((team, new)),
                _ => {}
            }
        }
        writes.org_members.sort_unstable_by_key(|row| (row.org, row.user));
        writes.team_members.sort_unstable_by_key(|row| (row.team, row.user));
        writes
    }

    fn accounts(&mut self, writes: &mut Writes) {
        let origin = self.snapshot.texts.push(&self.provider);
        let mut suspended = BTreeSet::new();
        for at in 0..self.changes.len() {
            let Some(change) = self.changes.get(at).copied() else { break };
            let Some(user) = change.user() else { continue };
            let touches = matches!(
                change,
                Change::UpdateUser { .. }
                    | Change::ServerAdmin { .. }
                    | Change::Suspend { .. }
                    | Change::Resume { .. }
                    | Change::Archive { .. }
            );
            if !touches {
                continue;
            }
            let suspensions = &self.observed.suspensions;
            let from = suspensions.partition_point(|row| row.user < user);
            let others = suspensions
                .iter()
                .skip(from)
                .take_while(|row| row.user == user)
                .any(|row| self.observed.texts.get(row.origin) != self.provider);
            let row = self.bookkeeping.user_row(&self.observed, &mut self.snapshot.texts, user);
            match change {
                Change::UpdateUser { field: Field::Name, new, .. } => row.name = new,
                Change::UpdateUser { field: Field::Email, new, .. } => row.email = new,
                Change::ServerAdmin { give, .. } => row.synced_admin = give,
                Change::Archive { .. } => row.state = UserState::Archived,
                Change::Suspend { .. } => {
                    suspended.insert(user);
                    if row.state == UserState::Active {
                        row.state = UserState::Suspended;
                    }
                }
                Change::Resume { .. } => {
                    writes.unsuspend.push((user, origin));
                    if !others {
                        row.state = UserState::Active;
                    }
                }
                _ => {}
            }
        }
        let written = std::mem::take(&mut self.bookkeeping.suspensions);
        writes.suspend = written.into_iter().filter(|row| suspended.contains(&row.user)).collect();
        let last = self.bookkeeping.last_user_before;
        let (new, changed): (Vec<UserWrite>, Vec<UserWrite>) =
            std::mem::take(&mut self.bookkeeping.users).into_values().partition(|row| row.id.0 > last);
        writes.changed_users = changed;
        writes.new_users = new;
    }

    fn records(&mut self, writes: &mut Writes, run: RunFacts, summary: Summary) {
        let provider = self.observed.provider.as_ref().map_or(ProviderId(self.observed.last.provider + 1), |p| p.id);
        let Summary { added, changed, removed, withheld } = summary;
        let (trigger, started_at, complete) = (run.trigger, run.started_at, self.complete);
        writes.run = Some(RunRow { provider, trigger, started_at, complete, added, changed, removed, withheld });
        writes.used_hold = run.hold;
        let approved = run.hold.is_some();
        writes.removals = self
            .measures
            .iter()
            .map(|m| RemovalWrite { class: m.class, org: m.org, removed: m.count, approved })
            .collect();
        for one in self.changes.chunk_by(|a, b| a.user().is_some() && a.user() == b.user()) {
            if let Some(first) = one.first() {
                let body = audit_body(&self.provider, one);
                let body = self.snapshot.texts.push(&body);
                writes.audit.push((first.user(), body));
            }
        }
    }
}

/// The body of the audit record of one subject's changes: `{"changes":[[kind, …], …]}`, in numbers
/// and without personal data, because nothing can ever be taken out of the chain again.
#[must_use]
pub fn audit_body(provider: &str, changes: &[Change]) -> String {
    let mut out = String::from("{\"changes\":[");
    for (at, change) in changes.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        let body = match *change {
            Change::CreateOrg { org } => json!(["create_org", org]),
            Change::CreateTeam { team } => json!(["create_team", team]),
            Change::RenameTeam { team, .. } => json!(["rename_team", team]),
            Change::CreateUser { .. } => json!(["create_user"]),
            Change::Link { .. } => json!(["link_user", provider]),
            Change::UpdateUser { field, .. } => json!(["update_user", field.name()]),
            Change::Suspend { reason: SuspendReason::Gone, .. } => json!(["suspend_user", "gone"]),
            Change::Suspend { reason: SuspendReason::NoMatch, .. } => json!(["suspend_user", "no_match"]),
            Change::Resume { .. } => json!(["resume_user"]),
            Change::Archive { .. } => json!(["archive_user"]),
            Change::ServerAdmin { give, reason, .. } => json!(["server_admin", give, reason.rule, reason.via]),
            Change::OrgRole { org, old, new, reason, .. } => {
                json!(["org_role", org, old.map(|r| r.name()), new.map(|r| r.name()), reason.rule, reason.via])
            }
            Change::TeamRole { team, old, new, reason, .. } => {
                json!(["team_role", team, old.map(|r| r.name()), new.map(|r| r.name()), reason.rule, reason.via])
            }
        };
        out.push_str(&body.to_string());
    }
    out.push_str("]}");
    out
}
