//! Between logins: what a login said is said again, by a token that the provider gave for that.
//!
//! Each is used by one replica at a time. What takes its place is kept before anything else is done, because the one
//! before may be used up. Whoever the provider does not know any more loses what their login gave, as one plan for
//! everybody, under the limits.

use super::count;
use super::service::{Logins, seal};
use crate::config::OnRefused;
use crate::providers::{Login, RenewError};
use crate::seal::Seal;
use crate::store::{RefreshToken, Used};
use crate::sync::Engine;
use rosterd_core::ids::Timestamp;
use rosterd_core::writes::Trigger;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// For what a token is sealed.
pub(super) const GRANT: &str = "grant";
/// In place of a hook's name.
const SOURCE: &str = "/renewal";
/// How often it is looked whether any is due.
const EVERY: Duration = Duration::from_secs(1);
/// How many are taken, and used at once, of one provider.
const BATCH: u32 = 64;
const AT_ONCE: usize = 8;
/// How long nobody else takes one, in milliseconds.
const TAKEN: i64 = 300_000;
/// The pause after the first failure, in milliseconds; each further one doubles it, up to the time between two
/// renewals.
const PAUSE: i64 = 30_000;
/// When somebody is asked about again of whom the provider would not speak, although the login goes on there.
const SILENT: i64 = 600_000;
/// How often what has expired is forgotten, in turns; how long sessions are kept after their end, in milliseconds.
const PRUNE: u32 = 600;
const KEPT: i64 = 7 * 86_400_000;

/// How often logins at a provider are renewed, in milliseconds.
fn every(engine: &Engine, provider: &str) -> Option<i64> {
    let flow = engine.config.providers.get(provider)?.oidc.as_ref()?.code_flow.as_ref()?;
    Some(flow.renew?.millis())
}

/// When a login that was just said is renewed.
pub(super) fn due(engine: &Engine, provider: &str, now: Timestamp) -> Timestamp {
    now.plus_millis(every(engine, provider).unwrap_or(i64::MAX / 4))
}

impl Logins {
    /// Renews what is due until `stop`; what is under way then is finished first.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()> + Send) {
        let (stopping, mut stopped) = watch::channel(false);
        let working = tokio::spawn(async move {
            let mut turn = 0_u32;
            while !*stopped.borrow() {
                if let Some(engine) = self.hooks.engine() {
                    self.turn(&engine, turn).await;
                }
                turn = turn.wrapping_add(1);
                tokio::select! {
                    () = tokio::time::sleep(EVERY) => {}
                    () = self.hurry.notified() => {}
                    _ = stopped.changed() => {}
                }
            }
        });
        stop.await;
        // The receiver is gone only when the task has ended by itself.
        let _ = stopping.send(true);
        let _ = working.await;
    }

    async fn turn(self: &Arc<Self>, engine: &Arc<Engine>, turn: u32) {
        let now = engine.clock.now();
        if turn.is_multiple_of(PRUNE) && engine.config.http.public_url.is_some() {
            match engine.store.prune_sign_ins(now, now.plus_millis(-KEPT)).await {
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "old sessions could not be forgotten"),
            }
        }
        let mut all = JoinSet::new();
        for provider in engine.config.providers.keys().filter(|name| every(engine, name).is_some()) {
            let (logins, engine, provider) = (Arc::clone(self), Arc::clone(engine), provider.clone());
            all.spawn(async move { logins.provider_turn(&engine, &provider).await });
        }
        while all.join_next().await.is_some() {}
    }

    /// All that are due of one provider.
    async fn provider_turn(self: &Arc<Self>, engine: &Arc<Engine>, provider: &str) {
        let now = engine.clock.now();
        let wait = |error: &dyn std::fmt::Display| {
            tracing::error!(provider, %error, "logins cannot be renewed; they wait");
        };
        // Asked first, so that an idle daemon writes nothing.
        match engine.store.due_refresh_tokens(provider, now).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => return wait(&error),
        }
        let seal = match seal(engine).await {
            Ok(seal) => Arc::new(seal),
            Err(error) => return wait(&error),
        };
        let taken = engine.store.take_refresh_tokens(provider, BATCH, now, now.plus_millis(TAKEN)).await;
        let taken = match taken {
            Ok(taken) => taken,
            Err(error) => return wait(&error),
        };
        let Some(login) = self.hooks.verifier(provider) else { return };
        let mut under_way = JoinSet::new();
        let full = taken.len() == BATCH as usize;
        let mut over = 0_u32;
        for token in taken {
            if under_way.len() >= AT_ONCE {
                over += ended(under_way.join_next().await);
            }
            let (logins, engine, seal, login) =
                (Arc::clone(self), Arc::clone(engine), Arc::clone(&seal), Arc::clone(&login));
            under_way.spawn(async move { logins.one(&engine, &seal, &*login, token).await });
        }
        while let Some(one) = under_way.join_next().await {
            over += ended(Some(one));
        }
        if over > 0 {
            tracing::info!(provider, people = over, "the provider does not renew what logins said; their leases end");
            if let Err(error) = self.hooks.run_of(provider, Trigger::Lease, "renewals").await {
                tracing::warn!(provider, %error, "leases that are over end at the next run");
            }
        }
        if full {
            self.hurry.notify_one();
        }
    }

    /// Renews one; whether its lease ends.
    async fn one(self: &Arc<Self>, engine: &Engine, seal: &Seal, login: &dyn Login, token: RefreshToken) -> bool {
        let RefreshToken { provider, subject, failures, .. } = &token;
        let now = engine.clock.now();
        let later = |failures: i64| {
            let pause = PAUSE.saturating_mul(1 << failures.clamp(0, 20));
            Used::Failed { due_at: now.plus_millis(pause.min(every(engine, provider).unwrap_or(PAUSE))) }
        };
        let whom = [provider.as_str(), subject.as_str()];
        let renewed = match (seal.open(GRANT, &whom, &token.sealed), login.browser()) {
            (Ok(grant), Some(browser)) => browser.renew(&grant, now).await,
            (Err(error), _) => {
                tracing::error!(provider, %error, "what a login is renewed with cannot be opened; it is forgotten");
                note(engine, &token, &Used::Refused).await;
                return false;
            }
            (_, None) => return false,
        };
        let renewed = match renewed {
            Ok(renewed) => renewed,
            Err(RenewError::Over) => {
                count::renewal(provider, "over");
                return self.over(engine, &token).await;
            }
            Err(RenewError::Unknown(error)) => {
                count::renewal(provider, "failed");
                tracing::warn!(provider, code = error.code(), %error, "a login could not be renewed");
                note(engine, &token, &later(*failures)).await;
                return false;
            }
        };
        let sealed = seal.seal(GRANT, &whom, renewed.grant.expose(), &*engine.random);
        let regular = due(engine, provider, now);
        let due_at = if renewed.said.is_ok() { regular } else { regular.min(now.plus_millis(SILENT)) };
        let kept = match sealed {
            Ok(sealed) => note(engine, &token, &Used::Kept { sealed, due_at }).await,
            Err(error) => {
                tracing::error!(provider, %error, "what a login is renewed with next cannot be kept");
                false
            }
        };
        match renewed.said {
            // It may be somebody else of whom it speaks; and whoever has logged in meanwhile has said it better.
            Ok(said) if said.subject == *subject && kept => {
                let told = self.hooks.tell(SOURCE, provider, said).await;
                count::renewal(provider, "renewed");
                tracing::debug!(provider, finding = told.name(), "a login was renewed");
            }
            Ok(said) if said.subject != *subject => {
                count::renewal(provider, "failed");
                tracing::error!(provider, "a renewed login speaks of somebody else; it does not count");
            }
            Ok(_) => {}
            Err(error) => {
                count::renewal(provider, "failed");
                tracing::warn!(provider, code = error.code(), %error, "a renewed login is not believed");
            }
        }
        false
    }

    /// The provider has taken back what it gave. Whether the lease ends now.
    async fn over(&self, engine: &Engine, token: &RefreshToken) -> bool {
        let RefreshToken { provider, subject, .. } = token;
        let flow = engine.config.providers.get(provider).and_then(|section| section.oidc.as_ref()?.code_flow.as_ref());
        let end = flow.is_some_and(|flow| flow.refused == OnRefused::End);
        // Forgotten only if nobody has logged in meanwhile.
        if !note(engine, token, &Used::Refused).await || !end {
            return false;
        }
        // Nobody has logged in since, or it would have been another token.
        let ever = Timestamp(i64::MAX);
        engine.store.end_lease(provider, subject, ever, engine.clock.now()).await.unwrap_or_else(|error| {
            tracing::error!(provider, %error, "a lease could not be ended; it ends by itself");
            false
        })
    }
}

fn ended(joined: Option<Result<bool, tokio::task::JoinError>>) -> u32 {
    u32::from(joined.and_then(Result::ok).unwrap_or(false))
}

/// False where it could not be noted, or somebody has logged in meanwhile.
async fn note(engine: &Engine, token: &RefreshToken, used: &Used) -> bool {
    engine.store.used_refresh_token(token, used).await.unwrap_or_else(|error| {
        tracing::error!(provider = token.provider, %error, "what became of a renewed login could not be noted");
        false
    })
}
