//! The listener's certificate: read again when its files change, so that a renewed one counts for
//! the next connection. One that cannot be used leaves the one before.
//!
//! The crypto provider is passed by hand, as everywhere.

use crate::config::{ClientCertificate, HttpTls};
use arc_swap::ArcSwap;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// By what a changed file is known: a mounted secret is swapped as a symbolic link, others are
/// written over.
type Stamp = Vec<Option<(u64, u64, i64, i64, u64)>>;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Tls {
    files: HttpTls,
    current: ArcSwap<ServerConfig>,
    stamp: Mutex<Stamp>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// Which file cannot be used, and why.
    pub(super) fn new(files: &HttpTls) -> Result<Self, String> {
        let stamp = stamp(files);
        let current = ArcSwap::from(config(files)?);
        Ok(Self { files: files.clone(), current, stamp: Mutex::new(stamp) })
    }

    /// For the next connection.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }

    /// Reads the files again whenever they have changed. Ends never.
    pub(super) async fn follow(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let this = Arc::clone(&self);
            // Files may be on something slow.
            if let Err(error) = tokio::task::spawn_blocking(move || this.refresh()).await {
                tracing::error!(%error, "the listener's certificate was not looked at");
            }
        }
    }

    fn refresh(&self) {
        let now = stamp(&self.files);
        {
            let mut last = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
            if *last == now {
                return;
            }
            *last = now;
        }
        match config(&self.files) {
            Ok(config) => {
                self.current.store(config);
                tracing::info!("the listener's certificate was read again");
            }
            Err(error) => tracing::error!(error, "the listener keeps its certificate: the new one cannot be used"),
        }
    }
}

fn stamp(files: &HttpTls) -> Stamp {
    let paths = [Some(&files.cert_file), Some(&files.key_file), files.client_ca_file.as_ref()];
    let of = |path: &Path| {
        let meta = std::fs::metadata(path).ok()?;
        Some((meta.dev(), meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.len()))
    };
    paths.into_iter().flatten().map(|path| of(path)).collect()
}

fn config(files: &HttpTls) -> Result<Arc<ServerConfig>, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let chain = certificates(&files.cert_file, "cert_file")?;
    let key = PrivateKeyDer::from_pem_slice(&read(&files.key_file, "key_file")?).map_err(|_| {
        format!(
            "http.tls.key_file: {} holds no private key in PEM (one with a passphrase cannot be used)",
            files.key_file.display()
        )
    })?;
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| format!("http.tls: {error}"))?;
    let builder = match &files.client_ca_file {
        None => builder.with_no_client_auth(),
        Some(path) => builder.with_client_cert_verifier(verifier(path, files.client_certificate, provider)?),
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|error| {
        format!(
            "http.tls: the certificate {} and the key {} cannot be used together: {error}",
            files.cert_file.display(),
            files.key_file.display()
        )
    })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn verifier(
    path: &Path,
    wanted: ClientCertificate,
    provider: Arc<rustls::crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let refused = |error: String| format!("http.tls.client_ca_file: {}: {error}", path.display());
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, "client_ca_file")? {
        roots.add(certificate).map_err(|error| refused(error.to_string()))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = match wanted {
        ClientCertificate::Optional => builder.allow_unauthenticated(),
        ClientCertificate::Required => builder,
    };
    builder.build().map_err(|error| refused(error.to_string()))
}

fn certificates(path: &Path, key: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let bytes = read(path, key)?;
    match CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>() {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(format!("http.tls.{key}: {} holds no certificate in PEM", path.display())),
    }
}

fn read(path: &Path, key: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("http.tls.{key}: {}: {error}", path.display()))
}
