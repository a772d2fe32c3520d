//! `rosterd simulate`: one person with reasons; other rules on what was observed last.

use crate::world::database::Backend;
use crate::world::on_both;
use crate::world::site::Site;
use serde_json::json;

const PROVIDER: &str = r#"
[orgs.1]
name = "Main"

[providers.corp]
file.path = "people.yaml"
create_missing = ["orgs", "teams"]
on_no_match = "nothing"
direct_role = { expression = "role" }
default = { org = "1", role = "Viewer" }

[limits]
removals_percent = 20
removals_at_least = 2
"#;

const RULES: &str = r#"
[[rules]]
id = "engineers"
match.group = "eng"
org = "1"
role = "Editor"

[[rules]]
id = "everybody"
match.group = "staff"
org = "1"
role = "Viewer"

[[rules]]
id = "leads"
match.claim = { path = "title", equals = "lead" }
org = "Ops"
team = "leads"
"#;

const PEOPLE: &str = r#"
people:
  - { id: "1", login: ana, groups: [eng], attributes: { title: lead } }
  - { id: "2", login: bo, groups: [staff], attributes: { title: clerk } }
  - { id: "3", login: cy, groups: [eng, staff], attributes: { title: clerk } }
groups:
  - { id: g1, name: eng, groups: [staff] }
  - { id: g2, name: staff }
"#;

fn site(backend: Backend) -> Site {
    let site = Site::new(backend, &format!("{PROVIDER}{RULES}"));
    site.write("people.yaml", PEOPLE);
    site.sync(0);
    site
}

fn reasons(site: &Site, input: &serde_json::Value) -> Vec<String> {
    site.write("input.json", &input.to_string());
    let args = ["simulate", "--provider", "corp", "--input", "input.json", "--output", "json"];
    let found = site.run(&args).expect(0).json();
    let text = |reason: &serde_json::Value| {
        let rule = reason["rule"].as_str().filter(|_| reason["about"] == "rule");
        format!("{}{}", rule.map(|rule| format!("{rule}: ")).unwrap_or_default(), reason["text"].as_str().unwrap())
    };
    found["reasons"].as_array().unwrap().iter().map(text).collect()
}

#[test]
fn what_lost_names_what_it_lost_to() {
    let site = Site::new(Backend::Sqlite, &format!("{PROVIDER}{RULES}"));
    let found = reasons(&site, &json!({ "groups": ["eng", "staff"], "attributes": { "title": "clerk" } }));
    assert!(found.contains(&"Editor in Main: rule engineers, group eng".to_owned()), "{found:#?}");
    assert!(
        found.contains(&"everybody: matches, but Viewer in Main is less than Editor by rule engineers".to_owned()),
        "{found:#?}"
    );
    assert!(found.contains(&"leads: does not match".to_owned()), "{found:#?}");
    let found = reasons(&site, &json!({ "groups": ["eng"], "attributes": { "title": "lead", "role": "Admin" } }));
    assert!(
        found.contains(&"Admin in Main: the provider says so; rule engineers gives Editor".to_owned()),
        "{found:#?}"
    );
    assert!(
        found.contains(
            &"engineers: matches, but Editor in Main is less than Admin by what the provider says".to_owned()
        ),
        "{found:#?}"
    );
    assert!(found.contains(&"None in Ops: comes with the team, rule leads".to_owned()), "{found:#?}");
    site.configure(&format!("{PROVIDER}{RULES}").replace("on_no_match", "resolve = \"first\"\non_no_match"));
    let found = reasons(&site, &json!({ "groups": ["eng", "staff"], "attributes": { "title": "clerk" } }));
    let behind = "everybody: matches, but Viewer in Main stands behind rule engineers (resolve = \"first\")";
    assert!(found.contains(&behind.to_owned()), "{found:#?}");
}

#[test]
fn one_form_or_the_other() {
    let site = Site::new(Backend::Sqlite, &format!("{PROVIDER}{RULES}"));
    site.run(&["simulate"]).expect(64);
    site.run(&["simulate", "--provider", "corp"]).expect(64);
    site.run(&["simulate", "--provider", "corp", "--input", "x", "--rules", "y"]).expect(64);
    site.run(&["simulate", "--rules", "rosterd.toml"]).expect(1).says("nothing was observed");
}

fn the_same_rules_change_nothing(backend: Backend) {
    let site = site(backend);
    let before = site.database.rows("SELECT generation, audit_seq FROM state");
    site.run(&["simulate", "--rules", "rosterd.toml", "--detailed-exitcode"])
        .expect(0)
        .says("who gains\n  nobody\n\nwho loses\n  nobody\n")
        .says("corp: within the limits\nnothing was written\n");
    assert_eq!(site.database.rows("SELECT generation, audit_seq FROM state"), before);
}

/// A file of nothing but rules: everything else is the configuration's.
fn who_gains_and_who_loses_is_said_without_asking_the_provider(backend: Backend) {
    let site = site(backend);
    let tables = site.tables();
    std::fs::remove_file(site.dir().join("people.yaml")).unwrap();
    let new = RULES.replace("role = \"Viewer\"", "role = \"Admin\"").replace("equals = \"lead\"", "equals = \"clerk\"");
    site.write("new.toml", &format!("version = 1\n{new}"));
    let table = site.run(&["simulate", "--rules", "new.toml"]).expect(0);
    table
        .says("+ role")
        .says("\nwho gains\n  ana: Main: Editor → Admin\n  bo: Main: Viewer → Admin; Ops: None; Ops › leads: member\n")
        .says("\nwho loses\n  ana: Ops: None; Ops › leads: member\n")
        .says("\nMain: 3 gain, 0 lose\nOps: 2 gain, 1 lose\n");
    let args = ["simulate", "--rules", "new.toml", "corp", "--detailed-exitcode", "--output", "json"];
    let found = site.run(&args).expect(2).json();
    assert_eq!(found["plans"][0]["provider"], "corp");
    assert_eq!(found["gains"][1]["user"], "bo");
    let right = json!({ "org": "Main", "team": null, "old": "Viewer", "new": "Admin" });
    assert_eq!(found["gains"][1]["rights"][0], right);
    assert_eq!(found["orgs"][0], json!({ "org": "Main", "gain": 3, "lose": 0 }));
    assert_eq!(site.tables(), tables);
    let yaml = site.run(&["simulate", "--rules", "new.toml", "--output", "yaml"]).expect(0).stdout;
    assert!(yaml.starts_with("format_version: 1\nplans:"), "{yaml}");
}

/// Over a limit: it is said, and the exit code stays that of a question. The real sync is held.
fn a_limit_that_a_sync_would_meet_is_named(backend: Backend) {
    let site = site(backend);
    let new = RULES.replace("match.group = ", "match.group = \"no-\" #");
    site.write("new.toml", &format!("version = 1\n{new}"));
    let found = site.run(&["simulate", "--rules", "new.toml"]).expect(0);
    found.says("corp: a sync would hold this: ").says("memberships");
    let found = site.run(&["simulate", "--rules", "new.toml", "--output", "json"]).expect(0).json();
    assert_eq!((&found["held"], &found["plans"][0]["held"]), (&json!(true), &json!(true)));
    site.configure(&format!("{PROVIDER}{new}"));
    site.sync(4);
}

/// With `providers` it is a whole configuration, and stands for itself.
fn a_whole_configuration_brings_its_own_terms(backend: Backend) {
    let site = site(backend);
    let whole = std::fs::read_to_string(site.dir().join("rosterd.toml")).unwrap();
    site.write(
        "new.toml",
        &whole.replace("on_no_match = \"nothing\"", "on_no_match = \"suspend\"").replace("\"staff\"", "\"x\""),
    );
    site.run(&["simulate", "--rules", "new.toml"]).expect(0).says("who loses\n  bo: an active account; Main: Viewer\n");
    site.write("bad.toml", "version = 1\n[[rules]]\nid = \"a\"\nprovider = \"crop\"\nmatch.group = \"x\"\norg = \"1\"\nrole = \"Viewer\"\n");
    site.run(&["simulate", "--rules", "bad.toml"]).expect(78).says("bad.toml:4");
    site.run(&["simulate", "--rules", "new.toml", "crop"]).expect(64).says("there is no provider");
}

on_both!(
    the_same_rules_change_nothing,
    who_gains_and_who_loses_is_said_without_asking_the_provider,
    a_limit_that_a_sync_would_meet_is_named,
    a_whole_configuration_brings_its_own_terms,
);
