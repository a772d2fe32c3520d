//! The operations listener itself. Whoever reads slowly, or not at all, has one connection for a
//! few seconds, and there are few of them: a scraper that hangs costs nothing that work needs.

use super::{Vitals, router};
use crate::telemetry::Metrics;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// Connections at the same time. Probes and scrapers open one each.
const CONNECTIONS: usize = 128;
/// How long one lives: each is for one request, and a scrape is some 100 KB.
const LIFE: Duration = Duration::from_secs(10);
/// How often histograms are taken out of their buffers.
const UPKEEP: Duration = Duration::from_secs(5);

/// Takes the address; done before anything else begins, so that one that is taken is told at once.
///
/// # Errors
/// For a person: nothing can listen there.
pub async fn listen(address: &str) -> Result<TcpListener, String> {
    let parsed: SocketAddr =
        address.parse().map_err(|_| format!("telemetry.listen: {address} is not an IP address with a port"))?;
    TcpListener::bind(parsed).await.map_err(|error| format!("telemetry.listen: {address}: {error}"))
}

/// Serves for ever, and keeps the metrics' buffers small.
pub async fn serve(listener: TcpListener, vitals: Arc<dyn Vitals>, metrics: Metrics) {
    let (routes, slots) = (router(vitals, metrics.clone()), Arc::new(Semaphore::new(CONNECTIONS)));
    let mut upkeep = interval(UPKEEP);
    upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let accepted = tokio::select! {
            _ = upkeep.tick() => {
                metrics.upkeep();
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "the operations listener cannot accept a connection");
                // Out of descriptors: trying again at once would only keep a core busy.
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Turned away at once: whoever waits in a queue here learns nothing by it.
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else { continue };
        let service = TowerToHyperService::new(routes.clone());
        tokio::spawn(async move {
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(LIFE / 2).keep_alive(false).max_buf_size(16 << 10);
            // How it ends is the other side's business.
            let _ = timeout(LIFE, http.serve_connection(TokioIo::new(stream), service)).await;
            drop(slot);
        });
    }
}
