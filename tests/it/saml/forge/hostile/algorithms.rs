//! S17, S18, S29, S34 and S35: another key, and algorithms that prove nothing.

use super::{Hostile, Stage};
use crate::saml::forge::keys::{Key, keys};
use crate::saml::forge::message::{ASSERTION_ID, alice, assertion, assertion_on, forged, response, unsigned_response};
use crate::saml::forge::metadata::Published;
use crate::saml::forge::names::{DS, EXCLUSIVE, EXCLUSIVE_WITH_COMMENTS, INCLUSIVE};
use crate::saml::forge::sign::{Hash, Method, Signer, signed};
use crate::saml::forge::{Given, IDP, Site, edit};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const KEY: &str = "only the keys of the metadata count, whatever a message brings";
const WEAK: &str = "nobody has to break this any more";
const SECRET: &str = "a public key is no secret";

pub(super) fn all() -> Vec<Hostile> {
    [strangers(), comments(), weak(), shared()].into_iter().flatten().collect()
}

fn stranger() -> Signer {
    Signer::new(&keys().stranger, Method::RsaSha256)
}

fn by(signer: &Signer, given: &Given) -> String {
    unsigned_response(&signer.sign(&assertion_on("mallory", given)), given)
}

fn strangers() -> Vec<Hostile> {
    let certificate = |key: &Key| format!("<ds:X509Certificate>{}</ds:X509Certificate>", key.x509());
    let data = |content: &str| format!("<ds:KeyInfo><ds:X509Data>{content}</ds:X509Data></ds:KeyInfo>");
    let case = |name: &str, make: fn() -> Signer| {
        Hostile::new("S17", Stage::Signature, name, KEY, move |given| by(&make(), given))
    };
    let mut all = vec![
        case("a stranger's key and certificate", stranger),
        case("a stranger's key, and no KeyInfo", || stranger().key_info("")),
        case("a stranger's key with its numbers", || {
            let numbers = format!(
                "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{}</ds:Modulus><ds:Exponent>AQAB</ds:Exponent>\
                 </ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>",
                keys().stranger.modulus()
            );
            stranger().key_info(&numbers)
        }),
    ];
    for (name, first, second) in [
        ("a stranger's key, the genuine certificate", vec![&keys().idp], vec![]),
        ("a stranger's key, the genuine certificate and then theirs", vec![&keys().idp], vec![&keys().stranger]),
        ("a stranger's key, their certificate and then the genuine one", vec![&keys().stranger], vec![&keys().idp]),
    ] {
        let both: String = first.into_iter().chain(second).map(certificate).collect();
        let info = data(&both);
        all.push(Hostile::new("S17", Stage::Signature, name, KEY, move |given| by(&stranger().key_info(&info), given)));
    }
    all.extend([
        Hostile::new("S17", Stage::Signature, "a key that is elsewhere", KEY, |given| {
            let info = format!(
                "<ds:KeyInfo><ds:RetrievalMethod Type=\"{DS}X509Data\" URI=\"http://127.0.0.1:{}/key\"></ds:RetrievalMethod>\
                 </ds:KeyInfo>",
                given.trap
            );
            by(&stranger().key_info(&info), given)
        }),
        Hostile::new("S17", Stage::Signature, "a genuine login with one letter changed", "it is not what was signed", |given| {
            edit(&alice(given), ">alice</saml:NameID>", ">alicf</saml:NameID>")
        }),
        Hostile::new("S17", Stage::Signature, "a genuine login with a group more", "it is not what was signed", |given| {
            let more = ">staff</saml:AttributeValue><saml:AttributeValue>admins<";
            edit(&alice(given), ">staff<", more)
        }),
        Hostile::new("S17", Stage::Signature, "a signature of which a bit is another", "nobody has made it", |given| {
            let text = alice(given);
            let value = text.split("<ds:SignatureValue>").nth(1).unwrap().split('<').next().unwrap().to_owned();
            let mut bytes = STANDARD.decode(&value).unwrap();
            bytes[100] ^= 1;
            edit(&text, &value, &STANDARD.encode(bytes))
        }),
        Hostile::new("S17", Stage::Signature, "a signed response around an assertion that a stranger has signed", KEY, |given| {
            let inner = stranger().sign(&assertion_on("mallory", given));
            signed(&response(&inner, given))
        }),
        Hostile::new("S17", Stage::Signature, "a stranger's response around an assertion that is signed", KEY, |given| {
            stranger().sign(&response(&signed(&assertion(given)), given))
        }),
        Hostile::new("S18", Stage::Signature, "another identity provider's key, and it says so", KEY, |given| {
            let text = assertion_on("mallory", given).replace(IDP, "https://other.example/saml");
            let text = Signer::new(&keys().other, Method::RsaSha256).sign(&text);
            unsigned_response(&text, given).replace(IDP, "https://other.example/saml")
        }),
        Hostile::new("S18", Stage::Signature, "another identity provider's key, and it says to be ours", KEY, |given| {
            by(&Signer::new(&keys().other, Method::RsaSha256), given)
        }),
        Hostile::new("S18", Stage::Signature, "rosterd's own key", KEY, |given| {
            by(&Signer::new(&keys().sp, Method::RsaSha256), given)
        }),
        Hostile::new("S18", Stage::Signature, "a key that it had once", KEY, |given| {
            by(&Signer::new(&keys().next, Method::RsaSha256), given)
        }),
    ]);
    all
}

/// S29: with comments in what is signed, a comment is no change that anybody sees.
fn comments() -> Vec<Hostile> {
    let why = "comments have no place in a message, and no other canonicalization has one";
    let from = format!("<ds:Transform Algorithm=\"{EXCLUSIVE}\">");
    let to = format!("<ds:Transform Algorithm=\"{EXCLUSIVE_WITH_COMMENTS}\">");
    let method = format!("CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"");
    let with = format!("CanonicalizationMethod Algorithm=\"{EXCLUSIVE_WITH_COMMENTS}\"");
    let inclusive = format!("CanonicalizationMethod Algorithm=\"{INCLUSIVE}#WithComments\"");
    let second = method.clone();
    vec![
        Hostile::new("S29", Stage::Form, "a transform with comments", why, move |given| {
            unsigned_response(&Signer::usual().before(&from, &to).sign(&assertion(given)), given)
        }),
        Hostile::new("S29", Stage::Form, "SignedInfo with comments", why, move |given| {
            unsigned_response(&Signer::usual().before(&method, &with).sign(&assertion(given)), given)
        }),
        Hostile::new("S29", Stage::Form, "SignedInfo inclusive, with comments", why, move |given| {
            unsigned_response(&Signer::usual().before(&second, &inclusive).sign(&assertion(given)), given)
        }),
    ]
}

fn weak() -> Vec<Hostile> {
    vec![
        Hostile::new("S34", Stage::Form, "RSA with SHA-1", WEAK, |given| {
            unsigned_response(&Signer::new(&keys().idp, Method::RsaSha1).sign(&assertion(given)), given)
        }),
        Hostile::new("S34", Stage::Form, "a digest by SHA-1", WEAK, |given| {
            unsigned_response(&Signer::usual().hash(Hash::Sha1).sign(&assertion(given)), given)
        }),
        Hostile::new("S34", Stage::Form, "both by SHA-1", WEAK, |given| {
            signed_by(&Signer::new(&keys().idp, Method::RsaSha1).hash(Hash::Sha1), given)
        }),
        Hostile::new("S34", Stage::Signature, "RSA of 1,024 bits", WEAK, |given| {
            signed_by(&Signer::new(&keys().rsa1024, Method::Rsa1024Sha256), given)
        })
        .at(Site::of(Published::Rsa1024)),
        Hostile::new("S34", Stage::Form, "DSA", WEAK, |given| {
            signed_by(&Signer::new(&keys().dsa, Method::DsaSha1), given)
        })
        .at(Site::of(Published::Dsa)),
        Hostile::new("S34", Stage::Form, "an algorithm that is not configured", "configured: `algorithms`", |given| {
            signed_by(&Signer::new(&keys().p256, Method::EcdsaP256), given)
        })
        .at(Site::with("algorithms = [\"rsa-sha256\"]")),
        Hostile::new("S34", Stage::Form, "MD5", WEAK, |given| {
            renamed_method("http://www.w3.org/2001/04/xmldsig-more#rsa-md5", given)
        }),
        Hostile::new("S34", Stage::Form, "an algorithm that nobody knows", WEAK, |given| {
            renamed_method("urn:works:sign", given)
        }),
        Hostile::new("S34", Stage::Form, "none", WEAK, |given| renamed_method("none", given)),
        Hostile::new("S34", Stage::Signature, "ECDSA by an RSA key", "the key is of another kind", |given| {
            renamed_method(Method::EcdsaP256.uri(), given)
        }),
        Hostile::new("S34", Stage::Signature, "an ECDSA signature of zeros", "CVE-2022-21449: r and s are 0", zeros),
    ]
}

fn signed_by(signer: &Signer, given: &Given) -> String {
    unsigned_response(&signer.sign(&assertion(given)), given)
}

fn renamed_method(uri: &str, given: &Given) -> String {
    let from = format!("SignatureMethod Algorithm=\"{}\"", Method::RsaSha256.uri());
    signed_by(&Signer::usual().before(&from, &format!("SignatureMethod Algorithm=\"{uri}\"")), given)
}

fn zeros(given: &Given) -> String {
    let text = signed_by(&Signer::new(&keys().p256, Method::EcdsaP256), given);
    let value = text.split("<ds:SignatureValue>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    edit(&text, &value, &STANDARD.encode([0; 64]))
}

/// S35: who verifies by whatever algorithm a message names takes the public key for a secret.
fn shared() -> Vec<Hostile> {
    type Of = fn() -> Vec<u8>;
    let secrets: [(&str, Of); 4] = [
        ("the certificate's text", || keys().idp.certificate.clone().into_bytes()),
        ("the certificate's bytes", || STANDARD.decode(keys().idp.x509()).unwrap()),
        ("the public key's bytes", || keys().idp.spki()),
        ("nothing", Vec::new),
    ];
    let mut all = Vec::new();
    for (name, secret) in secrets {
        all.push(Hostile::new("S35", Stage::Form, &format!("HMAC with {name}"), SECRET, move |given| {
            by_hmac(&secret(), "", 32, given)
        }));
    }
    for length in [0, 8, 40] {
        all.push(Hostile::new(
            "S35",
            Stage::Form,
            &format!("HMAC of which {length} bits are left"),
            "CVE-2009-0217: whoever forges guesses so many bits",
            move |given| {
                let length_element = format!("<ds:HMACOutputLength>{length}</ds:HMACOutputLength>");
                by_hmac(b"", &length_element, length / 8, given)
            },
        ));
    }
    all
}

fn by_hmac(secret: &[u8], content: &str, bytes: usize, given: &Given) -> String {
    let text = forged(ASSERTION_ID, given);
    let signer = Signer::usual();
    let info = format!(
        "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256\">{content}\
         </ds:SignatureMethod>{}</ds:SignedInfo>",
        signer.reference(&format!("#{ASSERTION_ID}"), &text)
    );
    let alone = edit(&info, "<ds:SignedInfo>", &format!("<ds:SignedInfo xmlns:ds=\"{DS}\">"));
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), alone.as_bytes());
    let signature = signer.finish(&info, &STANDARD.encode(&mac.as_ref()[..bytes]));
    unsigned_response(&edit(&text, "</saml:Issuer>", &format!("</saml:Issuer>{signature}")), given)
}
