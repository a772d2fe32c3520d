//! What the authorization database holds when a plan for one provider is made.
//!
//! Filled by a store in a few set-wise reads, never changed afterwards. Everything is sorted as
//! said at each field; the difference walks these lists side by side.

use crate::entitlements::{EntitlementRow, HolderRow, RoleRow};
use crate::ids::{
    EntitlementId, GroupId, IdentityId, Maybe, OrgId, ProviderId, ReadingNumber, RuleId, TeamId, Timestamp, UserId,
};
use crate::lifecycle::Kind;
use crate::renewal::Renewal;
use crate::rights::{OrgRole, TeamRole};
use crate::text::{Arena, Text};
use std::collections::{BTreeMap, BTreeSet};

/// Of whom the state was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// Of everybody.
    #[default]
    Provider,
    /// Of those whom a plan for a few people is about, and of whoever it could touch: holders of
    /// their logins, people they could be linked with, one other Admin where one of them is Admin.
    /// Organizations, teams and rules are all there; of groups those that were asked for.
    People,
}

/// The state a plan is made against. See the module's text.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    pub scope: Scope,
    /// Counts the writes to the database. An apply refuses when it has moved since: the plan
    /// would rest on something that is no longer so.
    pub generation: i64,
    /// The provider that the plan is for; `None` when it was never seen.
    pub provider: Option<ProviderRow>,
    /// The letters of every [`Text`] below.
    pub texts: Arena,
    /// By id.
    pub orgs: Vec<OrgRow>,
    /// By id.
    pub teams: Vec<TeamRow>,
    /// By id.
    pub users: Vec<UserRow>,
    /// By (user, org).
    pub org_members: Vec<OrgMemberRow>,
    /// By (user, team).
    pub team_members: Vec<TeamMemberRow>,
    /// By id.
    pub roles: Vec<RoleRow>,
    /// By id.
    pub entitlements: Vec<EntitlementRow>,
    /// Who holds which entitlement themselves, by (user, entitlement).
    pub holders: Vec<HolderRow>,
    /// Whom somebody could act for by a rule, by login. Of [`Scope::People`]: who is acted for already.
    pub principals: Vec<(Text, UserId)>,
    /// This provider's identities, by id, those that have gone included.
    pub identities: Vec<IdentityRow>,
    /// On what the leases of this provider's identities rest that have not ended, by identity; of identities that
    /// can be listed there are none.
    pub renewals: Vec<(IdentityId, Renewal)>,
    /// Those of them, by identity, of which the provider itself has said since that they no longer hold.
    pub withdrawn: Vec<IdentityId>,
    /// The newest of this provider, ended or not. Of [`Scope::Provider`] only.
    pub last_renewal: Option<Timestamp>,
    /// When providers that re-check others' people were last read completely, by name; never later than it was. Of
    /// [`Scope::Provider`] only.
    pub reads: BTreeMap<String, Timestamp>,
    /// This provider's groups, by id, those that have gone included.
    pub groups: Vec<GroupRow>,
    /// Of the provider's groups, by id: the digest of who may be in each. See [`crate::members`]. Of
    /// [`Scope::Provider`], and of those that were asked for.
    pub lists: Vec<(GroupId, i64)>,
    /// Who may be in some groups, by their subjects, which a plan for a few people is to correct.
    pub members: Vec<(Text, Vec<IdentityId>)>,
    /// Who is suspended, why, and by which provider's run. By (user, origin).
    pub suspensions: Vec<SuspensionRow>,
    /// Identities of all other providers, by user.
    pub other_identities: Vec<OtherIdentity>,
    /// What other providers give, by user.
    pub other_grants: Vec<(UserId, Grant)>,
    /// Names of rules that the database knows, by id.
    pub rules: Vec<(RuleId, Text)>,
    /// What was removed by this provider's runs in the last 24 hours, without an approval.
    pub recent_removals: Vec<RecentRemoval>,
    /// The largest ids ever used; new rows count on from here.
    pub last: LastIds,
    /// Of a few people: the groups of which everybody is among them, by their immutable ids. What is stored of
    /// others stays. `None`: of all groups.
    pub whole: Option<BTreeSet<String>>,
}

/// `providers`.
#[derive(Debug, Clone)]
pub struct ProviderRow {
    pub id: ProviderId,
    /// When a plan of this provider was last applied; `None` before the first.
    pub applied_at: Option<Timestamp>,
    /// What the provider's people had when it was last read in full. Of [`Scope::People`] only.
    pub base: Option<Base>,
}

/// `orgs`.
#[derive(Debug, Clone, Copy)]
pub struct OrgRow {
    pub id: OrgId,
    pub name: Text,
    /// Under which the configuration declares it; empty for none.
    pub key: Text,
}

/// `teams`.
#[derive(Debug, Clone, Copy)]
pub struct TeamRow {
    pub id: TeamId,
    pub org: OrgId,
    pub name: Text,
    /// The provider's group that a rule named this team after: a renamed group renames the team.
    pub named_after: Option<GroupId>,
}

/// `users.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserState {
    Active,
    /// May not act; at least one row in `user_suspensions` says why.
    Suspended,
    /// Suspended for longer than the grace period. Kept, and found again on return.
    Archived,
}

impl UserState {
    /// The name that the database and every output use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Archived => "archived",
        }
    }

    /// The state of that exact name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Archived].into_iter().find(|state| state.name() == name)
    }
}

/// `users`.
#[derive(Debug, Clone, Copy)]
pub struct UserRow {
    pub id: UserId,
    pub state: UserState,
    pub login: Text,
    pub name: Text,
    pub email: Text,
    /// What rosterd gave.
    pub synced_admin: bool,
    /// What a person gave by hand.
    pub manual_admin: bool,
    pub kind: Kind,
}

/// `org_members`. Either role may be absent, not both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrgMemberRow {
    pub user: UserId,
    pub org: OrgId,
    pub synced: Option<OrgRole>,
    pub manual: Option<OrgRole>,
}

/// `team_members`. Either role may be absent, not both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamMemberRow {
    pub user: UserId,
    pub team: TeamId,
    pub synced: Option<TeamRole>,
    pub manual: Option<TeamRole>,
}

/// `identities` of the planned provider.
#[derive(Debug, Clone)]
pub struct IdentityRow {
    pub id: IdentityId,
    /// The immutable id, as the provider says it.
    pub subject: Text,
    pub user: UserId,
    pub login: Text,
    pub name: Text,
    pub email: Text,
    /// Groups this identity is in directly, ascending. Empty while [`IdentityRow::gone_at`] is set.
    pub groups: Box<[GroupId]>,
    /// A digest of the observation (DN, login, name, e-mail, claims, groups) as last written.
    pub digest: i64,
    /// A digest of the grants as last written.
    pub grants_digest: i64,
    /// When a complete read first did not have it.
    pub gone_at: Option<Timestamp>,
    /// The newest reading that is known to have said what stands here.
    pub reading: ReadingNumber,
}

/// `provider_groups` of the planned provider.
#[derive(Debug, Clone)]
pub struct GroupRow {
    pub id: GroupId,
    pub subject: Text,
    pub dn: Text,
    pub name: Text,
    /// Groups that this group is directly in, ascending.
    pub parents: Box<[GroupId]>,
    pub gone_at: Option<Timestamp>,
}

/// `user_suspensions`.
#[derive(Debug, Clone, Copy)]
pub struct SuspensionRow {
    pub user: UserId,
    /// Who suspended: a provider's name, or one of [`crate::lifecycle::BY_HAND`].
    pub origin: Text,
    pub since: Timestamp,
}

/// An identity that another provider gave.
#[derive(Debug, Clone, Copy)]
pub struct OtherIdentity {
    pub user: UserId,
    /// The other provider's name.
    pub provider: Text,
    pub login: Text,
    pub name: Text,
    pub email: Text,
    pub gone: bool,
}

/// What one rule gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    Org(OrgId, OrgRole),
    Team(TeamId, TeamRole),
    ServerAdmin,
    Entitlement(EntitlementId),
}

/// A right with the rule that gives it and the group that the rule saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    pub right: Right,
    pub rule: RuleId,
    /// The group that made the rule match; absent for rules that match everybody.
    pub via: Maybe<GroupId>,
}

/// What a provider's people have, counted: what the limits' shares are shares of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Base {
    /// By class and organization; `None` for what belongs to no organization.
    pub of: BTreeMap<(RemovalClass, Option<OrgId>), u32>,
    /// How many of the provider's people are present.
    pub present: u32,
}

/// One line of the rolling budget.
#[derive(Debug, Clone, Copy)]
pub struct RecentRemoval {
    pub class: RemovalClass,
    /// Absent for what belongs to no organization.
    pub org: Option<OrgId>,
    pub removed: u32,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RemovalClass {
    Users,
    Memberships,
    /// Server admins and organization Admins.
    Privileged,
    /// Gains of the same, counted because they can harm as well.
    PrivilegedGains,
}

impl RemovalClass {
    pub const ALL: [Self; 4] = [Self::Users, Self::Memberships, Self::Privileged, Self::PrivilegedGains];

    /// The name that the database and every output use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Memberships => "memberships",
            Self::Privileged => "privileged",
            Self::PrivilegedGains => "privileged_gains",
        }
    }

    /// The class of that exact name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

/// The largest ids in use, 0 where there are none.
#[derive(Debug, Clone, Copy, Default)]
pub struct LastIds {
    pub org: u32,
    pub team: u32,
    pub user: u32,
    pub provider: u32,
    pub group: u32,
    pub identity: u32,
    pub rule: u32,
    pub entitlement: u32,
}
