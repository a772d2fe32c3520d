//! A SAML response as a browser brings it, and metadata as it is fetched: all that is looked at before a signature is
//! verified. Nothing crashes, memory stays in proportion, what no message needs never passes, and what passes says
//! whom it is for.

use crate::measure::within;
use rosterd::config::SamlAlgorithm;
use rosterd::saml::metadata::{Signers, read};
use rosterd::saml::{Answers, Expected, Verifier, examine};
use rosterd_core::ids::Timestamp;
use std::sync::OnceLock;
use tokio::runtime::{Builder, Runtime};

// As the messages of the corpus have it.
const NOW: Timestamp = Timestamp(1_780_000_000_000);
const IDP: &str = "https://idp.example/saml";
const SP: &str = "https://rosterd.example/saml";
const ACS: &str = "https://rosterd.example/login/sso/callback";
const REQUEST: &str = "_request";

pub(crate) fn target(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    response(text);
    metadata(text);
}

fn response(text: &str) {
    let expected = Expected {
        issuer: IDP,
        audiences: vec![SP],
        recipients: vec![ACS],
        answers: Answers::Request(REQUEST),
        now: NOW,
        skew: 60_000,
        max_age: 300_000,
        format: None,
        transient: false,
    };
    // A document's nodes, attributes and namespaces are larger than the shortest text of each.
    let said = within((1 << 20) + 512 * text.len(), || examine(text, &SamlAlgorithm::ALL, &expected));
    match said {
        Ok(()) => {
            // In XML no `<` is anything else than markup.
            assert!(!text.contains("<!"), "a declaration, comment or section passes");
            assert!(text.matches("<?").count() <= 1, "an instruction passes");
            // Characters can be written by their numbers.
            if !text.contains('&') {
                for part in [SP, ACS, REQUEST, IDP] {
                    assert!(text.contains(part), "it passes without {part}");
                }
            }
        }
        Err(refused) => assert!(!refused.code.is_empty() && !refused.why.is_empty()),
    }
}

fn metadata(text: &str) {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| Builder::new_current_thread().build().expect("a runtime"));
    // It starts nothing: nothing has to be signed.
    let verifier = Verifier::new(None);
    let signers = Signers { verifier: &verifier, certificates: &[] };
    let read = runtime.block_on(read(text, signers, None, NOW));
    if let Ok(idp) = read {
        assert!(!idp.certificates.is_empty(), "nobody's signature would count");
        assert!(!idp.entity_id.is_empty(), "it has no name");
        assert!(idp.valid_until.is_none_or(|end| end > NOW), "it has expired");
        let places = [idp.sign_on.redirect, idp.sign_on.post, idp.logout.redirect, idp.logout.post];
        for place in places.into_iter().flatten() {
            assert!(place.starts_with("https://") || place.starts_with("http://"), "{place}");
        }
        assert!(!text.contains("<!DOCTYPE"));
    }
}
