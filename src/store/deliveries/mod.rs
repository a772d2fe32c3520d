//! What login hooks delivered: kept before it is acknowledged, taken once, finished, kept for a while.
//!
//! No plan rests on these tables. What a delivery says of somebody is believed elsewhere, or not.

mod rows;

use super::StoreError;
use super::absent::{Absent, refused};
use super::session::Engine;
use super::shared::Shared;
use async_trait::async_trait;
use rosterd_core::ids::Timestamp;

/// A delivery that was verified and is not kept yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// Our own id, unique.
    pub id: String,
    pub hook: String,
    /// The sender's id of it; unique in its hook.
    pub sender_id: String,
    /// SHA-256 of the body.
    pub body_hash: [u8; 32],
    /// What happened, in the sender's words.
    pub event: String,
    pub provider: String,
    /// By what the person is looked for, as one text.
    pub person: String,
    /// JSON: by what the person is looked for, and what a signed source says.
    pub login: String,
    /// When it was, by a signed source.
    pub event_at: Option<Timestamp>,
    /// Before this nobody else takes it: whoever keeps it works on it at once.
    pub not_before: Timestamp,
}

/// What became of keeping a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    New,
    /// It was there already, with the same body: the sender tried again.
    Again,
    /// Its id was there already, with another body.
    OtherBody,
    /// Kept, and nothing is to be done: a later event of that person is there.
    Superseded,
}

/// A delivery as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: String,
    pub hook: String,
    pub sender_id: String,
    pub event: String,
    pub provider: String,
    pub person: String,
    pub login: String,
    pub event_at: Option<Timestamp>,
    pub received_at: Timestamp,
    /// `pending`, `done` or `failed`.
    pub state: String,
    pub attempts: i64,
    pub not_before: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// JSON: what came of it.
    pub outcome: Option<String>,
}

/// What came of working on a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryResult {
    pub id: String,
    /// JSON, without anything that the sender wrote.
    pub outcome: String,
    /// A signed source said it: a later event counts, whichever was written last.
    pub signed: bool,
    pub then: Then,
}

/// What is to be done with a delivery next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    Done,
    Failed,
    /// Try again, not before.
    Again(Timestamp),
    /// As [`Self::Again`], and this was no try.
    Wait(Timestamp),
}

/// The deliveries of login hooks.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Keeps them in one transaction; says of each, in order, what became of it.
    async fn keep_deliveries(&self, new: Vec<NewDelivery>, now: Timestamp) -> Result<Vec<Kept>, StoreError>;

    /// Takes up to `most` pending ones whose time has come, the oldest first; nobody else takes
    /// them before `until`. What was overtaken by a later event of the same person is finished.
    async fn take_deliveries(&self, most: u32, now: Timestamp, until: Timestamp) -> Result<Vec<Delivery>, StoreError>;

    /// Notes what came of them. If a later event of a person was finished while an older one was
    /// worked on, the later one is done once more: it counts, whichever was written last.
    async fn finish_deliveries(&self, results: Vec<DeliveryResult>, now: Timestamp) -> Result<(), StoreError>;

    /// The last ones, newest first; of one hook, or of all.
    async fn deliveries(&self, hook: Option<&str>, limit: u32) -> Result<Vec<Delivery>, StoreError>;

    /// Lets one be worked on again. False if there is none with this id.
    async fn replay_delivery(&self, id: &str) -> Result<bool, StoreError>;

    /// How many wait.
    async fn pending_deliveries(&self) -> Result<u64, StoreError>;

    /// Forgets finished ones that came before `before`, and the oldest of more than `most`, but none
    /// since `keep`: a sender may try those again. Returns how many.
    async fn prune_deliveries(&self, before: Timestamp, keep: Timestamp, most: u32) -> Result<u64, StoreError>;
}

#[async_trait]
impl<E: Engine> Deliveries for Shared<E> {
    async fn keep_deliveries(&self, new: Vec<NewDelivery>, now: Timestamp) -> Result<Vec<Kept>, StoreError> {
        self.aside(Box::new(move |db| Box::pin(async move { rows::keep(db, &new, now).await }))).await
    }

    async fn take_deliveries(&self, most: u32, now: Timestamp, until: Timestamp) -> Result<Vec<Delivery>, StoreError> {
        self.aside(Box::new(move |db| Box::pin(rows::take(db, most, now, until)))).await
    }

    async fn finish_deliveries(&self, results: Vec<DeliveryResult>, now: Timestamp) -> Result<(), StoreError> {
        self.aside(Box::new(move |db| Box::pin(async move { rows::finish(db, &results, now).await }))).await
    }

    async fn deliveries(&self, hook: Option<&str>, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        let hook = hook.map(str::to_owned);
        self.read(Box::new(move |db| Box::pin(async move { rows::list(db, hook.as_deref(), limit).await }))).await
    }

    async fn replay_delivery(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.aside(Box::new(move |db| Box::pin(async move { rows::replay(db, &id).await }))).await
    }

    async fn pending_deliveries(&self) -> Result<u64, StoreError> {
        self.read(Box::new(|db| Box::pin(rows::pending(db)))).await
    }

    async fn prune_deliveries(&self, before: Timestamp, keep: Timestamp, most: u32) -> Result<u64, StoreError> {
        self.aside(Box::new(move |db| Box::pin(rows::prune(db, before, keep, most)))).await
    }
}

#[async_trait]
impl Deliveries for Absent {
    async fn keep_deliveries(&self, _: Vec<NewDelivery>, _: Timestamp) -> Result<Vec<Kept>, StoreError> {
        refused()
    }

    async fn take_deliveries(&self, _: u32, _: Timestamp, _: Timestamp) -> Result<Vec<Delivery>, StoreError> {
        Ok(Vec::new())
    }

    async fn finish_deliveries(&self, _: Vec<DeliveryResult>, _: Timestamp) -> Result<(), StoreError> {
        refused()
    }

    async fn deliveries(&self, _: Option<&str>, _: u32) -> Result<Vec<Delivery>, StoreError> {
        Ok(Vec::new())
    }

    async fn replay_delivery(&self, _: &str) -> Result<bool, StoreError> {
        refused()
    }

    async fn pending_deliveries(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn prune_deliveries(&self, _: Timestamp, _: Timestamp, _: u32) -> Result<u64, StoreError> {
        Ok(0)
    }
}
