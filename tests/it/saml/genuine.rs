//! The messages that the other tests send are what they are said to be, by the word of another program (xmlsec1).
//!
//! A hostile message that is refused because it was signed badly shows nothing.

use super::forge::hostile::Stage;
use super::forge::keys::{Key, keys};
use super::forge::names::{SAML, SAMLP};
use super::forge::{Given, Sent, Site, good, hostile};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

fn given() -> Given {
    Given { request: "_request".to_owned(), trap: 9 }
}

/// A folder with every certificate and our key.
fn folder() -> TempDir {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("sp.key"), &keys().sp.private).unwrap();
    dir
}

fn xmlsec(dir: &Path, words: &[&str]) -> Result<String, String> {
    let done = Command::new("xmlsec1").args(words).current_dir(dir).output().unwrap();
    if done.status.success() {
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

/// Each signature in a text is by one of these keys.
fn verified(dir: &Path, text: &str, keys: &[&Key]) -> Result<(), String> {
    std::fs::write(dir.join("message.xml"), text).unwrap();
    let signatures = text.matches(":SignedInfo>").count() / 2;
    if signatures == 0 {
        return Err("nothing is signed".to_owned());
    }
    for number in 1..=signatures {
        let path = format!("(//*[local-name()='Signature'])[{number}]");
        let (response, assertion) = (format!("{SAMLP}:Response"), format!("{SAML}:Assertion"));
        let mut said = Err(String::new());
        for key in keys {
            std::fs::write(dir.join("key.crt"), &key.certificate).unwrap();
            let words = [
                "--verify",
                "--id-attr:ID",
                &response,
                "--id-attr:ID",
                &assertion,
                "--node-xpath",
                &path,
                "--pubkey-cert-pem",
                "key.crt",
                "--enabled-key-data",
                "rsa,ecdsa,dsa,key-name",
                "message.xml",
            ];
            said = xmlsec(dir, &words);
            if said.is_ok() {
                break;
            }
        }
        said?;
    }
    Ok(())
}

/// What is in an encrypted message.
fn decrypted(dir: &Path, text: &str) -> Result<String, String> {
    std::fs::write(dir.join("message.xml"), text).unwrap();
    let data = "http://www.w3.org/2001/04/xmlenc#:EncryptedData";
    xmlsec(dir, &["--decrypt", "--id-attr:Id", data, "--privkey-pem", "sp.key", "message.xml"])
}

fn text(sent: Sent) -> Option<String> {
    match sent {
        Sent::Message(bytes) => String::from_utf8(bytes).ok(),
        Sent::Form(_) => None,
    }
}

fn failed(dir: &Path, name: &str, text: &str, site: Site) -> Option<String> {
    // xmlsec1 1.2 looks for keys within `KeyInfo` only, and does not know the newer RSA-OAEP.
    let encrypted = text.contains("EncryptedData");
    if encrypted
        && (text.contains("xmlenc11#rsa-oaep")
            || !text.contains("<ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><xenc:"))
    {
        return None;
    }
    let keys = site.published.keys();
    let outside = if text.contains(":SignedInfo>") { verified(dir, text, &keys) } else { Ok(()) };
    let inside = if encrypted { decrypted(dir, text).map(|_| ()) } else { Ok(()) };
    outside.and(inside).err().map(|why| format!("{name}: {why}"))
}

#[test]
fn what_is_to_be_believed_is_signed_by_another_programs_word() {
    let dir = folder();
    let mut wrong = Vec::new();
    for case in good::all() {
        if let Some(text) = text(case.make.sent(&given())) {
            wrong.extend(failed(dir.path(), &case.name, &text, case.site));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_to_be_refused_for_what_it_says_is_signed_by_another_programs_word() {
    let dir = folder();
    let mut wrong = Vec::new();
    let mut shown = 0;
    for case in hostile::all().iter().filter(|case| case.stage == Stage::Profile) {
        if let Some(text) = text(case.make.sent(&given())) {
            wrong.extend(failed(dir.path(), &case.label(), &text, case.site));
            shown += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(shown > 60, "{shown}");
}

/// Each case is one: no two have the same name, and none of them sends what another sends.
#[test]
fn no_two_messages_are_the_same() {
    let given = given();
    let mut names = std::collections::BTreeSet::new();
    let mut sent = std::collections::BTreeMap::new();
    let good = good::all();
    let hostile = hostile::all();
    assert!(good.len() >= 60 && hostile.len() >= 120, "{} good, {} hostile", good.len(), hostile.len());
    for case in &good {
        assert!(names.insert(case.name.clone()), "{}", case.name);
        let form = case.make.sent(&given).form();
        if let Some(other) = sent.insert((form, case.site), case.name.clone()) {
            panic!("{other} and {}", case.name);
        }
    }
    for case in &hostile {
        assert!(names.insert(case.label()), "{}", case.label());
        let form = case.make.sent(&given).form();
        if let Some(other) = sent.insert((form, case.site), case.label()) {
            panic!("{other} and {}", case.label());
        }
        assert!(!case.why.is_empty());
    }
}
