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
    /// Keys that seal what must not be read in a copy of the database: tokens with which logins are renewed. Each is
    /// 32 random bytes in base64 (`openssl rand -base64 32`). The first one seals; all of them open, so that a new one
    /// is put before the old.
    pub encryption_keys: Vec<SecretRef>,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite:rosterd.db".to_owned(), password: None, encryption_keys: Vec::new() }
    }
}
