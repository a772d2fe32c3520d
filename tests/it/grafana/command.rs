//! `rosterd import grafana` itself: its files, its refusals, and what it never writes.

use crate::world::rosterd::{Outcome, start};
use std::fs;
use std::path::Path;

const LDAP: &str = r#"
[[servers]]
host = "ldap.example.org"
port = 636
use_ssl = true
ssl_skip_verify = true
bind_dn = "cn=reader,dc=example,dc=org"
bind_password = "correct-horse"
search_filter = "(uid=%s)"
search_base_dns = ["ou=people,dc=example,dc=org"]
group_search_filter = "(&(objectClass=posixGroup)(memberUid=%s))"
group_search_base_dns = ["ou=groups,dc=example,dc=org"]

[servers.attributes]
username = "uid"
email = "mail"

[[servers.group_mappings]]
group_dn = "cn=admins,ou=groups,dc=example,dc=org"
org_role = "Admin"
grafana_admin = true

[[servers.group_mappings]]
group_dn = "*"
org_role = "viewer"

[[servers.group_mappings]]
group_dn = "cn=late,ou=groups,dc=example,dc=org"
org_role = "Editor"
"#;

const INI: &str = r#"
[users]
auto_assign_org_role = Viewer
[auth.ldap]
enabled = true
[auth.generic_oauth]
enabled = true
client_id = grafana
client_secret = battery-staple
role_attribute_path = """contains(groups[*], 'admins') && 'Admin' || 'Viewer'"""
org_attribute_path = teams
org_mapping = ["ops:Main Org.:Editor", "qa:nowhere:Editor"]
"#;

fn run(dir: &Path, args: &[&str], env: &[(&str, &str)]) -> Outcome {
    start(dir, &[&["import", "grafana"], args].concat(), env).wait()
}

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("ldap.toml"), LDAP).unwrap();
    fs::write(dir.path().join("grafana.ini"), INI).unwrap();
    fs::write(dir.path().join("orgs.json"), r#"{"Main Org.": 1}"#).unwrap();
    fs::write(dir.path().join("links.json"), r#"{"sre": ["cn=sre,ou=groups,dc=example,dc=org"]}"#).unwrap();
    dir
}

const ALL: &[&str] = &[
    "--ldap",
    "ldap.toml",
    "--ini",
    "grafana.ini",
    "--orgs",
    "orgs.json",
    "--team-sync",
    "links.json",
    "--out",
    "out",
];

fn read(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join("out").join(name)).unwrap()
}

#[test]
fn writes_a_configuration_tests_and_a_report() {
    let dir = folder();
    run(dir.path(), ALL, &[]).expect(0).says("wrote out/rosterd.toml").says("settings converted");
    let config = read(dir.path(), "rosterd.toml");
    for part in [
        "[orgs.1]\nname = \"Main Org.\"",
        "urls = [\"ldaps://ldap.example.org:636\"]",
        "password = { file = \"secrets/ldap-password\" }",
        "filter = \"(uid=*)\"",
        "# ldap.toml:18\n[[rules]]\nid = \"ldap-1\"",
        "role = \"Admin\"\nserver_admin = true",
        "match.claim = { path = \"teams\", equals = \"ops\" }",
        "team = \"sre\"\ncase_sensitive = false\naside = true",
    ] {
        assert!(config.contains(part), "{part}\nis not in\n{config}");
    }
    assert!(!config.contains("cn=late"), "a mapping that never does anything was kept");
    start(dir.path(), &["--config", "out/rosterd.toml", "check", "config"], &[]).wait().expect(0);
    let tests = &["--config", "out/rosterd.toml", "test-rules", "out/tests.yaml"];
    start(dir.path(), tests, &[]).wait().expect(0).says("passed, 0 failed");
    let files: Vec<_> = fs::read_dir(dir.path().join("out")).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(files.len(), 3, "{files:?}");
}

#[test]
fn the_report_has_a_line_for_every_line_that_says_something() {
    let dir = folder();
    run(dir.path(), ALL, &[]).expect(0);
    let report = read(dir.path(), "report.md");
    for (file, text) in [("grafana.ini", INI), ("ldap.toml", LDAP)] {
        let mut mapping = false;
        for (number, line) in (1..).zip(text.lines()) {
            mapping = if line.starts_with('[') { line.contains("group_mappings") } else { mapping };
            // A mapping is told of as a whole, at its head.
            let says = line.contains(" = ") && !mapping || line == "[[servers.group_mappings]]";
            let cell = format!("| {file}:{number} |");
            assert!(!says || report.contains(&cell), "{file}:{number}: {line}\n{report}");
        }
    }
    for part in [
        "ldap.toml:27: an earlier mapping gives everybody",
        "`qa:nowhere:Editor` is left out",
        "put it into `secrets/ldap-password`",
        "| [auth.generic_oauth] client_secret | needs a look |",
        "| ssl_skip_verify | can't be said |",
    ] {
        assert!(report.contains(part), "{part}\nis not in\n{report}");
    }
}

/// W20: whatever the report says, it does not say the secrets.
#[test]
fn w20_secrets_are_written_nowhere() {
    let dir = folder();
    let env = [("GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET", "trombone"), ("GF_AUTH_OKTA_CLIENT_SECRET", "oboe")];
    let outcome = run(dir.path(), ALL, &env).expect(0);
    let mut all = vec![outcome.stdout, outcome.stderr];
    all.extend(["rosterd.toml", "tests.yaml", "report.md"].map(|name| read(dir.path(), name)));
    for secret in ["correct-horse", "battery-staple", "trombone", "oboe"] {
        assert!(all.iter().all(|text| !text.contains(secret)), "{secret} was copied");
    }
    // A value that cannot be read is not shown either.
    fs::write(dir.path().join("bad.toml"), "[[servers]]\nbind_password = \"correct-horse\n").unwrap();
    let outcome = run(dir.path(), &["--ldap", "bad.toml", "--out", "other"], &[]).expect(78).says("bad.toml:2: ");
    assert!(!outcome.stderr.contains("correct-horse"), "{}", outcome.stderr);
}

#[test]
fn secrets_that_are_elsewhere_stay_there() {
    for (written, place) in [
        ("$__env{LDAP_PASSWORD}", "password = { env = \"LDAP_PASSWORD\" }"),
        ("${LDAP_PASSWORD}", "password = { env = \"LDAP_PASSWORD\" }"),
        ("$__file{/run/secrets/ldap}", "password = { file = \"/run/secrets/ldap\" }"),
    ] {
        let dir = folder();
        fs::write(dir.path().join("ldap.toml"), LDAP.replace("correct-horse", written)).unwrap();
        run(dir.path(), &["--ldap", "ldap.toml", "--out", "out"], &[("LDAP_PASSWORD", "trombone")]).expect(0);
        let config = read(dir.path(), "rosterd.toml");
        assert!(config.contains(place) && !config.contains("trombone"), "{written}\n{config}");
    }
}

#[test]
fn what_is_there_is_never_overwritten() {
    for name in ["rosterd.toml", "tests.yaml", "report.md"] {
        let dir = folder();
        fs::create_dir(dir.path().join("out")).unwrap();
        fs::write(dir.path().join("out").join(name), "mine").unwrap();
        run(dir.path(), ALL, &[]).expect(1).says(&format!("out/{name} is there already"));
        let files: Vec<_> = fs::read_dir(dir.path().join("out")).unwrap().map(|f| f.unwrap().file_name()).collect();
        assert_eq!(files, [name]);
        assert_eq!(read(dir.path(), name), "mine");
    }
}

#[test]
fn what_grafana_refuses_is_refused_and_nothing_is_written() {
    for (name, text, says) in [
        ("ldap.toml", LDAP.replace("\"viewer\"", "\"VIEWER\""), "ldap.toml:25: \"VIEWER\" is not a role"),
        ("ldap.toml", "[[servers]\n".to_owned(), "ldap.toml:1: this is not TOML"),
        ("grafana.ini", "[auth.ldap\n".to_owned(), "grafana.ini:1: this section has no closing"),
        ("orgs.json", "{\"a\": 1, \"b\": 1}".to_owned(), "orgs.json: \"a\" and \"b\" have the same id"),
        ("orgs.json", "{\n\"a\": }".to_owned(), "orgs.json:2: this is not JSON"),
        ("links.json", "{\"a\": \"b\"}".to_owned(), "links.json: team \"a\" needs a list"),
    ] {
        let dir = folder();
        fs::write(dir.path().join(name), text).unwrap();
        run(dir.path(), ALL, &[]).expect(78).says(says);
        assert!(!dir.path().join("out").exists(), "{name}: something was written");
    }
}

#[test]
fn links_alone_and_nothing_at_all_are_told_what_is_missing() {
    let dir = folder();
    run(dir.path(), &["--team-sync", "links.json", "--out", "out"], &[]).expect(64).says("give --ldap or --ini");
    run(dir.path(), &["--out", "out"], &[]).expect(78).says("there is no provider to import");
    run(dir.path(), &["--ldap", "none.toml", "--out", "out"], &[]).expect(1).says("none.toml: ");
}

#[test]
fn variables_alone_are_enough_and_win_over_the_file() {
    let dir = folder();
    let env = [("GF_AUTH_OKTA_ENABLED", "true"), ("GF_AUTH_OKTA_ROLE_ATTRIBUTE_PATH", "role")];
    run(dir.path(), &["--out", "out"], &env).expect(0);
    assert!(read(dir.path(), "rosterd.toml").contains("[providers.okta.direct_role]\nexpression = \"role\""));
    let env = [("GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_STRICT", "true")];
    run(dir.path(), &["--ini", "grafana.ini", "--out", "strict"], &env).expect(0);
    let strict = fs::read_to_string(dir.path().join("strict/rosterd.toml")).unwrap();
    assert!(strict.contains("strict = true"), "{strict}");
}

#[test]
fn a_second_server_is_a_copy_or_a_directory_of_its_own() {
    let dir = folder();
    let copy = LDAP.replace("ldap.example.org", "ldap2.example.org");
    let other = LDAP.replace("ou=people,", "ou=staff,");
    fs::write(dir.path().join("ldap.toml"), format!("{LDAP}{copy}{other}")).unwrap();
    run(dir.path(), &["--ldap", "ldap.toml", "--out", "out"], &[]).expect(0);
    let config = read(dir.path(), "rosterd.toml");
    for part in [
        "urls = [\"ldaps://ldap.example.org:636\", \"ldaps://ldap2.example.org:636\"]",
        "[providers.ldap-2.ldap.users]\nbase = [\"ou=staff,dc=example,dc=org\"]",
        "id = \"ldap-2-1\"\nprovider = \"ldap-2\"",
    ] {
        assert!(config.contains(part), "{part}\nis not in\n{config}");
    }
    assert!(!config.contains("ldap-3"), "{config}");
    assert!(read(dir.path(), "report.md").contains("added to the addresses of `ldap`"));
    let tests = &["--config", "out/rosterd.toml", "test-rules", "out/tests.yaml"];
    start(dir.path(), tests, &[]).wait().expect(0);
}

/// Grafana's reader drops a pair of quotes, so what was meant as a role is a field there.
#[test]
fn a_role_in_single_quotes_is_taken_as_it_was_meant_and_reported() {
    for (written, expression, reported) in [
        ("'Editor'", "expression = \"'Editor'\"", true),
        ("\"'Editor'\"", "expression = \"'Editor'\"", false),
        ("'role'", "expression = \"role\"", false),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let ini = format!("[auth.generic_oauth]\nenabled = true\nrole_attribute_path = {written}\n");
        fs::write(dir.path().join("grafana.ini"), ini).unwrap();
        run(dir.path(), &["--ini", "grafana.ini", "--out", "out"], &[]).expect(0);
        let config = read(dir.path(), "rosterd.toml");
        assert!(config.contains(expression), "{written}: {config}");
        let report = read(dir.path(), "report.md");
        assert_eq!(report.contains("drops these quotes"), reported, "{written}: {report}");
    }
}
