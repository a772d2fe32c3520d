//! The store's promises, held against both databases by the same tests.

mod api;
mod apply;
mod deliveries;
mod fixture;
mod holds;
mod leases;
mod remember;
mod requests;
mod schema;
mod sign_ins;
mod views;

use crate::world::postgres;
use rosterd::store::{Access, Store, StoreError, open};
use rosterd_core::ids::Timestamp;
use std::sync::Arc;

/// An empty database.
pub(crate) struct Site {
    pub(crate) url: String,
    _dir: Option<tempfile::TempDir>,
}

impl Site {
    pub(crate) fn sqlite() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        Some(Self { url: format!("sqlite:{}/rosterd.db", dir.path().display()), _dir: Some(dir) })
    }

    pub(crate) fn postgres() -> Option<Self> {
        Some(Self { url: postgres::database()?, _dir: None })
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.path().is_some()
    }

    /// The SQLite file.
    pub(crate) fn path(&self) -> Option<&str> {
        self.url.strip_prefix("sqlite:")
    }

    pub(crate) async fn open(&self, access: Access) -> Result<Arc<dyn Store>, StoreError> {
        open(&self.url, None, access).await
    }

    /// Open for writing, with all tables.
    pub(crate) async fn store(&self) -> Arc<dyn Store> {
        let store = self.open(Access::Write).await.unwrap();
        store.migrate(Timestamp(1)).await.unwrap();
        store
    }

    /// Runs SQL by hand; a line for each row, fields between `|`.
    pub(crate) fn by_hand(&self, sql: &str) -> String {
        let Some(path) = self.path() else { return postgres::psql(&self.url, sql) };
        let db = rusqlite::Connection::open(path).unwrap();
        db.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        let mut statement = db.prepare(sql).unwrap();
        let width = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        let mut out = String::new();
        while let Some(row) = rows.next().unwrap() {
            let fields: Vec<String> = (0..width)
                .map(|i| match row.get_ref(i).unwrap() {
                    rusqlite::types::ValueRef::Null => String::new(),
                    rusqlite::types::ValueRef::Integer(n) => n.to_string(),
                    rusqlite::types::ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
                    other => format!("{other:?}"),
                })
                .collect();
            out.push_str(&fields.join("|"));
            out.push('\n');
        }
        out
    }
}

/// Each named test, once on each database.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(site) = crate::store::Site::sqlite() { super::$test(site).await; }
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(site) = crate::store::Site::postgres() { super::$test(site).await; }
            })*
        }
    };
}
pub(crate) use on_both;
