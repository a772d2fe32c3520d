//! S48 and S49: a genuine login of whoever it does not say, or says in two ways.

use super::{Hostile, Stage};
use crate::saml::forge::message::{assertion, attribute, changed, unsigned_response};
use crate::saml::forge::names::{PERSISTENT, TRANSIENT, XSI};
use crate::saml::forge::sign::signed;
use crate::saml::forge::{Site, edit};

const WHO: &str = "nobody can be found again by that";
const LOOKS: &str = "it is somebody else who looks like alice";
const TWO: &str = "which of both is it?";

pub(super) fn all() -> Vec<Hostile> {
    [subjects(), attributes()].into_iter().flatten().collect()
}

fn named(name: &str, why: &'static str, to: String) -> Hostile {
    let from = format!("<saml:NameID Format=\"{PERSISTENT}\">alice</saml:NameID>");
    Hostile::new("S48", Stage::Profile, name, why, move |given| changed(given, &from, &to))
}

fn name_id(text: &str) -> String {
    format!("<saml:NameID Format=\"{PERSISTENT}\">{text}</saml:NameID>")
}

fn subjects() -> Vec<Hostile> {
    let encrypted = "<saml:EncryptedID></saml:EncryptedID>";
    vec![
        named("an empty NameID", WHO, name_id("")),
        named("a NameID of blanks", WHO, name_id("  ")),
        named("no NameID", WHO, String::new()),
        named("a NameID of 1,025 bytes", WHO, name_id(&"x".repeat(1025))),
        named("a NameID of 100 KB", WHO, name_id(&"x".repeat(100_000))),
        named("two NameIDs", TWO, format!("{}{}", name_id("alice"), name_id("mallory"))),
        named("an element in the NameID", TWO, name_id("alice<b>mallory</b>")),
        named("an encrypted NameID", WHO, encrypted.to_owned()),
        named("another NameID each time", WHO, name_id("_0f3a").replace(PERSISTENT, TRANSIENT)),
        named("a line end in the NameID", LOOKS, name_id("alice&#xD;")),
        named("a NameID with blanks about it", LOOKS, name_id(" alice ")),
        named("a NameID with a blank of no width", LOOKS, name_id("alice\u{200b}")).or("alice\u{200b}"),
        named("a NameID that is written from right to left", LOOKS, name_id("\u{202e}ecila")).or("\u{202e}ecila"),
        named("a NameID with a letter of another script", LOOKS, name_id("\u{430}lice")).or("\u{430}lice"),
        Hostile::new("S48", Stage::Profile, "no attribute that is to be the subject", WHO, |given| {
            changed(given, &attribute("uid", &["alice"]), "")
        })
        .at(Site::with("subject = \"uid\"")),
        Hostile::new("S48", Stage::Profile, "an empty attribute as subject", WHO, |given| {
            changed(given, &attribute("uid", &["alice"]), &attribute("uid", &[""]))
        })
        .at(Site::with("subject = \"uid\"")),
        Hostile::new("S48", Stage::Profile, "an attribute of two values as subject", TWO, |given| {
            changed(given, &attribute("uid", &["alice"]), &attribute("uid", &["alice", "mallory"]))
        })
        .at(Site::with("subject = \"uid\"")),
    ]
}

fn attributes() -> Vec<Hostile> {
    let uid = |name: &str, why: &'static str, to: String| {
        Hostile::new("S49", Stage::Profile, name, why, move |given| {
            let text = edit(&assertion(given), &attribute("uid", &["alice"]), &to);
            unsigned_response(&signed(&text), given)
        })
    };
    let nil = format!(
        "<saml:Attribute Name=\"uid\"><saml:AttributeValue xmlns:xsi=\"{XSI}\" xsi:nil=\"true\"></saml:AttributeValue>\
         </saml:Attribute>"
    );
    let friendly = format!(
        "{}{}",
        attribute("uid", &["alice"]),
        attribute("urn:other", &["mallory"]).replacen("<saml:Attribute ", "<saml:Attribute FriendlyName=\"uid\" ", 1)
    );
    vec![
        uid("the login twice", TWO, format!("{}{}", attribute("uid", &["alice"]), attribute("uid", &["mallory"]))),
        uid("two values of the login", TWO, attribute("uid", &["alice", "mallory"])),
        uid("the login by its name and by a friendly one", TWO, friendly).or("alice"),
        uid("no login", WHO, String::new()).or("alice"),
        uid("an empty login", WHO, attribute("uid", &[""])).or("alice"),
        uid("a login that is nil", WHO, nil).or("alice"),
        uid("an element in the login", TWO, attribute("uid", &["alice<b>mallory</b>"])).or("alice"),
        uid("a login of 100 KB", WHO, attribute("uid", &[&"x".repeat(100_000)])).or("alice"),
        uid(
            "an attribute without a name",
            WHO,
            "<saml:Attribute><saml:AttributeValue>alice</saml:AttributeValue></saml:Attribute>".to_owned(),
        ),
        Hostile::new("S49", Stage::Profile, "an element in a group", TWO, |given| {
            changed(given, ">devs<", ">devs<b>admins</b><")
        })
        // Nothing is said of groups then.
        .or("alice"),
    ]
}
