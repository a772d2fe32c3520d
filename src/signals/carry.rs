//! An event is carried out: what ends, ends; whoever is to be looked at is kept among the deliveries; then it counts as
//! seen. Each of these does nothing where it was done before, so that an event that was cut short is simply carried out
//! again when it comes again, which it does until it is acknowledged.

use super::count;
use super::effect::{Effect, Known, effect};
use super::event::Event;
use super::refusal::Refusal;
use super::service::Signals;
use super::stream::Stream;
use super::subject::Whom;
use crate::hooks::{NotKept, PersonKey, Wanted};
use crate::store::{Store, StoreError, Whose};
use crate::sync::Engine;
use rosterd_core::ids::Timestamp;
use rosterd_core::writes::Trigger;
use std::sync::Arc;

/// Why a session ended, as the table has it.
const BY: &str = "signal";

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// What follows from it is done, or kept to be done.
    Carried,
    /// They have logged in since.
    Late,
    /// It names nobody whom rosterd knows.
    Nobody,
    /// Nothing follows from it.
    Noted,
    /// It is of a kind that is not known.
    Unknown,
    /// It was carried out before.
    Repeated,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Carried => "carried",
            Self::Late => "late",
            Self::Nobody => "nobody",
            Self::Noted => "noted",
            Self::Unknown => "unknown",
            Self::Repeated => "repeated",
        }
    }
}

impl Signals {
    /// Carries it out, once. When this returns, it may be acknowledged.
    pub(super) async fn carry(&self, stream: &Stream, event: &Event) -> Result<(), Refusal> {
        let engine = self.hooks.engine().ok_or(Refusal::later("engine"))?;
        let outcome = self.once(&engine, stream, event).await.map_err(|error| match error {
            NotKept::Full => Stream::limited("full"),
            NotKept::Random(_) | NotKept::Store(_) => {
                tracing::error!(signal = stream.name, %error, "a security event could not be kept");
                Refusal::later("database")
            }
        })?;
        count::signal(&stream.name, outcome.name());
        // No word of who it is.
        let (signal, event, outcome) = (stream.name.as_str(), event.signal.name(), outcome.name());
        tracing::info!(signal, event, outcome, "a security event was taken");
        Ok(())
    }

    async fn once(&self, engine: &Engine, stream: &Stream, event: &Event) -> Result<Outcome, NotKept> {
        let store = &*engine.store;
        if store.was_seen(&stream.source, event.hash()).await.map_err(Arc::new)? {
            return Ok(Outcome::Repeated);
        }
        let effect = effect(event.signal, stream.known, stream.config.on_disabled);
        let outcome = match (effect == Effect::default(), stream.known) {
            (true, _) if event.signal.name() == "unknown" => Outcome::Unknown,
            (true, _) => Outcome::Noted,
            (false, Known::Listed) => self.ask(stream, event).await?,
            (false, Known::ByLogins) => {
                self.end(store, stream, event, effect, engine.clock.now()).await.map_err(Arc::new)?
            }
        };
        let first = store.first_seen(&stream.source, event.hash(), event.until).await.map_err(Arc::new)?;
        Ok(if first { outcome } else { Outcome::Repeated })
    }

    /// The provider is asked about them, behind.
    async fn ask(&self, stream: &Stream, event: &Event) -> Result<Outcome, NotKept> {
        let Whom::Person(key) = event.whom.clone() else { return Ok(Outcome::Nobody) };
        let wanted = Wanted { id: event.kept_id(), kind: event.signal.name(), key, hash: event.hash() };
        self.hooks.want(&stream.source, &stream.config.provider, wanted).await?;
        Ok(Outcome::Carried)
    }

    /// Where nobody can be asked about somebody: what they came with ends, or is renewed at once.
    async fn end(
        &self,
        store: &dyn Store,
        stream: &Stream,
        event: &Event,
        effect: Effect,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let provider = stream.config.provider.as_str();
        let subjects = match &event.whom {
            Whom::Nobody => Vec::new(),
            Whom::Person(key) => subject(store, stream, key).await?.into_iter().collect(),
            Whom::Session(session) if effect.sessions => {
                let whose = Whose::ProviderSession { provider: provider.to_owned(), session: session.clone() };
                store.end_sessions(&whose, BY, None, now).await?
            }
            Whom::Session(_) => Vec::new(),
        };
        let (mut ended, mut asked) = (false, 0_u32);
        for subject in &subjects {
            if effect.sessions && matches!(event.whom, Whom::Person(_)) {
                let (provider, subject) = (provider.to_owned(), subject.clone());
                store.end_sessions(&Whose::Subject { provider, subject, until: event.at }, BY, None, now).await?;
            }
            if effect.lease {
                ended |= store.end_lease(provider, subject, event.at, now).await?;
            }
            if effect.look {
                asked += u32::from(store.hasten_refresh_token(provider, subject, now).await?);
            }
        }
        if ended {
            // Under the limits, as all that ends.
            if let Err(error) = self.hooks.run_of(provider, Trigger::Lease, "signals").await {
                tracing::warn!(provider, %error, "leases that are over end at the next run");
            }
        }
        if asked > 0 {
            self.logins.hurry();
        } else if effect.look && !subjects.is_empty() {
            tracing::debug!(signal = stream.name, "nobody can be asked about them until they log in");
        }
        Ok(match subjects.is_empty() {
            true => Outcome::Nobody,
            false if effect.lease && !ended => Outcome::Late,
            false => Outcome::Carried,
        })
    }
}

/// The identity's own id of whom rosterd knows by that name; exactly one.
async fn subject(store: &dyn Store, stream: &Stream, key: &PersonKey) -> Result<Option<String>, StoreError> {
    let provider = stream.config.provider.as_str();
    if let (PersonKey::Subject(sub), true) = (key, stream.other_subject) {
        // Known of those who are logged in.
        if let Some(subject) = store.subject_of(provider, sub).await? {
            return Ok(Some(subject));
        }
    }
    match key {
        PersonKey::Email(email) => store.subject_with_email(provider, email).await,
        key => Ok(store.person_now(provider, key).await?.map(|person| person.subject)),
    }
}
