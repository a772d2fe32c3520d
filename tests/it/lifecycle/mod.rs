//! What accounts may, in which state: by the real program, on both databases.

mod acts;
mod break_glass;
mod grants;
mod matrix;
mod page;
mod served;
mod service;

use crate::world::database::Backend;
use crate::world::site::Site;

/// `rosterd user ACT LOGIN`, which must end with that code.
#[track_caller]
fn act(site: &Site, act: &str, login: &str, code: i32) -> crate::world::rosterd::Outcome {
    site.run(&["user", act, login, "--reason", "because", "--by", "eve"]).expect(code)
}

/// Somebody's `state` in the table, and the origins of why.
fn stands(site: &Site, login: &str) -> (String, Vec<String>) {
    let state = site.database.rows(&format!("SELECT state FROM users WHERE login = '{login}'")).concat().concat();
    let why = site.database.rows(&format!(
        "SELECT s.origin FROM user_suspensions s JOIN users u ON u.id = s.user_id WHERE u.login = '{login}' ORDER BY s.origin"
    ));
    (state, why.concat())
}

/// Each database that is on this machine.
fn backends() -> impl Iterator<Item = Backend> {
    [Backend::Sqlite, Backend::Postgres].into_iter().filter(|backend| backend.is_there())
}
