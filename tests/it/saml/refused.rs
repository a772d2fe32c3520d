//! What must be refused, and by which word: `refused.txt` has both, so that a change of either is seen.
//!
//! `UPDATE=1 cargo test --test it saml::refused` writes that file.

use super::forge::hostile::{self, Hostile, Stage};
use super::forge::message::{ASSERTION_ID, alice};
use super::forge::{Given, NOW, Site, edit};
use super::service::{Service, Services, request_in};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

fn table() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/saml/refused.txt")
}

/// By which word each is refused; an error where one is not.
async fn words(services: &mut Services, cases: &[Hostile]) -> BTreeMap<String, Result<String, String>> {
    let mut words = BTreeMap::new();
    for case in cases {
        let word = match services.login(case.site, |given| case.make.sent(given)).await {
            // How long a verifier takes is this machine's to say; it is ended, or says no.
            Err(word) if word == "signature-cost" && case.stage == Stage::Signature => Ok("signature".to_owned()),
            Err(word) => Ok(word),
            Ok(finished) if case.harmless == Some(finished.said.subject.as_str()) => Ok("believed".to_owned()),
            Ok(finished) => Err(format!("{} is believed to have logged in", finished.said.subject)),
        };
        words.insert(case.label(), word);
    }
    words
}

/// Nobody is let in by any of them, nothing is asked for that one of them names, and each is refused by its word.
#[tokio::test]
async fn s01_to_s50_every_hostile_message_is_refused() {
    let mut services = Services::new();
    let words = words(&mut services, &hostile::all()).await;
    services.nobody_asked();
    let taken: Vec<String> =
        words.iter().filter_map(|(case, word)| word.as_ref().err().map(|who| format!("{case}: {who}"))).collect();
    assert!(taken.is_empty(), "{} of {}:\n{}", taken.len(), words.len(), taken.join("\n"));
    let mut text = String::new();
    for (case, word) in &words {
        writeln!(text, "{case}: {}", word.as_deref().unwrap()).unwrap();
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(table(), &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(table()).unwrap_or_default(), text, "see {}", table().display());
}

/// Whoever sees to it that a message counts once is told its id, which is the assertion's, and until when it could come
/// again.
#[tokio::test]
async fn s41_a_message_has_one_id_by_which_it_counts_once() {
    let service = Service::open(Site::default()).unwrap();
    let kept = service.begin().await.unwrap();
    let given = Given { request: request_in(&kept), trap: 9 };
    let mut ids = BTreeSet::new();
    // The same assertion in another response is the same.
    for around in ["_response", "_another"] {
        let text = edit(&alice(&given), "ID=\"_response\"", &format!("ID=\"{around}\" "));
        let finished = service.finish(&text.into(), Some(&kept)).await.unwrap();
        let (id, until) = finished.once.unwrap();
        assert!(until.0 >= NOW + 6 * 60_000, "it would be taken for that long: {until:?}");
        ids.insert(id);
    }
    assert_eq!(ids, BTreeSet::from([ASSERTION_ID.to_owned()]));
}

/// What is wrong with something encrypted is said by one word, whatever it is: by two of them it could be found out
/// what is in it.
#[tokio::test]
async fn s47_what_cannot_be_decrypted_is_refused_by_one_word() {
    let mut services = Services::new();
    let broken: Vec<Hostile> = hostile::all()
        .into_iter()
        .filter(|case| case.site.lines == "cbc = true" && !case.name.starts_with("RSA"))
        .collect();
    let words = words(&mut services, &broken).await;
    let all: BTreeSet<_> = words.values().collect();
    assert_eq!(all.len(), 1, "{words:#?}");
}
