//! Keys and certificates, made by the `openssl` command once a process.
//!
//! What nobody should use any more (RSA of 1,024 bits, DSA, SHA-1) is signed by that command as well: no library of
//! rosterd's does it.

use super::sign::Method;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{PrivateDecryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use tempfile::TempDir;

/// A private key and its certificate.
#[derive(Debug, Clone)]
pub struct Key {
    /// PEM, PKCS#8.
    pub private: String,
    /// PEM.
    pub certificate: String,
}

/// Everybody's keys.
#[derive(Debug)]
pub struct Keys {
    /// The identity provider's.
    pub idp: Key,
    /// What it signs with next.
    pub next: Key,
    pub p256: Key,
    pub p384: Key,
    /// Of the same, with a certificate that ended in 2021.
    pub expired: Key,
    pub rsa1024: Key,
    pub dsa: Key,
    /// Another identity provider's.
    pub other: Key,
    /// What a stranger made at home.
    pub stranger: Key,
    /// What messages to rosterd are encrypted for, and its requests signed with.
    pub sp: Key,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let shop = Shop::open();
    let rsa = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
    let (from, to) = ("20200101000000Z", "20491231000000Z");
    Keys {
        idp: shop.key("idp", rsa, from, to),
        next: shop.key("next", rsa, from, to),
        p256: shop.key("p256", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256", from, to),
        p384: shop.key("p384", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384", from, to),
        expired: shop.key("expired", rsa, from, "20210101000000Z"),
        rsa1024: shop.key("rsa1024", "-algorithm RSA -pkeyopt rsa_keygen_bits:1024", from, to),
        dsa: shop.dsa(from, to),
        other: shop.key("other", rsa, from, to),
        stranger: shop.key("stranger", rsa, from, to),
        sp: shop.key("sp", rsa, from, to),
    }
});

pub fn keys() -> &'static Keys {
    &KEYS
}

/// Where they are made. `openssl ca` is the only command of OpenSSL 3.0 that sets both dates.
struct Shop(TempDir);

const CONFIG: &str = "\
[ca]
default_ca = test
[test]
database = index.txt
rand_serial = yes
new_certs_dir = .
default_md = sha256
policy = anything
email_in_dn = no
unique_subject = no
[anything]
commonName = supplied
";

impl Shop {
    fn open() -> Self {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("ca.conf"), CONFIG).unwrap();
        std::fs::write(dir.path().join("index.txt"), "").unwrap();
        Self(dir)
    }

    fn key(&self, name: &str, kind: &str, from: &str, to: &str) -> Key {
        openssl(self.0.path(), &format!("genpkey {kind} -out {name}.key"));
        openssl(self.0.path(), &format!("req -new -key {name}.key -subj /CN={name}.example -out {name}.csr"));
        openssl(
            self.0.path(),
            &format!(
                "ca -batch -notext -selfsign -config ca.conf -keyfile {name}.key -in {name}.csr -out {name}.crt \
                 -startdate {from} -enddate {to}"
            ),
        );
        let read = |end: &str| std::fs::read_to_string(self.0.path().join(format!("{name}.{end}"))).unwrap();
        Key { private: read("key"), certificate: read("crt") }
    }

    fn dsa(&self, from: &str, to: &str) -> Key {
        let bits = "-pkeyopt dsa_paramgen_bits:1024 -pkeyopt dsa_paramgen_q_bits:160";
        openssl(self.0.path(), &format!("genpkey -genparam -algorithm DSA {bits} -out dsa.params"));
        self.key("dsa", "-paramfile dsa.params", from, to)
    }
}

fn openssl(dir: &Path, words: &str) {
    let done = Command::new("openssl").args(words.split_whitespace()).current_dir(dir).output().unwrap();
    assert!(done.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&done.stderr));
}

impl Key {
    /// The certificate's DER in base64, as `ds:X509Certificate` has it, on one line.
    pub fn x509(&self) -> String {
        base64_of(&self.certificate)
    }

    fn pkcs8(&self) -> Vec<u8> {
        STANDARD.decode(base64_of(&self.private)).unwrap()
    }

    /// For those who encrypt for whoever has this.
    pub fn public(&self) -> PublicEncryptingKey {
        PrivateDecryptingKey::from_pkcs8(&self.pkcs8()).unwrap().public_key()
    }

    /// The RSA key's modulus, in base64.
    pub fn modulus(&self) -> String {
        let pair = RsaKeyPair::from_pkcs8(&self.pkcs8()).unwrap();
        STANDARD.encode(pair.public_key().modulus().big_endian_without_leading_zero())
    }

    /// The public half, `SubjectPublicKeyInfo` in DER.
    pub fn spki(&self) -> Vec<u8> {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("key"), &self.private).unwrap();
        openssl(dir.path(), "pkey -in key -pubout -outform DER -out public");
        std::fs::read(dir.path().join("public")).unwrap()
    }

    /// What XML Signature calls the signature value.
    pub fn sign(&self, method: Method, text: &str) -> Vec<u8> {
        match method {
            Method::RsaSha256 => self.rsa(&RSA_PKCS1_SHA256, text),
            Method::RsaSha384 => self.rsa(&RSA_PKCS1_SHA384, text),
            Method::RsaSha512 => self.rsa(&RSA_PKCS1_SHA512, text),
            Method::EcdsaP256 => self.ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, text),
            Method::EcdsaP384 => self.ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, text),
            Method::RsaSha1 => self.by_command("sha1", text),
            Method::Rsa1024Sha256 => self.by_command("sha256", text),
            // r and s, 20 bytes each (XML Signature §6.4.1).
            Method::DsaSha1 => integers(&self.by_command("sha1", text), 20),
        }
    }

    fn rsa(&self, padding: &'static dyn RsaEncoding, text: &str) -> Vec<u8> {
        let pair = RsaKeyPair::from_pkcs8(&self.pkcs8()).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(padding, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        signature
    }

    fn ecdsa(&self, algorithm: &'static EcdsaSigningAlgorithm, text: &str) -> Vec<u8> {
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &self.pkcs8()).unwrap();
        pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref().to_vec()
    }

    fn by_command(&self, hash: &str, text: &str) -> Vec<u8> {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("key"), &self.private).unwrap();
        std::fs::write(dir.path().join("text"), text).unwrap();
        openssl(dir.path(), &format!("dgst -{hash} -sign key -out signature text"));
        std::fs::read(dir.path().join("signature")).unwrap()
    }
}

/// Two integers of an ASN.1 sequence, each as so many bytes. Lengths below 128 only.
fn integers(der: &[u8], size: usize) -> Vec<u8> {
    let mut rest = &der[2..];
    let mut both = Vec::new();
    for _ in 0..2 {
        let (number, behind) = rest[2..].split_at(usize::from(rest[1]));
        let number: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
        both.extend(std::iter::repeat_n(0, size - number.len()).chain(number));
        rest = behind;
    }
    both
}

fn base64_of(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}

/// What a digest's value is, in base64.
pub fn hash(method: super::sign::Hash, text: &str) -> String {
    use super::sign::Hash;
    let algorithm = match method {
        Hash::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &SHA256,
        Hash::Sha384 => &SHA384,
        Hash::Sha512 => &SHA512,
    };
    STANDARD.encode(digest(algorithm, text.as_bytes()))
}
