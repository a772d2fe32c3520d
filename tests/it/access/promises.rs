//! The view says what the model says, of everybody in any state; and what comes of that.

use super::draw::{ASKED_ACTIONS, ASKED_SCOPES, Dice, permissions, state, statements};
use super::model::{FOR_EVER, Line, Role, State, Texts};
use crate::store::{Site, on_both};
use rosterd::store::{Access, Named, Question};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// So many states stand in the database at the same time before they are read.
const TOGETHER: usize = 500;

/// Ids that a state may use.
const APART: i64 = 100;

/// How many states, of which a server gets a part: `make test-access` asks for more.
const USUAL: usize = 6_000;
const PART: usize = 5;

fn wanted(site: &Site) -> usize {
    let asked = std::env::var("ROSTERD_ACCESS_STATES").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(USUAL) / if site.is_sqlite() { 1 } else { PART }
}

/// What memberships and server admins may by themselves: each role all that the lower ones may.
fn basic() -> Vec<Role> {
    let said = |name: &str| Texts::from([("p".to_owned(), name.to_owned())]);
    let all = [(2, "d:r", "f:*"), (3, "d:w", "f:a*"), (4, "x:*", "*"), (5, "*", "g:*")];
    let up_to = |role: i64| all.iter().filter(move |(least, ..)| *least <= role);
    let role = |id: i64| Role {
        id,
        org: None,
        limits: Vec::new(),
        permissions: up_to(id).map(|(_, a, s)| ((*a).to_owned(), (*s).to_owned(), said(&id.to_string()))).collect(),
    };
    (2..=5).map(role).collect()
}

/// Carries statements out, whichever database it is.
fn script(site: &Site, sql: &str) {
    match site.path() {
        Some(path) => {
            let db = rusqlite::Connection::open(path).unwrap();
            db.execute_batch(&format!("PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON; BEGIN; {sql} COMMIT;"))
                .unwrap();
        }
        None => {
            // From a file: a process takes no argument of that length.
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), format!("BEGIN; {sql} COMMIT;")).unwrap();
            let psql = Command::new("psql")
                .args(["-XAtq", "-v", "ON_ERROR_STOP=1", &site.url, "-f"])
                .arg(file.path())
                .output();
            let done = psql.unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
    }
}

/// What the view says of users within these numbers.
fn seen(site: &Site, from: i64, to: i64) -> BTreeMap<i64, Vec<Line>> {
    let rows = site.by_hand(&format!(
        "SELECT user_id, org_id, action, scope, parameters, nearness, role_parameters, role_id, source, team_id,
                entitlement_id, from_user_id, until
         FROM effective_permissions WHERE user_id >= {from} AND user_id < {to}"
    ));
    let mut all: BTreeMap<i64, Vec<Line>> = BTreeMap::new();
    for row in rows.lines().filter(|row| !row.is_empty()) {
        let fields: Vec<&str> = row.split('|').collect();
        let [user, org, action, scope, said, nearness, of_role, role, source, team, entitlement, whose, until] =
            fields[..]
        else {
            panic!("{row}");
        };
        let texts = |text: &str| serde_json::from_str::<Texts>(text).unwrap();
        let line = (
            user.parse().unwrap(),
            org.parse().ok(),
            action.to_owned(),
            scope.to_owned(),
            texts(said),
            nearness.parse().unwrap(),
            texts(of_role),
            role.parse().unwrap(),
            source.to_owned(),
            team.parse().ok(),
            entitlement.parse().ok(),
            (whose.parse().unwrap(), until.parse().unwrap()),
        );
        all.entry(line.0).or_default().push(line);
    }
    all.values_mut().for_each(|lines| lines.sort());
    all
}

/// What a drawn question asks.
type Asked = (i64, Option<i64>, Option<i64>, String, Option<String>);

fn draw_question(dice: &mut Dice, state: &State) -> Asked {
    let user = dice.pick(&state.users).id;
    let other = dice.one_in(3).then(|| dice.pick(&state.users).id);
    let org = (!dice.one_in(4)).then(|| *dice.pick(&state.orgs));
    let action = (*dice.pick(&ASKED_ACTIONS)).to_owned();
    let scope = (!dice.one_in(4)).then(|| (*dice.pick(&ASKED_SCOPES)).to_owned());
    (user, other, org, action, scope)
}

fn question((user, other, org, action, scope): &Asked) -> Question {
    // By number and by name, as it comes.
    let named =
        |id: i64, letter: char| if id % 2 == 0 { Named::Number(id) } else { Named::Name(format!("{letter}{id}")) };
    Question {
        who: named(*user, 'u'),
        acting_for: other.map(|other| named(other, 'u')),
        org: org.map(|org| named(org, 'o')),
        action: action.clone(),
        scope: scope.clone(),
    }
}

/// What somebody may, without how.
fn rights(lines: &[Line]) -> BTreeSet<(Option<i64>, String, String)> {
    lines.iter().map(|line| (line.1, line.2.clone(), line.3.clone())).collect()
}

/// Whether each of these is within one of those.
fn within(before: &[Line], after: &[Line]) -> bool {
    let after = rights(after);
    let inside = |wide: &str, narrow: &str| super::model::narrower(wide, narrow).as_deref() == Some(narrow);
    rights(before).iter().all(|(org, action, scope)| {
        after.iter().any(|(o, a, s)| (o.is_none() || o == org) && inside(a, action) && inside(s, scope))
    })
}

async fn the_view_says_what_the_model_says(site: Site) {
    let states = wanted(&site);
    let store = site.store().await;
    script(&site, &permissions(&basic()));
    let seed = std::env::var("ROSTERD_ACCESS_SEED").map_or(0x5eed, |text| text.parse().unwrap());
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let (mut asked_in_all, mut yes, mut lines_in_all) = (0, 0, 0);
    for batch in 0..states.div_ceil(TOGETHER) {
        let count = TOGETHER.min(states - batch * TOGETHER);
        let first = 1000 + (batch * TOGETHER) as i64 * APART;
        let mut dice = Dice(seed + batch as u64);
        let drawn: Vec<State> =
            (0..count).map(|n| state(&mut dice, (first + n as i64 * APART, now), &basic())).collect();
        script(&site, &statements(&drawn));
        let end = first + count as i64 * APART;
        let before = seen(&site, first, end);
        let none = Vec::new();
        for state in &drawn {
            for user in &state.users {
                let (is, must) = (before.get(&user.id).unwrap_or(&none), state.lines(user.id, now));
                assert_eq!(*is, must, "seed {seed:#x}, batch {batch}, user {}: {state:#?}", user.id);
                lines_in_all += must.len();
            }
        }
        let asked: Vec<(usize, Asked)> =
            (0..count * 2).map(|n| (n / 2, draw_question(&mut dice, &drawn[n / 2]))).collect();
        let answers = store.check(asked.iter().map(|(_, asked)| question(asked)).collect()).await.unwrap();
        for (at, ((n, asked), answer)) in asked.iter().zip(answers).enumerate() {
            let (user, other, org, action, scope) = asked;
            let whose = other.unwrap_or(*user);
            let must = drawn[*n].may(*user, *other, *org, action, scope.as_deref(), now);
            let must = must.map(|said| (said, drawn[*n].limits(whose, *org, now)));
            let is = answer.allowed.as_ref().map(|allowed| (allowed.parameters.clone(), allowed.limits.clone()));
            // One by one they are other statements than all together.
            if at % 16 == 0 {
                assert_eq!(store.check(vec![question(asked)]).await.unwrap(), [answer], "alone: {asked:?}");
            }
            assert_eq!(is, must, "seed {seed:#x}, batch {batch}: {asked:?} of {:#?}", drawn[*n]);
            asked_in_all += 1;
            yes += usize::from(must.is_some());
        }
        // One grant more of each kind takes nothing from anybody; what it takes to act for others is no right of one's own.
        if batch % 4 == 0 {
            add_to_everybody(&site, &drawn, first, end);
            let after = seen(&site, first, end);
            for (user, lines) in &before {
                let now = after.get(user).unwrap_or(&none);
                assert!(within(lines, now), "seed {seed:#x}, batch {batch}: user {user} had {lines:#?}, has {now:#?}");
            }
            script(&site, &format!("UPDATE users SET state = 'suspended' WHERE id >= {first} AND id < {end};"));
            assert!(seen(&site, first, end).is_empty(), "suspension takes all");
        }
    }
    assert!(
        yes * 10 > asked_in_all && yes * 10 < asked_in_all * 9,
        "{yes} of {asked_in_all}: the states say too little"
    );
    assert!(lines_in_all > states, "{lines_in_all} rows");
}

/// A higher role in an organization, an entitlement more for everybody, their teams and organizations, and more in each role.
fn add_to_everybody(site: &Site, drawn: &[State], first: i64, end: i64) {
    let mut sql = format!(
        "UPDATE org_members SET manual_role = 'Admin' WHERE user_id >= {first} AND user_id < {end} AND user_id % 2 = 0;"
    );
    let each = drawn.iter().flat_map(|state| {
        let row = |what: i64, user: i64| format!("({what}, {user}, {FOR_EVER})");
        let of = move |what: &super::model::Entitlement| {
            let what = what.id;
            state.users.iter().map(move |user| row(what, user.id))
        };
        state.entitlements.iter().flat_map(of)
    });
    let rows: Vec<String> = each.collect();
    if !rows.is_empty() {
        sql.push_str(&format!(
            "INSERT INTO user_entitlements (entitlement_id, user_id, manual_until) VALUES {}
             ON CONFLICT (entitlement_id, user_id) DO UPDATE SET manual_until = excluded.manual_until;",
            rows.join(", ")
        ));
    }
    for (table, column, of) in [("team_entitlements", "team_id", "teams"), ("org_entitlements", "org_id", "orgs")] {
        sql.push_str(&format!(
            "INSERT INTO {table} (entitlement_id, {column}, manual_until)
             SELECT e.id, h.id, {FOR_EVER} FROM entitlements e JOIN {of} h ON h.id / {APART} = e.id / {APART}
             WHERE e.id >= {first} AND e.id < {end}
             ON CONFLICT (entitlement_id, {column}) DO UPDATE SET manual_until = excluded.manual_until;"
        ));
    }
    sql.push_str(&format!(
        "INSERT INTO role_permissions (role_id, action, scope) SELECT id, 'd:r', 'f:new' FROM roles WHERE id >= {first} AND id < {end};
         UPDATE users SET manual_admin = 1 WHERE id >= {first} AND id < {end} AND id % 3 = 0;"
    ));
    script(site, &sql);
}

/// What changes shows in the very next answer, also to somebody who only reads.
async fn the_next_answer_knows_of_it(site: Site) {
    let store = site.store().await;
    let reader = site.open(Access::Read).await.unwrap();
    script(
        &site,
        &format!(
            "{}INSERT INTO users (id, login, name, email, state, created_at, updated_at) VALUES (7, 'ana', '', '', 'active', 1, 1);
             INSERT INTO orgs (id, name, created_at) VALUES (3, 'Acme', 1);",
            permissions(&basic())
        ),
    );
    let question = Question {
        who: Named::parse("ana"),
        acting_for: None,
        org: Some(Named::parse("Acme")),
        action: "d:r".to_owned(),
        scope: Some("f:x".to_owned()),
    };
    for (sql, allowed) in [
        ("SELECT 1", false),
        ("INSERT INTO org_members (org_id, user_id, synced_role) VALUES (3, 7, 'Viewer')", true),
        ("UPDATE org_members SET synced_role = 'None'", false),
        ("UPDATE org_members SET declared_role = 'Editor'", true),
        ("UPDATE users SET state = 'suspended'", false),
        ("UPDATE users SET state = 'active'", true),
        ("DELETE FROM org_members", false),
    ] {
        script(&site, &format!("{sql};"));
        for store in [&store, &reader] {
            let answers = store.check(vec![question.clone(), question.clone()]).await.unwrap();
            assert!(answers.iter().all(|answer| answer.allowed.is_some() == allowed), "{sql}: {answers:?}");
        }
    }
}

/// A database that was not made yet allows nothing, and nobody unknown is told apart from somebody without rights.
async fn nobody_unknown_is_told_apart(site: Site) {
    let store = site.store().await;
    script(
        &site,
        "INSERT INTO users (id, login, name, email, state, created_at, updated_at) VALUES (7, 'ana', '', '', 'active', 1, 1);",
    );
    let ask = |who: &str, org: Option<&str>, other: Option<&str>| Question {
        who: Named::parse(who),
        acting_for: other.map(Named::parse),
        org: org.map(Named::parse),
        action: "*".to_owned(),
        scope: None,
    };
    let asked = [
        ask("ana", None, None),
        ask("nobody", None, None),
        ask("#7", Some("nowhere"), None),
        ask("#9999999999", Some("#0"), None),
        ask("ana", None, Some("nobody")),
        ask("a\0b", Some("\0"), None),
        ask("'; DROP TABLE users; --", Some("%"), Some("_")),
    ];
    let answers = store.check(asked.to_vec()).await.unwrap();
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.allowed.is_none()), "{answers:?}");
    for one in asked {
        assert_eq!(store.check(vec![one]).await.unwrap(), answers[..1]);
    }
    assert_eq!(store.effective(7, None).await.unwrap(), Some(Vec::new()));
    assert_eq!(store.effective(8, None).await.unwrap(), None);
}

on_both!(the_view_says_what_the_model_says, the_next_answer_knows_of_it, nobody_unknown_is_told_apart);
