//! Encryption: HTTP/1 and HTTP/2, clients known by certificate, certificates that change.

use super::served::{Served, http, problem};
use crate::world::ca::{Ca, Certificate};
use crate::world::database::Backend;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;
use reqwest::{Client, ClientBuilder};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

fn install(site: &Site, certificate: &Certificate) {
    std::fs::copy(&certificate.cert, site.dir().join("tls.crt")).unwrap();
    let key = std::fs::read_to_string(&certificate.key).unwrap();
    site.secret("tls.key", &key);
}

pub fn builder(ca: &Ca) -> ClientBuilder {
    let root = reqwest::Certificate::from_pem(&std::fs::read(ca.file()).unwrap()).unwrap();
    Client::builder().tls_certs_only([root])
}

pub fn identity(certificate: &Certificate) -> reqwest::Identity {
    let mut pem = std::fs::read(&certificate.cert).unwrap();
    pem.extend(std::fs::read(&certificate.key).unwrap());
    reqwest::Identity::from_pem(&pem).unwrap()
}

/// A daemon with a certificate of this authority, that believes clients of `clients`: of them
/// `deploy.example` may do what `scopes` says.
pub async fn served(ca: &Ca, clients: &Ca, wanted: &str, scopes: &[&str]) -> Served {
    let more = format!(
        "tls = {{ cert_file = \"tls.crt\", key_file = \"tls.key\", client_ca_file = \"clients.pem\", \
         client_certificate = \"{wanted}\" }}\nheader_timeout = \"60s\"\nclients = [{{ name = \"deploy.example\", scopes = {scopes:?} }}]\n"
    );
    let site = Site::new(Backend::Sqlite, &format!("{}{PROVIDER}{STAFF_VIEWS}", http(&more)));
    install(&site, &ca.server());
    std::fs::copy(clients.file(), site.dir().join("clients.pem")).unwrap();
    let people = Roster::of(3, "p", "staff");
    people.write(&site);
    site.sync(0);
    let mut served = Served::start(site, people).await;
    served.client = builder(ca).build().unwrap();
    served
}

/// W13: a certificate that is known is as good as a token with the scopes it has, and no better.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w13_clients_are_known_by_certificate() {
    let (ca, clients) = (Ca::new(), Ca::new());
    let mut served = served(&ca, &clients, "optional", &["read"]).await;
    assert_eq!(served.with("read", "GET", "/api/v1/status").send().await.unwrap().status(), 200);

    let none = served.client.clone();
    assert_eq!(served.ask("GET", "/api/v1/status").send().await.unwrap().status(), 401);
    served.client = builder(&ca).identity(identity(&clients.client("deploy.example"))).build().unwrap();
    assert_eq!(served.ask("GET", "/api/v1/status").send().await.unwrap().status(), 200);
    assert_eq!(problem(served.ask("GET", "/api/v1/tokens").send().await.unwrap()).await.0, 403);
    let both = served.with("admin", "GET", "/api/v1/tokens").send().await.unwrap();
    assert_eq!(both.status(), 200, "a token counts beside a certificate");
    let bad = served.ask("GET", "/api/v1/status").bearer_auth("nonsense").send().await.unwrap();
    assert_eq!(bad.status(), 401, "a bad token is not made good by a certificate");
    served.client = builder(&ca).identity(identity(&clients.client("other.example"))).build().unwrap();
    assert_eq!(served.ask("GET", "/api/v1/status").send().await.unwrap().status(), 401);
    served.client = builder(&ca).identity(identity(&ca.client("deploy.example"))).build().unwrap();
    assert!(served.ask("GET", "/api/v1/status").send().await.is_err(), "of another authority: no connection");
    served.client = none;
    served.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w13_without_a_certificate_there_is_no_connection_where_one_is_required() {
    let (ca, clients) = (Ca::new(), Ca::new());
    let mut served = served(&ca, &clients, "required", &["read"]).await;
    assert!(served.with("read", "GET", "/api/v1/status").send().await.is_err());
    served.client = builder(&ca).identity(identity(&clients.client("anybody.example"))).build().unwrap();
    assert_eq!(served.with("read", "GET", "/api/v1/status").send().await.unwrap().status(), 200);
    served.stop();
}

/// A renewed certificate counts for new connections; one that cannot be used counts nowhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_read_again_when_their_files_change() {
    let (old, new) = (Ca::new(), Ca::new());
    let mut served = served(&old, &old, "optional", &["read"]).await;
    let url = format!("{}/api/v1/openapi.json", served.url);
    let open = served.client.clone();
    let body = open.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(body.contains("openapi"));
    served.site.write("tls.crt", "not a certificate");
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(builder(&old).build().unwrap().get(&url).send().await.unwrap().status(), 200);
    install(&served.site, &new.server());
    let mut fresh = false;
    for _ in 0..100 {
        if builder(&new).build().unwrap().get(&url).send().await.is_ok() {
            fresh = true;
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(fresh, "{}", served.running().stderr_so_far());
    assert!(builder(&old).build().unwrap().get(&url).send().await.is_err(), "the old one is gone for new connections");
    let again = open.get(&url).send().await.expect("what was open goes on");
    assert_eq!(again.status(), 200);
    served.stop();
}

/// A connection on which HTTP/2 was agreed, with nothing sent yet.
fn connect_h2(ca: &Ca, url: &str) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca.file()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let tcp = TcpStream::connect(url.trim_start_matches("https://")).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let session = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    StreamOwned::new(session, tcp)
}

/// RFC 9113, section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// HEADERS of a whole GET, its header block by RFC 7541: two names and values of the static table,
/// two values of our own.
fn get(stream: u32, path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x87];
    for (name, value) in [(0x04, path), (0x01, "localhost")] {
        block.extend([name, u8::try_from(value.len()).unwrap()]);
        block.extend(value.as_bytes());
    }
    frame(0x01, 0x05, stream, &block)
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The next frame: its kind, its stream, its payload. Nothing at the end of the connection.
fn next(stream: &mut StreamOwned<ClientConnection, TcpStream>) -> Option<(u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; length as usize];
    stream.read_exact(&mut payload).ok()?;
    Some((head[3], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload))
}

/// W09: requests that are opened and reset at once end their connection, and nobody else's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w09_http2_is_spoken_and_a_flood_of_resets_ends_its_connection() {
    let ca = Ca::new();
    let mut served = served(&ca, &ca, "optional", &["read"]).await;
    let mut stream = connect_h2(&ca, &served.url);
    stream.write_all(PREFACE).unwrap();
    stream.write_all(&get(1, "/api/v1/openapi.json")).unwrap();
    let answer = std::iter::from_fn(|| next(&mut stream)).find(|(kind, id, _)| (*kind, *id) == (0x01, 1));
    // 0x88 is `:status: 200` (RFC 7541, appendix A).
    assert_eq!(answer.unwrap().2[0], 0x88);

    let mut flood = PREFACE.to_vec();
    for stream in (1..40_000).step_by(2) {
        flood.extend(get(stream, "/api/v1/status"));
        flood.extend(frame(0x03, 0, stream, &8u32.to_be_bytes()));
    }
    let mut stream = connect_h2(&ca, &served.url);
    // The other side may hang up before it has taken all.
    let _ = stream.write_all(&flood);
    let farewell = std::iter::from_fn(|| next(&mut stream)).find(|(kind, ..)| *kind == 0x07);
    // ENHANCE_YOUR_CALM (RFC 9113, section 7), where the connection lived long enough to say it.
    if let Some((_, _, payload)) = farewell {
        assert_eq!(payload[7], 0x0b, "{payload:?}");
    }
    assert_eq!(served.with("read", "GET", "/api/v1/status").send().await.unwrap().status(), 200);
    served.stop();
}
