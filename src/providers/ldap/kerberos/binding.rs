//! What ties a ticket to the TLS connection it is sent over (RFC 5929 §4, `tls-server-end-point`): a hash of the
//! server's certificate.

use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::signature_algorithm::SignatureAlgorithm;

/// The hash is the one of the certificate's signature, but SHA-256 in place of MD5 and SHA-1. Where a signature has
/// none of its own (EdDSA), or another, no binding is defined.
pub(super) fn server_end_point(certificate: &[u8]) -> Vec<u8> {
    let mut binding = b"tls-server-end-point:".to_vec();
    match hash(certificate) {
        Some(Hash::Sha256) => binding.extend(Sha256::digest(certificate)),
        Some(Hash::Sha384) => binding.extend(Sha384::digest(certificate)),
        Some(Hash::Sha512) => binding.extend(Sha512::digest(certificate)),
        None => binding.clear(),
    }
    binding
}

enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

fn hash(certificate: &[u8]) -> Option<Hash> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let signature = &certificate.signature_algorithm;
    let oid = match SignatureAlgorithm::try_from(signature) {
        Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) => parameters.hash_algorithm_oid().to_id_string(),
        _ => signature.algorithm.to_id_string(),
    };
    Some(match oid.as_str() {
        // RSA (RFC 8017 §A.2.4: MD5, SHA-1, SHA-256), ECDSA (RFC 5758 §3.2), and the hashes themselves, for PSS.
        "1.2.840.113549.1.1.4" | "1.2.840.113549.1.1.5" | "1.2.840.113549.1.1.11" => Hash::Sha256,
        "1.2.840.10045.4.1" | "1.2.840.10045.4.3.2" | "1.3.14.3.2.26" | "2.16.840.1.101.3.4.2.1" => Hash::Sha256,
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" | "2.16.840.1.101.3.4.2.2" => Hash::Sha384,
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" | "2.16.840.1.101.3.4.2.3" => Hash::Sha512,
        _ => return None,
    })
}
