//! Who gets in, by kind and state: the first row of the tables in `docs/lifecycle.md`.

use super::super::person;
use super::{Backend, FLOW, SignOn, open};
use crate::world::agent::Agent;
use rosterd_core::lifecycle::{Access, Answer, Kind, State, may};
use std::fmt::Write as _;

crate::world::on_both!(who_gets_in_is_what_the_table_says, without_a_record_nobody_gets_in_by_a_break_glass_account);

/// How an account is brought where it is: by what a person does, or by what a run leaves behind.
const WAYS: [(State, Option<&str>); 7] = [
    (State::Active, None),
    (State::Suspended, Some("suspend")),
    (State::Suspended, None),
    (State::Blocked, Some("block")),
    (State::Archived, None),
    (State::Archived, Some("suspend")),
    (State::ArchivedByHand, Some("archive")),
];

/// Logs these people in once, so that their accounts exist; stops; and names some of them as break-glass accounts.
fn known(backend: Backend, logins: &[String], break_glass: &[String]) -> SignOn {
    let mut sign_on = open(backend, FLOW);
    for login in logins {
        sign_on.openid.person(login, &person(login, &["devs"]));
        sign_on.browse(&mut Agent::default(), login);
    }
    sign_on.stop();
    let path = sign_on.site.dir().join("rosterd.toml");
    let config = std::fs::read_to_string(path).unwrap();
    sign_on.site.write("rosterd.toml", &format!("{config}\n[accounts]\nbreak_glass = {break_glass:?}\n"));
    sign_on
}

fn bring(sign_on: &SignOn, login: &str, (state, by_hand): (State, Option<&str>)) {
    if let Some(act) = by_hand {
        sign_on.site.run(&["user", act, login]).expect(0);
    }
    let by_run = match state {
        State::Archived => "archived",
        State::Suspended if by_hand.is_none() => "suspended",
        _ => return,
    };
    let of = format!("login = '{login}'");
    sign_on.site.database.execute(&format!("UPDATE users SET state = '{by_run}' WHERE {of}"));
    sign_on.site.database.execute(&format!(
        "INSERT INTO user_suspensions (user_id, origin, reason, since) SELECT id, 'sso', 'gone', 0 FROM users WHERE {of}"
    ));
}

/// Whether somebody gets in: page, session and record.
fn gets_in(sign_on: &SignOn, login: &str) -> bool {
    let mut agent = Agent::default();
    let visit = agent.go(&sign_on.at("/login/sso"), login, |_| false);
    let me = sign_on.me(&mut agent);
    let inside = visit.answer.status == 200 && visit.url == sign_on.at("/session");
    assert_eq!(me.0 == 200, inside, "{login}: {visit:?}");
    assert!(!inside || me.1["person"]["login"] == *login, "{me:?}");
    inside
}

fn records(sign_on: &SignOn, login: &str) -> String {
    sign_on.site.database.value(&format!(
        "SELECT count(*) FROM audit a JOIN users u ON u.id = a.user_id
         WHERE u.login = '{login}' AND a.body LIKE '%break_glass_login%'"
    ))
}

fn who_gets_in_is_what_the_table_says(backend: Backend) {
    let mut cells = Vec::new();
    for kind in [Kind::Person, Kind::BreakGlass] {
        for (at, way) in WAYS.into_iter().enumerate() {
            cells.push((format!("{}{at}", kind.name().replace('_', "")), kind, way));
        }
    }
    let logins: Vec<String> = cells.iter().map(|(login, ..)| login.clone()).collect();
    let marked: Vec<String> = logins.iter().filter(|login| login.starts_with("break")).cloned().collect();
    let mut sign_on = known(backend, &logins, &marked);
    for (login, _, way) in &cells {
        bring(&sign_on, login, *way);
    }
    sign_on.start();
    let mut wrong = String::new();
    for (login, kind, (state, by_hand)) in &cells {
        let wanted = match may(*kind, *state, Access::SignIn) {
            Answer::Yes => true,
            Answer::No => false,
            // The condition: the provider has them, so it is for a reason by hand alone to keep them out.
            Answer::When(_) => by_hand.is_none(),
        };
        if gets_in(&sign_on, login) != wanted {
            writeln!(wrong, "{login}: {state:?} by {by_hand:?} should be {wanted}").unwrap();
        }
        let of = format!("SELECT kind FROM users WHERE login = '{login}'");
        assert_eq!(sign_on.site.database.value(&of), kind.name(), "{login}");
        let recorded = wanted && *kind == Kind::BreakGlass;
        assert_eq!(records(&sign_on, login), u8::from(recorded).to_string(), "{login}");
    }
    assert!(wrong.is_empty(), "{wrong}");
    sign_on.close();
}

/// `docs/how-to/break-glass.md` promises it.
fn without_a_record_nobody_gets_in_by_a_break_glass_account(backend: Backend) {
    let logins = ["emergency".to_owned(), "ann".to_owned()];
    let mut sign_on = known(backend, &logins, &logins[..1]);
    sign_on.start();
    assert!(gets_in(&sign_on, "emergency"));
    assert_eq!(records(&sign_on, "emergency"), "1");
    let closed = "NEW.body LIKE '%break_glass_login%'";
    sign_on.site.database.define(&match backend {
        Backend::Sqlite => {
            format!("CREATE TRIGGER closed BEFORE INSERT ON audit WHEN {closed} BEGIN SELECT RAISE(ABORT, 'full'); END")
        }
        Backend::Postgres => format!(
            "CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$;
             CREATE TRIGGER closed BEFORE INSERT ON audit FOR EACH ROW WHEN ({closed}) EXECUTE FUNCTION closed()"
        ),
    });
    let sessions = "SELECT count(*) FROM sessions";
    let before = sign_on.site.database.value(sessions);
    assert!(!gets_in(&sign_on, "emergency"), "there is no record of it");
    assert_eq!(sign_on.site.database.value(sessions), before, "no session was opened");
    assert!(gets_in(&sign_on, "ann"), "whoever needs no record does");
    sign_on.site.database.define(match backend {
        Backend::Sqlite => "DROP TRIGGER closed",
        Backend::Postgres => "DROP TRIGGER closed ON audit; DROP FUNCTION closed()",
    });
    assert!(gets_in(&sign_on, "emergency"));
    assert_eq!(records(&sign_on, "emergency"), "2");
    sign_on.close();
}
