//! From the configuration's words to an open store. Reads no configuration itself.

use super::postgres::Postgres;
use super::shared::Shared;
use super::sqlite::Sqlite;
use super::{Store, StoreError};
use crate::config::SecretRef;
use std::path::Path;
use std::sync::Arc;

/// What an open store may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing is written, locked or made.
    Read,
    /// On SQLite, nobody else may have this access to the same file. A missing file is made.
    Write,
}

/// Opens `sqlite:PATH` or `postgres://user@host:port/name?…`. The tables may still be missing
/// or old: see [`Store::migrate`]. The password is read anew when the server refuses the one before.
///
/// # Errors
/// [`StoreError::Refused`] for an address that cannot be meant, a file that is not there or a password
/// that cannot be read, [`StoreError::Locked`] when another process writes, [`StoreError::Unreachable`] when no server
/// answers. None of them holds the password.
pub async fn open(url: &str, password: Option<&SecretRef>, access: Access) -> Result<Arc<dyn Store>, StoreError> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        if path.is_empty() {
            return Err(StoreError::Refused("database.url: write a path after `sqlite:`".to_owned()));
        }
        // `sqlite:///var/lib/x.db` is how other programs write `sqlite:/var/lib/x.db`.
        let path = path.strip_prefix("//").unwrap_or(path);
        return Ok(Arc::new(Shared::new(Sqlite::open(Path::new(path), access)?)));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        if holds_password(url) {
            return Err(StoreError::Refused(
                "database.url: a password must not stand in the address; use database.password".to_owned(),
            ));
        }
        return Ok(Arc::new(Shared::new(Postgres::open(url, password, access).await?)));
    }
    Err(StoreError::Refused(
        "database.url: write `sqlite:PATH` or `postgres://user@host:port/name?sslmode=verify-full`".to_owned(),
    ))
}

/// Whether a URL names a password, as `user:password@` or as a parameter.
fn holds_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let (address, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = address.split('/').next().unwrap_or("");
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || parameters.split('&').any(|parameter| parameter.starts_with("password="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_wherever_it_stands() {
        assert!(holds_password("postgres://u:p@h/d"));
        assert!(holds_password("postgres://u:p@x@h:5432/d"));
        assert!(holds_password("postgres://u@h/d?sslmode=require&password=p"));
        assert!(!holds_password("postgres://u@h:5432/d?sslmode=require"));
        assert!(!holds_password("postgres://h:5432/d"));
    }
}
