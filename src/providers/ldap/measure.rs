//! What LDAP servers do, in metrics. Decides nothing.

use super::certificate;
use super::failure::Failure;
use crate::clock::Stopwatch;
use crate::telemetry::names;
use metrics::{counter, gauge, histogram};
use rustls::pki_types::CertificateDer;
use std::future::Future;

/// Counts one request: `connect`, `bind` or a page of a `search`.
pub(super) async fn request<T>(
    op: &'static str,
    doing: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let watch = Stopwatch::start();
    let done = doing.await;
    let code = match &done {
        Ok(_) => "success",
        Err(failure) => failure.code,
    };
    counter!(names::PROVIDER_REQUESTS, "op" => op, "code" => code).increment(1);
    histogram!(names::PROVIDER_REQUEST_DURATION, "op" => op).record(watch.elapsed().as_secs_f64());
    done
}

/// When the first of some certificates ends.
pub(super) fn certificates(place: String, chain: &[CertificateDer<'_>]) {
    if let Some(seconds) = chain.iter().filter_map(|der| certificate::ends(der)).min() {
        gauge!(names::CERTIFICATE_EXPIRY, "where" => place).set(seconds as f64);
    }
}
