//! `docs/tables.md` is true: its columns are the tables' columns, its statements run and do what
//! it says, and what it asks is found through indexes.

#![expect(clippy::unwrap_used, reason = "a test says what it expected")]

use rosterd_core::audit::{self, Record};
use rosterd_core::ids::{Timestamp, UserId};
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::Value;
use rusqlite::{Batch, Connection};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const PAGE: &str = include_str!("../../docs/tables.md");
const MIGRATIONS: [&str; 10] = [
    include_str!("../../migrations/sqlite/0001_authorization.sql"),
    include_str!("../../migrations/sqlite/0002_provenance.sql"),
    include_str!("../../migrations/sqlite/0003_records.sql"),
    include_str!("../../migrations/sqlite/0004_orgs_by_key_and_claims.sql"),
    include_str!("../../migrations/sqlite/0005_daemon.sql"),
    include_str!("../../migrations/sqlite/0006_feeds.sql"),
    include_str!("../../migrations/sqlite/0007_renewals.sql"),
    include_str!("../../migrations/sqlite/0008_sign_ins.sql"),
    include_str!("../../migrations/sqlite/0009_rechecks.sql"),
    include_str!("../../migrations/sqlite/0010_roles.sql"),
];

/// ana: Viewer of Acme and member of sre; wei: Admin of Acme, suspended; jo: server admin, Viewer.
const DATA: &str = r#"
INSERT INTO orgs VALUES (1, 'Acme', 1, 'acme'), (2, 'Other', 1, NULL);
INSERT INTO users (id, login, name, email, state, synced_admin, created_at, updated_at) VALUES
    (1, 'ana', 'Ana', 'ana@x', 'active', 0, 1, 1), (2, 'wei', 'Wei', '', 'suspended', 0, 1, 1),
    (3, 'jo', 'Jo', '', 'active', 1, 1, 1), (4, 'zoe', 'Zoe', '', 'active', 0, 1, 1);
INSERT INTO user_suspensions VALUES (2, 'corp', 'gone from provider corp', 1);
INSERT INTO org_members (org_id, user_id, synced_role) VALUES
    (1, 1, 'Viewer'), (1, 2, 'Admin'), (1, 3, 'Viewer'), (2, 1, 'None');
INSERT INTO teams VALUES (1, 1, 'sre', NULL, 1), (2, 2, 'sre', NULL, 1);
INSERT INTO team_members (team_id, user_id, synced_role) VALUES (1, 1, 'member'), (1, 2, 'admin'), (2, 3, 'admin');
INSERT INTO providers (id, name, applied_at) VALUES (1, 'corp', 1);
INSERT INTO rules VALUES (1, 'everybody'), (2, 'teams');
INSERT INTO provider_groups VALUES (7, 1, 'g', 'cn=sre,dc=x', 'sre', '[]', NULL);
INSERT INTO identities VALUES (1, 1, 's', 1, 'uid=ana,dc=x', 'ana', 'Ana', 'ana@x', '[7]',
    '[["org",1,"Viewer",1,null],["team",1,"member",2,7]]', 1, 1, 1, NULL, NULL, 1);
"#;

fn database() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.pragma_update(None, "foreign_keys", true).unwrap();
    for migration in MIGRATIONS {
        db.execute_batch(migration).unwrap();
    }
    db.execute_batch(DATA).unwrap();
    db
}

/// The page's blocks of SQL, in order.
fn blocks() -> Vec<&'static str> {
    PAGE.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The block that comes first after `text`.
fn after(text: &str) -> &'static str {
    let rest = PAGE.split_once(text).unwrap().1;
    rest.split_once("```sql\n").unwrap().1.split("```").next().unwrap()
}

/// Runs all statements of a block, and gives the rows of the last.
fn run(db: &Connection, block: &str, parameters: &[&str]) -> Vec<String> {
    let mut rows = Vec::new();
    let mut batch = Batch::new(db, block);
    while let Some(mut statement) = batch.next().unwrap() {
        for (at, value) in (1..).zip(parameters) {
            if let Some(index) = statement.parameter_index(&format!("${at}")).unwrap() {
                // A number is one where nothing beside it says so.
                match value.parse::<i64>() {
                    Ok(number) => statement.raw_bind_parameter(index, number).unwrap(),
                    Err(_) => statement.raw_bind_parameter(index, value).unwrap(),
                }
            }
        }
        let columns = statement.column_count();
        let mut found = statement.raw_query();
        rows.clear();
        while let Some(row) = found.next().unwrap() {
            let cells: Vec<String> = (0..columns)
                .map(|at| match row.get::<_, Value>(at).unwrap() {
                    Value::Null => "-".to_owned(),
                    Value::Integer(number) => number.to_string(),
                    Value::Text(text) => text,
                    other => format!("{other:?}"),
                })
                .collect();
            rows.push(cells.join(" "));
        }
    }
    rows
}

#[test]
fn every_column_of_every_table_is_on_the_page() {
    let db = database();
    let mut tables = 0;
    for section in PAGE.split("\n### `").skip(1) {
        let (table, rest) = section.split_once('`').unwrap();
        let rest = rest.split("\n## ").next().unwrap();
        let said: Vec<&str> = rest.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let types: BTreeMap<&str, &str> = rest
            .lines()
            .filter_map(|line| line.strip_prefix("| `"))
            .map(|line| (line.split('`').next().unwrap(), line.split(" | ").nth(1).unwrap()))
            .collect();
        let mut statement = db.prepare("SELECT name, type FROM pragma_table_xinfo($1) ORDER BY cid").unwrap();
        let columns: Vec<(String, String)> =
            statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
        assert_eq!(said, columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), "{table}");
        // What SQLite calls the types of a view's columns depends on how they are computed.
        let of = db.query_row("SELECT type FROM sqlite_master WHERE name = $1", [table], |row| row.get::<_, String>(0));
        for (name, kind) in columns.iter().filter(|_| of.as_deref() == Ok("table")) {
            let expected = match kind.as_str() {
                "INTEGER" => "integer",
                "TEXT" => "text",
                "BLOB" => "bytes",
                other => other,
            };
            assert_eq!(types.get(name.as_str()), Some(&expected), "{table}.{name}");
        }
        tables += 1;
    }
    assert_eq!(tables, 24);
}

#[test]
fn the_questions_are_answered() {
    let db = database();
    let orgs = after("Which organizations is this login in");
    assert_eq!(run(&db, orgs, &["ana"]), ["1 Acme Viewer 0", "2 Other None 0"]);
    assert!(run(&db, orgs, &["wei"]).is_empty(), "suspended");
    assert!(run(&db, orgs, &["nobody"]).is_empty());
    assert_eq!(run(&db, after("Who is in this team"), &["Acme", "sre"]), ["1 ana Ana ana@x member"]);
    assert_eq!(run(&db, after("Who may administer"), &["Acme"]), ["3 jo Jo "]);
    assert_eq!(
        run(&db, after("### `grants`"), &["ana"]),
        ["org Acme - Viewer everybody corp -", "team - sre member teams corp sre"]
    );
}

/// What an application is told to ask is what rosterd asks itself.
#[test]
fn the_question_about_a_permission_is_the_programs_own() {
    let asked = after("May this person do this?").trim().trim_end_matches(';');
    assert_eq!(asked, rosterd::store::MAY);
    let db = database();
    db.execute_batch("INSERT INTO role_permissions VALUES (2, 'dashboards:*', 'folders:*', '{\"row\":\"all\"}')")
        .unwrap();
    assert_eq!(run(&db, asked, &["1", "1", "dashboards:read", "folders:emea"]), ["{} 0 {\"row\":\"all\"}"]);
    for no in [["1", "1", "users:read", "folders:emea"], ["1", "1", "dashboards:read", "teams:1"]] {
        assert!(run(&db, asked, &no).is_empty(), "{no:?}");
    }
    for nobody in ["2", "4", "99"] {
        assert!(run(&db, asked, &[nobody, "1", "dashboards:read", "folders:emea"]).is_empty(), "{nobody}");
    }
    assert!(run(&db, asked, &["1", "2", "dashboards:read", "folders:emea"]).is_empty(), "None there");
}

#[test]
fn the_question_about_limits_is_the_programs_own() {
    let asked = after("How much may this person have?").trim().trim_end_matches(';');
    assert_eq!(asked, rosterd::store::LIMITS);
    let db = database();
    db.execute_batch(
        "INSERT INTO role_limits VALUES (2, 'seats', 3), (2, 'exports', 1);
         INSERT INTO entitlements VALUES (1, NULL, 2, NULL, '*', '{}');
         INSERT INTO user_entitlements (entitlement_id, user_id, synced) VALUES (1, 1, 1);
         INSERT INTO user_limits VALUES (1, 'exports', 'file', 9);",
    )
    .unwrap();
    assert_eq!(run(&db, asked, &["1", "1"]), ["exports 9", "seats 3"]);
    assert_eq!(run(&db, asked, &["3", "1"]), ["exports 1", "seats 3"]);
    assert!(run(&db, asked, &["2", "1"]).is_empty(), "suspended");
    run(&db, after("Say how much"), &["ana", "exports", "2"]);
    assert_eq!(run(&db, asked, &["1", "1"]), ["exports 2", "seats 3"]);
}

#[test]
fn the_questions_scan_no_table() {
    let db = database();
    let mut asked = 0;
    for block in blocks().into_iter().filter(|block| block.starts_with("SELECT") && !block.contains("grants")) {
        let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {block}")).unwrap();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let step: String = row.get(3).unwrap();
            // These are views: what they have of one person, found just before.
            let of_one = ["SCAN h", "SCAN l"].contains(&step.as_str());
            assert!(!step.starts_with("SCAN") || of_one, "{step}\n{block}");
        }
        asked += 1;
    }
    assert_eq!(asked, 5);
}

#[test]
fn what_is_given_by_hand_is_there_and_can_be_taken_back() {
    let db = database();
    let orgs = after("Which organizations is this login in");
    for (login, before, given) in [
        ("ana", vec!["1 Acme Viewer 0", "2 Other None 0"], vec!["1 Acme Editor 0", "2 Other None 0"]),
        ("zoe", vec![], vec!["1 Acme Editor 0"]),
    ] {
        // Twice: it must not matter.
        run(&db, after("Give a role"), &["Acme", login]);
        run(&db, after("Give a role"), &["Acme", login]);
        assert_eq!(run(&db, orgs, &[login]), given);
        run(&db, after("Take it back"), &["Acme", login]);
        assert_eq!(run(&db, orgs, &[login]), before);
    }
    // What a file declares is the file's.
    db.execute_batch("INSERT INTO org_members (org_id, user_id, declared_role) VALUES (1, 4, 'Viewer')").unwrap();
    run(&db, after("Give a role"), &["Acme", "zoe"]);
    run(&db, after("Take it back"), &["Acme", "zoe"]);
    assert_eq!(run(&db, orgs, &["zoe"]), ["1 Acme Viewer 0"]);
    run(&db, after("Put somebody into a team"), &["Acme", "sre", "zoe"]);
    assert_eq!(
        run(&db, after("Who is in this team"), &["Acme", "sre"]),
        ["1 ana Ana ana@x member", "4 zoe Zoe  member"]
    );
}

#[test]
fn an_organization_can_be_given_its_key() {
    let db = database();
    run(&db, after("Give an organization the key"), &["Other", "o-2"]);
    assert_eq!(run(&db, "SELECT key FROM orgs ORDER BY id", &[]), ["acme", "o-2"]);
}

#[test]
fn a_suspension_by_hand_leaves_the_others_alone() {
    let db = database();
    let state = |login: &str| run(&db, "SELECT state FROM users WHERE login = $1", &[login]).concat();
    for (login, lifted) in [("ana", "active"), ("wei", "suspended")] {
        run(&db, after("Suspend somebody"), &[login, "on leave", "1"]);
        assert_eq!(state(login), "suspended");
        run(&db, after("And lift it"), &[login]);
        assert_eq!(state(login), lifted);
    }
}

#[test]
fn the_audit_hash_is_computed_as_the_page_says() {
    let record = Record {
        seq: 2,
        run: None,
        at: Timestamp(1_700_000_000_123),
        actor: "zoë",
        user: Some(UserId(7)),
        body: r#"{"op":"x"}"#,
    };
    let previous = [9u8; 32];
    let mut bytes = previous.to_vec();
    for number in [2i64, 0, 1_700_000_000_123, 7] {
        bytes.extend(number.to_be_bytes());
    }
    for text in [record.actor, record.body] {
        bytes.extend((text.len() as u64).to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    assert_eq!(audit::link(&previous, &record).to_vec(), Sha256::digest(&bytes).to_vec());
}
