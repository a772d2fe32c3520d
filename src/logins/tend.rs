//! What is known of providers is read again on schedule, though nobody logs in: nobody's login waits for it, and who
//! watches learns in time that it will not be good for long.

use super::service::Logins;
use crate::providers::{Dates, Login};
use crate::telemetry::names::{SAML_CERTIFICATE_EXPIRY, SAML_METADATA_READ, SAML_METADATA_VALID_UNTIL};
use rosterd_core::ids::Timestamp;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How often it is looked whether anything is due.
const EVERY: Duration = Duration::from_secs(60);

impl Logins {
    /// Reads again what is due, until `stop`; what is being read then is given up.
    pub async fn tend(self: Arc<Self>, stop: impl Future<Output = ()> + Send) {
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                () = self.tend_all() => {}
            }
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// All at once: one that does not answer keeps no other waiting.
    async fn tend_all(&self) {
        let Some(engine) = self.hooks.engine() else { return };
        let mut all = JoinSet::new();
        for provider in engine.config.providers.keys() {
            let Some(login) = self.hooks.verifier(provider) else { continue };
            let (provider, now) = (provider.clone(), engine.clock.now());
            all.spawn(async move {
                login.tend(now).await;
                measure(&provider, &*login);
            });
        }
        while all.join_next().await.is_some() {}
    }
}

fn measure(provider: &str, login: &dyn Login) {
    let Some(Dates { read_at, valid_until, certificates_until }) = login.dates() else { return };
    let tell = |name: &'static str, at: Option<Timestamp>| {
        if let Some(at) = at {
            metrics::gauge!(name, "provider" => provider.to_owned()).set(at.0 as f64 / 1000.0);
        }
    };
    tell(SAML_METADATA_READ, read_at.or(Some(Timestamp(0))));
    tell(SAML_METADATA_VALID_UNTIL, valid_until);
    tell(SAML_CERTIFICATE_EXPIRY, certificates_until);
}
