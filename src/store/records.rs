//! What the database holds besides memberships, as values: holds, runs, audit records, and the views
//! of a person and a group that commands print. Nothing here reads or writes.

use rosterd_core::ids::Timestamp;
use rosterd_core::renewal::Renewal;
use std::collections::BTreeMap;

/// One migration.
#[derive(Debug, Clone)]
pub struct MigrationStatus {
    pub name: &'static str,
    pub applied_at: Option<Timestamp>,
}

/// What an apply did.
#[derive(Debug, Clone, Copy)]
pub struct Applied {
    /// `runs.id`
    pub run: i64,
    /// Rows inserted, updated and deleted in all tables.
    pub rows: u64,
}

/// A plan over a limit, to be kept.
#[derive(Debug, Clone)]
pub struct NewHold {
    pub provider: String,
    /// Lower-case hexadecimal SHA-256.
    pub plan_hash: String,
    /// One sentence each.
    pub reasons: Vec<String>,
    /// The plan as JSON.
    pub plan: String,
    pub expires_at: Timestamp,
    /// The lease that the plan was made under: see [`super::Leases`].
    pub epoch: Option<i64>,
}

/// `holds.state`, and `Expired` for those past their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldState {
    Pending,
    Approved,
    Rejected,
    Applied,
    Superseded,
    Expired,
}

impl HoldState {
    /// The name that the database and every output use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Applied => "applied",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
        }
    }

    /// The state of that exact name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Pending, Self::Approved, Self::Rejected, Self::Applied, Self::Superseded, Self::Expired]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// `holds`.
#[derive(Debug, Clone)]
pub struct Hold {
    pub id: i64,
    pub provider: String,
    pub plan_hash: String,
    pub state: HoldState,
    pub reasons: Vec<String>,
    pub plan: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    pub decided_by: Option<String>,
}

/// What somebody decided about a hold.
#[derive(Debug, Clone)]
pub struct HoldDecision {
    pub id: i64,
    /// Must be the hold's.
    pub plan_hash: String,
    pub approve: bool,
    pub by: String,
}

/// `runs`.
#[derive(Debug, Clone)]
pub struct Run {
    pub id: i64,
    pub provider: String,
    pub trigger: String,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    pub complete: bool,
    pub added: i64,
    pub changed: i64,
    pub removed: i64,
    pub withheld: i64,
}

/// `audit`.
#[derive(Debug, Clone)]
pub struct AuditRecord {
    pub seq: i64,
    pub run: Option<i64>,
    pub at: Timestamp,
    pub actor: String,
    pub user: Option<i64>,
    pub body: String,
    pub hash: Vec<u8>,
}

/// Everything the database knows of a person.
#[derive(Debug, Clone)]
pub struct PersonView {
    pub id: i64,
    pub login: String,
    pub name: String,
    pub email: String,
    pub state: String,
    pub kind: String,
    pub synced_admin: bool,
    pub manual_admin: bool,
    /// (origin, reason, since)
    pub suspensions: Vec<(String, String, Timestamp)>,
    /// By organization.
    pub orgs: Vec<OrgView>,
    pub entitlements: Vec<EntitlementView>,
    pub identities: Vec<IdentityView>,
    /// The last audit records about this person, newest first, at most 20.
    pub history: Vec<AuditRecord>,
    pub names: Names,
}

impl PersonView {
    /// When the provider `by`, which re-checks what an identity's login said, last had this person; `None` where it
    /// does not have them, or what was said is over.
    #[must_use]
    pub fn rechecked(&self, identity: &IdentityView, by: Option<&str>) -> Option<Timestamp> {
        if identity.withdrawn || identity.lease_ended_at.is_some() || identity.renewal.is_none() {
            return None;
        }
        let by = by?;
        let there = self.identities.iter().find(|other| other.provider == by && other.gone_at.is_none());
        there.and_then(|there| there.provider_read_at)
    }
}

/// The names behind the numbers that audit records hold, of everything there is.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub orgs: BTreeMap<i64, String>,
    /// With the organization in front: `Acme / payments`.
    pub teams: BTreeMap<i64, String>,
    pub rules: BTreeMap<i64, String>,
    /// `provider_groups`
    pub groups: BTreeMap<i64, String>,
    pub entitlements: BTreeMap<i64, String>,
}

/// A person's membership of an organization and of its teams.
#[derive(Debug, Clone)]
pub struct OrgView {
    pub id: i64,
    pub name: String,
    /// Absent where only teams are.
    pub synced_role: Option<String>,
    pub manual_role: Option<String>,
    pub declared_role: Option<String>,
    pub teams: Vec<TeamView>,
}

/// A person's membership of a team.
#[derive(Debug, Clone)]
pub struct TeamView {
    pub id: i64,
    pub name: String,
    pub synced_role: Option<String>,
    pub manual_role: Option<String>,
    pub declared_role: Option<String>,
}

/// What a person holds themselves of roles, and for whom they may act.
#[derive(Debug, Clone)]
pub struct EntitlementView {
    pub id: i64,
    /// The organization's name; absent for every one.
    pub org: Option<String>,
    /// In words: see [`rosterd_core::entitlements::shown`].
    pub what: String,
    pub synced: bool,
    pub declared_until: Option<Timestamp>,
    pub manual_until: Option<Timestamp>,
}

/// What a provider says of a person.
#[derive(Debug, Clone)]
pub struct IdentityView {
    pub provider: String,
    pub subject: String,
    pub dn: String,
    pub login: String,
    pub name: String,
    pub email: String,
    /// What else the provider said: a JSON object with a member for each source; empty for nothing.
    pub claims: String,
    pub observed_at: Timestamp,
    pub gone_at: Option<Timestamp>,
    /// On what the lease rests of somebody who cannot be listed.
    pub renewal: Option<Renewal>,
    /// Since when that is over.
    pub lease_ended_at: Option<Timestamp>,
    /// The provider itself has said since that it no longer holds: nobody re-checks it.
    pub withdrawn: bool,
    /// When the provider, if it re-checks another's people, was last read completely.
    pub provider_read_at: Option<Timestamp>,
    /// `provider_groups.id` of those that this identity is in directly.
    pub direct: Vec<i64>,
    /// These groups, and every group above them.
    pub groups: Vec<ProviderGroup>,
    pub grants: Vec<GrantView>,
}

impl IdentityView {
    /// When the lease of somebody who cannot be listed ends, or ended. `lease`: how long one is now; `rechecked`: when
    /// another provider last had them, if one re-checks them.
    #[must_use]
    pub fn lease_end(&self, lease: Option<i64>, rechecked: Option<Timestamp>) -> Option<Timestamp> {
        let renewal = self.renewal?;
        match (self.lease_ended_at, lease) {
            (Some(ended), _) => Some(ended),
            (None, Some(lease)) => {
                Some(rechecked.map_or(renewal.end(lease), |at| renewal.end(lease).max(at.plus_millis(lease))))
            }
            (None, None) => None,
        }
    }
}

/// `provider_groups`.
#[derive(Debug, Clone)]
pub struct ProviderGroup {
    pub id: i64,
    pub subject: String,
    pub dn: String,
    pub name: String,
    pub parents: Vec<i64>,
    pub gone_at: Option<Timestamp>,
}

/// A row of the view `grants`.
#[derive(Debug, Clone)]
pub struct GrantView {
    /// `org`, `team`, `server_admin` or `entitlement`.
    pub kind: String,
    pub org_id: Option<i64>,
    pub team_id: Option<i64>,
    pub entitlement_id: Option<i64>,
    pub role: Option<String>,
    pub rule: String,
    pub via: Option<i64>,
}

/// A provider's group and what hangs on it.
#[derive(Debug, Clone)]
pub struct GroupView {
    pub provider: String,
    pub group: ProviderGroup,
    /// Itself and every group above it, by id.
    pub above: Vec<ProviderGroup>,
    /// Groups directly in it, by name.
    pub children: Vec<String>,
    /// People directly in it.
    pub direct_people: i64,
    /// Rule name, kind, organization or team name, and how many people have it through this group.
    pub gives: Vec<(String, String, String, i64)>,
}

/// How many rows there are of what.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    pub users_active: i64,
    pub users_suspended: i64,
    pub users_archived: i64,
    pub orgs: i64,
    pub teams: i64,
    pub org_members: i64,
    pub team_members: i64,
    /// Provider name, identities present, groups present, when a plan was last applied.
    pub providers: Vec<(String, i64, i64, Option<Timestamp>)>,
    pub holds_pending: i64,
    pub audit_records: i64,
    /// The number of the last audit record that was written, whether or not it is there.
    pub audit_last: i64,
    /// Those that are not archived.
    pub service_accounts: i64,
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgListing {
    pub id: i64,
    /// The key under which the configuration declares it.
    pub key: Option<String>,
    pub name: String,
}
