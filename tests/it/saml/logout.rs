//! Word of a logout at the identity provider: S52. Whoever can forge it can throw people out.

use super::forge::keys::{Key, keys};
use super::forge::message::{EVIL_ID, alice, assertion, logout};
use super::forge::sign::{Method, PLACE, Signer, bare, signature_in, signed};
use super::forge::{Given, SLO, Site, at, edit};
use super::service::Service;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rosterd::providers::{Back, Carried, Leave, LoginError};

fn given() -> Given {
    Given { request: "_request".to_owned(), trap: 9 }
}

/// Who is said to have logged out, in which sessions.
fn who(leave: &Leave) -> Option<Vec<(Option<String>, Option<String>)>> {
    match leave {
        Leave::Ended { who, .. } => Some(who.iter().map(|one| (one.sub.clone(), one.session.clone())).collect()),
        Leave::Answered => None,
    }
}

fn alice_has_left() -> Option<Vec<(Option<String>, Option<String>)>> {
    Some(vec![(Some("alice".to_owned()), Some("_session".to_owned()))])
}

async fn by_form(service: &Service, message: &str) -> Result<Leave, LoginError> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    let form = form.append_pair("SAMLRequest", &STANDARD.encode(message)).finish();
    service.logging_out(Carried::Form(&Back::parse(&form)?)).await
}

/// A message in an address, signed beside itself (SAML bindings §3.4.4.1). DEFLATE may leave a text as it is.
fn query(message: &str, key: &Key, method: Method) -> String {
    let length = u16::try_from(message.len()).unwrap();
    let stored = [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), message.as_bytes()].concat();
    let mut query = form_urlencoded::Serializer::new(String::new());
    let query = query.append_pair("SAMLRequest", &STANDARD.encode(stored)).append_pair("SigAlg", method.uri()).finish();
    let signature = STANDARD.encode(key.sign(method, &query));
    let signature = form_urlencoded::Serializer::new(String::new()).append_pair("Signature", &signature).finish();
    format!("{query}&{signature}")
}

async fn by_query(service: &Service, query: &str) -> Result<Leave, LoginError> {
    service.logging_out(Carried::Query(query)).await
}

#[tokio::test]
async fn s52_the_word_of_the_identity_provider_is_believed() {
    let service = Service::open(Site::default()).unwrap();
    assert_eq!(who(&by_form(&service, &signed(&logout())).await.unwrap()), alice_has_left());
    for (key, method) in
        [(&keys().idp, Method::RsaSha256), (&keys().idp, Method::RsaSha512), (&keys().p256, Method::EcdsaP256)]
    {
        let left = by_query(&service, &query(&bare(&logout()), key, method)).await.unwrap();
        assert_eq!(who(&left), alice_has_left(), "{method:?}");
    }
}

#[tokio::test]
async fn s52_whoever_was_not_asked_cannot_log_anybody_out() {
    let service = Service::open(Site::default()).unwrap();
    let genuine = signed(&assertion(&given()));
    let signature = signature_in(&genuine);
    let changed = |from: &str, to: &str| signed(&edit(&logout(), from, to));
    let extensions = |content: &str| format!("<samlp:Extensions>{content}</samlp:Extensions>{PLACE}");
    let stranger = Signer::new(&keys().stranger, Method::RsaSha256);
    let wrapped = edit(&bare(&logout()), "_logout", EVIL_ID);
    let cases = [
        ("nobody has signed it", bare(&logout())),
        ("a stranger has signed it", stranger.sign(&logout())),
        ("another identity provider has", Signer::new(&keys().other, Method::RsaSha256).sign(&logout())),
        ("it was changed after that", edit(&signed(&logout()), ">alice<", ">bob<")),
        ("a captured assertion is in it", bare(&edit(&logout(), PLACE, &extensions(&genuine)))),
        ("a captured assertion's signature is in it", edit(&logout(), PLACE, &signature)),
        ("a captured assertion is in it, its signature signs it", {
            let inside = edit(
                &logout(),
                PLACE,
                &format!("{signature}<samlp:Extensions>{}</samlp:Extensions>", edit(&genuine, &signature, "")),
            );
            bare(&inside)
        }),
        ("a captured login", alice(&given())),
        ("a captured assertion", genuine.clone()),
        (
            "a captured logout is within a forged one",
            edit(&wrapped, "</samlp:LogoutRequest>", &format!("{}</samlp:LogoutRequest>", signed(&logout()))),
        ),
        (
            "it was sent to somebody else",
            changed(&format!("Destination=\"{SLO}\""), "Destination=\"https://other.example/slo\""),
        ),
        ("it was sent to nobody", changed(&format!(" Destination=\"{SLO}\""), "")),
        ("somebody else says it", changed("https://idp.example/saml", "https://other.example/saml")),
        (
            "it is of yesterday",
            changed(&format!("IssueInstant=\"{}\"", at(-5)), &format!("IssueInstant=\"{}\"", at(-86_400))),
        ),
        (
            "it is of tomorrow",
            changed(&format!("IssueInstant=\"{}\"", at(-5)), &format!("IssueInstant=\"{}\"", at(86_400))),
        ),
        ("it has ended", changed(&at(295), &at(-61))),
        ("it is of nobody", changed(">alice<", "><")),
        ("it has a comment in the name", edit(&signed(&logout()), ">alice<", ">al<!---->ice<")),
        ("it has a document type", format!("<!DOCTYPE x>{}", signed(&logout()))),
        ("it is by SHA-1", Signer::new(&keys().idp, Method::RsaSha1).sign(&logout())),
    ];
    let mut taken = Vec::new();
    for (name, message) in &cases {
        if by_form(&service, message).await.is_ok() {
            taken.push(*name);
        }
    }
    assert!(taken.is_empty(), "taken: {taken:#?}");
}

#[tokio::test]
async fn s52_nor_can_they_by_an_address() {
    let service = Service::open(Site::default()).unwrap();
    let message = bare(&logout());
    let good = query(&message, &keys().idp, Method::RsaSha256);
    let other = query(&edit(&message, ">alice<", ">bob<"), &keys().stranger, Method::RsaSha256);
    let part = |query: &str, name: &str| query.split('&').find(|pair| pair.starts_with(name)).unwrap().to_owned();
    let request = part(&good, "SAMLRequest=");
    let cases = [
        ("nobody has signed it", request.clone()),
        ("a stranger has signed it", query(&message, &keys().stranger, Method::RsaSha256)),
        ("it is by SHA-1", query(&message, &keys().idp, Method::RsaSha1)),
        ("another message under the signature", edit(&good, &request, &part(&other, "SAMLRequest="))),
        ("two messages", format!("{good}&{}", part(&other, "SAMLRequest="))),
        ("two messages, the forged one first", format!("{}&{good}", part(&other, "SAMLRequest="))),
        ("two signatures", format!("{good}&{}", part(&other, "Signature="))),
        ("a word more that is signed", format!("{good}&RelayState=x")),
        ("no algorithm", edit(&good, &format!("&{}", part(&good, "SigAlg=")), "")),
        ("an empty signature", edit(&good, &part(&good, "Signature="), "Signature=")),
        ("nothing", String::new()),
    ];
    let mut taken = Vec::new();
    for (name, query) in &cases {
        if by_query(&service, query).await.is_ok() {
            taken.push(*name);
        }
    }
    assert!(taken.is_empty(), "taken: {taken:#?}");
}
