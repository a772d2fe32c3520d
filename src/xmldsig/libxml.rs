//! By samael, over xmlsec, libxml2 and OpenSSL.

use crate::Verified;
use crate::frame::Request;
use samael::crypto::{AllowedSignatureAlgorithm, CertificateDer, Crypto, CryptoProvider, ReduceMode};

/// Whatever a message asks for. Without the list it is everything that xmlsec knows.
const ALGORITHMS: [AllowedSignatureAlgorithm; 6] = [
    AllowedSignatureAlgorithm::RsaSha256,
    AllowedSignatureAlgorithm::RsaSha384,
    AllowedSignatureAlgorithm::RsaSha512,
    AllowedSignatureAlgorithm::EcdsaSha256,
    AllowedSignatureAlgorithm::EcdsaSha384,
    AllowedSignatureAlgorithm::EcdsaSha512,
];

pub(crate) fn verify(request: &Request) -> Verified {
    // One key at a time: to one of another kind than the signature's, it answers with an error, not with no.
    for certificate in &request.certificates {
        let keys = [CertificateDer::from(certificate.clone())];
        let mode = ReduceMode::PreDigest;
        let signed = Crypto::reduce_xml_to_signed_with_allowed_algorithms(
            &request.message,
            &keys,
            mode,
            Some(ALGORITHMS.as_slice()),
        );
        if let Ok(signed) = signed {
            return Ok(signed.into_bytes());
        }
    }
    Err("signature")
}
