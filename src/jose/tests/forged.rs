//! Tokens that nobody has signed, or not so.

use super::super::{Kind, Refused, open, verify};
use super::make::{Pair, Signer, part, signed_part};
use super::read;
use crate::config::SigningAlgorithm;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

const CLAIMS: &str = r#"{"sub":"ann"}"#;

fn cut(token: &str) -> (&str, Vec<u8>) {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    (signed, URL_SAFE_NO_PAD.decode(signature).unwrap())
}

#[test]
fn o06_an_algorithm_that_is_none_of_ours() {
    let signer = Signer::one("RS256");
    let keys = Signer::set(&[&signer]);
    let good = signer.token(&signer.header(), &json!({ "sub": "ann" }));
    let (_, signature) = cut(&good);
    for alg in [
        json!("none"),
        json!("None"),
        json!("NONE"),
        json!("nOnE"),
        json!(""),
        json!("rs256"),
        json!("RS256 "),
        json!("HS256"),
        json!("HS512"),
        json!("RSA-OAEP"),
        json!("ES256K"),
        json!("ES512"),
        json!(null),
        json!(["RS256"]),
        json!(256),
    ] {
        let header = json!({ "alg": alg, "kid": signer.kid }).to_string();
        let signed = signed_part(&header, CLAIMS);
        for token in
            [format!("{signed}."), format!("{signed}.{}", part(&signature)), signer.sign(&signed), signed.clone()]
        {
            assert!(read(&token, &keys).is_err(), "{header}");
        }
    }
    let without = signer.sign(&signed_part(r#"{"kid":"key-RS256"}"#, CLAIMS));
    assert_eq!(read(&without, &keys), Err(Refused::Algorithm));
    // One of ours that is not allowed here.
    assert!(open(&good, Kind::Id, &[SigningAlgorithm::Es256]).is_err());
}

/// What is public, or known to many, as the secret of an HMAC.
#[test]
fn o07_a_public_key_is_no_secret() {
    let signer = Signer::one("RS256");
    let Pair::Rsa(pair, _) = &signer.pair else { unreachable!() };
    use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
    use aws_lc_rs::signature::KeyPair as _;
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der.as_ref()));
    let jwk = signer.jwk().to_string();
    let modulus = pair.public_key().modulus().big_endian_without_leading_zero().to_vec();
    let keys = super::make::keys(&[signer.jwk(), json!({ "kty": "oct", "kid": "s", "k": part(b"secret") })]);
    for secret in [der.as_ref(), pem.as_bytes(), jwk.as_bytes(), &modulus, b"", b"client-secret", b"secret"] {
        for kid in [signer.kid.as_str(), "s"] {
            let signed = signed_part(&json!({ "alg": "HS256", "kid": kid }).to_string(), CLAIMS);
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
            mac.update(signed.as_bytes());
            let token = format!("{signed}.{}", part(&mac.finalize().into_bytes()));
            assert!(read(&token, &keys).is_err());
        }
    }
}

/// The header cannot bring a key, or say where one is.
#[test]
fn o09_a_key_that_the_token_brings_is_not_looked_at() {
    let (issuer, stranger) = (Signer::one("RS256"), Signer::stranger("RS256"));
    let keys = Signer::set(&[&issuer]);
    for (name, value) in [
        ("jwk", stranger.jwk()),
        ("jku", json!("https://evil.example.org/keys")),
        ("x5u", json!("https://evil.example.org/chain")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("abc")),
    ] {
        let mut header = issuer.header();
        header[name] = value;
        assert_eq!(read(&stranger.token(&header, &json!({})), &keys), Err(Refused::Signature), "{name}");
        assert!(read(&issuer.token(&header, &json!({})), &keys).is_ok(), "{name}");
    }
}

#[test]
fn o10_a_header_that_asks_for_more_is_refused() {
    let signer = Signer::one("ES256");
    let keys = Signer::set(&[&signer]);
    let with = |name: &str, value: Value| {
        let mut header = signer.header();
        header[name] = value;
        read(&signer.token(&header, &json!({})), &keys)
    };
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!(null)),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
        ("kid", json!(7)),
        ("kid", json!(["a"])),
        ("kid", json!("k".repeat(600))),
        ("typ", json!(1)),
        ("cty", json!(1)),
    ] {
        assert_eq!(with(name, value.clone()), Err(Refused::Header), "{name}: {value}");
    }
    for kid in ["../../etc/passwd", "key-ES256'--", "", "key-ES256\u{0}", "KEY-ES256"] {
        assert_eq!(with("kid", json!(kid)), Err(Refused::Key), "{kid:?}");
    }
}

/// Each kind is none of the others (RFC 8725 §3.11).
#[test]
fn o10_one_kind_of_token_is_not_another() {
    let signer = Signer::one("EdDSA");
    let keys = Signer::set(&[&signer]);
    let kinds = [Kind::Id, Kind::Access, Kind::Logout, Kind::Event];
    for (typ, fits) in [
        (json!("JWT"), [true, true, true, false]),
        (json!("jwt"), [true, true, true, false]),
        (json!("application/jwt"), [true, true, true, false]),
        (json!("at+jwt"), [false, true, false, false]),
        (json!("application/AT+JWT"), [false, true, false, false]),
        (json!("logout+jwt"), [false, false, true, false]),
        (json!("secevent+jwt"), [false, false, false, true]),
        (json!("dpop+jwt"), [false; 4]),
        (json!(""), [false; 4]),
        (json!("JOSE"), [false; 4]),
    ] {
        for (kind, fits) in kinds.into_iter().zip(fits) {
            let token = signer.token(&json!({ "alg": "EdDSA", "typ": typ }), &json!({}));
            let read = open(&token, kind, &SigningAlgorithm::ALL).and_then(|opened| verify(&opened, &keys));
            assert_eq!(read.is_ok(), fits, "{typ} as {kind:?}");
        }
    }
}

#[test]
fn o28_a_form_that_two_programs_may_read_otherwise() {
    let signer = Signer::one("RS256");
    let keys = Signer::set(&[&signer]);
    let header = signer.header().to_string();
    let good = signer.sign(&signed_part(&header, CLAIMS));
    assert!(read(&good, &keys).is_ok());
    let (signed, signature) = cut(&good);
    let (head, payload) = signed.split_once('.').unwrap();
    let text = part(&signature);
    let padded = URL_SAFE.encode(&signature);
    let classic = STANDARD.encode(&signature);
    for bad in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        "a.b.c".to_owned(),
        signed.to_owned(),
        format!("{signed}."),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.x"),
        format!("{good}.x.y"),
        format!("{signed}.{padded}"),
        format!(" {good}"),
        format!("{good} "),
        format!("{good}\n"),
        format!("{head}. {payload}.{text}"),
        format!("{head}\u{0}.{payload}.{text}"),
        format!("{head}..{payload}.{text}"),
        format!("{payload}.{head}.{text}"),
        json!({ "protected": head, "payload": payload, "signature": text }).to_string(),
        "x".repeat(5 << 20),
    ] {
        assert!(read(&bad, &keys).is_err(), "{bad:.60}");
    }
    assert!(classic == text || read(&format!("{signed}.{classic}"), &keys).is_err());
    // The last letter of base64 has bits that say nothing: 2048 bits are 342 letters, the last of which has 4 of them.
    let last = text.chars().last().unwrap();
    let other = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars().filter(|c| *c != last);
    for other in other {
        let bad = format!("{signed}.{}{other}", &text[..text.len() - 1]);
        assert!(read(&bad, &keys).is_err(), "{other}");
    }
    for (head, payload) in [
        (r#"{"alg":"RS256","alg":"RS256"}"#, CLAIMS),
        (r#"{"alg":"RS256","\u0061lg":"RS256"}"#, CLAIMS),
        (r#"["RS256"]"#, CLAIMS),
        ("\"RS256\"", CLAIMS),
        (r#"{"alg":"RS256"} "#, "[]"),
        (&header, r#"{"sub":"ann","sub":"root"}"#),
        (&header, r#"{"sub":"ann","\u0073ub":"root"}"#),
        (&header, r#"["ann"]"#),
        (&header, "null"),
        (&header, ""),
        (&header, r#"{"sub":"ann"}{"#),
        (&header, r#"{"exp":1e400}"#),
        (&header, r#"{"exp":NaN}"#),
        (&header, r#"{"sub":"\ud800"}"#),
        ("\u{feff}{\"alg\":\"RS256\"}", CLAIMS),
    ] {
        assert!(read(&signer.sign(&signed_part(head, payload)), &keys).is_err(), "{head} {payload}");
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
    assert!(read(&signer.sign(&signed_part(&header, &deep)), &keys).is_err());
}

#[test]
fn a_signature_that_was_changed_is_none() {
    for signer in Signer::each() {
        let keys = Signer::set(&[&signer]);
        let good = signer.token(&signer.header(), &json!({ "sub": "ann" }));
        let (signed, signature) = cut(&good);
        let mut wrong = vec![
            Vec::new(),
            vec![0; signature.len()],
            vec![0xff; signature.len()],
            vec![1; signature.len()],
            signature[..signature.len() - 1].to_vec(),
            signature[1..].to_vec(),
            [&signature[..], &[0]].concat(),
            [&[0], &signature[..]].concat(),
            signature.iter().rev().copied().collect(),
        ];
        for at in 0..signature.len() {
            let mut flipped = signature.clone();
            flipped[at] ^= 1 << (at % 8);
            wrong.push(flipped);
        }
        if let Pair::Ec(_) = signer.pair {
            let half = signature.len() / 2;
            let (r, s) = signature.split_at(half);
            // Zero and swapped halves; the other way to write one, which some libraries take as well.
            wrong.extend([[r, &vec![0; half]].concat(), [&vec![0; half], s].concat(), [s, r].concat()]);
            let mut der = vec![0x30, (2 * half + 4) as u8, 2, half as u8];
            der.extend(r);
            der.extend([2, half as u8]);
            der.extend(s);
            wrong.push(der);
        }
        for signature in wrong {
            let token = format!("{signed}.{}", part(&signature));
            assert!(read(&token, &keys).is_err(), "{}: {signature:?}", signer.algorithm);
        }
        let (ann, bob) = (part(br#"{"sub":"ann"}"#), part(br#"{"sub":"bob"}"#));
        assert!(read(&good.replace(&ann, &bob), &keys).is_err(), "{}", signer.algorithm);
    }
}

proptest::proptest! {
    #[test]
    fn o28_any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = open(&text, Kind::Id, &SigningAlgorithm::ALL);
    }

    #[test]
    fn o28_any_three_parts_are_read_or_refused(a in proptest::collection::vec(0u8.., 0..60), b in proptest::collection::vec(0u8.., 0..60)) {
        let token = format!("{}.{}.{}", part(&a), part(&b), part(&b));
        let _ = open(&token, Kind::Id, &SigningAlgorithm::ALL);
    }
}
