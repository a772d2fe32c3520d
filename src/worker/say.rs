//! What the worker says to a log and to a service manager. Names of providers and numbers only.

use super::event::What;
use super::status::{Reload, Status};

/// For `systemctl status`.
pub(super) fn line(status: &Status) -> String {
    let running = status.providers.values().filter(|provider| provider.running.is_some()).count();
    let failed: Vec<&str> = status
        .providers
        .iter()
        .filter(|(_, provider)| provider.last.as_ref().is_some_and(|last| matches!(last.what, What::Failed { .. })))
        .map(|(name, _)| name.as_str())
        .collect();
    let mut line = format!("{} providers, {running} runs under way", status.providers.len());
    if !failed.is_empty() {
        line.push_str(&format!("; failing: {}", failed.join(", ")));
    }
    if matches!(&status.configuration.last_reload, Some(Reload { result: Err(_), .. })) {
        line.push_str("; the configuration file cannot be used, the one before is in force");
    }
    if status.stopping {
        line.push_str("; stopping");
    }
    line
}

/// How a run ended.
pub(super) fn log(provider: &str, what: &What) {
    match what {
        What::Unchanged { complete } => tracing::info!(provider, complete, "nothing to change"),
        What::Applied { added, changed, removed, withheld, rows, complete } => {
            tracing::info!(provider, added, changed, removed, withheld, rows, complete, "applied");
        }
        What::Held { hold, state } => {
            tracing::warn!(provider, hold, state = state.name(), "held by a limit; nothing was applied");
        }
        What::Failed { message, retry } => tracing::error!(provider, retry, error = message, "failed"),
        What::Started | What::Read { .. } | What::Planned { .. } => {}
    }
}
