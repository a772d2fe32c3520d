//! What one apply writes: rows, grouped by table, in the order of their primary keys.
//!
//! Made by [`crate::plan`] and carried out by a store in one transaction. A store adds nothing of
//! its own but the audit chain's links, whose start only the database knows.

use crate::entitlements::{EntitlementRow, HolderWrite};
use crate::ids::{GroupId, IdentityId, OrgId, ProviderId, ReadingNumber, RuleId, TeamId, Timestamp, UserId};
use crate::observed::{Base, Grant, RemovalClass, UserState};
use crate::plan::Change;
use crate::renewal::Renewal;
use crate::rights::{OrgRole, TeamRole};
use crate::text::{Arena, Text};

/// Everything one transaction writes. See the module's text.
#[derive(Debug, Default)]
pub struct Writes {
    /// The letters of every [`Text`] below.
    pub texts: Arena,
    /// [`crate::observed::Observed::generation`] that the plan was made against.
    pub generation: i64,
    /// The reading that the plan rests on.
    pub reading: ReadingNumber,
    /// When the provider said what is written of [`Writes::identities`].
    pub observed_at: Timestamp,
    /// The lease under which a replica writes; `None` for a command and for a few people.
    pub epoch: Option<i64>,
    /// The planned provider.
    pub provider: Option<ProviderId>,
    /// Absent where nothing changes: what was seen is written, and no run.
    pub run: Option<RunRow>,
    /// The same, to be inserted when it is new.
    pub new_provider: Option<(ProviderId, Text)>,
    pub new_rules: Vec<(RuleId, Text)>,
    pub new_orgs: Vec<OrgWrite>,
    /// Organizations of which the name or the key changes, whole. One may take the name that another
    /// gives up, and so may new ones.
    pub changed_orgs: Vec<OrgWrite>,
    pub new_teams: Vec<NewTeam>,
    pub renamed_teams: Vec<(TeamId, Text)>,
    /// Whole rows of people who are new.
    pub new_users: Vec<UserWrite>,
    /// Whole rows of people of whom something changed, each once. One may take the login that
    /// another gives up, and new people take such logins too: a store sees to it that no two have
    /// one login at any time.
    pub changed_users: Vec<UserWrite>,
    /// By (org, user). `role` is what rosterd gives; `None` takes back what it gave.
    pub org_members: Vec<OrgMemberWrite>,
    /// By (team, user). `role` is what rosterd gives; `None` takes back what it gave.
    pub team_members: Vec<TeamMemberWrite>,
    pub new_entitlements: Vec<EntitlementRow>,
    /// By (entitlement, user).
    pub holders: Vec<HolderWrite>,
    pub suspend: Vec<SuspensionWrite>,
    /// Reasons that no longer hold: (user, origin).
    pub unsuspend: Vec<(UserId, Text)>,
    pub groups: Vec<GroupWrite>,
    /// By group.
    pub lists: Vec<ListWrite>,
    /// What the `members` of `lists` point into.
    pub list_bytes: Vec<u8>,
    /// Who may be in which group besides, where changes are followed: whoever came into one without its
    /// list having been read.
    pub joins: Vec<(GroupId, IdentityId)>,
    pub identities: Vec<IdentityWrite>,
    /// Identities that a reading of a few people was about and of which nothing need have changed:
    /// an older reading may no longer overwrite them.
    pub seen: Vec<IdentityId>,
    /// Of people who cannot be listed: by which logins they are known.
    pub renewals: Vec<RenewalWrite>,
    /// Somebody is gone by this. Said by itself because [`Writes::identities`] are given up on the way.
    pub left: bool,
    /// When everybody was read, where that is to be noted: see [`crate::plan::Plan::read_at`].
    pub read_at: Option<Timestamp>,
    /// What the provider's people have after this, where everybody was read.
    pub base: Option<Base>,
    /// What the `groups` of `identities` and the `parents` of `groups` point into.
    pub group_lists: Vec<GroupId>,
    /// What the `grants` of `identities` point into.
    pub grants: Vec<Grant>,
    /// One line for each thing that the rolling budget counts.
    pub removals: Vec<RemovalWrite>,
    /// What the audit records are to say, in order; see [`Writes::records`]. As values, because
    /// their texts would take more memory than everything else of a first run together.
    pub changes: Vec<Change>,
    /// Until where the provider's changes have been read.
    pub cursor: Option<CursorWrite>,
    /// A hold that this apply uses up.
    pub used_hold: Option<i64>,
}

impl Writes {
    /// Whether nothing at all would be written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let read = self.seen.is_empty() && self.groups.is_empty() && self.identities.is_empty();
        let followed = self.lists.is_empty() && self.cursor.is_none() && self.renewals.is_empty();
        self.run.is_none() && read && followed && self.changed_orgs.is_empty()
    }

    /// The audit records: whom each is about, and the changes whose [body](crate::plan::audit_body)
    /// it has. A person's changes are one record; any other change is one of its own.
    pub fn records(&self) -> impl Iterator<Item = (Option<UserId>, &[Change])> + Send {
        let one = self.changes.chunk_by(|a, b| a.user().is_some() && a.user() == b.user());
        one.map(|changes| (changes.first().and_then(Change::user), changes))
    }
}

/// `runs`: what an apply did, in numbers.
#[derive(Debug, Clone, Copy)]
pub struct RunRow {
    pub trigger: Trigger,
    pub started_at: Timestamp,
    pub complete: bool,
    pub added: u32,
    pub changed: u32,
    pub removed: u32,
    pub withheld: u32,
}

/// What made a run happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trigger {
    /// Somebody typed it.
    Command,
    Schedule,
    /// A login, told by a hook.
    Login,
    /// Somebody asked for it over the API.
    Api,
    /// The provider told of changes.
    Feed,
    /// By schedule, of a provider that cannot list its people: leases may have ended.
    Lease,
}

impl Trigger {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Schedule => "schedule",
            Self::Login => "login",
            Self::Api => "api",
            Self::Feed => "feed",
            Self::Lease => "lease",
        }
    }
}

/// `orgs`.
#[derive(Debug, Clone, Copy)]
pub struct OrgWrite {
    pub id: OrgId,
    pub name: Text,
    /// Empty for none.
    pub key: Text,
}

#[derive(Debug, Clone, Copy)]
pub struct NewTeam {
    pub id: TeamId,
    pub org: OrgId,
    pub name: Text,
    pub named_after: Option<GroupId>,
}

#[derive(Debug, Clone, Copy)]
pub struct UserWrite {
    pub id: UserId,
    pub login: Text,
    pub name: Text,
    pub email: Text,
    pub state: UserState,
    pub synced_admin: bool,
}

/// `exists`: the row is there already (because a person was given something by hand, or the role
/// changes), so that inserts can go to the table as a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrgMemberWrite {
    pub org: OrgId,
    pub user: UserId,
    pub role: Option<OrgRole>,
    pub exists: bool,
}

/// See [`OrgMemberWrite`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamMemberWrite {
    pub team: TeamId,
    pub user: UserId,
    pub role: Option<TeamRole>,
    pub exists: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct SuspensionWrite {
    pub user: UserId,
    pub origin: Text,
    pub reason: Text,
    pub since: Timestamp,
}

/// A range of one of the shared lists of [`Writes`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// What it stands for.
    #[must_use]
    pub fn of<T>(self, list: &[T]) -> &[T] {
        list.get(self.start as usize..self.end as usize).unwrap_or(&[])
    }
}

/// Insert, or replace the row of the same id.
#[derive(Debug, Clone, Copy)]
pub struct GroupWrite {
    pub id: GroupId,
    pub subject: Text,
    pub dn: Text,
    pub name: Text,
    /// Into [`Writes::group_lists`].
    pub parents: Span,
    pub gone_at: Option<Timestamp>,
}

/// Who may be in a group: insert, or replace, and nobody besides.
#[derive(Debug, Clone, Copy)]
pub struct ListWrite {
    pub group: GroupId,
    /// Into [`Writes::list_bytes`]. See [`crate::members::pack`].
    pub members: Span,
    pub digest: i64,
}

/// A provider's cursor: insert, or replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorWrite {
    /// The one that must be there; `None`: whatever is there, or nothing.
    pub from: Option<String>,
    pub to: String,
}

/// Insert, or replace the row of the same id.
#[derive(Debug, Clone, Copy)]
pub struct IdentityWrite {
    pub id: IdentityId,
    pub subject: Text,
    pub user: UserId,
    pub dn: Text,
    pub login: Text,
    pub name: Text,
    pub email: Text,
    /// What else the provider said, as JSON; empty for nothing.
    pub claims: Text,
    /// Into [`Writes::group_lists`].
    pub groups: Span,
    /// Into [`Writes::grants`].
    pub grants: Span,
    pub digest: i64,
    pub grants_digest: i64,
    /// The provider no longer has it, since [`Writes::observed_at`].
    pub gone: bool,
    /// True when no row of that id is there yet.
    pub new: bool,
}

impl IdentityWrite {
    /// Since when the provider no longer has it.
    #[must_use]
    pub fn gone_at(&self, writes: &Writes) -> Option<Timestamp> {
        self.gone.then_some(writes.observed_at)
    }
}

/// On what somebody's lease rests: insert, or replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenewalWrite {
    pub identity: IdentityId,
    pub renewal: Renewal,
    /// Since when it is over; `None` while it holds.
    pub ended_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
pub struct RemovalWrite {
    pub class: RemovalClass,
    pub org: Option<OrgId>,
    pub removed: u32,
    /// Removed under an approval: the rolling budget leaves it out.
    pub approved: bool,
}
