//! Somebody who ends TLS before a server and begins it anew, with a certificate that is believed: a load balancer, an
//! inspection, or a thief of a key.

use super::ca::Certificate;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::path::Path;
use std::sync::Arc;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

#[derive(Debug)]
pub struct TlsBetween {
    port: u16,
    /// Its tasks end with it.
    _runtime: tokio::runtime::Runtime,
}

impl TlsBetween {
    /// With that certificate, before the port of a server whose certificate is of the authority `ca`.
    pub fn start(own: &Certificate, ca: &Path, server: u16) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let chain = vec![CertificateDer::from_pem_file(&own.cert).unwrap()];
        let key = PrivateKeyDer::from_pem_file(&own.key).unwrap();
        let accepts = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let accepts = accepts.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
        let connects = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let connects = connects.unwrap().with_root_certificates(roots).with_no_client_auth();
        let (accepts, connects) = (TlsAcceptor::from(Arc::new(accepts)), TlsConnector::from(Arc::new(connects)));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(mut client) = accepts.accept(client).await else { continue };
                let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                let name = ServerName::try_from("localhost").unwrap();
                let Ok(mut server) = connects.connect(name, server).await else { continue };
                tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
            }
        });
        Self { port, _runtime: runtime }
    }

    pub fn url(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.port)
    }
}
