use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where somebody's groups are asked for whose token says that they are elsewhere (Entra's `hasgroups`, `_claim_names`).
/// The token says a place too, which is never asked.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overage {
    /// The list of one person's groups, such as
    /// `https://graph.microsoft.com/v1.0/users/{oid}/transitiveMemberOf/microsoft.graph.group?$select=id`. For `{CLAIM}`
    /// the ID token's claim is put in, as part of a path or a parameter. Further pages are asked where the answer says
    /// (`@odata.nextLink`), on the same host only.
    pub url: String,
    /// The scope of the access token for it, which `client_id` and `client_secret` get at the provider's token endpoint,
    /// such as `https://graph.microsoft.com/.default`.
    pub scope: String,
    /// By which field of an entry in `value` rules know a group: `id` as tokens say it, or `displayName`.
    #[serde(default = "id")]
    pub group: String,
}

fn id() -> String {
    "id".to_owned()
}
