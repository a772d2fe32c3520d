use super::SecretRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The authorization database.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite:PATH`, or `postgres://user@host:port/name?sslmode=verify-full&sslrootcert=PATH`. A
    /// relative path of an SQLite file starts at the configuration file.
    pub url: String,
    /// The PostgreSQL password. Never in the URL.
    pub password: Option<SecretRef>,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite:rosterd.db".to_owned(), password: None }
    }
}
