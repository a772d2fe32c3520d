//! `rosterd explain` says why somebody has a right, why not, and what a group does.

use crate::world::database::Backend;
use crate::world::on_both;
use crate::world::site::Site;
use serde_json::{Value, json};

const CONFIG: &str = r#"
[providers.corp]
file.path = "people.yaml"
create_missing = ["orgs", "teams"]

[[rules]]
id = "everybody"
match.group = "staff"
org = "Acme"
role = "Viewer"

[[rules]]
id = "engineers"
match.group = "engineering"
org = "Acme"
role = "Editor"

[[rules]]
id = "teams"
match.group_regex = "team-(?<name>.+)"
org = "Acme"
team = "${name}"

[[rules]]
id = "chiefs"
match.group = "chiefs"
org = "Acme"
role = "Admin"
"#;

const GROUPS: &str = r#"
groups:
  - { id: g1, name: team-web, groups: [engineering] }
  - { id: g2, name: engineering, groups: [staff] }
  - { id: g3, name: staff }
  - { id: g4, name: chiefs }
"#;

const PEOPLE: &str = r#"
people:
  - { id: "1", login: ana, name: Ana Silva, email: Shared@example.org, groups: [team-web] }
  - { id: "2", login: bo, email: shared@example.org, groups: [staff] }
  - { id: "3", login: cy, groups: [chiefs, staff] }
"#;

fn site(backend: Backend) -> Site {
    let site = Site::new(backend, CONFIG);
    site.write("people.yaml", &format!("{PEOPLE}{GROUPS}"));
    site.sync(0);
    site
}

fn user(site: &Site, query: &str) -> Value {
    site.run(&["explain", "user", query, "--output", "json"]).expect(0).json()
}

/// The organization's or the team's right of the only person found.
fn right<'a>(found: &'a Value, kind: &str) -> &'a Value {
    let rights = found["people"][0]["rights"].as_array().unwrap();
    rights.iter().find(|right| right["kind"] == kind).unwrap_or_else(|| panic!("no {kind} in {found:#}"))
}

fn winner_losers_and_misses_are_named_with_their_paths(backend: Backend) {
    let site = site(backend);
    site.run(&["explain", "user", "ana"])
        .expect(0)
        .says("  Acme: Editor\n    by engineers (rosterd.toml:15), ana → team-web → engineering\n")
        .says("    lost: everybody (rosterd.toml:9) Viewer, ana → team-web → engineering → staff: less than Editor by engineers\n")
        .says("    Acme / web: member\n      by teams (rosterd.toml:21), ana → team-web\n")
        .says("  chiefs (rosterd.toml:27): no group fits; it wants group = \"chiefs\"\n")
        .says("Acme: Editor given by engineers through engineering");
}

fn the_json_has_its_documented_shape(backend: Backend) {
    let site = site(backend);
    let found = user(&site, "ana");
    assert_eq!(found["format_version"], 1);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let person = &found["people"][0];
    assert_eq!(
        keys(person),
        "number login name email state suspensions identities rights ended not_applied not_given not_matching history"
    );
    assert_eq!(
        keys(&person["identities"][0]),
        "provider configured id dn login observed_at gone_at renewed_at rechecked_by rechecked_at lease_ends_at groups claims direct_role verdict"
    );
    let right = right(&found, "org");
    assert_eq!(keys(right), "kind org team role synced_role manual_role declared_role given_by lost kept idle");
    assert_eq!(
        right["given_by"],
        json!([{ "kind": "org", "org": "Acme", "team": null, "role": "Editor", "provider": "corp",
            "rule": "engineers", "at": "rosterd.toml:15", "group": "engineering", "group_dn": "",
            "path": ["ana", "team-web", "engineering"], "note": null }])
    );
    assert_eq!(keys(&person["not_matching"][0]), "rule at wants why");
    assert_eq!(keys(&person["history"][0]), "seq at actor run changes");
    let group = site.run(&["explain", "group", "engineering", "--output", "json"]).expect(0).json();
    assert_eq!(
        keys(&group["groups"][0]),
        "provider configured id name dn gone_at direct_people groups within rules gives"
    );
    // Every field that a program can meet is in the page that promises it.
    let page = crate::architecture::file("docs/explain.md").text;
    for value in [person, &person["identities"][0], right, &right["given_by"][0], &group["groups"][0]] {
        for key in value.as_object().unwrap().keys() {
            assert!(page.contains(&format!("`{key}`")), "docs/explain.md does not say what {key} is");
        }
    }
    let yaml = site.run(&["explain", "user", "ana", "--output", "yaml"]).expect(0);
    assert!(yaml.stdout.starts_with("format_version: 1\n"), "{}", yaml.stdout);
}

const CLAIMS: &str = r#"
[orgs.1]
name = "Main"

[providers.corp]
file.path = "people.yaml"
create_missing = ["orgs", "teams"]
on_no_match = "default"
default = { org = "1", role = "None" }
direct_role = { expression = "role" }
allow.none = [{ claim = { path = "blocked", equals = "yes" } }]

[[rules]]
id = "sales"
match.claim = { path = "department", equals = "Sales" }
org = ["1", "Ops"]
role = "Viewer"

[[rules]]
id = "clerks"
match.all = [{ group = "staff" }, { claim = { path = "title", equals = "clerk" } }]
org = "1"
role = "Editor"

[[rules]]
id = "on-top"
match.group = "staff"
org = "Ops"
role = "Editor"
aside = true
"#;

const CLAIMS_PEOPLE: &str = r#"
people:
  - { id: "1", login: ana, groups: [staff], attributes: { department: Sales, title: boss, role: Admin } }
  - { id: "2", login: bo, attributes: { department: IT } }
  - { id: "3", login: cy, groups: [staff], attributes: { blocked: "yes", department: Sales } }
groups:
  - { id: g1, name: staff }
"#;

fn claims_direct_roles_and_terms_are_reasons_too(backend: Backend) {
    let site = Site::new(backend, CLAIMS);
    site.write("people.yaml", CLAIMS_PEOPLE);
    site.sync(0);
    site.run(&["explain", "user", "ana"])
        .expect(0)
        .says(r#"    it says {"attributes":{"department":["Sales"],"role":["Admin"],"title":["boss"]}}"#)
        .says("    the provider says something that is no role\n")
        .says("  Main: Viewer\n    by sales (rosterd.toml:16)\n")
        .says("  Ops: Editor\n    by on-top (rosterd.toml:28), ana → staff\n    lost: sales (rosterd.toml:16) Viewer: less than Editor by on-top\n")
        .says("  clerks (rosterd.toml:22): only a part of what it asks for fits; it wants all of");
    site.run(&["explain", "user", "bo"])
        .expect(0)
        .says("  Main: None\n    by on_no_match: on_no_match of provider corp: no rule matches\n")
        .says("  sales (rosterd.toml:16): no claim fits; it wants claim department = \"Sales\"\n");
    site.run(&["explain", "user", "cy"])
        .expect(0)
        .says("    refused: `allow` does not match; what was given before stays\n")
        .says("\nnot given\n  Main: Viewer\n    by sales (rosterd.toml:16): is not given to somebody who is refused\n");
    let found = user(&site, "cy");
    assert_eq!(found["people"][0]["identities"][0]["claims"]["attributes"]["blocked"], json!(["yes"]));
    assert_eq!(found["people"][0]["not_applied"], json!([]));
    // A single text is a role, a list of one is one only where several may be.
    let several = "expression = \"role\", several = true";
    site.configure(&CLAIMS.replace("expression = \"role\"", several));
    site.run(&["explain", "user", "ana"])
        .expect(0)
        .says("    the provider says Admin\n")
        .says("\nshould have\n  Main: Admin\n    by direct_role: not applied");
    site.sync(0);
    site.run(&["explain", "user", "ana"])
        .expect(0)
        .says("  Main: Admin\n    by direct_role: provider corp says so itself\n    lost: sales (rosterd.toml:16) Viewer: less than Admin by the provider itself\n");
    site.run(&["explain", "group", "staff"])
        .expect(0)
        .says("  clerks (rosterd.toml:22): needs more than this; it wants all of")
        .says("  on-top (rosterd.toml:28); it wants group = \"staff\"");
}

/// N3, seen from the side of who asks: a grant by hand is named as one, and stays.
fn n3_a_grant_by_hand_is_manual(backend: Backend) {
    let site = site(backend);
    site.database.execute(
        "UPDATE org_members SET manual_role = 'Admin' WHERE user_id = (SELECT id FROM users WHERE login = 'ana')",
    );
    site.sync(0);
    let found = user(&site, "ana");
    let acme = right(&found, "org");
    assert_eq!(
        (&acme["role"], &acme["synced_role"], &acme["manual_role"]),
        (&json!("Admin"), &json!("Editor"), &json!("Admin"))
    );
    site.run(&["explain", "user", "ana"])
        .expect(0)
        .says("  Acme: Admin\n    by a person, in the database (manual): Admin\n");
}

/// N4: the one whom nobody can replace has a role that no rule gives.
fn n4_the_last_admin_is_said_to_be_kept(backend: Backend) {
    let site = site(backend);
    site.write("people.yaml", &format!("{}{GROUPS}", PEOPLE.replace("[chiefs, staff]", "[staff]")));
    site.sync(0);
    site.run(&["explain", "user", "cy"])
        .expect(0)
        .says("  Acme: Admin\n    no rule gives it any more; kept: the last Admin of Acme\n");
}

fn a_leaver_is_suspended_and_gone(backend: Backend) {
    let site = site(backend);
    let without = PEOPLE.lines().filter(|line| !line.contains("login: bo")).collect::<Vec<_>>().join("\n");
    site.write("people.yaml", &format!("{without}{GROUPS}"));
    site.sync(0);
    site.run(&["explain", "user", "bo"])
        .expect(0)
        .says("bo (#")
        .says(", suspended: shared@example.org\n")
        .says(": gone from provider corp\n")
        .says(", gone since 2")
        .says("has\n  nothing\n");
    assert!(user(&site, "bo")["people"][0]["identities"][0]["gone_at"].is_i64());
}

fn people_are_found_by_login_address_and_number(backend: Backend) {
    let site = site(backend);
    let logins = |query: &str| -> Vec<Value> {
        user(&site, query)["people"].as_array().unwrap().iter().map(|person| person["login"].clone()).collect()
    };
    assert_eq!(logins("SHARED@EXAMPLE.ORG"), ["ana", "bo"]);
    let number = user(&site, "cy")["people"][0]["number"].as_i64().unwrap();
    assert_eq!(logins(&format!("#{number}")), ["cy"]);
    let nobody = site.run(&["explain", "user", "nobody"]).expect(1).says("nobody has the login");
    assert!(nobody.stdout.is_empty());
    site.run(&["explain", "group", "nothing"]).expect(1).says("no provider has shown a group");
}

fn a_rule_that_went_and_one_that_came_are_told_apart(backend: Backend) {
    let site = site(backend);
    site.configure(&CONFIG.replace("\"engineers\"", "\"builders\""));
    site.run(&["explain", "user", "ana"])
        .expect(0)
        .says("by engineers, ana → team-web → engineering: the rule is not in the configuration any more")
        .says("should have\n")
        .says("by builders (rosterd.toml:15), ana → team-web → engineering: not applied");
    site.sync(0);
    let found = user(&site, "ana");
    assert_eq!(right(&found, "org")["given_by"][0]["rule"], "builders");
    assert_eq!(found["people"][0]["not_applied"], json!([]));
}

fn a_group_says_what_it_is_in_and_what_it_does(backend: Backend) {
    let site = site(backend);
    site.run(&["explain", "group", "ENGINEERING"])
        .expect(0)
        .says("in it\n  0 people directly\n  team-web\n")
        .says("it is in\n  engineering → staff\n")
        .says("  everybody (rosterd.toml:9), engineering → staff; it wants group = \"staff\"\n")
        .says("  engineers (rosterd.toml:15); it wants group = \"engineering\"\n")
        .says("  org Acme to 1 person by engineers (rosterd.toml:15)\n");
    site.configure(&CONFIG.replace("match.group = \"chiefs\"", "match.group = \"others\""));
    site.run(&["explain", "group", "chiefs"]).expect(0).says("  none: being in it gives nothing\n");
}

fn explaining_writes_nothing(backend: Backend) {
    let site = site(backend);
    let before = site.tables();
    site.run(&["explain", "user", "ana"]).expect(0);
    site.run(&["explain", "group", "staff"]).expect(0);
    assert_eq!(format!("{before:?}"), format!("{:?}", site.tables()));
}

on_both!(
    winner_losers_and_misses_are_named_with_their_paths,
    the_json_has_its_documented_shape,
    n3_a_grant_by_hand_is_manual,
    n4_the_last_admin_is_said_to_be_kept,
    a_leaver_is_suspended_and_gone,
    people_are_found_by_login_address_and_number,
    a_rule_that_went_and_one_that_came_are_told_apart,
    a_group_says_what_it_is_in_and_what_it_does,
    explaining_writes_nothing,
    claims_direct_roles_and_terms_are_reasons_too,
);
