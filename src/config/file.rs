use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// People and groups from a file: an offline trial, or a list for emergencies.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// An LDIF file (RFC 2849) if its name ends in `.ldif`, otherwise YAML. A relative path starts
    /// at the configuration file.
    pub path: PathBuf,
    /// LDIF: attributes of people that rules may look at besides, such as `department`: claims of the
    /// source `attributes`, each a list of texts, under these names. They are kept in the database.
    #[serde(default)]
    pub attributes: Vec<String>,
}
