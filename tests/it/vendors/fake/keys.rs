//! Keys by which clients sign, and what is signed by them.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// Making one takes long.
static KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());

pub fn pem() -> String {
    let der: Pkcs8V1Der<'_> = KEY.as_der().unwrap();
    let text = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

/// The file of a service account. Where it says that tokens are given is never asked.
pub fn account() -> String {
    json!({
        "type": "service_account", "client_email": "rosterd@acme.iam.gserviceaccount.com", "private_key": pem(),
        "private_key_id": "k1", "token_uri": "http://127.0.0.1:1/elsewhere",
    })
    .to_string()
}

/// What a token says that our key has signed for this address, and the name of the key; `None` where it has not.
pub fn signed(token: &str, audience: &str) -> Option<(Value, Option<String>)> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[audience]);
    let key = DecodingKey::from_rsa_der(KEY.public_key().as_ref());
    let token = jsonwebtoken::decode::<Value>(token, &key, &validation).ok()?;
    let lasts = token.claims["exp"].as_i64()? - token.claims["iat"].as_i64()?;
    (lasts > 0 && lasts <= 3600).then_some((token.claims, token.header.kid))
}
