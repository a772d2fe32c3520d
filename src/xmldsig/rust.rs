//! By bergshamra, in Rust over aws-lc.

use crate::Verified;
use crate::frame::Request;
use bergshamra::c14n::{C14nMode, canonicalize_doc};
use bergshamra::dsig::verify::verify_all_document_with_source;
use bergshamra::keys::loader::load_x509_cert_der;
use bergshamra::xml::nodeset::NodeSet;
use bergshamra::{DsigContext, KeysManager, VerifyResult};
use uppsala::{Document, NodeId};

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

pub(crate) fn verify(request: &Request) -> Verified {
    let document = uppsala::parse(&request.message).map_err(|_| "xml")?;
    // As over there, one key signs all of a message.
    for certificate in &request.certificates {
        let Ok(key) = load_x509_cert_der(certificate) else { continue };
        let mut keys = KeysManager::new();
        keys.add_key(key);
        // Until when a certificate is good is its owner's to say, in the metadata that it stands in.
        let context = DsigContext::new(keys).with_skip_time_checks(true);
        let Ok(results) = verify_all_document_with_source(&context, &document, Some(&request.message)) else {
            continue;
        };
        if results.iter().all(VerifyResult::all_reference_digests_verified) {
            return signed(&document, &results);
        }
    }
    Err("signature")
}

/// The element that was signed; of several the root, which holds the others.
fn signed(document: &Document<'_>, results: &[VerifyResult]) -> Verified {
    let root = document.document_element();
    let mut found = Vec::new();
    for result in results {
        let VerifyResult::Valid { signature_node, references, .. } = result else { return Err("signature") };
        let [reference] = references.as_slice() else { return Err("references") };
        found.push((*signature_node, reference.resolved_node.ok_or("references")?));
    }
    let (signature, element) = match found.as_slice() {
        [one] => *one,
        several => *several.iter().find(|(_, element)| Some(*element) == root).ok_or("references")?,
    };
    let all = NodeSet::tree_without_comments(element, document);
    let within = NodeSet::tree_with_comments(signature, document);
    let prefixes = prefixes(document, signature);
    canonicalize_doc(document, C14nMode::Exclusive, Some(&all.subtract(&within)), &prefixes).map_err(|_| "canonical")
}

/// The prefixes that are written where they are declared (Exclusive XML Canonicalization §4).
fn prefixes(document: &Document<'_>, signature: NodeId) -> Vec<String> {
    let child = |of: NodeId, name: &str| document.first_child_element_by_name_ns(of, DSIG, name);
    let transforms = child(signature, "SignedInfo")
        .and_then(|info| child(info, "Reference"))
        .and_then(|reference| child(reference, "Transforms"));
    let Some(transforms) = transforms else { return Vec::new() };
    let each = document.child_elements_by_name_ns(transforms, DSIG, "Transform").into_iter();
    each.filter(|transform| document.get_attribute(*transform, "Algorithm") == Some(EXCLUSIVE))
        .filter_map(|transform| document.first_child_element_by_name_ns(transform, EXCLUSIVE, "InclusiveNamespaces"))
        .filter_map(|list| document.get_attribute(list, "PrefixList"))
        .flat_map(|list| list.split_ascii_whitespace().map(str::to_owned))
        .collect()
}
