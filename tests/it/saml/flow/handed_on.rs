//! Responses that another application was sent, and hands on by a hook.

use super::{Backend, SignOn, With, at, me, person};
use crate::world::agent::Agent;
use crate::world::simplesaml::service;
use serde_json::{Value, json};

const APP: &str = "urn:example:app";
/// Where the application is sent them: nobody is there, and nobody has to be.
const PLACE: &str = "http://127.0.0.1:9/saml/acs";

fn open(backend: Backend, saml: &str) -> SignOn {
    let sign_on = SignOn::with(backend, &With::saml(saml));
    sign_on.idp.trust("app", &service(APP, PLACE), &json!({}));
    sign_on
}

/// The response that the application is sent when this person logs in to it.
#[track_caller]
fn response(sign_on: &SignOn, person: &str) -> String {
    let visit = Agent::default().go(&sign_on.idp.begin_there(APP, ""), person, |url| url == PLACE);
    visit.form.unwrap().value("SAMLResponse").unwrap().to_owned()
}

fn hand_on(sign_on: &SignOn, response: &str) -> (u16, Value) {
    sign_on.hand_on(&json!({ "saml_response": response }))
}

crate::world::on_both!(what_another_application_was_sent_counts_where_that_is_named);

fn what_another_application_was_sent_counts_where_that_is_named(backend: Backend) {
    let sign_on = open(backend, &format!("audiences = [{APP:?}]\nrecipients = [{PLACE:?}]"));
    let first = response(&sign_on, "ann");
    let (status, answer) = hand_on(&sign_on, &first);
    assert_eq!((status, &answer["finding"]), (200, &json!("applied")), "{answer}\n{}", sign_on.said());
    assert_eq!((sign_on.role("ann").as_deref(), sign_on.is_in("ann", "devs")), (Some("Editor"), true));
    // What somebody says later counts, and an older one undoes nothing of it.
    sign_on.idp.person("ann", &person("ann", &["admins"]));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let (status, answer) = hand_on(&sign_on, &response(&sign_on, "ann"));
    assert_eq!((status, sign_on.role("ann").as_deref()), (200, Some("Admin")), "{answer}");
    hand_on(&sign_on, &first);
    assert_eq!(sign_on.role("ann").as_deref(), Some("Admin"));
    // It lets nobody in here: it was not sent here.
    let mut agent = Agent::default();
    let mut sent = sign_on.until_sent(&mut agent, &at(&sign_on, "/login/sso"), "root");
    sent.form.as_mut().unwrap().set("SAMLResponse", &response(&sign_on, "root"));
    let visit = sign_on.send(&mut agent, &sent, "root");
    assert_eq!((visit.answer.status, me(&sign_on, &mut agent).0), (403, 401), "{visit:?}");
    sign_on.close();
}

#[test]
fn s36_s38_what_was_for_somebody_else_is_refused() {
    for saml in ["", &format!("audiences = [{APP:?}]"), &format!("recipients = [{PLACE:?}]")] {
        let sign_on = open(Backend::Sqlite, saml);
        let (status, answer) = hand_on(&sign_on, &response(&sign_on, "ann"));
        assert_eq!((status, sign_on.role("ann")), (401, None), "{saml}: {answer}");
        // Nor is what was sent here handed on by anybody.
        let sent = sign_on.until_sent(&mut Agent::default(), &at(&sign_on, "/login/sso"), "ann");
        let (status, answer) = hand_on(&sign_on, sent.form.unwrap().value("SAMLResponse").unwrap());
        assert_eq!((status, sign_on.role("ann")), (401, None), "{saml}: {answer}");
        sign_on.close();
    }
}
