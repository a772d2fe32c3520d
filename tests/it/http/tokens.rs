//! `rosterd token`, and what is left of it in the audit trail.

use crate::world::roster::{Roster, STAFF_VIEWS};

#[test]
fn tokens_are_made_listed_and_revoked_by_command() {
    let site = Roster::of(3, "p", "staff").synced(STAFF_VIEWS);
    let create = ["token", "create", "--name", "ci", "--scope", "run,read", "--expires", "2d", "--by", "eve"];
    let made = site.run(&create).expect(0);
    let token = made.stdout.lines().next().unwrap().to_owned();
    assert!(token.starts_with("rstd_") && token.len() == 48, "{token}");
    let list = site.run(&["token", "list", "--output", "json"]).expect(0).json();
    let one = &list["tokens"][0];
    assert_eq!(one["scopes"], serde_json::json!(["read", "run"]));
    let lasts = one["expires_at"].as_i64().unwrap() - one["created_at"].as_i64().unwrap();
    assert_eq!(lasts, 2 * 24 * 3600 * 1000);
    let id = one["id"].as_str().unwrap();
    site.run(&["token", "revoke", id, "--by", "bob"]).expect(0).says("revoked");
    site.run(&["token", "revoke", id]).expect(0);
    site.run(&["token", "list"]).expect(0).says("revoked");
    site.run(&["token", "revoke", "nobody"]).expect(1).says("there is no token");
    for wrong in [
        vec!["token", "create", "--name", "x", "--scope", "root"],
        vec!["token", "create", "--name", "x", "--scope", "read", "--expires", "9999d"],
        vec!["token", "create", "--name", "x", "--scope", "read", "--expires", "0d"],
        vec!["token", "create", "--name", "x"],
    ] {
        site.run(&wrong).expect(64);
    }
    let audit = site.run(&["audit", "export"]).expect(0).stdout;
    assert!(audit.contains("create_token") && audit.contains("\"actor\":\"eve\""), "{audit}");
    assert_eq!(audit.matches("revoke_token").count(), 1, "what is revoked stays as it is");
    assert!(!audit.contains(&token));
    site.run(&["audit", "verify"]).expect(0);
}
