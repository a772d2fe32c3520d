//! Logins by OpenID Connect: from the tokens that an application hands on to the tables, with a certified provider and
//! the real program.

mod browser;
mod conformance;
mod flow;
mod issuers;
mod lemonldap;
mod logins;
mod overage;
mod several;

use crate::world::app;
use crate::world::database::Backend;
use crate::world::free_port;
use crate::world::openid::OpenId;
use app::{App, Extra};
use serde_json::{Value, json};
use std::ops::{Deref, DerefMut};

/// An application that people log in to with a certified provider, and rosterd beside it.
#[derive(Debug)]
struct SignOn {
    openid: OpenId,
    app: App,
}

impl Deref for SignOn {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl DerefMut for SignOn {
    fn deref_mut(&mut self) -> &mut App {
        &mut self.app
    }
}

impl SignOn {
    fn open(backend: Backend) -> Self {
        Self::with(backend, &json!({}), &Extra::default())
    }

    /// `settings` of the OpenID provider.
    fn with(backend: Backend, settings: &Value, extra: &Extra<'_>) -> Self {
        let port = free_port();
        let here = format!("http://127.0.0.1:{port}");
        let mut all = json!({
            "redirects": [format!("{here}/login/sso/callback")],
            "client": {
                "post_logout_redirect_uris": [format!("{here}/login")],
                "backchannel_logout_uri": format!("{here}/login/sso/back-channel"),
                "backchannel_logout_session_required": true,
            },
        });
        all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let openid = OpenId::start(&all);
        openid.person("ann", &person("ann", &["devs"]));
        openid.person("root", &person("root", &["admins"]));
        let app = App::at(port, backend, &openid.issuer(), extra);
        Self { openid, app }
    }

    /// Somebody logs in; what they are said to have.
    #[track_caller]
    fn login(&self, person: &str) -> Value {
        self.accepted(&self.openid.login(person))
    }

    fn close(self) {
        self.app.close();
    }
}

/// The claims of somebody in these groups.
fn person(name: &str, groups: &[&str]) -> Value {
    json!({
        "name": format!("{name} of Example"), "preferred_username": name, "email": format!("{name}@example.org"),
        "email_verified": true, "groups": groups,
    })
}
