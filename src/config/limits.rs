use super::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much one run may take away before it waits for an approval. Each limit counts for the
/// provider as a whole and for each organization.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// A run is held when it removes more than this share of the memberships (or people, or
    /// privileged roles) there are, and at least `removals_at_least` of them.
    #[schemars(range(max = 100))]
    pub removals_percent: u32,
    /// See `removals_percent`.
    pub removals_at_least: u32,
    /// A run is held when a team or organization that had this many synced members would have none.
    pub emptied_at_least: u32,
    /// A run is held when more than this many people become Admin of an organization or server
    /// admin. A provider's very first run is not.
    pub privileged_gains: u32,
    /// Removals and privileged gains of this long count together, so that slices do not pass.
    pub window: Duration,
    /// How long a held plan can be approved.
    pub hold_expires: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            removals_percent: 20,
            removals_at_least: 10,
            emptied_at_least: 3,
            privileged_gains: 5,
            window: Duration::from_secs(24 * 3600),
            hold_expires: Duration::from_secs(72 * 3600),
        }
    }
}
