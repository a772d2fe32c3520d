//! Names and attributes as identity providers write them otherwise.

use super::{Backend, SignOn, With, at, log_out, me, person};
use crate::world::agent::Agent;
use serde_json::json;

/// In federations of universities attributes have numbers for names, and one of them is no text.
#[test]
fn attributes_may_be_named_by_numbers_and_one_be_no_text() {
    let oid = |rest: &str| format!("urn:oid:{rest}");
    let (uid, name) = (oid("0.9.2342.19200300.100.1.1"), oid("2.16.840.1.113730.3.1.241"));
    let (mail, groups) = (oid("0.9.2342.19200300.100.1.3"), oid("1.3.6.1.4.1.5923.1.5.1.1"));
    let saml = format!("login = {uid:?}\nname = {name:?}\nemail = {mail:?}\ngroups = {groups:?}");
    let sign_on = SignOn::with(Backend::Sqlite, &With::saml(&saml));
    sign_on.trusted(&json!({
        "attributes.NameFormat": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
        "attributeencodings": { "urn:oid:1.3.6.1.4.1.5923.1.1.1.10": "raw" },
        "authproc": { "10": { "class": "core:AttributeMap", "0": "name2oid" } },
    }));
    let mut ann = person("ann", &[]);
    ann["isMemberOf"] = json!(["devs"]);
    let nested = "<NameID xmlns='urn:oasis:names:tc:SAML:2.0:assertion' NameQualifier='q'>opaque</NameID>";
    ann["eduPersonTargetedID"] = json!([nested]);
    sign_on.idp.person("ann", &ann);
    sign_on.browse(&mut Agent::default(), "ann");
    assert!(sign_on.is_in("ann", "devs"), "{}", sign_on.said());
    let user = sign_on.site.tables().users["ann"].clone();
    assert_eq!((user.name.as_str(), user.email.as_str()), ("ann of Example", "ann@example.org"));
    sign_on.close();
}

/// A name that is another one at each login is nobody's id; an attribute is, then.
#[test]
fn s48_a_transient_name_and_an_attribute_are_one_person() {
    let sign_on = SignOn::with(Backend::Sqlite, &With::saml("name_id_format = \"transient\"\nsubject = \"uid\""));
    let (mut one, mut other) = (Agent::default(), Agent::default());
    sign_on.browse(&mut one, "ann");
    sign_on.browse(&mut other, "ann");
    assert_eq!(sign_on.site.tables().users.len(), 1);
    // Each is logged out by the name of their own login.
    let away = log_out(&sign_on, &mut one).header("location").unwrap().to_owned();
    let visit = one.go(&away, "ann", |_| false);
    assert_eq!((visit.url, me(&sign_on, &mut other).0), (at(&sign_on, "/login"), 200), "{}", sign_on.idp.log());
    sign_on.close();
}

#[test]
fn an_address_is_a_name_where_that_is_asked_for_and_no_other_name_is() {
    let sign_on = SignOn::with(Backend::Sqlite, &With::saml("name_id_format = \"email\""));
    sign_on.browse(&mut Agent::default(), "ann");
    let subject = sign_on.site.database.value("SELECT subject FROM identities");
    assert_eq!(subject, "ann@example.org");
    // Who has none there is given a name of another kind, or nothing at all.
    let mut root = person("root", &["admins"]);
    root.as_object_mut().unwrap().remove("mail");
    sign_on.idp.person("root", &root);
    let visit = sign_on.visit(&mut Agent::default(), "root");
    assert_eq!((visit.url.ends_with("/session"), sign_on.role("root")), (false, None), "{visit:?}");
    sign_on.close();
}
