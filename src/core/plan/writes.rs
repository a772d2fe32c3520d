//! From a plan to the rows of one transaction.

use super::{Change, Field, Plan, Reason, Summary, SuspendReason};
use crate::entitlements::HolderWrite;
use crate::ids::{EntitlementId, ProviderId, TeamId, Timestamp, UserId};
use crate::lifecycle;
use crate::observed::UserState;
use crate::rights::{OrgRole, TeamRole};
use crate::text::push_int;
use crate::writes::{OrgMemberWrite, RemovalWrite, RunRow, TeamMemberWrite, Trigger, Writes};
use std::collections::BTreeSet;

/// What a plan does not know of the run that applies it.
#[derive(Debug, Clone, Copy)]
pub struct RunFacts {
    pub trigger: Trigger,
    pub started_at: Timestamp,
    /// The hold that allows the plan in spite of the limits.
    pub hold: Option<i64>,
    /// The lease under which a replica writes; `None` for a command and for a few people.
    pub epoch: Option<i64>,
}

impl Plan {
    /// Everything that carrying the plan out writes.
    #[must_use]
    pub fn into_writes(mut self, run: RunFacts) -> Writes {
        let summary = self.summary();
        // What is not needed any more makes room: a first run's peak is here and in the apply.
        self.snapshot.people = Vec::new();
        // One person's changes stand together. In place: a stable sort takes half as much again.
        self.changes.sort_unstable_by_key(|change| (change.user(), change.place()));
        let mut writes = self.members();
        self.accounts(&mut writes);
        self.records(&mut writes, run, summary);
        let books = std::mem::take(&mut self.bookkeeping);
        if books.new_provider {
            let name = self.snapshot.texts.push(&self.provider);
            writes.new_provider = Some((ProviderId(self.observed.last.provider + 1), name));
        }
        writes.generation = self.observed.generation;
        writes.reading = self.number;
        writes.observed_at = run.started_at;
        writes.left = books.identities.iter().any(|identity| identity.gone);
        writes.read_at = books.read_at;
        writes.base = books.base;
        writes.seen = books.seen;
        writes.renewals = books.renewals;
        writes.new_rules = books.new_rules;
        writes.new_orgs = books.new_orgs.into_values().collect();
        writes.changed_orgs = books.changed_orgs.into_values().collect();
        writes.new_teams = books.new_teams.into_values().collect();
        writes.new_entitlements = books.new_entitlements.into_values().collect();
        writes.groups = books.groups;
        writes.lists = books.lists;
        writes.list_bytes = books.list_bytes;
        writes.joins = books.joins;
        writes.identities = books.identities;
        writes.group_lists = books.group_lists;
        writes.grants = books.grants;
        writes.identities.sort_unstable_by_key(|identity| identity.id);
        writes.changes = self.changes;
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
        // What a hand or a file gave already.
        let otherwise: BTreeSet<(UserId, EntitlementId)> =
            self.observed.holders.iter().filter(|row| !row.synced).map(|row| (row.user, row.entitlement)).collect();
        let teams = self.changes.iter().filter(|change| matches!(change, Change::TeamRole { .. })).count();
        writes.team_members.reserve_exact(teams);
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
                Change::Entitlement { user, entitlement, give, .. } => {
                    let exists = !give || otherwise.contains(&(user, entitlement));
                    writes.holders.push(HolderWrite { entitlement, user, give, exists });
                }
                Change::RenameTeam { team, new, .. } => writes.renamed_teams.push((team, new)),
                _ => {}
            }
        }
        writes.org_members.sort_unstable_by_key(|row| (row.org, row.user));
        writes.team_members.sort_unstable_by_key(|row| (row.team, row.user));
        writes.holders.sort_unstable_by_key(|row| (row.entitlement, row.user));
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
            let own = suspensions.iter().skip(from).take_while(|row| row.user == user);
            let others: Vec<&str> =
                own.map(|row| self.observed.texts.get(row.origin)).filter(|origin| *origin != self.provider).collect();
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
                    row.state = lifecycle::settled(row.state, &others);
                }
                _ => {}
            }
        }
        let written = std::mem::take(&mut self.bookkeeping.suspensions);
        writes.suspend = written.into_iter().filter(|row| suspended.contains(&row.user)).collect();
        writes.changed_users = std::mem::take(&mut self.bookkeeping.changed_users).into_values().collect();
        writes.new_users = std::mem::take(&mut self.bookkeeping.new_users);
    }

    fn records(&mut self, writes: &mut Writes, run: RunFacts, summary: Summary) {
        writes.provider =
            Some(self.observed.provider.as_ref().map_or(ProviderId(self.observed.last.provider + 1), |p| p.id));
        let Summary { added, changed, removed, withheld } = summary;
        let (trigger, started_at, complete) = (run.trigger, run.started_at, self.complete);
        if !self.is_no_news() {
            writes.run = Some(RunRow { trigger, started_at, complete, added, changed, removed, withheld });
        }
        writes.used_hold = run.hold;
        writes.epoch = run.epoch;
        let approved = run.hold.is_some();
        writes.removals = self
            .measures
            .iter()
            .map(|m| RemovalWrite { class: m.class, org: m.org, removed: m.count, approved })
            .collect();
    }
}

/// Replaces `out` by the body of the audit record of one subject's changes:
/// `{"changes":[[kind, …], …]}`, in numbers and without personal data, because nothing can ever be
/// taken out of the chain again. Written by hand: a first run has a million changes.
pub fn audit_body(out: &mut String, provider: &str, changes: &[Change]) {
    out.clear();
    out.push_str("{\"changes\":[");
    for (at, change) in changes.iter().enumerate() {
        out.push_str(if at > 0 { ",[" } else { "[" });
        let mut body = Body(out);
        match *change {
            Change::CreateOrg { org } => body.kind("create_org").number(org.0),
            Change::RenameOrg { org, .. } => body.kind("rename_org").number(org.0),
            Change::CreateTeam { team } => body.kind("create_team").number(team.0),
            Change::RenameTeam { team, .. } => body.kind("rename_team").number(team.0),
            Change::CreateUser { .. } => body.kind("create_user"),
            Change::Link { .. } => body.kind("link_user").text(provider),
            Change::UpdateUser { field, .. } => body.kind("update_user").word(field.name()),
            Change::Suspend { reason: SuspendReason::Gone, .. } => body.kind("suspend_user").word("gone"),
            Change::Suspend { reason: SuspendReason::NoMatch, .. } => body.kind("suspend_user").word("no_match"),
            Change::Suspend { reason: SuspendReason::Lease, .. } => body.kind("suspend_user").word("lease"),
            Change::Resume { .. } => body.kind("resume_user"),
            Change::Archive { .. } => body.kind("archive_user"),
            Change::ServerAdmin { give, reason, .. } => {
                body.kind("server_admin").bare(if give { "true" } else { "false" }).reason(reason)
            }
            Change::OrgRole { org, old, new, reason, .. } => {
                let (old, new) = (old.map(OrgRole::name), new.map(OrgRole::name));
                body.kind("org_role").number(org.0).opt_word(old).opt_word(new).reason(reason)
            }
            Change::TeamRole { team, old, new, reason, .. } => {
                let (old, new) = (old.map(TeamRole::name), new.map(TeamRole::name));
                body.kind("team_role").number(team.0).opt_word(old).opt_word(new).reason(reason)
            }
            Change::Entitlement { entitlement, give, reason, .. } => {
                let give = if give { "true" } else { "false" };
                body.kind("entitlement").number(entitlement.0).bare(give).reason(reason)
            }
        };
        out.push(']');
    }
    out.push_str("]}");
}

/// One change's array, element by element.
struct Body<'o>(&'o mut String);

impl Body<'_> {
    fn kind(&mut self, kind: &'static str) -> &mut Self {
        self.0.push('"');
        self.0.push_str(kind);
        self.0.push('"');
        self
    }

    fn bare(&mut self, json: &str) -> &mut Self {
        self.0.push(',');
        self.0.push_str(json);
        self
    }

    /// A word that needs no escapes.
    fn word(&mut self, word: &'static str) -> &mut Self {
        self.0.push(',');
        self.kind(word)
    }

    fn opt_word(&mut self, word: Option<&'static str>) -> &mut Self {
        match word {
            Some(word) => self.word(word),
            None => self.bare("null"),
        }
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.bare(&serde_json::Value::from(text).to_string())
    }

    fn number(&mut self, number: u32) -> &mut Self {
        self.0.push(',');
        push_int(self.0, i64::from(number));
        self
    }

    fn reason(&mut self, reason: Reason) -> &mut Self {
        for number in [reason.rule.get().map(|rule| rule.0), reason.via.get().map(|group| group.0)] {
            match number {
                Some(number) => self.number(number),
                None => self.bare("null"),
            };
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{GroupId, OrgId, RuleId};
    use crate::text::Text;

    #[test]
    fn a_body_is_json_without_personal_data() {
        let user = UserId(7);
        let reason = Reason { rule: RuleId(2).into(), via: GroupId(9).into() };
        let (viewer, admin) = (Some(OrgRole::Viewer), Some(OrgRole::Admin));
        let changes = [
            Change::RenameOrg { org: OrgId(4), old: Text::EMPTY, new: Text::EMPTY },
            Change::CreateUser { user },
            Change::Link { user },
            Change::OrgRole { user, org: OrgId(1), old: viewer, new: admin, reason },
            Change::TeamRole {
                user,
                team: TeamId(3),
                old: Some(TeamRole::Member),
                new: None,
                reason: Reason::default(),
            },
            Change::ServerAdmin { user, give: true, reason },
        ];
        let mut body = "old".to_owned();
        audit_body(&mut body, "co\"rp", &changes);
        assert_eq!(
            body,
            r#"{"changes":[["rename_org",4],["create_user"],["link_user","co\"rp"],["org_role",1,"Viewer","Admin",2,9],["team_role",3,"member",null,null,null],["server_admin",true,2,9]]}"#
        );
    }
}
