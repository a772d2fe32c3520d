//! Security events, pushed and polled for, from their bytes to the tables: a directory that is asked because of them.
//! Events about people who are known by their logins are beside those logins, in `oidc/flow`.

mod crash;
mod poll;
mod push;
mod refused;

use crate::world::portal::Portal;
use crate::world::transmitter::Transmitter;
use crate::world::wait_until;
use serde_json::{Value, json};

/// What names somebody by their login.
const BY_LOGIN: &str = "subjects = { iss_sub = \"login\", account = \"login\" }";

impl Transmitter {
    /// Somebody by their login, as [`BY_LOGIN`] has it.
    fn person(&self, login: &str) -> Value {
        json!({ "format": "iss_sub", "iss": self.http.url(), "sub": login })
    }
}

/// Waits until somebody has this role in the organization `Main`.
#[track_caller]
fn comes_to(portal: &Portal, login: &str, role: Option<&str>) {
    let now = || portal.site.tables().org_role("Main", login).map(str::to_owned);
    assert!(wait_until(60, || now().as_deref() == role), "{:?} instead of {role:?}\n{}", now(), portal.said());
}

/// How many deliveries there are, and how many of them wait.
fn deliveries(portal: &Portal) -> (i64, i64) {
    let count = |sql: &str| portal.site.database.value(sql).parse().unwrap();
    let all = "SELECT count(*) FROM deliveries WHERE hook = '/signals/idp'";
    (count(all), count(&format!("{all} AND state = 'pending'")))
}
