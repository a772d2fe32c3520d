use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An organization under a key that survives renames. Rules can name the key or the name.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Org {
    /// Its name in the database. Without one it is found by its key, and never created.
    pub name: Option<String>,
}
