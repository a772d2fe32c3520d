//! Encrypts an assertion (XML Encryption 1.1).

use super::keys::keys;
use super::names::{DS, SAML, XENC, XENC11};
use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce};
use aws_lc_rs::cipher::{self, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, Pkcs1PublicEncryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What the data is encrypted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    Gcm128,
    Gcm192,
    Gcm256,
    Cbc128,
    Cbc192,
    Cbc256,
}

impl Data {
    pub fn uri(self) -> String {
        match self {
            Self::Gcm128 => format!("{XENC11}aes128-gcm"),
            Self::Gcm192 => format!("{XENC11}aes192-gcm"),
            Self::Gcm256 => format!("{XENC11}aes256-gcm"),
            Self::Cbc128 => format!("{XENC}aes128-cbc"),
            Self::Cbc192 => format!("{XENC}aes192-cbc"),
            Self::Cbc256 => format!("{XENC}aes256-cbc"),
        }
    }

    /// The key that everything is encrypted with here: it is nobody's secret.
    fn key(self) -> Vec<u8> {
        let size = match self {
            Self::Gcm128 | Self::Cbc128 => 16,
            Self::Gcm192 | Self::Cbc192 => 24,
            Self::Gcm256 | Self::Cbc256 => 32,
        };
        (0..size).collect()
    }

    /// The initialization vector, then what is encrypted, and where there is one the tag (§5.2).
    fn encrypt(self, text: &[u8]) -> Vec<u8> {
        let mut bytes = text.to_vec();
        let aead = match self {
            Self::Gcm128 => &aead::AES_128_GCM,
            Self::Gcm192 => &aead::AES_192_GCM,
            Self::Gcm256 => &aead::AES_256_GCM,
            Self::Cbc128 | Self::Cbc192 | Self::Cbc256 => return self.encrypt_cbc(bytes),
        };
        let key = LessSafeKey::new(aead::UnboundKey::new(aead, &self.key()).unwrap());
        let nonce = [7; 12];
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut bytes).unwrap();
        [nonce.to_vec(), bytes].concat()
    }

    fn encrypt_cbc(self, mut bytes: Vec<u8>) -> Vec<u8> {
        let algorithm = match self {
            Self::Cbc128 => &cipher::AES_128,
            Self::Cbc192 => &cipher::AES_192,
            _ => &cipher::AES_256,
        };
        let key = UnboundCipherKey::new(algorithm, &self.key()).unwrap();
        let iv = [9; 16];
        PaddedBlockEncryptingKey::cbc_pkcs7(key)
            .unwrap()
            .less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(FixedLength::from(iv)))
            .unwrap();
        [iv.to_vec(), bytes].concat()
    }
}

/// What that key is encrypted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrap {
    /// With SHA-1 and MGF1 of SHA-1.
    OaepMgf1p,
    /// With SHA-256 and MGF1 of SHA-256.
    Oaep,
    /// RSAES-PKCS1-v1_5, which tells whoever asks often enough what is in it.
    Rsa15,
}

impl Wrap {
    fn method(self) -> String {
        match self {
            Self::OaepMgf1p => {
                format!("<xenc:EncryptionMethod Algorithm=\"{XENC}rsa-oaep-mgf1p\"></xenc:EncryptionMethod>")
            }
            Self::Oaep => format!(
                "<xenc:EncryptionMethod Algorithm=\"{XENC11}rsa-oaep\"><ds:DigestMethod xmlns:ds=\"{DS}\" \
                 Algorithm=\"{XENC}sha256\"></ds:DigestMethod><xenc11:MGF xmlns:xenc11=\"{XENC11}\" \
                 Algorithm=\"{XENC11}mgf1sha256\"></xenc11:MGF></xenc:EncryptionMethod>"
            ),
            Self::Rsa15 => format!("<xenc:EncryptionMethod Algorithm=\"{XENC}rsa-1_5\"></xenc:EncryptionMethod>"),
        }
    }

    fn wrap(self, key: &[u8]) -> Vec<u8> {
        let public = keys().sp.public();
        let mut wrapped = vec![0; public.key_size_bytes()];
        match self {
            Self::OaepMgf1p | Self::Oaep => {
                let hash = if self == Self::Oaep { &OAEP_SHA256_MGF1SHA256 } else { &OAEP_SHA1_MGF1SHA1 };
                OaepPublicEncryptingKey::new(public).unwrap().encrypt(hash, key, &mut wrapped, None).unwrap();
            }
            Self::Rsa15 => {
                Pkcs1PublicEncryptingKey::new(public).unwrap().encrypt(key, &mut wrapped).unwrap();
            }
        }
        wrapped
    }
}

/// Where the encrypted key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the data's `KeyInfo`.
    Within,
    /// Behind the data.
    Beside,
}

/// How an assertion is encrypted.
#[derive(Debug, Clone, Copy)]
pub struct Encryption {
    pub data: Data,
    pub wrap: Wrap,
    pub place: Place,
}

impl Encryption {
    pub const USUAL: Self = Self { data: Data::Gcm256, wrap: Wrap::OaepMgf1p, place: Place::Within };

    /// `saml:EncryptedAssertion` of this text.
    pub fn assertion(&self, text: &str) -> String {
        self.of_bytes(text.as_bytes())
    }

    pub fn of_bytes(&self, plain: &[u8]) -> String {
        self.with(&STANDARD.encode(self.wrap.wrap(&self.data.key())), &STANDARD.encode(self.data.encrypt(plain)))
    }

    /// The bytes that stand for the data.
    pub fn cipher(&self, plain: &[u8]) -> Vec<u8> {
        self.data.encrypt(plain)
    }

    /// With the right key and these bytes instead of the data.
    pub fn with_cipher(&self, cipher: &[u8]) -> String {
        self.with(&STANDARD.encode(self.wrap.wrap(&self.data.key())), &STANDARD.encode(cipher))
    }

    /// With these as the encrypted key and the encrypted data, in base64.
    pub fn with(&self, key: &str, data: &str) -> String {
        let key = format!(
            "<xenc:EncryptedKey Id=\"_key\">{}<xenc:CipherData><xenc:CipherValue>{key}</xenc:CipherValue>\
             </xenc:CipherData></xenc:EncryptedKey>",
            self.wrap.method()
        );
        let declared =
            |key: &str| super::edit(key, "<xenc:EncryptedKey ", &format!("<xenc:EncryptedKey xmlns:xenc=\"{XENC}\" "));
        let (within, beside) = match self.place {
            Place::Within => (format!("<ds:KeyInfo xmlns:ds=\"{DS}\">{key}</ds:KeyInfo>"), String::new()),
            Place::Beside => (String::new(), declared(&key)),
        };
        // A method's own parts are declared where they stand; within `KeyInfo` its prefix is known already.
        let within = if within.is_empty() {
            within
        } else {
            within.replace(&format!("<ds:DigestMethod xmlns:ds=\"{DS}\" "), "<ds:DigestMethod ")
        };
        format!(
            "<saml:EncryptedAssertion xmlns:saml=\"{SAML}\"><xenc:EncryptedData xmlns:xenc=\"{XENC}\" Id=\"_data\" \
             Type=\"{XENC}Element\"><xenc:EncryptionMethod Algorithm=\"{}\"></xenc:EncryptionMethod>{within}\
             <xenc:CipherData><xenc:CipherValue>{data}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>{beside}\
             </saml:EncryptedAssertion>",
            self.data.uri()
        )
    }
}
