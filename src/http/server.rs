//! The listener: accepts, encrypts, reads requests within limits, and stops without cutting anybody
//! off who is about to be answered.
//!
//! Every limit is set here by hand, also where it equals a library's own, so that an update of a
//! library loosens none. What a request means is not known here.

use super::access::Guarded;
use super::descriptors;
use super::measure;
use super::peer::{self, Peer};
use super::tls::Tls;
use crate::config::Http;
use crate::telemetry::names;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

/// The head of a request: how many headers, and how many bytes in all.
const HEADERS: usize = 64;
const HEAD: usize = 32 * 1024;

/// HTTP/2: requests at the same time on one connection.
const STREAMS: u32 = 64;

/// HTTP/2: streams that a client opened and reset before they were looked at, and streams that were
/// reset because of what it did. After that the connection ends (CVE-2023-44487, CVE-2025-8671).
const RESETS: usize = 20;
const OWN_RESETS: usize = 64;

/// HTTP/2: how much of a body may be on its way before it is read.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;
const FRAME: u32 = 16 * 1024;

/// HTTP/2: how often a silent connection is asked whether it is there, and how long it may take.
const PING: Duration = Duration::from_secs(20);
const PONG: Duration = Duration::from_secs(10);

/// After an accept that failed, most often for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Why there is no listener.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ServeError(String);

/// A socket that is bound.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    tls: Option<Arc<Tls>>,
    settings: Http,
}

impl Listener {
    /// Binds what `http.listen` says; nothing when it says nothing.
    ///
    /// # Errors
    /// The address cannot be had, or a file of `http.tls` cannot be used.
    pub async fn bind(settings: &Http) -> Result<Option<Self>, ServeError> {
        let Some(listen) = &settings.listen else { return Ok(None) };
        let tls = match settings.tls.clone() {
            None => None,
            Some(files) => {
                let read = tokio::task::spawn_blocking(move || Tls::new(&files)).await;
                Some(Arc::new(read.map_err(|error| ServeError(error.to_string()))?.map_err(ServeError)?))
            }
        };
        let tcp =
            TcpListener::bind(listen).await.map_err(|error| ServeError(format!("http.listen: {listen}: {error}")))?;
        Ok(Some(Self { tcp, tls, settings: settings.clone() }))
    }

    /// Where it listens, with the port that the system chose if port 0 was asked for.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> Result<SocketAddr, ServeError> {
        self.tcp.local_addr().map_err(|error| ServeError(format!("http.listen: {error}")))
    }

    /// Serves until `stop` is done; then accepts no more, lets requests under way be answered for
    /// `http.stop_grace`, and ends what is left.
    pub async fn serve(self, app: Guarded, stop: impl Future<Output = ()>) {
        let Self { tcp, tls, settings } = self;
        let app = app.finished();
        match tcp.local_addr() {
            Ok(address) => tracing::info!(%address, tls = tls.is_some(), "the API listens"),
            Err(error) => tracing::warn!(%error, "the API listens, the system does not say where"),
        }
        let settings = Arc::new(settings);
        let places = Arc::new(Semaphore::new(descriptors::room(settings.max_connections as usize)));
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        let mut following = JoinSet::new();
        if let Some(tls) = &tls {
            following.spawn(Arc::clone(tls).follow());
        }
        tokio::pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = accept(&tcp, &places) => accepted,
                Some(_) = connections.join_next() => continue,
            };
            let Some((stream, address, place)) = accepted else { continue };
            let (app, tls, settings) = (app.clone(), tls.clone(), Arc::clone(&settings));
            let watcher = graceful.watcher();
            connections.spawn(async move {
                let _open = measure::Open::new();
                connection(stream, address, tls.as_deref(), app, &settings, watcher).await;
                drop(place);
            });
        }
        drop(tcp);
        if tokio::time::timeout(settings.stop_grace.get(), graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were cut off after http.stop_grace");
        }
        connections.shutdown().await;
    }
}

type Place = tokio::sync::OwnedSemaphorePermit;

/// The next connection, once there is a place for it.
async fn accept(tcp: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, SocketAddr, Place)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match tcp.accept().await {
        Ok((stream, address)) => Some((stream, address, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<&Tls>,
    app: Router,
    settings: &Http,
    watcher: Watcher,
) {
    // Answers are small and whole: waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        // Without TLS nothing says which version is spoken, and guessing has no time limit: HTTP/1.
        return http1(stream, Peer::plain(address), app, settings, watcher).await;
    };
    let handshake = TlsAcceptor::from(tls.config()).accept(stream);
    match tokio::time::timeout(settings.header_timeout.get(), handshake).await {
        Ok(Ok(stream)) => {
            let session = stream.get_ref().1;
            let names = session.peer_certificates().and_then(|chain| chain.first()).map(peer::names);
            let peer = Peer { address, names: names.unwrap_or_default().into() };
            if session.alpn_protocol() == Some(b"h2") {
                http2(stream, peer, app, watcher).await;
            } else {
                http1(stream, peer, app, settings, watcher).await;
            }
        }
        Ok(Err(error)) => no_tls(address, &error),
        Err(_) => no_tls(address, &"not in time"),
    }
}

fn no_tls(peer: SocketAddr, why: &dyn std::fmt::Display) {
    metrics::counter!(names::HTTP_REFUSED, "reason" => "tls").increment(1);
    tracing::debug!(%peer, %why, "no TLS");
}

async fn http1<S>(stream: S, peer: Peer, app: Router, settings: &Http, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_timeout.get())
        .max_headers(HEADERS)
        .max_buf_size(HEAD)
        .half_close(false)
        .keep_alive(true);
    let (address, service) = (peer.address, service(peer, app));
    let connection = builder.serve_connection(TokioIo::new(stream), service_fn(service));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(peer = %address, %error, "a connection broke");
    }
}

async fn http2<S>(stream: S, peer: Peer, app: Router, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(OWN_RESETS)
        .max_header_list_size(HEAD as u32)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .adaptive_window(false)
        .max_frame_size(FRAME)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG);
    let (address, service) = (peer.address, service(peer, app));
    let connection = builder.serve_connection(TokioIo::new(stream), service_fn(service));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(peer = %address, %error, "a connection broke");
    }
}

/// Hands each request to the routes, with its peer.
fn service(
    peer: Peer,
    app: Router,
) -> impl Fn(Request<Incoming>) -> tower::util::Oneshot<Router, Request<Body>> + Clone {
    move |request| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer.clone());
        app.clone().oneshot(request)
    }
}
