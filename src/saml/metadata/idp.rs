//! An identity provider's metadata: whose keys count, and where it is (SAML 2.0 Metadata §2.4.3).

use super::super::Refused;
use super::super::certificate::Certificate;
use super::super::names::{DSIG, METADATA, POST, PROTOCOL, REDIRECT};
use super::super::response::NotRead;
use super::super::shape::text;
use super::super::signature;
use super::super::verifier::{Outcome, Verifier, VerifierError};
use super::super::{time, xml};
use crate::config::SamlAlgorithm;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rosterd_core::ids::Timestamp;
use roxmltree::Node;

/// The most keys that one provider signs with.
const KEYS: usize = 8;

/// What is known of an identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idp {
    pub entity_id: String,
    /// What it signs with. Never empty.
    pub certificates: Vec<Certificate>,
    /// How many more there are that are too weak to count, or are none.
    pub ignored: usize,
    pub sign_on: Endpoint,
    pub logout: Endpoint,
    /// It takes signed requests only.
    pub wants_signed: bool,
    /// Until when all of this is good.
    pub valid_until: Option<Timestamp>,
    /// For how long it may be kept, in milliseconds.
    pub cache: Option<i64>,
}

/// Where it is, by each binding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoint {
    pub redirect: Option<String>,
    pub post: Option<String>,
    /// Where answers go by redirect, if elsewhere.
    pub answer_redirect: Option<String>,
    /// Where they go by form.
    pub answer_post: Option<String>,
}

/// Why metadata does not count. What was known before still does.
#[derive(Debug, thiserror::Error)]
pub enum BadMetadata {
    #[error("the metadata is not believed: {0}")]
    Refused(#[from] Refused),
    #[error("{0}")]
    Unreachable(String),
    #[error("the metadata describes no identity provider{}", .0.as_ref().map(|name| format!(" of the name {name:?}")).unwrap_or_default())]
    Nobody(Option<String>),
    #[error("the metadata describes several identity providers; say which by `idp_entity_id`")]
    Several,
    #[error("the metadata has no certificate that counts for signing: RSA of 2048 bits or more, or ECDSA")]
    NoKey,
    #[error("the metadata has no address where people log in, by redirect or form")]
    NoPlace,
    #[error("the metadata expired at {}", time::write(*.0))]
    Expired(Timestamp),
    #[error(transparent)]
    Verifier(#[from] VerifierError),
}

impl From<NotRead> for BadMetadata {
    fn from(error: NotRead) -> Self {
        match error {
            NotRead::Refused(refused) => Self::Refused(refused),
            NotRead::Verifier(error) => Self::Verifier(error),
        }
    }
}

/// Who has to have signed it.
#[derive(Debug, Clone, Copy)]
pub struct Signers<'a> {
    pub verifier: &'a Verifier,
    /// Empty: it need not be signed.
    pub certificates: &'a [Certificate],
}

/// Reads metadata. `name`: which of several.
///
/// # Errors
/// See [`BadMetadata`].
pub async fn read(text: &str, signers: Signers<'_>, name: Option<&str>, now: Timestamp) -> Result<Idp, BadMetadata> {
    if signers.certificates.is_empty() {
        return parse(text, name, now);
    }
    {
        let document = xml::parse(text, xml::METADATA)?;
        let root = document.root_element();
        let all = || document.descendants().filter(|node| node.has_tag_name((DSIG, "Signature")));
        let own = all().next().filter(|one| one.parent() == Some(root));
        if own.is_none() || all().count() > 1 {
            return Err(Refused::new("not-signed", "it has not one signature, of the whole").into());
        }
        if let Some(own) = own {
            signature::check(own, root, &SamlAlgorithm::ALL)?;
        }
    }
    let keys: Vec<&[u8]> = signers.certificates.iter().map(Certificate::der).collect();
    match signers.verifier.verify(text, &keys).await? {
        Outcome::Signed(signed) => parse(&signed, name, now),
        _ => {
            Err(Refused::new("signature", "its signature is wrong, or another's than `metadata_certificate_files`")
                .into())
        }
    }
}

/// Whether metadata could count if it were signed as it has to be, and had not expired.
///
/// # Errors
/// See [`BadMetadata`].
pub fn inspect(text: &str, name: Option<&str>) -> Result<(), BadMetadata> {
    parse(text, name, Timestamp(i64::MIN)).map(drop)
}

fn parse(text: &str, name: Option<&str>, now: Timestamp) -> Result<Idp, BadMetadata> {
    let document = xml::parse(text, xml::METADATA)?;
    let root = document.root_element();
    let entity = |node: &Node<'_, '_>| node.has_tag_name((METADATA, "EntityDescriptor"));
    let idps: Vec<(Node<'_, '_>, Node<'_, '_>)> = document
        .descendants()
        .filter(entity)
        .filter(|entity| entity.attribute("entityID").is_some_and(|name| !name.is_empty()))
        .filter(|entity| name.is_none_or(|name| entity.attribute("entityID") == Some(name)))
        .flat_map(|entity| entity.children().map(move |child| (entity, child)))
        .filter(|(_, child)| child.has_tag_name((METADATA, "IDPSSODescriptor")))
        .filter(|(_, idp)| {
            let protocols = idp.attribute("protocolSupportEnumeration").unwrap_or_default();
            protocols.split_ascii_whitespace().any(|protocol| protocol == PROTOCOL)
        })
        .collect();
    let (entity, idp) = match idps.as_slice() {
        [] => return Err(BadMetadata::Nobody(name.map(str::to_owned))),
        [one] => *one,
        _ => return Err(BadMetadata::Several),
    };
    let around = [root, entity, idp];
    let ends = around.iter().filter_map(|node| node.attribute("validUntil")).map(time::read);
    let valid_until = ends.collect::<Result<Vec<_>, _>>()?.into_iter().min();
    if let Some(end) = valid_until.filter(|end| *end <= now) {
        return Err(BadMetadata::Expired(end));
    }
    let cache = around.iter().filter_map(|node| node.attribute("cacheDuration")).filter_map(time::duration).min();
    let (certificates, ignored) = keys(idp);
    if certificates.is_empty() {
        return Err(BadMetadata::NoKey);
    }
    let sign_on = endpoint(idp, "SingleSignOnService");
    if sign_on.redirect.is_none() && sign_on.post.is_none() {
        return Err(BadMetadata::NoPlace);
    }
    Ok(Idp {
        entity_id: entity.attribute("entityID").unwrap_or_default().to_owned(),
        certificates,
        ignored,
        sign_on,
        logout: endpoint(idp, "SingleLogoutService"),
        wants_signed: matches!(idp.attribute("WantAuthnRequestsSigned"), Some("true" | "1")),
        valid_until,
        cache,
    })
}

/// Those that it signs with: without a use, a key is for both (§2.4.1.1).
fn keys(idp: Node<'_, '_>) -> (Vec<Certificate>, usize) {
    let descriptors = idp.children().filter(|node| node.has_tag_name((METADATA, "KeyDescriptor")));
    let signing = descriptors.filter(|node| matches!(node.attribute("use"), None | Some("signing")));
    let texts = signing.flat_map(|node| {
        node.descendants().filter(|inner| inner.has_tag_name((DSIG, "X509Certificate"))).filter_map(text)
    });
    let (mut good, mut ignored) = (Vec::<Certificate>::new(), 0);
    for text in texts {
        let base64: String = text.split_ascii_whitespace().collect();
        match STANDARD.decode(base64).ok().and_then(|der| Certificate::read(&der).ok()) {
            Some(known) if good.contains(&known) => {}
            Some(new) if good.len() < KEYS => good.push(new),
            _ => ignored += 1,
        }
    }
    (good, ignored)
}

/// Addresses that a browser may be sent to.
fn endpoint(idp: Node<'_, '_>, name: &str) -> Endpoint {
    let mut found = Endpoint::default();
    let address = |node: Node<'_, '_>, name: &str| {
        let place = node.attribute(name).map(str::trim)?;
        let web = place.starts_with("https://") || place.starts_with("http://");
        let plain = web && place.len() <= 2048 && place.bytes().all(|byte| byte.is_ascii_graphic());
        plain.then(|| place.to_owned())
    };
    for node in idp.children().filter(|node| node.has_tag_name((METADATA, name))) {
        let (place, answer) = (address(node, "Location"), address(node, "ResponseLocation"));
        let (to, back) = match node.attribute("Binding") {
            Some(REDIRECT) => (&mut found.redirect, &mut found.answer_redirect),
            Some(POST) => (&mut found.post, &mut found.answer_post),
            _ => continue,
        };
        if to.is_none() && place.is_some() {
            *back = answer.or_else(|| place.clone());
            *to = place;
        }
    }
    found
}
