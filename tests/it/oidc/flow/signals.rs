//! Security events about people who are known by their logins only: their sessions end, and what their login gave.

use super::super::app::Extra;
use super::super::{SignOn, person};
use super::{Backend, FLOW, PEOPLE, RENEWED};
use crate::world::agent::Agent;
use crate::world::transmitter::{CHANGED, DISABLED, ENABLED, REVOKED, Transmitter, now, push};
use crate::world::wait_until;
use serde_json::{Value, json};

crate::world::on_both!(
    o26_disabled_ends_what_a_login_gave_and_another_login_gives_it_back,
    o26_revoked_ends_the_sessions_and_takes_nothing,
    a_change_is_asked_for_at_once
);

fn open(backend: Backend, oidc: &str, transmitter: &Transmitter, more: &str) -> SignOn {
    let more = format!("{PEOPLE}{}", transmitter.section("sso", more));
    SignOn::with(backend, &json!({}), &Extra { oidc, more: &more, ..Extra::default() })
}

impl SignOn {
    /// Somebody as the OpenID provider names them.
    fn subject(&self, sub: &str) -> Value {
        json!({ "format": "iss_sub", "iss": self.openid.issuer(), "sub": sub })
    }

    #[track_caller]
    fn told(&self, token: &str) {
        let answer = push(self.port, token);
        assert_eq!((answer.status, answer.body.as_str()), (202, ""), "{}", self.said());
    }
}

fn o26_disabled_ends_what_a_login_gave_and_another_login_gives_it_back(backend: Backend) {
    let transmitter = Transmitter::start();
    let sign_on = open(backend, FLOW, &transmitter, "");
    let (mut ann, mut root) = (Agent::default(), Agent::default());
    sign_on.browse(&mut root, "root");
    sign_on.browse(&mut ann, "ann");
    sign_on.comes_to("ann", Some("Editor"));
    let disabled = transmitter.event(DISABLED, &sign_on.subject("ann"));
    // Somebody whom rosterd does not know, and another issuer's ann.
    sign_on.told(&transmitter.event(DISABLED, &sign_on.subject("nobody")));
    let other = json!({ "format": "iss_sub", "iss": "https://elsewhere.example", "sub": "ann" });
    sign_on.told(&transmitter.event(DISABLED, &other));
    // An address that the provider is not believed with.
    sign_on.told(&transmitter.event(DISABLED, &json!({ "format": "email", "email": "ann@example.org" })));
    assert_eq!((sign_on.role("ann").as_deref(), sign_on.me(&mut ann).0), (Some("Editor"), 200));

    sign_on.told(&disabled);
    assert_eq!(sign_on.me(&mut ann).0, 401, "{}", sign_on.said());
    sign_on.comes_to("ann", None);
    assert_eq!((sign_on.role("root").as_deref(), sign_on.me(&mut root).0), (Some("Admin"), 200), "nobody else");
    // That it is over gives nothing: the provider has to say who she is.
    sign_on.told(&transmitter.event(ENABLED, &sign_on.subject("ann")));
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!((sign_on.role("ann"), sign_on.me(&mut ann).0), (None, 401));
    // She logs in again. The same event does nothing any more, nor does one from before that login.
    sign_on.browse(&mut ann, "ann");
    sign_on.comes_to("ann", Some("Editor"));
    sign_on.told(&disabled);
    let mut late = transmitter.claims(DISABLED, &sign_on.subject("ann"));
    late["toe"] = json!(now() - 600);
    sign_on.told(&transmitter.token(&late));
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!((sign_on.role("ann").as_deref(), sign_on.me(&mut ann).0), (Some("Editor"), 200), "{}", sign_on.said());
    sign_on.close();
}

fn o26_revoked_ends_the_sessions_and_takes_nothing(backend: Backend) {
    let transmitter = Transmitter::start();
    let sign_on = open(backend, FLOW, &transmitter, "");
    let (mut one, mut two, mut root) = (Agent::default(), Agent::default(), Agent::default());
    sign_on.browse(&mut root, "root");
    sign_on.browse(&mut one, "ann");
    sign_on.browse(&mut two, "ann");
    let complex = json!({ "user": sign_on.subject("ann"), "device": { "format": "opaque", "id": "d" } });
    sign_on.told(&transmitter.event(REVOKED, &complex));
    assert_eq!([sign_on.me(&mut one).0, sign_on.me(&mut two).0, sign_on.me(&mut root).0], [401, 401, 200]);
    assert_eq!(sign_on.role("ann").as_deref(), Some("Editor"));
    // One session alone, by the provider's own id of it.
    sign_on.browse(&mut one, "ann");
    sign_on.browse(&mut two, "ann");
    let sql = "SELECT provider_session FROM sessions WHERE ended_at IS NULL AND subject = 'ann' ORDER BY created_at";
    let session = sign_on.site.database.rows(sql)[0][0].clone();
    let subject = json!({ "format": "complex", "session": { "format": "opaque", "id": session } });
    sign_on.told(&transmitter.event(REVOKED, &subject));
    assert_eq!([sign_on.me(&mut one).0, sign_on.me(&mut two).0, sign_on.me(&mut root).0], [401, 200, 200]);
    let by = "SELECT DISTINCT ended_by FROM sessions WHERE ended_at IS NOT NULL";
    assert_eq!(sign_on.site.database.value(by), "signal");
    sign_on.close();
}

fn a_change_is_asked_for_at_once(backend: Backend) {
    let transmitter = Transmitter::start();
    let hourly = RENEWED.replace("1s", "1h");
    let sign_on = open(backend, &hourly, &transmitter, "on_disabled = \"check\"");
    sign_on.browse(&mut Agent::default(), "root");
    sign_on.browse(&mut Agent::default(), "ann");
    sign_on.openid.person("ann", &person("ann", &["admins"]));
    sign_on.told(&transmitter.event(CHANGED, &sign_on.subject("ann")));
    sign_on.comes_to("ann", Some("Admin"));
    // What the event says does not count, what the provider says does: she is there.
    let renewed = || sign_on.site.database.value("SELECT version FROM refresh_tokens WHERE subject = 'ann'");
    let before = renewed();
    sign_on.told(&transmitter.event(DISABLED, &sign_on.subject("ann")));
    assert!(wait_until(30, || renewed() != before), "{}", sign_on.said());
    assert_eq!(sign_on.role("ann").as_deref(), Some("Admin"));
    sign_on.openid.dismiss("ann");
    sign_on.told(&transmitter.event(DISABLED, &sign_on.subject("ann")));
    sign_on.comes_to("ann", None);
    assert_eq!(sign_on.role("root").as_deref(), Some("Admin"));
    sign_on.close();
}

/// An address counts where the provider verifies it, and where one person has it.
#[test]
fn o26_an_address_names_one_person_or_nobody() {
    let transmitter = Transmitter::start();
    let sign_on = open(Backend::Sqlite, &format!("trust_email = true\n{FLOW}"), &transmitter, "");
    let mut ann = Agent::default();
    sign_on.browse(&mut ann, "ann");
    let mail = |address: &str| json!({ "format": "email", "email": address });
    sign_on.told(&transmitter.event(REVOKED, &mail("other@example.org")));
    assert_eq!(sign_on.me(&mut ann).0, 200);
    sign_on.told(&transmitter.event(REVOKED, &mail("ANN@example.org")));
    assert_eq!(sign_on.me(&mut ann).0, 401, "{}", sign_on.said());
    // Somebody else has it too: neither is meant.
    let mut other = person("other", &["devs"]);
    other["email"] = json!("Ann@Example.org");
    sign_on.openid.person("other", &other);
    sign_on.login("other");
    sign_on.browse(&mut ann, "ann");
    sign_on.told(&transmitter.event(REVOKED, &mail("ann@example.org")));
    sign_on.told(&transmitter.event(DISABLED, &mail("ann@example.org")));
    assert_eq!((sign_on.role("ann").as_deref(), sign_on.me(&mut ann).0), (Some("Editor"), 200), "{}", sign_on.said());
    sign_on.close();
}

/// N10: what would take too many at once is held, however many events say it.
#[test]
fn o26_a_flood_of_disabled_accounts_is_held() {
    let transmitter = Transmitter::start();
    let sign_on = open(Backend::Sqlite, FLOW, &transmitter, "");
    let people: Vec<String> = (0..40).map(|number| format!("person-{number}")).collect();
    for name in &people {
        sign_on.openid.person(name, &person(name, &["devs"]));
        sign_on.login(name);
    }
    sign_on.login("root");
    for name in &people {
        sign_on.told(&transmitter.event(DISABLED, &sign_on.subject(name)));
    }
    let holds = || sign_on.site.run(&["holds", "list", "-o", "json"]).expect(0).json();
    assert!(
        wait_until(60, || holds()["holds"].as_array().is_some_and(|holds| !holds.is_empty())),
        "{}",
        sign_on.said()
    );
    let left = people.iter().filter(|name| sign_on.role(name).is_some()).count();
    // Those of a first run that was within the limits are gone; the rest waits.
    assert!(left >= 30, "{left}");
    sign_on.close();
}
