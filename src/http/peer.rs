//! Who is at the other end of a connection: its address, and the names of its certificate if it
//! showed one that is believed.

use rustls::pki_types::CertificateDer;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// See the module's text. In every request's extensions.
#[derive(Debug, Clone)]
pub struct Peer {
    pub address: SocketAddr,
    /// Of a verified client certificate; empty without one.
    pub names: Arc<[String]>,
}

impl Peer {
    /// Whoever connects without a certificate.
    #[must_use]
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, names: Arc::default() }
    }

    /// The address without a port; an IPv4 address written as IPv6 is the IPv4 one.
    #[must_use]
    pub fn ip(&self) -> IpAddr {
        self.address.ip().to_canonical()
    }
}

/// The names of a certificate that was verified: of its subject alternative names the DNS names,
/// e-mail addresses and URIs; only where it has none of them, its common name (RFC 9525, section 2:
/// the common name is not looked at beside others).
pub(super) fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return Vec::new() };
    let mut names = Vec::new();
    if let Ok(Some(alternatives)) = parsed.subject_alternative_name() {
        for name in &alternatives.value.general_names {
            match name {
                GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) => {
                    names.push((*name).to_owned());
                }
                _ => {}
            }
        }
    }
    if names.is_empty() {
        let common = parsed.subject().iter_common_name().filter_map(|name| name.as_str().ok());
        names.extend(common.map(str::to_owned));
    }
    names
}
