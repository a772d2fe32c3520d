//! TLS as the operator asked for it, and its failures in words.
//!
//! The crypto provider is passed by hand: nothing here depends on a process-wide default.
//! Certificates are always verified; there is no switch for that, only `ca_file` and
//! `server_name`.

use super::failure::Failure;
use super::measure;
use crate::config::{MinTls, Tls};
use crate::providers::ProviderErrorKind;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

/// What `tls` says, ready for connections. Reads the files anew, so that a replaced certificate
/// counts from the next read on.
pub(super) fn client_config(tls: &Tls) -> Result<Arc<ClientConfig>, Failure> {
    let versions: &[&rustls::SupportedProtocolVersion] = match tls.min_version {
        MinTls::Tls12 => &[&rustls::version::TLS13, &rustls::version::TLS12],
        MinTls::Tls13 => &[&rustls::version::TLS13],
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .map_err(|error| Failure::configuration(format!("ldap.tls: {error}")))?
        .with_root_certificates(roots(tls.ca_file.as_deref())?);
    let config = match (&tls.client_cert_file, &tls.client_key_file) {
        (None, None) => builder.with_no_client_auth(),
        (Some(cert), Some(key)) => {
            let chain = certificates(cert, "client_cert_file")?;
            let bytes = read(key, "client_key_file")?;
            let key_der = PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| {
                Failure::configuration(format!(
                    "ldap.tls.client_key_file: {} holds no private key in PEM (one with a passphrase cannot be used)",
                    key.display()
                ))
            })?;
            builder.with_client_auth_cert(chain, key_der).map_err(|error| {
                Failure::configuration(format!(
                    "ldap.tls: the certificate {} and the key {} cannot be used together: {error}",
                    cert.display(),
                    key.display()
                ))
            })?
        }
        _ => {
            let message = "ldap.tls: client_cert_file and client_key_file belong together, one is missing";
            return Err(Failure::configuration(message));
        }
    };
    Ok(Arc::new(config))
}

/// The name that the server's certificate must have.
pub(super) fn server_name(tls: &Tls, host: &str) -> Result<ServerName<'static>, Failure> {
    let name = tls.server_name.as_deref().unwrap_or(host);
    ServerName::try_from(name.to_owned()).map_err(|_| {
        Failure::configuration(format!("{name:?} is neither a host name nor an address: set ldap.tls.server_name"))
    })
}

fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, Failure> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca_file {
        let authorities = certificates(path, "ca_file")?;
        measure::certificates(format!("ca {}", path.display()), &authorities);
        for certificate in authorities {
            roots
                .add(certificate)
                .map_err(|error| Failure::configuration(format!("ldap.tls.ca_file: {}: {error}", path.display())))?;
        }
        return Ok(roots);
    }
    let native = rustls_native_certs::load_native_certs();
    // One certificate that cannot be read must not cost all the others.
    for error in &native.errors {
        tracing::debug!(%error, "a system certificate could not be read");
    }
    roots.add_parsable_certificates(native.certs);
    if roots.is_empty() {
        let message =
            "the system has no certificate authorities to believe: install ca-certificates or set ldap.tls.ca_file";
        return Err(Failure::configuration(message));
    }
    Ok(roots)
}

fn certificates(path: &Path, key: &str) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let bytes = read(path, key)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(Failure::configuration(format!("ldap.tls.{key}: {} holds no certificate in PEM", path.display()))),
    }
}

fn read(path: &Path, key: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::configuration(format!("ldap.tls.{key}: {}: {error}", path.display())))
}

/// A failure of the handshake, or of a read behind it: with TLS 1.3 a server refuses the client's
/// certificate only then. `None` when the error is not about TLS.
pub(super) fn failure(server: &str, error: &std::io::Error) -> Option<Failure> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(Failure::new("tls", ProviderErrorKind::Tls, format!("{server}: TLS failed: {}", explain(error))))
}

fn explain(error: &rustls::Error) -> String {
    use rustls::Error as E;
    match error {
        E::InvalidCertificate(reason) => explain_certificate(reason),
        E::AlertReceived(alert) => match alert {
            AlertDescription::CertificateRequired | AlertDescription::BadCertificate | AlertDescription::UnknownCA => {
                format!("the server wants another client certificate ({alert:?}): see ldap.tls.client_cert_file")
            }
            AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure => {
                format!("server and rosterd have no TLS version or cipher in common ({alert:?}): TLS 1.2 is the oldest")
            }
            alert => format!("the server gave up ({alert:?})"),
        },
        E::PeerIncompatible(reason) => {
            format!("server and rosterd have no TLS version or cipher in common ({reason:?}): see ldap.tls.min_version")
        }
        E::InvalidMessage(_) => {
            "the server does not speak TLS there: with ldap:// use start_tls = true, or take the ldaps:// port"
                .to_owned()
        }
        other => other.to_string(),
    }
}

fn explain_certificate(reason: &CertificateError) -> String {
    use CertificateError as C;
    match reason {
        C::Expired | C::ExpiredContext { .. } => {
            format!("the server's certificate has expired: renew it there ({reason})")
        }
        C::NotValidYet | C::NotValidYetContext { .. } => {
            format!("the server's certificate is not valid yet: check both clocks ({reason})")
        }
        C::NotValidForName | C::NotValidForNameContext { .. } => {
            format!(
                "the server's certificate is for another name: use that name in the URL, or set ldap.tls.server_name ({reason})"
            )
        }
        C::UnknownIssuer => {
            "the server's certificate is from an authority that is not known here: set ldap.tls.ca_file to it"
                .to_owned()
        }
        C::BadSignature => {
            "the server's certificate is not signed by the authority it names: check ldap.tls.ca_file".to_owned()
        }
        C::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "the server shows a certificate authority's own certificate as its own, which is not accepted even when \
             ca_file holds it: give the server a certificate made by that authority (basicConstraints CA:FALSE)"
                .to_owned()
        }
        other => format!("the server's certificate is not good: {other}"),
    }
}
