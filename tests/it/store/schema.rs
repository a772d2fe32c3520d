//! Tables and their versions, who may open what, and that both databases have the same shape.

use super::fixture::{NOW, company, empty};
use super::{Site, on_both};
use rosterd::store::{Access, StoreError};
use rosterd_core::ids::Timestamp;
use std::sync::Arc;

on_both!(
    migrating_twice_does_nothing_the_second_time,
    a_database_without_tables_says_what_to_do,
    a_changed_migration_is_refused,
    a_newer_database_is_refused,
    r44_a_migration_that_was_cut_off_is_done_again,
    an_older_database_keeps_what_is_in_it,
    migrations_at_the_same_time_are_done_once,
    reading_access_writes_nothing,
);

/// Every migration, in order.
const ALL: [&str; 10] = [
    "0001_authorization",
    "0002_provenance",
    "0003_records",
    "0004_orgs_by_key_and_claims",
    "0005_daemon",
    "0006_feeds",
    "0007_renewals",
    "0008_sign_ins",
    "0009_rechecks",
    "0010_roles",
];

/// Every table, index and constraint as the database describes it.
pub(crate) fn definitions(site: &Site) -> String {
    site.by_hand(if site.is_sqlite() {
        "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
    } else {
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace
         UNION ALL SELECT tablename::regclass, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
         ORDER BY 2, 3"
    })
}

/// Table, column, one a line.
fn columns(site: &Site) -> String {
    site.by_hand(if site.is_sqlite() {
        "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_xinfo(t.name) c
         WHERE t.type IN ('table', 'view') ORDER BY t.name, c.name"
    } else {
        "SELECT table_name COLLATE \"C\", column_name COLLATE \"C\" FROM information_schema.columns
         WHERE table_schema = 'public' ORDER BY 1, 2"
    })
}

async fn migrating_twice_does_nothing_the_second_time(site: Site) {
    let store = site.open(Access::Write).await.unwrap();
    assert!(store.migrations().await.unwrap().iter().all(|m| m.applied_at.is_none()));
    assert_eq!(store.migrate(Timestamp(7)).await.unwrap(), ALL);
    let before = (definitions(&site), site.by_hand("SELECT * FROM schema_migrations ORDER BY version"));
    assert!(store.migrate(Timestamp(8)).await.unwrap().is_empty());
    assert_eq!((definitions(&site), site.by_hand("SELECT * FROM schema_migrations ORDER BY version")), before);
    let status = store.migrations().await.unwrap();
    assert!(status.iter().map(|m| m.name).eq(ALL));
    assert!(status.iter().all(|m| m.applied_at == Some(Timestamp(7))));
}

async fn a_database_without_tables_says_what_to_do(site: Site) {
    let store = site.open(Access::Write).await.unwrap();
    for refused in [
        store.observe("corp", NOW).await.err(),
        store.apply(Arc::new(company()), NOW).await.err(),
        store.counts().await.err(),
    ] {
        let Some(StoreError::Schema(message)) = refused else { panic!("{refused:?}") };
        assert!(message.contains("rosterd db migrate"), "{message}");
    }
    // Migrated by another process meanwhile, or by this one: no new start is needed.
    store.migrate(Timestamp(1)).await.unwrap();
    store.observe("corp", NOW).await.unwrap();
}

async fn a_changed_migration_is_refused(site: Site) {
    drop(site.store().await);
    site.by_hand("UPDATE schema_migrations SET sha256 = 'other' WHERE version = 2");
    let store = site.open(Access::Write).await.unwrap();
    let refused = [store.migrate(NOW).await.err(), store.observe("corp", NOW).await.err()];
    for refused in refused {
        let Some(StoreError::Schema(message)) = refused else { panic!("{refused:?}") };
        assert!(message.contains("0002_provenance"), "{message}");
    }
}

async fn a_newer_database_is_refused(site: Site) {
    drop(site.store().await);
    site.by_hand("INSERT INTO schema_migrations (version, name, sha256, applied_at) VALUES (11, '0011_later', '', 0)");
    let store = site.open(Access::Write).await.unwrap();
    let refused = [
        store.migrate(NOW).await.err(),
        store.migrations().await.err(),
        store.apply(Arc::new(company()), NOW).await.err(),
    ];
    for refused in refused {
        let Some(StoreError::Schema(message)) = refused else { panic!("{refused:?}") };
        assert!(message.contains("newer") && message.contains("0011_later"), "{message}");
    }
    assert_eq!(site.by_hand("SELECT count(*) FROM users"), "0\n");
}

async fn r44_a_migration_that_was_cut_off_is_done_again(site: Site) {
    drop(site.store().await);
    // As a kill between the fourth and the fifth leaves it.
    before_the_daemon(&site);
    let store = site.open(Access::Write).await.unwrap();
    assert!(matches!(store.observe("corp", NOW).await, Err(StoreError::Schema(_))));
    assert_eq!(store.migrate(NOW).await.unwrap(), ALL[4..]);
    store.apply(Arc::new(company()), NOW).await.unwrap();
}

/// Undoes the tenth migration, but for the columns of members and the view of grants that it made anew.
fn before_roles(site: &Site) {
    let views = ["effective_limits", "effective_permissions", "held_roles", "own_roles", "delegations"];
    views.iter().for_each(|view| drop(site.by_hand(&format!("DROP VIEW {view}"))));
    let tables = [
        "service_tokens",
        "declared_names",
        "org_entitlements",
        "team_entitlements",
        "user_entitlements",
        "entitlements",
        "user_limits",
        "role_limits",
        "role_permissions",
        "roles",
    ];
    tables.iter().for_each(|table| drop(site.by_hand(&format!("DROP TABLE {table}"))));
    site.by_hand("DROP INDEX users_not_people");
    for sql in ["users DROP COLUMN kind", "state DROP COLUMN last_role", "state DROP COLUMN last_entitlement"] {
        site.by_hand(&format!("ALTER TABLE {sql}"));
    }
    if !site.is_sqlite() {
        site.by_hand("DROP FUNCTION roles_gone, entitlements_gone");
        for table in ["org_members", "team_members"] {
            site.by_hand(&format!("ALTER TABLE {table} DROP COLUMN role, DROP COLUMN declared_role"));
            site.by_hand(&format!("ALTER TABLE {table} ADD COLUMN role TEXT GENERATED ALWAYS AS (coalesce(synced_role, manual_role)) STORED"));
            site.by_hand(&format!("ALTER TABLE {table} ADD CONSTRAINT {table}_check CHECK (synced_role IS NOT NULL OR manual_role IS NOT NULL)"));
        }
    }
}

/// Undoes the fifth migration and what came after it.
fn before_the_daemon(site: &Site) {
    let triggers: Vec<String> = if site.is_sqlite() {
        ["orgs", "teams", "rules"]
            .iter()
            .flat_map(|table| {
                ["insert", "update", "delete"].map(|what| format!("DROP TRIGGER {table}_structure_{what}"))
            })
            .collect()
    } else {
        vec!["DROP FUNCTION structure_changed CASCADE".to_owned(), "DROP SEQUENCE readings".to_owned()]
    };
    before_roles(site);
    triggers.iter().for_each(|sql| drop(site.by_hand(sql)));
    let tables = [
        "seen_tokens",
        "refresh_tokens",
        "sessions",
        "sign_ins",
        "renewals",
        "group_joins",
        "group_lists",
        "feeds",
        "structure",
        "leases",
        "run_requests",
        "deliveries",
        "api_tokens",
        "idempotency_keys",
    ];
    tables.iter().for_each(|table| drop(site.by_hand(&format!("DROP TABLE {table}"))));
    for sql in [
        "ALTER TABLE identities DROP COLUMN reading",
        "ALTER TABLE providers DROP COLUMN base",
        "ALTER TABLE providers DROP COLUMN read_at",
        "ALTER TABLE providers DROP COLUMN left_generation",
        "ALTER TABLE runs DROP COLUMN epoch",
        "DELETE FROM schema_migrations WHERE version >= 5",
    ] {
        site.by_hand(sql);
    }
}

async fn an_older_database_keeps_what_is_in_it(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    drop(store);
    before_the_daemon(&site);
    // As it was before organizations had keys and people claims.
    for sql in [
        "DROP INDEX orgs_key",
        "ALTER TABLE orgs DROP COLUMN key",
        "ALTER TABLE identities DROP COLUMN claims",
        "DELETE FROM schema_migrations WHERE version = 4",
    ] {
        site.by_hand(sql);
    }
    let store = site.open(Access::Write).await.unwrap();
    assert!(matches!(store.observe("corp", NOW).await, Err(StoreError::Schema(_))));
    assert_eq!(store.migrate(NOW).await.unwrap(), ALL[3..]);
    let observed = store.observe("corp", NOW).await.unwrap();
    assert!(observed.orgs.len() == 2 && observed.orgs.iter().all(|org| org.key.is_empty()));
    let reading = store.last_reading("corp", 7).await.unwrap();
    assert!(reading.snapshot().people.len() == 2 && reading.snapshot().people.iter().all(|p| p.claims.is_empty()));
}

async fn migrations_at_the_same_time_are_done_once(site: Site) {
    let stores = if site.is_sqlite() {
        // One writing process; its tasks share the store.
        let store = site.open(Access::Write).await.unwrap();
        vec![Arc::clone(&store), Arc::clone(&store), Arc::clone(&store), store]
    } else {
        let mut stores = Vec::new();
        for _ in 0..4 {
            stores.push(site.open(Access::Write).await.unwrap());
        }
        stores
    };
    let tasks: Vec<_> = stores.into_iter().map(|store| tokio::spawn(async move { store.migrate(NOW).await })).collect();
    let mut applied = Vec::new();
    for task in tasks {
        applied.extend(task.await.unwrap().unwrap());
    }
    applied.sort_unstable();
    assert_eq!(applied, ALL);
}

async fn reading_access_writes_nothing(site: Site) {
    let writer = site.store().await;
    writer.apply(Arc::new(company()), NOW).await.unwrap();
    let reader = site.open(Access::Read).await.unwrap();
    assert_eq!(reader.observe("corp", NOW).await.unwrap().generation, 1);
    assert!(reader.migrations().await.unwrap().iter().all(|m| m.applied_at.is_some()));
    for refused in [
        reader.apply(Arc::new(empty(1)), NOW).await.err(),
        reader.migrate(NOW).await.err(),
        reader.purge("ana", "root", NOW).await.err(),
    ] {
        assert!(matches!(refused, Some(StoreError::Refused(_))), "{refused:?}");
    }
    assert_eq!(reader.observe("corp", NOW).await.unwrap().generation, 1);
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let Some(postgres) = Site::postgres() else { return };
    let sqlite = Site::sqlite().unwrap();
    drop((sqlite.store().await, postgres.store().await));
    assert_eq!(columns(&sqlite), columns(&postgres));
}

#[tokio::test]
async fn r43_a_second_writer_on_one_file_is_refused() {
    let site = Site::sqlite().unwrap();
    let first = site.store().await;
    let Err(StoreError::Locked(message)) = site.open(Access::Write).await else { panic!("it was let in") };
    assert!(message.contains("rosterd.db.lock") && message.contains(&std::process::id().to_string()), "{message}");
    // Readers are let in, and the lock ends with its holder.
    drop(site.open(Access::Read).await.unwrap());
    drop(first);
    drop(site.open(Access::Write).await.unwrap());
}

#[tokio::test]
async fn r43_programs_that_are_being_started_hold_no_lock() {
    let site = Site::sqlite().unwrap();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let starting = std::thread::spawn(move || {
        while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            assert!(std::process::Command::new("true").status().unwrap().success());
        }
    });
    for _ in 0..200 {
        drop(site.store().await);
    }
    drop(stop);
    starting.join().unwrap();
}

#[tokio::test]
async fn reading_a_missing_file_makes_none() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/none.db", dir.path().display());
    let Err(StoreError::Refused(message)) = rosterd::store::open(&url, None, Access::Read).await else {
        panic!("there is no file")
    };
    assert!(message.contains("none.db") && message.contains("rosterd db migrate"), "{message}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn reading_leaves_the_files_as_they_were() {
    let site = Site::sqlite().unwrap();
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    drop(store);
    let path = site.path().unwrap().to_owned();
    let files = || {
        let dir = std::path::Path::new(&path).parent().unwrap();
        let mut all: Vec<_> = std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().path()).collect();
        all.sort();
        all.into_iter().map(|f| (std::fs::read(&f).unwrap(), f)).collect::<Vec<_>>()
    };
    let before = files();
    let reader = site.open(Access::Read).await.unwrap();
    reader.observe("corp", NOW).await.unwrap();
    reader.people("ana").await.unwrap();
    drop(reader);
    assert!(files() == before, "a file was made or changed");
}

#[tokio::test]
async fn what_is_no_database_is_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("text.db");
    std::fs::write(&path, "This is a letter, not a database. ".repeat(200)).unwrap();
    let url = format!("sqlite:{}", path.display());
    for url in [url.as_str(), "sqlite:", "mysql://x", "postgres://u:secret@127.0.0.1/d", "postgres://u@127.0.0.1:1/d"] {
        let refused = rosterd::store::open(url, None, Access::Write).await.err();
        let Some(refused) = refused else { panic!("{url} was opened") };
        assert!(!refused.to_string().contains("secret"), "{refused}");
        assert_eq!(refused.retry(), url.contains(":1/"), "{url}: {refused:?}");
    }
}
