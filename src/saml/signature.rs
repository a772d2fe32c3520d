//! What a signature has to look like, before anybody verifies it (XML Signature §4; SAML 2.0 Core §5.4).

use super::Refused;
use super::names::{DIGESTS, DSIG, ENVELOPED, EXCLUSIVE};
use super::shape::{at_most_one, text};
use crate::config::SamlAlgorithm;
use roxmltree::Node;

/// The most prefixes in a list: each is looked for at each element, which is how a message of some KB takes seconds.
const PREFIXES: usize = 8;

/// Refuses a signature that does more, or other, than to cover the element `of` that it stands in. Returns its
/// `SignedInfo`.
pub(super) fn check<'a, 'x>(
    signature: Node<'a, 'x>,
    of: Node<'a, 'x>,
    algorithms: &[SamlAlgorithm],
) -> Result<Node<'a, 'x>, Refused> {
    let parts = elements(signature);
    let [info, value, rest @ ..] = parts.as_slice() else { return Err(form()) };
    let key_info = match rest {
        [] => None,
        [one] if one.has_tag_name((DSIG, "KeyInfo")) => Some(*one),
        _ => return Err(form()),
    };
    if !info.has_tag_name((DSIG, "SignedInfo")) || !value.has_tag_name((DSIG, "SignatureValue")) {
        return Err(form());
    }
    if text(*value).is_none_or(|text| text.len() < 32) {
        return Err(Refused::new("signature-form", "its signature is empty"));
    }
    // Nobody looks into it: keys are the configured ones. It is there, and says nothing that leads elsewhere.
    let harmless = |node: &Node<'_, '_>| {
        node.tag_name().namespace() == Some(DSIG)
            && matches!(node.tag_name().name(), "X509Data" | "KeyName" | "KeyValue")
    };
    if key_info.is_some_and(|info| !elements(info).iter().all(harmless)) {
        return Err(form());
    }
    signed_info(*info, of, algorithms)?;
    Ok(*info)
}

fn signed_info(info: Node<'_, '_>, of: Node<'_, '_>, algorithms: &[SamlAlgorithm]) -> Result<(), Refused> {
    let parts = elements(info);
    let [canonical, method, reference] = parts.as_slice() else {
        return Err(Refused::new("signature-references", "its signature covers several things, or none"));
    };
    let named = |node: &Node<'_, '_>, name: &str| node.has_tag_name((DSIG, name));
    if !named(canonical, "CanonicalizationMethod")
        || !named(method, "SignatureMethod")
        || !named(reference, "Reference")
    {
        return Err(form());
    }
    if algorithm(*canonical) != Some(EXCLUSIVE) {
        return Err(Refused::new("signature-canonical", "its signature is over another canonical form than SAML's"));
    }
    prefixes_only(*canonical)?;
    let allowed = algorithms.iter().any(|allowed| algorithm(*method) == Some(allowed.uri()));
    if !allowed || !elements(*method).is_empty() {
        return Err(Refused::new("signature-algorithm", "its signature is by an algorithm that is not allowed"));
    }
    let target = reference.attribute("URI").and_then(|uri| uri.strip_prefix('#'));
    if target.is_none_or(str::is_empty) || target != of.attribute("ID") || reference.attributes().len() > 1 {
        return Err(Refused::new("signature-reference", "its signature covers something else than where it stands"));
    }
    let parts = elements(*reference);
    let [transforms, digest, value] = parts.as_slice() else { return Err(form()) };
    if !named(transforms, "Transforms") || !named(digest, "DigestMethod") || !named(value, "DigestValue") {
        return Err(form());
    }
    if !algorithm(*digest).is_some_and(|uri| DIGESTS.contains(&uri)) || !elements(*digest).is_empty() {
        return Err(Refused::new("signature-digest", "its digest is by an algorithm that is not allowed"));
    }
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/= \t\r\n".contains(c);
    if text(*value).is_none_or(|text| text.is_empty() || !text.chars().all(base64)) {
        return Err(form());
    }
    self::transforms(*transforms)
}

/// Without the signature itself, in the canonical form: in this order, and nothing else (SAML 2.0 Core §5.4.4).
fn transforms(of: Node<'_, '_>) -> Result<(), Refused> {
    let all = elements(of);
    let bad = Refused::new("signature-transforms", "its signature is over something that was made of it");
    let [enveloped, exclusive] = all.as_slice() else { return Err(bad) };
    let is = |node: &Node<'_, '_>, uri: &str| node.has_tag_name((DSIG, "Transform")) && algorithm(*node) == Some(uri);
    if !is(enveloped, ENVELOPED) || !is(exclusive, EXCLUSIVE) || !elements(*enveloped).is_empty() {
        return Err(bad);
    }
    prefixes_only(*exclusive)
}

/// Nothing in it but, perhaps, the list of prefixes (Exclusive XML Canonicalization §4).
fn prefixes_only(of: Node<'_, '_>) -> Result<(), Refused> {
    let list = at_most_one(of, (EXCLUSIVE, "InclusiveNamespaces"))?;
    let inside = elements(of).len();
    let plain = list.is_none_or(|list| {
        let few = |list: &str| list.len() <= 256 && list.split_ascii_whitespace().count() <= PREFIXES;
        let named = list.attribute("PrefixList").is_some_and(few);
        named && list.attributes().len() == 1 && elements(list).is_empty()
    });
    if plain && inside == usize::from(list.is_some()) { Ok(()) } else { Err(form()) }
}

fn algorithm<'a>(of: Node<'a, '_>) -> Option<&'a str> {
    of.attribute("Algorithm").filter(|_| of.attributes().len() == 1)
}

fn elements<'a, 'x>(of: Node<'a, 'x>) -> Vec<Node<'a, 'x>> {
    of.children().filter(Node::is_element).collect()
}

fn form() -> Refused {
    Refused::new("signature-form", "its signature is not built as SAML's are")
}
