//! S45-S47: encryption proves nothing, and must tell nothing of what is in it.

use super::{Hostile, Stage};
use crate::saml::forge::encrypt::{Data, Encryption, Place, Wrap};
use crate::saml::forge::message::{ASSERTION_ID, EVIL_ID, alice, assertion, forged, response, unsigned_response};
use crate::saml::forge::names::XENC;
use crate::saml::forge::sign::{bare, signed};
use crate::saml::forge::{Given, Site, edit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const NO_PROOF: &str = "anybody can encrypt for rosterd: what was signed by nobody is still not signed";
const ONE: &str = "there is one assertion";
const BROKEN: &str = "nobody has encrypted that";
const ORACLE: &str = "whoever may ask often enough learns what is in it";
const ELSEWHERE: &str = "what is encrypted is in the message";

pub(super) fn all() -> Vec<Hostile> {
    [proofs(), inside(), broken(), elsewhere(), oracles()].into_iter().flatten().collect()
}

fn proofs() -> Vec<Hostile> {
    let usual = Encryption::USUAL;
    vec![
        Hostile::new("S45", Stage::Form, "an encrypted assertion that nobody has signed", NO_PROOF, move |given| {
            unsigned_response(&usual.assertion(&forged(ASSERTION_ID, given)), given)
        }),
        Hostile::new(
            "S45",
            Stage::Form,
            "the signed assertion, and an encrypted one that nobody has signed",
            ONE,
            move |given| {
                unsigned_response(
                    &format!("{}{}", signed(&assertion(given)), usual.assertion(&forged(EVIL_ID, given))),
                    given,
                )
            },
        ),
        Hostile::new(
            "S45",
            Stage::Form,
            "an encrypted signed assertion, and a forged one that is not encrypted",
            ONE,
            move |given| {
                let encrypted = usual.assertion(&signed(&assertion(given)));
                unsigned_response(&format!("{}{encrypted}", forged(EVIL_ID, given)), given)
            },
        ),
        Hostile::new("S45", Stage::Form, "two encrypted assertions", ONE, move |given| {
            let encrypted = usual.assertion(&signed(&assertion(given)));
            let forged = usual.assertion(&forged(EVIL_ID, given)).replace("_data", "_data2").replace("_key", "_key2");
            unsigned_response(&format!("{forged}{encrypted}"), given)
        }),
        Hostile::new(
            "S45",
            Stage::Signature,
            "an encrypted assertion that was put into a signed response",
            NO_PROOF,
            move |given| {
                let evil = usual.assertion(&forged(EVIL_ID, given));
                let text = signed(&response("<samlp:Extensions></samlp:Extensions>", given));
                edit(&text, "<samlp:Extensions></samlp:Extensions>", &evil)
            },
        ),
        Hostile::new(
            "S45",
            Stage::Signature,
            "a signed response with the encrypted assertion changed",
            NO_PROOF,
            move |given| {
                let good = usual.assertion(&bare(&assertion(given)));
                let evil = usual.assertion(&forged(ASSERTION_ID, given));
                edit(&signed(&response(&good, given)), &good, &evil)
            },
        ),
        Hostile::new("S45", Stage::Signature, "a stranger's signature within", NO_PROOF, move |given| {
            let signature = super::xsw::signature_over(&forged(ASSERTION_ID, given));
            unsigned_response(&usual.assertion(&super::xsw::evil_with(ASSERTION_ID, &signature, given)), given)
        }),
    ]
}

/// What comes out is held to the same as what comes in.
fn inside() -> Vec<Hostile> {
    let usual = Encryption::USUAL;
    let plain = |name: &str, why: &'static str, make: fn(&Given) -> String| {
        Hostile::new("S45", Stage::Form, name, why, move |given| {
            unsigned_response(&usual.assertion(&make(given)), given)
        })
    };
    vec![
        plain("a wrapped assertion within", "XSW in the dark", |given| {
            let genuine = signed(&assertion(given));
            edit(&forged(EVIL_ID, given), "</saml:Assertion>", &format!("{genuine}</saml:Assertion>"))
        }),
        plain("a forged and a signed assertion within", ONE, |given| {
            format!("{}{}", forged(EVIL_ID, given), signed(&assertion(given)))
        }),
        plain("a whole response within", ONE, alice),
        plain("a document type within", "S25 in the dark", |given| {
            let text = edit(&signed(&assertion(given)), ">alice of the works<", ">&e;<");
            format!("<!DOCTYPE r [<!ENTITY e SYSTEM \"http://127.0.0.1:{}/e\">]>{text}", given.trap)
        }),
        plain("a comment in the NameID within", "S26 in the dark", |given| {
            edit(&signed(&assertion(given)), ">alice</saml:NameID>", ">al<!---->ice</saml:NameID>")
        }),
        plain("an encrypted assertion within", ONE, |given| Encryption::USUAL.assertion(&signed(&assertion(given)))),
        plain("nothing within", BROKEN, |_| String::new()),
        plain("no XML within", BROKEN, |_| "alice".to_owned()),
        plain("10 MB within", "S24 in the dark", |given| {
            edit(&signed(&assertion(given)), "</saml:Subject>", &format!("{}</saml:Subject>", " ".repeat(10 << 20)))
        }),
        Hostile::new(
            "S45",
            Stage::Signature,
            "a signed response whose encrypted assertion is not well formed",
            BROKEN,
            move |given| signed(&response(&usual.assertion("<saml:Assertion"), given)),
        ),
    ]
}

fn broken() -> Vec<Hostile> {
    let usual = Encryption::USUAL;
    let mut all = Vec::new();
    for size in [0, 1, 11, 12, 13, 16, 27, 28, 31] {
        all.push(Hostile::new("S46", Stage::Form, &format!("{size} bytes of data"), BROKEN, move |given| {
            unsigned_response(&usual.with_cipher(&vec![0; size]), given)
        }));
    }
    for size in [0, 15, 16, 17, 32, 33] {
        let encryption = Encryption { data: Data::Cbc128, wrap: Wrap::OaepMgf1p, place: Place::Within };
        all.push(
            Hostile::new("S46", Stage::Form, &format!("{size} bytes of data in blocks"), BROKEN, move |given| {
                unsigned_response(&encryption.with_cipher(&vec![0; size]), given)
            })
            .at(Site::with("cbc = true")),
        );
    }
    let changed = |name: &str, change: fn(&mut Vec<u8>)| {
        Hostile::new("S46", Stage::Form, name, BROKEN, move |given| {
            let mut bytes = usual.cipher(signed(&assertion(given)).as_bytes());
            change(&mut bytes);
            unsigned_response(&usual.with_cipher(&bytes), given)
        })
    };
    all.extend([
        changed("a tag of which a bit is another", |bytes| *bytes.last_mut().unwrap() ^= 1),
        changed("data of which a bit is another", |bytes| bytes[100] ^= 1),
        changed("a tag that is cut off", |bytes| bytes.truncate(bytes.len() - 4)),
        changed("no tag", |bytes| bytes.truncate(bytes.len() - 16)),
        changed("another beginning", |bytes| bytes[0] ^= 1),
        Hostile::new("S46", Stage::Form, "an encrypted key of zeros", BROKEN, move |given| {
            let data = STANDARD.encode(usual.cipher(signed(&assertion(given)).as_bytes()));
            unsigned_response(&usual.with(&STANDARD.encode([0; 256]), &data), given)
        }),
        Hostile::new("S46", Stage::Form, "an empty encrypted key", BROKEN, move |given| {
            let data = STANDARD.encode(usual.cipher(signed(&assertion(given)).as_bytes()));
            unsigned_response(&usual.with("", &data), given)
        }),
        Hostile::new("S46", Stage::Form, "data that is not in base64", BROKEN, move |given| {
            unsigned_response(&usual.with("&amp;", "&amp;"), given)
        }),
        Hostile::new("S46", Stage::Form, "a key of 16 bytes for an algorithm of 32", BROKEN, |given| {
            let short = Encryption { data: Data::Gcm128, ..Encryption::USUAL };
            let text = short.assertion(&signed(&assertion(given)));
            unsigned_response(&edit(&text, &Data::Gcm128.uri(), &Data::Gcm256.uri()), given)
        }),
    ]);
    all
}

fn elsewhere() -> Vec<Hostile> {
    let usual = Encryption::USUAL;
    let key = |text: &str, to: &str| {
        let from = text.find("<xenc:EncryptedKey ").unwrap();
        let end = text.find("</xenc:EncryptedKey>").unwrap() + "</xenc:EncryptedKey>".len();
        edit(text, &text[from..end], to)
    };
    let reference = |text: &str, uri: &str| {
        let at = text.rfind("<xenc:CipherValue>").unwrap();
        let end = text.rfind("</xenc:CipherValue>").unwrap() + "</xenc:CipherValue>".len();
        format!("{}<xenc:CipherReference URI=\"{uri}\"></xenc:CipherReference>{}", &text[..at], &text[end..])
    };
    let method = |name: &str, from: String, to: &'static str| {
        Hostile::new("S46", Stage::Form, name, BROKEN, move |given| {
            unsigned_response(&edit(&usual.assertion(&signed(&assertion(given))), &from, to), given)
        })
    };
    vec![
        Hostile::new("S46", Stage::Form, "a key that is on a server", ELSEWHERE, move |given| {
            let retrieval = format!(
                "<ds:RetrievalMethod Type=\"{XENC}EncryptedKey\" URI=\"http://127.0.0.1:{}/key\"></ds:RetrievalMethod>",
                given.trap
            );
            unsigned_response(&key(&usual.assertion(&signed(&assertion(given))), &retrieval), given)
        }),
        Hostile::new("S46", Stage::Form, "a key that is in a file", ELSEWHERE, move |given| {
            let retrieval = "<ds:RetrievalMethod URI=\"file:///etc/passwd\"></ds:RetrievalMethod>";
            unsigned_response(&key(&usual.assertion(&signed(&assertion(given))), retrieval), given)
        }),
        Hostile::new("S46", Stage::Form, "a key that is found by itself", ELSEWHERE, move |given| {
            let retrieval =
                format!("<ds:RetrievalMethod Type=\"{XENC}EncryptedKey\" URI=\"#_data\"></ds:RetrievalMethod>");
            unsigned_response(&key(&usual.assertion(&signed(&assertion(given))), &retrieval), given)
        }),
        Hostile::new("S46", Stage::Form, "no key", ELSEWHERE, move |given| {
            unsigned_response(&key(&usual.assertion(&signed(&assertion(given))), ""), given)
        }),
        Hostile::new("S46", Stage::Form, "data that is on a server", ELSEWHERE, move |given| {
            let text = usual.assertion(&signed(&assertion(given)));
            unsigned_response(&reference(&text, &format!("http://127.0.0.1:{}/data", given.trap)), given)
        }),
        Hostile::new("S46", Stage::Form, "data that is in a file", ELSEWHERE, move |given| {
            unsigned_response(&reference(&usual.assertion(&signed(&assertion(given))), "file:///etc/passwd"), given)
        }),
        method("triple DES", Data::Gcm256.uri(), "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"),
        method("an algorithm that nobody knows", Data::Gcm256.uri(), "urn:works:encrypt"),
        method(
            "a key under another key",
            format!("{XENC}rsa-oaep-mgf1p"),
            "http://www.w3.org/2001/04/xmlenc#kw-aes128",
        ),
        Hostile::new("S46", Stage::Form, "1,000 encrypted keys", BROKEN, move |given| {
            let text = usual.assertion(&signed(&assertion(given)));
            let from = text.find("<xenc:EncryptedKey ").unwrap();
            let end = text.find("</xenc:EncryptedKey>").unwrap() + "</xenc:EncryptedKey>".len();
            let one = &text[from..end];
            let all: String = (0..1000).map(|n| one.replace("_key", &format!("_key{n}"))).collect();
            unsigned_response(&edit(&text, one, &all), given)
        }),
    ]
}

fn oracles() -> Vec<Hostile> {
    let old = |name: &str, data: Data, wrap: Wrap, place: Place| {
        Hostile::new("S47", Stage::Form, name, ORACLE, move |given| {
            unsigned_response(&Encryption { data, wrap, place }.assertion(&signed(&assertion(given))), given)
        })
    };
    let padding = |name: &str, change: fn(&mut Vec<u8>)| {
        Hostile::new("S47", Stage::Form, name, ORACLE, move |given| {
            let encryption = Encryption { data: Data::Cbc128, ..Encryption::USUAL };
            let mut bytes = encryption.cipher(signed(&assertion(given)).as_bytes());
            change(&mut bytes);
            unsigned_response(&encryption.with_cipher(&bytes), given)
        })
        .at(Site::with("cbc = true"))
    };
    vec![
        old("RSA 1.5 for the key", Data::Gcm256, Wrap::Rsa15, Place::Within),
        old("RSA 1.5 for the key, beside", Data::Gcm256, Wrap::Rsa15, Place::Beside),
        old("RSA 1.5 for the key, where blocks are allowed", Data::Cbc128, Wrap::Rsa15, Place::Within)
            .at(Site::with("cbc = true")),
        old("AES in blocks, 128 bits", Data::Cbc128, Wrap::OaepMgf1p, Place::Within),
        old("AES in blocks, 256 bits", Data::Cbc256, Wrap::Oaep, Place::Beside),
        padding("the last block is another", |bytes| *bytes.last_mut().unwrap() ^= 1),
        padding("the block before the last is another", |bytes| {
            let at = bytes.len() - 17;
            bytes[at] ^= 0x55;
        }),
        padding("the first block is another", |bytes| bytes[0] ^= 0x55),
        padding("a block in the middle is another", |bytes| bytes[64] ^= 0x55),
        padding("the last block is missing", |bytes| bytes.truncate(bytes.len() - 16)),
    ]
}
