//! What an identity provider publishes of itself: S16 and S51.
//!
//! Metadata says which keys are believed, so what is wrong with it is refused before anybody logs in: when the
//! configuration is used, or when a login begins.

use super::forge::keys::keys;
use super::forge::metadata::{descriptor, text, unsigned};
use super::forge::names::MD;
use super::forge::sign::{Method, Signer};
use super::forge::{IDP, edit};
use super::service::Service;

/// Whoever signs metadata has the other provider's key here.
const SIGNED: &str = "metadata_certificate_files = [\"{dir}/signer.crt\"]";

fn key() -> String {
    descriptor(Some("signing"), &keys().idp)
}

fn usual() -> String {
    text(IDP, "", &key())
}

fn signed(more: &str) -> String {
    Signer::new(&keys().other, Method::RsaSha256).sign(&unsigned(IDP, more, &key()))
}

/// Nobody can begin a login with this.
async fn refused(lines: &str, metadata: &str) -> bool {
    match Service::with(lines, metadata) {
        Err(_) => true,
        Ok(service) => service.begin().await.is_err(),
    }
}

async fn all_refused(cases: &[(&str, &str, String)]) {
    let mut taken = Vec::new();
    for (name, lines, metadata) in cases {
        if !refused(lines, metadata).await {
            taken.push(*name);
        }
    }
    assert!(taken.is_empty(), "taken: {taken:#?}");
}

#[tokio::test]
async fn s16_an_identity_provider_without_a_key_to_believe_is_refused() {
    let junk = edit(&usual(), &keys().idp.x509(), "AAAA");
    let no_base64 = edit(&usual(), &keys().idp.x509(), "?");
    let named = "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\
                 <ds:KeyName>idp</ds:KeyName></ds:KeyInfo></md:KeyDescriptor>";
    all_refused(&[
        ("no key", "", text(IDP, "", "")),
        ("a key for encryption only", "", text(IDP, "", &descriptor(Some("encryption"), &keys().idp))),
        ("a certificate that is none", "", junk),
        ("a certificate that is not in base64", "", no_base64),
        ("the name of a key", "", text(IDP, "", named)),
    ])
    .await;
}

#[tokio::test]
async fn s51_metadata_that_nobody_should_believe_is_refused() {
    let service = format!(
        "<md:SPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{}</md:SPSSODescriptor>",
        key()
    );
    let only_service =
        format!("<md:EntityDescriptor xmlns:md=\"{MD}\" entityID=\"{IDP}\">{service}</md:EntityDescriptor>");
    let two = |second: &str| {
        format!(
            "<md:EntitiesDescriptor xmlns:md=\"{MD}\">{}{}</md:EntitiesDescriptor>",
            usual(),
            usual().replace(IDP, second)
        )
    };
    let location = |to: &str| usual().replace("https://idp.example/sso", to);
    let stranger = Signer::new(&keys().stranger, Method::RsaSha256).sign(&unsigned(IDP, "", &key()));
    let wrapped = {
        let genuine = signed("");
        let evil = text("https://evil.example", "", &descriptor(Some("signing"), &keys().stranger));
        format!("<md:EntitiesDescriptor xmlns:md=\"{MD}\">{evil}{genuine}</md:EntitiesDescriptor>")
    };
    all_refused(&[
        ("it has expired", "", text(IDP, " validUntil=\"2020-01-01T00:00:00Z\"", &key())),
        ("nobody can say when it expires", "", text(IDP, " validUntil=\"soon\"", &key())),
        ("it is not signed, and is to be", SIGNED, usual()),
        ("a stranger has signed it", SIGNED, stranger),
        (
            "it was changed after it was signed",
            SIGNED,
            edit(&signed(""), "https://idp.example/sso", "https://evil.example/sso"),
        ),
        ("it was signed and has expired", SIGNED, signed(" validUntil=\"2020-01-01T00:00:00Z\"")),
        ("what is signed is beside what is read", SIGNED, wrapped),
        ("it has no name", "", edit(&usual(), &format!(" entityID=\"{IDP}\""), "")),
        ("it has an empty name", "", edit(&usual(), IDP, "")),
        ("it is a service provider's", "", only_service),
        ("it is two identity providers'", "", two("https://other.example/saml")),
        ("nobody can log in there", "", usual().replace("SingleSignOnService", "ManageNameIDService")),
        ("people log in at a script", "", location("javascript:alert(1)")),
        ("people log in at a file", "", location("file:///etc/passwd")),
        ("it has a document type", "", format!("<!DOCTYPE x [<!ENTITY e \"x\">]>{}", usual())),
        ("its document type is elsewhere", "", format!("<!DOCTYPE x SYSTEM \"http://127.0.0.1:9/\">{}", usual())),
        ("it is no XML", "", "metadata".to_owned()),
        ("it is empty", "", String::new()),
        (
            "it has 50 MB",
            "",
            edit(&usual(), "<md:IDPSSODescriptor", &format!("{}<md:IDPSSODescriptor", " ".repeat(50 << 20))),
        ),
        (
            "it is 10,000 elements deep",
            "",
            edit(
                &usual(),
                "<md:IDPSSODescriptor",
                &format!("{}{}<md:IDPSSODescriptor", "<a>".repeat(10_000), "</a>".repeat(10_000)),
            ),
        ),
        ("it is an answer to a login", "", usual().replace("EntityDescriptor", "Response")),
    ])
    .await;
}

/// What is usual is taken: comments too, which no message may have.
#[tokio::test]
async fn s51_metadata_as_identity_providers_write_it_is_taken() {
    let both = format!("{}{}", key(), descriptor(Some("signing"), &keys().next));
    let one = format!("<md:EntitiesDescriptor xmlns:md=\"{MD}\">{}</md:EntitiesDescriptor>", usual());
    let extensions = "<md:Extensions><x:Logo xmlns:x=\"urn:works\">a</x:Logo></md:Extensions>";
    let cases = [
        ("as it is", "", usual()),
        ("two keys", "", text(IDP, "", &both)),
        ("a key for everything", "", text(IDP, "", &descriptor(None, &keys().idp))),
        (
            "a key to sign with and one to encrypt",
            "",
            text(IDP, "", &format!("{}{}", key(), descriptor(Some("encryption"), &keys().other))),
        ),
        ("it expires in a long time", "", text(IDP, " validUntil=\"2090-01-01T00:00:00Z\"", &key())),
        ("signed", SIGNED, signed("")),
        ("signed, and nobody asks for it", "", signed("")),
        (
            "with comments",
            "",
            edit(&usual(), "<md:IDPSSODescriptor", "<!-- where people log in -->\n<md:IDPSSODescriptor"),
        ),
        ("with an XML declaration", "", format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", usual())),
        ("with extensions", "", edit(&usual(), "<md:IDPSSODescriptor", &format!("{extensions}<md:IDPSSODescriptor"))),
        ("one in a list", "", one),
    ];
    let mut wrong = Vec::new();
    for (name, lines, metadata) in cases {
        if refused(lines, &metadata).await {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "refused: {wrong:#?}");
}
