//! Signs a text that has a place for its signature (XML Signature 1.1, enveloped).

use super::keys::{Key, hash, keys};
use super::names::{DS, ENVELOPED, EXCLUSIVE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Where a text's own signature goes.
pub const PLACE: &str = "[signature]";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    RsaSha256,
    RsaSha384,
    RsaSha512,
    EcdsaP256,
    EcdsaP384,
    RsaSha1,
    /// As the first; with a key that is too short for the library.
    Rsa1024Sha256,
    DsaSha1,
}

impl Method {
    pub fn uri(self) -> &'static str {
        match self {
            Self::RsaSha256 | Self::Rsa1024Sha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Self::RsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
            Self::RsaSha512 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
            Self::EcdsaP256 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            Self::EcdsaP384 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
            Self::RsaSha1 => "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            Self::DsaSha1 => "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub fn uri(self) -> &'static str {
        match self {
            Self::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
            Self::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            Self::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
            Self::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
        }
    }
}

/// How a text is signed.
#[derive(Debug, Clone)]
pub struct Signer {
    key: Key,
    method: Method,
    hash: Hash,
    key_info: String,
    prefix: &'static str,
    /// Changes of `SignedInfo` before it is signed.
    before: Vec<(String, String)>,
}

impl Signer {
    pub fn new(key: &Key, method: Method) -> Self {
        let hash = Hash::Sha256;
        let key_info = format!(
            "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
            key.x509()
        );
        Self { key: key.clone(), method, hash, key_info, prefix: "ds", before: Vec::new() }
    }

    /// As most identity providers do it.
    pub fn usual() -> Self {
        Self::new(&keys().idp, Method::RsaSha256)
    }

    pub fn hash(self, hash: Hash) -> Self {
        Self { hash, ..self }
    }

    pub fn key_info(self, key_info: &str) -> Self {
        Self { key_info: key_info.to_owned(), ..self }
    }

    /// Another prefix for the namespace of signatures.
    pub fn prefix(self, prefix: &'static str) -> Self {
        Self { prefix, ..self }
    }

    /// `SignedInfo` says something else, and that is signed.
    pub fn before(mut self, from: &str, to: &str) -> Self {
        self.before.push((from.to_owned(), to.to_owned()));
        self
    }

    /// The text with its signature, which refers to it by its first `ID`.
    #[track_caller]
    pub fn sign(&self, text: &str) -> String {
        let signature = self.signature(&format!("#{}", id_of(text)), &bare(text));
        assert!(text.contains(PLACE), "no place for a signature: {text}");
        text.replacen(PLACE, &signature, 1)
    }

    /// A signature over this canonical text, which refers to it by `uri`.
    pub fn signature(&self, uri: &str, text: &str) -> String {
        self.over(&self.reference(uri, text))
    }

    /// What a signature says of one text.
    pub fn reference(&self, uri: &str, text: &str) -> String {
        format!(
            "<ds:Reference URI=\"{uri}\"><ds:Transforms><ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform>\
             <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{}</ds:DigestValue></ds:Reference>",
            self.hash.uri(),
            hash(self.hash, text)
        )
    }

    /// A signature of these references.
    pub fn over(&self, references: &str) -> String {
        let mut info = format!(
            "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
             <ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>{references}</ds:SignedInfo>",
            self.method.uri()
        );
        for (from, to) in &self.before {
            info = super::edit(&info, from, to);
        }
        // On its own it has the declaration that it inherits where it stands.
        let alone = super::edit(&info, "<ds:SignedInfo>", &format!("<ds:SignedInfo xmlns:ds=\"{DS}\">"));
        let alone = renamed(&alone, "ds", self.prefix);
        let value = STANDARD.encode(self.key.sign(self.method, &alone));
        self.finish(&info, &value)
    }

    /// The value of this text's signature, whatever the text is.
    pub fn value_of(&self, text: &str) -> String {
        STANDARD.encode(self.key.sign(self.method, text))
    }

    /// A signature with a value that somebody else has made.
    pub fn finish(&self, info: &str, value: &str) -> String {
        let signature = format!(
            "<ds:Signature xmlns:ds=\"{DS}\">{info}<ds:SignatureValue>{value}</ds:SignatureValue>{}</ds:Signature>",
            self.key_info
        );
        renamed(&signature, "ds", self.prefix)
    }
}

/// A text with another prefix where it had this one.
pub fn renamed(text: &str, from: &str, to: &str) -> String {
    let text = text.replace(&format!("<{from}:"), &format!("<{to}:"));
    let text = text.replace(&format!("</{from}:"), &format!("</{to}:"));
    text.replace(&format!(" xmlns:{from}="), &format!(" xmlns:{to}="))
}

/// A text without the place for its signature.
pub fn bare(text: &str) -> String {
    text.replace(PLACE, "")
}

/// The first `ID` of a text.
#[track_caller]
pub fn id_of(text: &str) -> String {
    text.split(" ID=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
}

/// Signed as most identity providers do it.
#[track_caller]
pub fn signed(text: &str) -> String {
    Signer::usual().sign(text)
}

/// What somebody cuts out of a message: its first signature.
#[track_caller]
pub fn signature_in(text: &str) -> String {
    let from = text.find("<ds:Signature ").unwrap();
    let to = from + text[from..].find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    text[from..to].to_owned()
}
