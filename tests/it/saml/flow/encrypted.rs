//! Assertions that were encrypted for us. SimpleSAMLphp knows AES-CBC alone.

use super::{Backend, SignOn, With};
use crate::world::agent::Agent;
use serde_json::json;

#[test]
fn s47_cbc_is_refused_without_the_switch() {
    let sign_on = SignOn::open(Backend::Sqlite);
    sign_on.trusted(&json!({ "assertion.encryption": true }));
    let mut agent = Agent::default();
    let visit = sign_on.visit(&mut agent, "ann");
    assert_eq!(visit.answer.status, 403, "{visit:?}");
    assert_eq!((super::me(&sign_on, &mut agent).0, sign_on.role("ann")), (401, None));
    sign_on.close();
}

#[test]
fn s45_an_encrypted_assertion_is_opened_whatever_is_signed() {
    let sign_on = SignOn::with(Backend::Sqlite, &With::saml("cbc = true"));
    for (response, assertion) in [(true, true), (false, true), (true, false)] {
        sign_on.trusted(&json!({
            "assertion.encryption": true, "saml20.sign.response": response, "saml20.sign.assertion": assertion,
        }));
        let mut agent = Agent::default();
        let sent = sign_on.until_sent(&mut agent, &super::at(&sign_on, "/login/sso"), "ann");
        let visit = sign_on.send(&mut agent, &sent, "ann");
        assert_eq!(visit.answer.status, 200, "{response} {assertion}: {visit:?}\n{}", sign_on.said());
        assert_eq!(super::me(&sign_on, &mut agent).1["person"]["login"], "ann");
    }
    assert!(sign_on.is_in("ann", "devs"));
    // Not signed at all: that it was encrypted for us proves nothing, anybody can.
    sign_on.trusted(&json!({
        "assertion.encryption": true, "saml20.sign.response": false, "saml20.sign.assertion": false,
    }));
    let visit = sign_on.visit(&mut Agent::default(), "root");
    assert_eq!((visit.answer.status, sign_on.role("root")), (403, None), "{visit:?}");
    sign_on.close();
}

/// A name that was encrypted apart is none that is read: a provider that is to keep it from others encrypts it all.
#[test]
fn s45_an_encrypted_name_is_refused() {
    let sign_on = SignOn::with(Backend::Sqlite, &With::saml("cbc = true"));
    sign_on.trusted(&json!({ "nameid.encryption": true }));
    let visit = sign_on.visit(&mut Agent::default(), "ann");
    assert_eq!((visit.answer.status, sign_on.role("ann")), (403, None), "{visit:?}\n{}", sign_on.said());
    sign_on.close();
}
