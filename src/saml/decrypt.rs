//! Opening what was encrypted for us (XML Encryption 1.1 §5).
//!
//! By AES-GCM under a key that comes by RSA-OAEP; AES-CBC, which anybody on the way can change, only where that is
//! wanted. RSA with PKCS #1 1.5 is not here at all. Whatever goes wrong, the answer is one and the same: what decrypts
//! and what does not, is what attacks on padding ask.

use super::Refused;
use super::keys::KeyPair;
use super::names::{ASSERTION, DSIG, ENC, ENC11};
use super::shape::{at_most_one, text};
use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;
use std::collections::BTreeMap;

/// Which ciphers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ciphers {
    /// Those that notice a change.
    Authenticated,
    /// And AES-CBC.
    WithCbc,
}

/// How many keys one assertion may be encrypted for.
const KEYS: usize = 8;
/// The bytes of AES-GCM's nonce and tag.
const NONCE: usize = 12;
/// A block of AES.
const BLOCK: usize = 16;

/// The one answer. What it was, is not said.
pub(super) fn failed() -> Refused {
    Refused::new("decryption", "it cannot be decrypted")
}

/// The assertion within an `EncryptedAssertion`, as text, with the namespaces that it stands in.
pub(super) fn open(encrypted: Node<'_, '_>, keys: &[KeyPair], ciphers: Ciphers) -> Result<String, Refused> {
    let data = at_most_one(encrypted, (ENC, "EncryptedData"))?.ok_or_else(failed)?;
    let method = child(data, (ENC, "EncryptionMethod"))?;
    let cipher = Cipher::of(method)?;
    if matches!(cipher, Cipher::Cbc(_)) && ciphers == Ciphers::Authenticated {
        return Err(Refused::new("encryption-algorithm", "it is encrypted by AES-CBC, which `cbc` does not allow"));
    }
    let sealed = value(data)?;
    // Within the data's own key info, or beside it.
    let within = at_most_one(data, (DSIG, "KeyInfo"))?.into_iter();
    let all: Vec<Node<'_, '_>> = within
        .chain([encrypted])
        .flat_map(|of| of.children().filter(|node| node.has_tag_name((ENC, "EncryptedKey"))))
        .collect();
    if all.is_empty() || all.len() > KEYS {
        return Err(failed());
    }
    let wraps = all.iter().map(|key| Ok((Wrap::of(child(*key, (ENC, "EncryptionMethod"))?)?, value(*key)?)));
    let wraps = wraps.collect::<Result<Vec<_>, Refused>>()?;
    for (wrap, wrapped) in &wraps {
        for pair in keys {
            let Some(key) = wrap.open(pair, wrapped) else { continue };
            if let Some(plain) = cipher.open(&key, &sealed) {
                let plain = String::from_utf8(plain).map_err(|_| failed())?;
                return in_place(encrypted, plain);
            }
        }
    }
    Err(failed())
}

/// By what the data is encrypted; the bytes of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cipher {
    Gcm(usize),
    Cbc(usize),
}

impl Cipher {
    fn of(method: Node<'_, '_>) -> Result<Self, Refused> {
        Ok(match method.attribute("Algorithm").unwrap_or_default() {
            "http://www.w3.org/2009/xmlenc11#aes128-gcm" => Self::Gcm(16),
            "http://www.w3.org/2009/xmlenc11#aes192-gcm" => Self::Gcm(24),
            "http://www.w3.org/2009/xmlenc11#aes256-gcm" => Self::Gcm(32),
            "http://www.w3.org/2001/04/xmlenc#aes128-cbc" => Self::Cbc(16),
            "http://www.w3.org/2001/04/xmlenc#aes192-cbc" => Self::Cbc(24),
            "http://www.w3.org/2001/04/xmlenc#aes256-cbc" => Self::Cbc(32),
            _ => {
                return Err(Refused::new(
                    "encryption-algorithm",
                    "it is encrypted by an algorithm that is not allowed",
                ));
            }
        })
    }

    fn open(self, key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Gcm(length) => {
                let algorithm = match length {
                    16 => &AES_128_GCM,
                    24 => &AES_192_GCM,
                    _ => &AES_256_GCM,
                };
                let (nonce, rest) = sealed.split_at_checked(NONCE)?;
                let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
                let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
                let mut rest = rest.to_vec();
                let plain = key.open_in_place(nonce, Aad::empty(), &mut rest).ok()?;
                Some(plain.to_vec())
            }
            Self::Cbc(length) => {
                let algorithm = match length {
                    16 => &AES_128,
                    24 => &AES_192,
                    _ => &AES_256,
                };
                let (iv, rest) = sealed.split_at_checked(BLOCK)?;
                // A block at least, and whole ones.
                if rest.is_empty() || rest.len() % BLOCK != 0 {
                    return None;
                }
                let key = UnboundCipherKey::new(algorithm, key).ok()?;
                let key = PaddedBlockDecryptingKey::cbc_iso10126(key).ok()?;
                let iv = DecryptionContext::Iv128(FixedLength::try_from(iv).ok()?);
                let mut rest = rest.to_vec();
                key.decrypt(&mut rest, iv).ok().map(|plain| plain.to_vec())
            }
        }
    }
}

/// By what the data's key is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrap {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Wrap {
    /// One hash for both parts of OAEP: what mixes two, nobody's library here opens.
    fn of(method: Node<'_, '_>) -> Result<Self, Refused> {
        let bad = Refused::new("encryption-algorithm", "its key is encrypted by an algorithm that is not allowed");
        let named = |name| Ok::<_, Refused>(at_most_one(method, name)?.and_then(|node| node.attribute("Algorithm")));
        if at_most_one(method, (ENC, "OAEPparams"))?.is_some() {
            return Err(bad);
        }
        let digest = named((DSIG, "DigestMethod"))?.map_or(Ok(Self::Sha1), digest).map_err(|()| bad)?;
        let mask = named((ENC11, "MGF"))?.map_or(Ok(Self::Sha1), mask).map_err(|()| bad)?;
        match method.attribute("Algorithm").unwrap_or_default() {
            "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p" | "http://www.w3.org/2009/xmlenc11#rsa-oaep"
                if digest == mask =>
            {
                Ok(digest)
            }
            _ => Err(bad),
        }
    }

    fn open(self, pair: &KeyPair, wrapped: &[u8]) -> Option<Vec<u8>> {
        let algorithm = match self {
            Self::Sha1 => &OAEP_SHA1_MGF1SHA1,
            Self::Sha256 => &OAEP_SHA256_MGF1SHA256,
            Self::Sha384 => &OAEP_SHA384_MGF1SHA384,
            Self::Sha512 => &OAEP_SHA512_MGF1SHA512,
        };
        pair.unwrap(algorithm, wrapped)
    }
}

fn digest(uri: &str) -> Result<Wrap, ()> {
    Ok(match uri {
        "http://www.w3.org/2000/09/xmldsig#sha1" => Wrap::Sha1,
        "http://www.w3.org/2001/04/xmlenc#sha256" => Wrap::Sha256,
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Wrap::Sha384,
        "http://www.w3.org/2001/04/xmlenc#sha512" => Wrap::Sha512,
        _ => return Err(()),
    })
}

fn mask(uri: &str) -> Result<Wrap, ()> {
    Ok(match uri {
        "http://www.w3.org/2009/xmlenc11#mgf1sha1" => Wrap::Sha1,
        "http://www.w3.org/2009/xmlenc11#mgf1sha256" => Wrap::Sha256,
        "http://www.w3.org/2009/xmlenc11#mgf1sha384" => Wrap::Sha384,
        "http://www.w3.org/2009/xmlenc11#mgf1sha512" => Wrap::Sha512,
        _ => return Err(()),
    })
}

fn child<'a, 'x>(of: Node<'a, 'x>, name: (&str, &str)) -> Result<Node<'a, 'x>, Refused> {
    at_most_one(of, name)?.ok_or_else(failed)
}

/// The bytes that are in it itself; never somewhere else.
fn value(of: Node<'_, '_>) -> Result<Vec<u8>, Refused> {
    let data = child(child(of, (ENC, "CipherData"))?, (ENC, "CipherValue"))?;
    let base64: String = text(data).unwrap_or_default().split_ascii_whitespace().collect();
    STANDARD.decode(base64).map_err(|_| failed())
}

/// What was encrypted stands where the encrypted stood: prefixes that are declared around it are declared for it. One
/// that it declares itself stays as it is.
fn in_place(encrypted: Node<'_, '_>, plain: String) -> Result<String, Refused> {
    let mut around: BTreeMap<Option<&str>, &str> = BTreeMap::new();
    for namespace in encrypted.namespaces() {
        around.entry(namespace.name()).or_insert(namespace.uri());
    }
    around.remove(&Some("xml"));
    let start = plain.find('<').ok_or_else(failed)?;
    let rest = plain.get(start + 1..).unwrap_or_default();
    let name = rest.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>').ok_or_else(failed)?;
    let end = rest.find('>').ok_or_else(failed)?;
    let tag = rest.get(..end).unwrap_or_default();
    let declares = |prefix: Option<&str>| {
        let wanted = prefix.map_or_else(|| "xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"));
        tag.split(|c: char| c.is_ascii_whitespace() || c == '"' || c == '\'')
            .any(|word| word.split('=').next().is_some_and(|word| word == wanted))
    };
    let added: String = around
        .iter()
        .filter(|(prefix, _)| !declares(**prefix))
        .map(|(prefix, uri)| {
            let name = prefix.map_or_else(|| "xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"));
            format!(" {name}=\"{}\"", super::request::escape(uri))
        })
        .collect();
    let mut whole = plain;
    whole.insert_str(start + 1 + name, &added);
    let namespaced = roxmltree::Document::parse(&whole)
        .is_ok_and(|document| document.root_element().tag_name().namespace() == Some(ASSERTION));
    if namespaced { Ok(whole) } else { Err(failed()) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    /// The assertion as it stands in a response, of whose prefixes it may use some.
    fn placed(around: &str, plain: &str) -> Option<String> {
        let text = format!("<r {around}><saml:EncryptedAssertion xmlns:saml=\"{ASSERTION}\"/></r>");
        let document = roxmltree::Document::parse(&text).unwrap();
        in_place(document.root_element().first_element_child().unwrap(), plain.to_owned()).ok()
    }

    #[test]
    fn s45_what_was_encrypted_stands_where_it_stood() {
        let own = format!("<saml:Assertion xmlns:saml=\"{ASSERTION}\" ID=\"_a\"/>");
        assert_eq!(placed("", &own).as_deref(), Some(own.as_str()));
        let placed_in = placed("xmlns:xs=\"urn:xs\"", "<saml:Assertion ID=\"_a\"><saml:A xs:b=\"\"/></saml:Assertion>");
        let wanted = format!(
            "<saml:Assertion xmlns:saml=\"{ASSERTION}\" xmlns:xs=\"urn:xs\" ID=\"_a\"><saml:A xs:b=\"\"/></saml:Assertion>"
        );
        assert_eq!(placed_in.as_deref(), Some(wanted.as_str()));
        // One that it declares itself is its own.
        let other = format!("<a:Assertion xmlns:a=\"{ASSERTION}\" xmlns:xs = 'urn:other'/>");
        assert!(placed("xmlns:xs=\"urn:xs\"", &other).unwrap().contains("xmlns:xs = 'urn:other'"));
        for bad in ["", "text", "<a/>", "<x:Assertion/>", "<saml:Assertion", "<saml:Response/>x<saml:Assertion/>"] {
            assert_eq!(placed("", bad), None, "{bad}");
        }
    }
}
