//! Service accounts and their tokens, by commands.

use super::{backends, stands};
use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;

fn site(backend: Backend) -> Site {
    let config = format!("[accounts]\nservice_token_longest = \"30d\"\n{PROVIDER}{STAFF_VIEWS}");
    let site = Site::new(backend, &config);
    Roster::of(2, "p", "staff").write(&site);
    site.sync(0);
    site
}

fn run(site: &Site, args: &[&str], code: i32) -> crate::world::rosterd::Outcome {
    let args: Vec<&str> = [&["service-account"], args].concat();
    site.run(&args).expect(code)
}

/// A token's id.
fn token(site: &Site, login: &str) -> String {
    let made = run(site, &["token", "create", login, "--name", "ci", "--output", "json"], 0).json();
    made["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_service_account_is_made_used_and_put_away() {
    for backend in backends() {
        let site = site(backend);
        run(&site, &["create", "build", "--org", "Nowhere"], 1).says("no organization");
        run(&site, &["create", "Build 1", "--org", "Main"], 1).says("no name for a service account");
        run(&site, &["create", "build", "--org", "Main", "--role", "Boss"], 64);
        run(&site, &["create", "build", "--org", "Main", "--role", "Editor", "--title", "CI"], 0)
            .says("service:1:build");
        let login = "service:1:build";
        run(&site, &["create", "build", "--org", "Main"], 1).says("is there already");
        assert_eq!(site.tables().org_role("Main", login), Some("Editor"));
        run(&site, &["list"], 0).says(login);
        let users = site.run(&["users"]).expect(0);
        assert!(!users.stdout.contains(login), "no list of people has it");
        // No run and no act about people touches it.
        invariants::check(&site).expect(0);
        site.run(&["user", "block", login]).expect(1).says("nobody has the login");

        let first = token(&site, login);
        run(&site, &["token", "create", login, "--name", "x", "--expires", "31d"], 64).says("30d");
        run(&site, &["token", "create", "p000", "--name", "x"], 1).says("no service account");
        for bad in ["", "a\nb", &"x".repeat(101)] {
            run(&site, &["token", "create", login, "--name", bad], 64).says("--name: 1 to 100 characters");
            site.run(&["token", "create", "--name", bad, "--scope", "read"]).expect(64).says("--name: 1 to 100");
        }
        let rotated = run(&site, &["token", "rotate", login, &first, "--output", "json"], 0).json();
        let second = rotated["id"].as_str().unwrap().to_owned();
        let listed = run(&site, &["token", "list", login, "--output", "json"], 0).json();
        let of = |id: &str| {
            let all = listed["tokens"].as_array().unwrap();
            all.iter().find(|one| one["id"] == *id).unwrap().clone()
        };
        let lasts = |id: &str| of(id)["expires_at"].as_i64().unwrap() - of(&second)["created_at"].as_i64().unwrap();
        assert_eq!(lasts(&first), 24 * 3600 * 1000, "the old one a day more");
        assert_eq!(lasts(&second), 30 * 24 * 3600 * 1000, "as long as may be");
        run(&site, &["token", "revoke", login, &first], 0);
        run(&site, &["token", "rotate", login, &first], 1).says("does not count any more");
        run(&site, &["token", "revoke", login, "nothing"], 1).says("has no token");
        let stored = site.database.rows("SELECT id, name, created_by FROM service_tokens").concat().concat();
        assert!(!stored.contains("rstd_"));

        run(&site, &["disable", login], 0);
        run(&site, &["token", "create", login, "--name", "x"], 1).says("only an active service account");
        run(&site, &["enable", login], 0);
        run(&site, &["enable", login], 1).says("not suspended");
        run(&site, &["disable", login], 0);
        run(&site, &["delete", login], 0);
        run(&site, &["enable", login], 0).says("is active");
        assert_eq!(stands(&site, login), ("active".to_owned(), Vec::new()), "both are taken back");
        let body = site.database.rows("SELECT body FROM audit ORDER BY seq DESC LIMIT 1").concat().concat();
        assert_eq!(body, r#"{"changes":[["by_hand","unarchive"],["by_hand","resume"]]}"#);
        run(&site, &["delete", login], 0);
        assert_eq!(stands(&site, login), ("archived".to_owned(), vec!["archive".to_owned()]));
        let usable = site.database.rows("SELECT id FROM service_tokens WHERE revoked_at IS NULL");
        assert!(usable.is_empty(), "{usable:?}");
        run(&site, &["create", "build", "--org", "Main"], 1).says("purge it first");
        site.run(&["purge", login, "--yes"]).expect(0);
        run(&site, &["create", "build", "--org", "Main"], 0);
        let ids = site.database.rows("SELECT id FROM users WHERE kind = 'service'").concat();
        assert_eq!(ids, ["4"], "the number of a purged account is nobody's again");
        invariants::check(&site).expect(0);
    }
}
