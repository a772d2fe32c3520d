//! Until when a login holds: for as long as `lease` says, or the provider if that is less.

use super::{Backend, SignOn, With, me, person};
use crate::world::agent::Agent;
use serde_json::json;

crate::world::on_both!(
    s44_what_a_login_gave_ends_with_the_session_that_the_provider_says,
    what_a_login_gave_ends_with_the_lease
);

fn s44_what_a_login_gave_ends_with_the_session_that_the_provider_says(backend: Backend) {
    let sign_on = SignOn::with(backend, &With { provider: "every = \"1s\"", ..With::default() });
    ends(&sign_on, || sign_on.idp.configure(&json!({ "session.duration": 8 })));
    // Logged in again, all is as it was.
    sign_on.idp.configure(&json!({ "session.duration": 3600 }));
    sign_on.browse(&mut Agent::default(), "ann");
    sign_on.comes_to("ann", Some("Editor"));
    sign_on.close();
}

fn what_a_login_gave_ends_with_the_lease(backend: Backend) {
    let sign_on =
        SignOn::with(backend, &With { provider: "every = \"1s\"", saml: "lease = \"8s\"", ..With::default() });
    ends(&sign_on, || ());
    sign_on.close();
}

/// Somebody logs in after `shortly`, and what that gave ends soon; somebody else's, who is renewed, does not.
fn ends(sign_on: &SignOn, shortly: impl FnOnce()) {
    // Somebody has to be left, and not everybody may go at once.
    sign_on.idp.person("eve", &person("eve", &["devs"]));
    let mut agent = Agent::default();
    shortly();
    sign_on.browse(&mut agent, "ann");
    assert_eq!((sign_on.role("ann").as_deref(), me(sign_on, &mut agent).0), (Some("Editor"), 200));
    sign_on.comes_to("ann", None);
    assert_eq!(me(sign_on, &mut agent).0, 401, "nor is there a session");
    assert_eq!(sign_on.site.database.value("SELECT state FROM users WHERE login = 'ann'"), "suspended");
}
