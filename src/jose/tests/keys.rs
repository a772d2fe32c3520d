//! Which keys of a set are keys.

use super::super::Keys;
use super::make::{Signer, keys, part};
use super::read;
use serde_json::{Value, json};

fn changed(signer: &Signer, change: &[(&str, Value)]) -> Value {
    let mut jwk = signer.jwk();
    for (name, value) in change {
        jwk[*name] = value.clone();
    }
    jwk
}

#[test]
fn o08_what_is_no_key_for_signatures_is_left_out_and_hides_no_other() {
    let signer = Signer::one("RS256");
    let token = signer.token(&signer.header(), &json!({}));
    let n = |bytes: usize| part(&vec![0xc5; bytes]);
    for change in [
        vec![("use", json!("enc"))],
        vec![("use", json!(["sig"]))],
        vec![("key_ops", json!(["sign"]))],
        vec![("key_ops", json!("verify"))],
        vec![("alg", json!("RS512"))],
        vec![("alg", json!("RSA-OAEP"))],
        vec![("kty", json!("oct")), ("k", json!("AAAA"))],
        vec![("kty", json!("rsa"))],
        vec![("n", json!(n(128)))],
        vec![("n", json!(n(255)))],
        vec![("n", json!(n(2048)))],
        vec![("n", json!(""))],
        vec![("n", json!("not base64!"))],
        vec![("e", json!("AQ"))],
        vec![("e", json!("AA"))],
        vec![("e", json!("Ag"))],
        vec![("e", json!(""))],
        vec![("kid", json!("other"))],
    ] {
        let wrong = changed(&signer, &change);
        assert!(read(&token, &keys(std::slice::from_ref(&wrong))).is_err(), "{change:?}");
        let both = keys(&[json!("no key"), json!({}), wrong, signer.jwk()]);
        assert!(read(&token, &both).is_ok(), "{change:?}");
    }
    for fits in [vec![("key_ops", json!(["verify"]))], vec![("alg", Value::Null)]] {
        let mut jwk = changed(&signer, &fits);
        jwk.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        assert!(read(&token, &keys(&[jwk])).is_ok(), "{fits:?}");
    }
}

#[test]
fn o08_points_of_other_lengths_and_curves() {
    let signer = Signer::one("ES256");
    let token = signer.token(&signer.header(), &json!({}));
    let jwk = signer.jwk();
    let x = jwk["x"].as_str().unwrap();
    for change in [
        vec![("crv", json!("P-384"))],
        vec![("crv", json!("secp256k1"))],
        vec![("crv", json!("P-521"))],
        vec![("x", json!(&x[..x.len() - 2]))],
        vec![("y", json!(x))],
        vec![("x", json!(part(&[0; 32]))), ("y", json!(part(&[0; 32])))],
    ] {
        assert!(read(&token, &keys(&[changed(&signer, &change)])).is_err(), "{change:?}");
    }
}

/// One name for keys of several kinds, and several without a name.
#[test]
fn o08_it_must_be_clear_which_key_it_is() {
    let (rsa, ec, other) = (Signer::one("RS256"), Signer::one("ES256"), Signer::stranger("RS256"));
    let same = keys(&[changed(&rsa, &[("kid", json!("k"))]), changed(&ec, &[("kid", json!("k"))])]);
    for signer in [&rsa, &ec] {
        let token = signer.token(&json!({ "alg": signer.algorithm, "kid": "k" }), &json!({}));
        assert!(read(&token, &same).is_ok());
    }
    let unnamed = rsa.token(&json!({ "alg": "RS256" }), &json!({}));
    assert!(read(&unnamed, &Signer::set(&[&rsa, &ec])).is_ok());
    assert!(read(&unnamed, &Signer::set(&[&rsa, &other])).is_err());
}

#[test]
fn o17_a_set_is_bounded() {
    let signer = Signer::one("ES256");
    let many: Vec<Value> = (0..1000).map(|n| changed(&signer, &[("kid", json!(format!("k{n}")))])).collect();
    assert_eq!(keys(&many).len(), 100);
    for none in [json!([]), json!({}), json!({ "keys": {} }), json!({ "keys": "x" }), json!(null)] {
        assert!(Keys::parse(&none).is_none(), "{none}");
    }
    assert!(Keys::parse(&json!({ "keys": [] })).unwrap().is_empty());
}
