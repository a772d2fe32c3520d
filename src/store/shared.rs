//! The store over any [`Engine`]: what is the same on both databases, once.

use super::look::Kept;
use super::session::{Engine, Purpose, Revision, Work};
use super::{
    Applied, AuditRecord, Counts, Decide, Finished, GroupView, Hold, HoldDecision, MigrationStatus, NewHold,
    OrgListing, PersonNow, PersonView, Run, Scope, Store, StoreError, feeds, given, history, holds, look, measure,
    migrations, now, people, provider_groups, reading,
};
use async_trait::async_trait;
use rosterd_core::ids::{IdentityId, ReadingNumber, Timestamp};
use rosterd_core::observed::{Grant, Observed};
use rosterd_core::snapshot::{PersonKey, Reading};
use rosterd_core::writes::Writes;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A store. Looks once, before the first use, whether the tables are those of this program.
#[derive(Debug)]
pub(super) struct Shared<E> {
    pub(super) engine: E,
    checked: AtomicBool,
    kept: Kept,
}

impl<E: Engine> Shared<E> {
    pub(super) fn new(engine: E) -> Self {
        Self { engine, checked: AtomicBool::new(false), kept: Kept::default() }
    }

    pub(super) async fn check(&self) -> Result<(), StoreError> {
        if !self.checked.load(Ordering::Relaxed) {
            let checked = self.engine.within(Purpose::Read, Box::new(|db| Box::pin(migrations::check(db)))).await;
            measure::asked("read", checked)?;
            self.checked.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    pub(super) async fn read<T: Send + 'static>(&self, work: Work<T>) -> Result<T, StoreError> {
        self.check().await?;
        measure::asked("read", self.engine.within(Purpose::Read, work).await)
    }

    /// Writes what no plan rests on, without waiting for a turn.
    pub(super) async fn aside<T: Send + 'static>(&self, work: Work<T>) -> Result<T, StoreError> {
        self.check().await?;
        self.engine.within(Purpose::Aside, work).await
    }

    pub(super) async fn write<T: Send + 'static>(&self, work: Work<T>) -> Result<T, StoreError> {
        self.check().await?;
        measure::asked("write", self.engine.within(Purpose::Write, work).await)
    }
}

#[async_trait]
impl<E: Engine> Store for Shared<E> {
    async fn alive(&self) -> Result<(), StoreError> {
        self.read(Box::new(|db| Box::pin(async move { db.rows("SELECT generation FROM state", &[]).await.map(drop) })))
            .await
    }

    async fn migrate(&self, now: Timestamp) -> Result<Vec<&'static str>, StoreError> {
        migrations::migrate(&self.engine, now).await
    }

    async fn migrations(&self) -> Result<Vec<MigrationStatus>, StoreError> {
        self.engine.within(Purpose::Read, Box::new(|db| Box::pin(migrations::status(db)))).await
    }

    async fn begin_reading(&self) -> Result<ReadingNumber, StoreError> {
        self.check().await?;
        measure::asked("write", self.engine.begin_reading().await)
    }

    async fn finished(
        &self,
        provider: &str,
        finished: Finished,
        generation: i64,
        cursor: Option<&str>,
    ) -> Result<(), StoreError> {
        let (provider, cursor, kept) = (provider.to_owned(), cursor.map(str::to_owned), self.kept.clone());
        self.write(Box::new(move |db| {
            Box::pin(async move {
                look::finish(db, &kept, &provider, finished, generation).await?;
                match cursor {
                    Some(cursor) => feeds::keep_cursor(db, &provider, &cursor).await,
                    None => Ok(()),
                }
            })
        }))
        .await
    }

    async fn observe(&self, provider: &str, window: Timestamp) -> Result<Observed, StoreError> {
        self.check().await?;
        measure::asked("read", self.engine.observe(provider, window).await)
    }

    async fn given(&self, provider: &str) -> Result<Vec<(IdentityId, Grant)>, StoreError> {
        let provider = provider.to_owned();
        self.read(Box::new(move |db| Box::pin(async move { given::given(db, &provider).await }))).await
    }

    async fn last_reading(&self, provider: &str, seed: u128) -> Result<Reading, StoreError> {
        let provider = provider.to_owned();
        self.read(Box::new(move |db| Box::pin(async move { reading::last(db, &provider, seed).await }))).await
    }

    async fn apply(&self, writes: Arc<Writes>, now: Timestamp) -> Result<Applied, StoreError> {
        self.check().await?;
        measure::applying(self.engine.apply(writes, now, self.kept.clone())).await
    }

    async fn revise(
        &self,
        provider: &str,
        scope: Scope,
        window: Timestamp,
        decide: Decide,
        now: Timestamp,
    ) -> Result<(Option<Applied>, Vec<Option<PersonNow>>), StoreError> {
        self.check().await?;
        let (provider, kept) = (provider.to_owned(), self.kept.clone());
        measure::applying(self.engine.revise(Revision { provider, scope, window, decide, now, kept })).await
    }

    async fn person_now(&self, provider: &str, key: &PersonKey) -> Result<Option<PersonNow>, StoreError> {
        let (provider, key) = (provider.to_owned(), key.clone());
        self.read(Box::new(move |db| Box::pin(async move { now::find(db, &provider, &key).await }))).await
    }

    async fn hold(&self, hold: &NewHold, now: Timestamp) -> Result<Hold, StoreError> {
        // Looked for first in a transaction that only reads: saying the same again writes nothing.
        let new = hold.clone();
        let there = self.read(Box::new(move |db| Box::pin(async move { holds::equal(db, &new, now).await }))).await?;
        if let Some(hold) = there {
            return Ok(hold);
        }
        let new = hold.clone();
        self.write(Box::new(move |db| Box::pin(async move { holds::keep(db, &new, now).await }))).await
    }

    async fn holds(&self, now: Timestamp) -> Result<Vec<Hold>, StoreError> {
        self.read(Box::new(move |db| Box::pin(holds::list(db, now)))).await
    }

    async fn decide(&self, decision: &HoldDecision, now: Timestamp) -> Result<Hold, StoreError> {
        let decision = decision.clone();
        self.write(Box::new(move |db| Box::pin(async move { holds::decide(db, &decision, now).await }))).await
    }

    async fn runs(&self, limit: u32) -> Result<Vec<Run>, StoreError> {
        self.read(Box::new(move |db| Box::pin(history::runs(db, limit)))).await
    }

    async fn audit(&self, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.read(Box::new(move |db| Box::pin(history::audit(db, after, limit)))).await
    }

    async fn people(&self, query: &str) -> Result<Vec<PersonView>, StoreError> {
        let query = query.to_owned();
        self.read(Box::new(move |db| Box::pin(async move { people::find(db, &query).await }))).await
    }

    async fn groups(&self, query: &str) -> Result<Vec<GroupView>, StoreError> {
        let query = query.to_owned();
        self.read(Box::new(move |db| Box::pin(async move { provider_groups::find(db, &query).await }))).await
    }

    async fn orgs(&self) -> Result<Vec<OrgListing>, StoreError> {
        self.read(Box::new(|db| Box::pin(people::all_orgs(db)))).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.read(Box::new(|db| Box::pin(provider_groups::counts(db)))).await
    }

    async fn purge(&self, login: &str, actor: &str, now: Timestamp) -> Result<bool, StoreError> {
        let (login, actor) = (login.to_owned(), actor.to_owned());
        self.write(Box::new(move |db| Box::pin(async move { people::purge(db, &login, &actor, now).await }))).await
    }
}
