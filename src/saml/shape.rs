//! The second look at a message: whether everything is in the one place where it can be, before any cryptography.
//!
//! Attacks by wrapping live on a message that says things twice: one that is signed, and one that is believed. Here
//! there is one assertion, one signature of it at its own place, which covers the element it stands in and nothing else,
//! and no element or id that could be taken for another (SAML 2.0 Core §5.4).

use super::Refused;
use super::names::{ASSERTION, DSIG, ENC, PROTOCOL};
use super::signature;
use crate::config::SamlAlgorithm;
use roxmltree::{Document, Node};
use std::collections::BTreeSet;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Response,
    /// One that was in a response, alone.
    Assertion,
    LogoutRequest,
}

impl Kind {
    fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Response => (PROTOCOL, "Response"),
            Self::Assertion => (ASSERTION, "Assertion"),
            Self::LogoutRequest => (PROTOCOL, "LogoutRequest"),
        }
    }
}

/// A message whose parts are where they belong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape<'a, 'x> {
    pub(super) root: Node<'a, 'x>,
    /// In the clear.
    pub(super) assertion: Option<Node<'a, 'x>>,
    pub(super) encrypted: Option<Node<'a, 'x>>,
    /// Whether the whole of it has a signature. Whose, is not known yet.
    pub(super) signed: bool,
    /// Whether the assertion has one of its own.
    pub(super) assertion_signed: bool,
}

/// Elements that are in a message once and at their place, or not at all.
const SINGULAR: [(&str, &str); 7] = [
    (ASSERTION, "Assertion"),
    (ASSERTION, "EncryptedAssertion"),
    (PROTOCOL, "Response"),
    (PROTOCOL, "LogoutRequest"),
    (PROTOCOL, "LogoutResponse"),
    (DSIG, "Signature"),
    (DSIG, "SignedInfo"),
];
/// Local names that one of these could be taken for, whatever their namespace.
const LOOKALIKES: [&str; 5] = ["assertion", "encryptedassertion", "response", "signature", "signedinfo"];

/// Finds the parts of a message of that kind.
pub(super) fn shape<'a, 'x>(
    document: &'a Document<'x>,
    kind: Kind,
    algorithms: &[SamlAlgorithm],
) -> Result<Shape<'a, 'x>, Refused> {
    let root = document.root_element();
    if !root.has_tag_name(kind.name()) {
        return Err(Refused::new("message-kind", "it is another kind of message"));
    }
    if root.attribute("Version") != Some("2.0") {
        return Err(Refused::new("message-version", "it is not of SAML 2.0"));
    }
    ids(document)?;
    let mut places = vec![root];
    let (mut assertion, mut encrypted) = (None, None);
    match kind {
        Kind::Response => {
            assertion = at_most_one(root, (ASSERTION, "Assertion"))?;
            encrypted = at_most_one(root, (ASSERTION, "EncryptedAssertion"))?;
            if assertion.is_some() && encrypted.is_some() {
                return Err(twice());
            }
        }
        Kind::Assertion => assertion = Some(root),
        Kind::LogoutRequest => {}
    }
    places.extend(assertion);
    places.extend(encrypted);
    let mut signatures = Vec::new();
    for of in [Some(root), assertion.filter(|one| *one != root)].into_iter().flatten() {
        let found = at_most_one(of, (DSIG, "Signature"))?;
        if let Some(found) = found {
            places.push(found);
            places.push(signature::check(found, of, algorithms)?);
        }
        signatures.push(found.is_some());
    }
    everything_at_its_place(document, &places)?;
    let signed = signatures.first() == Some(&true);
    let assertion_signed = if kind == Kind::Assertion { signed } else { signatures.get(1) == Some(&true) };
    Ok(Shape { root, assertion, encrypted, signed, assertion_signed })
}

/// The child of this name.
pub(super) fn at_most_one<'a, 'x>(of: Node<'a, 'x>, name: (&str, &str)) -> Result<Option<Node<'a, 'x>>, Refused> {
    let mut all = of.children().filter(|node| node.is_element() && node.has_tag_name(name));
    let first = all.next();
    if all.next().is_some() { Err(twice()) } else { Ok(first) }
}

/// What an element says that has nothing but text in it, without the blanks around it that a printer may have put there.
pub(super) fn text<'a>(of: Node<'a, '_>) -> Option<&'a str> {
    if of.children().any(|child| child.is_element()) {
        return None;
    }
    Some(of.text().unwrap_or_default().trim_matches([' ', '\t', '\r', '\n']))
}

/// Whatever is called like something that is believed, must be that, or not be there.
fn everything_at_its_place(document: &Document<'_>, places: &[Node<'_, '_>]) -> Result<(), Refused> {
    for node in document.descendants().filter(Node::is_element) {
        let (name, namespace) = (node.tag_name().name(), node.tag_name().namespace().unwrap_or_default());
        let singular = SINGULAR.contains(&(namespace, name));
        let alike = || LOOKALIKES.iter().any(|other| other.eq_ignore_ascii_case(name));
        if (singular || alike()) && !places.contains(&node) {
            return Err(Refused::new("message-wrapped", "a part of it stands where no such part belongs"));
        }
        // What is referred to elsewhere, or holds whatever one likes.
        if (namespace == DSIG && matches!(name, "Object" | "Manifest" | "RetrievalMethod" | "SignatureProperties"))
            || (namespace == ENC && matches!(name, "CipherReference" | "DataReference"))
                && !within_encrypted(node, places)
        {
            return Err(Refused::new("message-reference", "a part of it refers to something elsewhere"));
        }
    }
    Ok(())
}

/// `DataReference` says which data a key belongs to; it is in its place there, and followed nowhere.
fn within_encrypted(node: Node<'_, '_>, places: &[Node<'_, '_>]) -> bool {
    let encrypted =
        |ancestor: Node<'_, '_>| ancestor.has_tag_name((ASSERTION, "EncryptedAssertion")) && places.contains(&ancestor);
    node.tag_name().name() == "DataReference" && node.ancestors().any(encrypted)
}

/// Ids are distinct whatever parser reads them, and of those that count none is written in another way.
fn ids(document: &Document<'_>) -> Result<(), Refused> {
    let mut seen = BTreeSet::new();
    for node in document.descendants().filter(Node::is_element) {
        for attribute in node.attributes() {
            let name = attribute.name();
            let id = name.eq_ignore_ascii_case("id") || name.eq_ignore_ascii_case("assertionid");
            if !id {
                continue;
            }
            // `xml:id`, `evil:ID`.
            if attribute.namespace().is_some() {
                return Err(Refused::new("id-form", "an id in it is written as no message's is"));
            }
            let value = attribute.value();
            let name_like = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
                && !value.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.');
            if value.is_empty() || value.len() > 256 || !name_like {
                return Err(Refused::new("id-form", "an id in it is written as no message's is"));
            }
            if !seen.insert(value.to_ascii_lowercase()) {
                return Err(Refused::new("id-twice", "two parts of it have one id"));
            }
        }
        let places = node.has_tag_name((PROTOCOL, "Response")) || node.has_tag_name((ASSERTION, "Assertion"));
        if places && node.attribute("ID").is_none() {
            return Err(Refused::new("id-form", "a part of it has no id"));
        }
    }
    Ok(())
}

fn twice() -> Refused {
    Refused::new("message-twice", "it says something twice that can be said once")
}
