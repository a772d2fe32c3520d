//! The tables' versions: which migrations there are, which were applied, and applying the rest.
//!
//! Each is applied in a transaction of its own together with its line in `schema_migrations`, so a
//! process that is killed half-way leaves either both or neither. On PostgreSQL an advisory lock
//! lets one process at a time through. A migration, once published, never changes: its SHA-256 is
//! kept and compared.

use super::session::{Dialect, Engine, Param, Purpose, Session};
use super::{MigrationStatus, StoreError};
use rosterd_core::ids::Timestamp;
use sha2::{Digest, Sha256};

/// One migration, in both dialects.
struct Migration {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migration {
    ($version:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        }
    };
}

const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_authorization"),
    migration!(2, "0002_provenance"),
    migration!(3, "0003_records"),
    migration!(4, "0004_orgs_by_key_and_claims"),
    migration!(5, "0005_daemon"),
    migration!(6, "0006_feeds"),
    migration!(7, "0007_renewals"),
    migration!(8, "0008_sign_ins"),
    migration!(9, "0009_rechecks"),
    migration!(10, "0010_roles"),
];

/// The newest migration that this program knows.
fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

/// Refuses tables that a newer program has changed while this one runs.
pub(super) fn not_newer(version: i64) -> Result<(), StoreError> {
    if version <= newest() {
        return Ok(());
    }
    Err(StoreError::Schema(format!(
        "the database is newer than this program (it has migration {version}): end this program and use the newer one"
    )))
}

impl Migration {
    fn text(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }

    fn digest(&self, dialect: Dialect) -> String {
        Sha256::digest(self.text(dialect).as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Applies what is missing, in order; returns its names.
pub(super) async fn migrate<E: Engine>(engine: &E, now: Timestamp) -> Result<Vec<&'static str>, StoreError> {
    let mut applied = Vec::new();
    while let Some(name) = engine.within(Purpose::Migrate, Box::new(move |db| Box::pin(next(db, now)))).await? {
        applied.push(name);
    }
    Ok(applied)
}

/// Applies the first that is missing, if any is.
async fn next(db: &mut dyn Session, now: Timestamp) -> Result<Option<&'static str>, StoreError> {
    let known = applied(db).await?;
    verify(db.dialect(), &known)?;
    let Some(migration) = MIGRATIONS.iter().find(|m| known.iter().all(|line| line.version != m.version)) else {
        return Ok(None);
    };
    db.script(match db.dialect() {
        Dialect::Sqlite => {
            "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL,
             sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"
        }
        Dialect::Postgres => {
            "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL,
             sha256 TEXT NOT NULL, applied_at BIGINT NOT NULL)"
        }
    })
    .await?;
    db.script(migration.text(db.dialect())).await?;
    db.run(
        "INSERT INTO schema_migrations (version, name, sha256, applied_at) VALUES ($1, $2, $3, $4)",
        &[
            Param::Int(Some(migration.version)),
            Param::Text(Some(migration.name)),
            Param::Text(Some(&migration.digest(db.dialect()))),
            Param::Int(Some(now.0)),
        ],
    )
    .await?;
    Ok(Some(migration.name))
}

/// All migrations of this program, with when each was applied.
pub(super) async fn status(db: &mut dyn Session) -> Result<Vec<MigrationStatus>, StoreError> {
    let known = applied(db).await?;
    verify(db.dialect(), &known)?;
    let when = |m: &Migration| known.iter().find(|line| line.version == m.version).map(|line| line.applied_at);
    Ok(MIGRATIONS.iter().map(|m| MigrationStatus { name: m.name, applied_at: when(m) }).collect())
}

/// Refuses a database whose tables are not exactly those of this program.
pub(super) async fn check(db: &mut dyn Session) -> Result<(), StoreError> {
    match status(db).await?.iter().find(|m| m.applied_at.is_none()) {
        None => Ok(()),
        Some(missing) => Err(StoreError::Schema(format!(
            "the database's tables are older than this program (migration {} is missing): run `rosterd db migrate`",
            missing.name
        ))),
    }
}

/// A line of `schema_migrations`.
struct Line {
    version: i64,
    name: String,
    sha256: String,
    applied_at: Timestamp,
}

async fn applied(db: &mut dyn Session) -> Result<Vec<Line>, StoreError> {
    let there = db
        .rows(
            match db.dialect() {
                Dialect::Sqlite => "SELECT count(*) FROM sqlite_master WHERE name = 'schema_migrations'",
                // The schema that unqualified names mean, which a role's search_path decides.
                Dialect::Postgres => "SELECT count(*) FROM pg_class WHERE oid = to_regclass('schema_migrations')",
            },
            &[],
        )
        .await?;
    if there.first().map(|row| row.int(0)).transpose()?.unwrap_or(0) == 0 {
        return Ok(Vec::new());
    }
    let rows = db.rows("SELECT version, name, sha256, applied_at FROM schema_migrations ORDER BY version", &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(Line {
                version: row.int(0)?,
                name: row.text(1)?,
                sha256: row.text(2)?,
                applied_at: Timestamp(row.int(3)?),
            })
        })
        .collect()
}

fn verify(dialect: Dialect, known: &[Line]) -> Result<(), StoreError> {
    for line in known {
        let Some(migration) = MIGRATIONS.iter().find(|m| m.version == line.version) else {
            return Err(StoreError::Schema(format!(
                "the database is newer than this program (it has migration {}): use the program that made it, or a newer one",
                line.name
            )));
        };
        if migration.digest(dialect) != line.sha256 {
            return Err(StoreError::Schema(format!(
                "migration {} was applied with another text than this program's: the database was made by a different build",
                line.name
            )));
        }
    }
    Ok(())
}
