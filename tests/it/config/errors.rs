//! All errors at once, with file, line, column, caret and what to do - the same in each format.

#![expect(clippy::panic, reason = "a test says what is wrong by failing")]

use super::complaints;
use rosterd::config::{Format, parse};

const TOML: &str = r#"[database]
url = "postgres://rosterd:hunter2@db/app"

[providers.corp]
every = "5 minutes"
on_no_match = "Deny"

[providers.corp.ldap]
urls = ["ldaps://ldap.example.org"]
pagesize = 500
timeout = 10
bind = { dn = "cn=rosterd", password = "hunter2" }
users = { base = "ou=people" }

[[rules]]
id = "one"
provider = "crop"
match.group_regex = "team-(.+"
org = "Main"
role = "Owner"
"#;

const TOML_ERRORS: &str = r#"error[missing-key]: `version` is missing in the configuration
 --> rosterd.toml:1:1
  |
1 | [database]
  | ^ write `version = 1` at the top (`version: 1` in YAML, `"version": 1` in JSON)

error[password-in-url]: the database's `url` must not hold a password
 --> rosterd.toml:2:7
  |
2 | url = ***
  |       ^^^ move it to `password`, as { file = "…" }, { env = "…" } or { credential = "…" }

error[malformed-value]: `every` is not well formed
 --> rosterd.toml:5:9
  |
5 | every = "5 minutes"
  |         ^^^^^^^^^^^ a number and a unit (ms, s, m, h, d), such as 10s

error[unknown-word]: `on_no_match` must be `keep`, `default`, `deny`, `suspend` or `nothing`
 --> rosterd.toml:6:15
  |
6 | on_no_match = "Deny"
  |               ^^^^^^ did you mean `deny`?

error[missing-key]: `groups` is missing in `ldap`
 --> rosterd.toml:8:17
  |
8 | [providers.corp.ldap]
  |                 ^^^^ What the groups are

error[unknown-key]: unknown key `pagesize`
  --> rosterd.toml:10:1
   |
10 | pagesize = 500
   | ^^^^^^^^ did you mean `page_size`?

error[wrong-type]: `timeout` must be text, not a whole number
  --> rosterd.toml:11:11
   |
11 | timeout = 10
   |           ^^ a number and a unit (ms, s, m, h, d), such as 10s

error[wrong-type]: `password` must be a table, not text
  --> rosterd.toml:12:40
   |
12 | bind = { dn = "cn=rosterd", password = *** }
   |                                        ^^^ say where it is kept: { file = "…" }, { env = "…" } or { credential = "…" }

error[wrong-type]: `base` must be a list, not text
  --> rosterd.toml:13:18
   |
13 | users = { base = "ou=people" }
   |                  ^^^^^^^^^^^ put it in square brackets

error[unknown-provider]: there is no provider `crop`
  --> rosterd.toml:17:12
   |
17 | provider = "crop"
   |            ^^^^^^ did you mean `corp`?

error[bad-regex]: this is not a regular expression
  --> rosterd.toml:18:21
   |
18 | match.group_regex = "team-(.+"
   |                     ^^^^^^^^^^ unclosed group

error[unknown-word]: `role` must be `None`, `Viewer`, `Editor` or `Admin`
  --> rosterd.toml:20:8
   |
20 | role = "Owner"
   |        ^^^^^^^

more about a code: `rosterd explain code missing-key`
"#;

const YAML: &str = r#"database:
  url: postgres://rosterd:hunter2@db/app
providers:
  corp:
    every: 5 minutes
    on_no_match: Deny
    ldap:
      urls: [ldaps://ldap.example.org]
      pagesize: 500
      timeout: 10
      bind: { dn: cn=rosterd, password: hunter2 }
      users: { base: ou=people }
rules:
  - id: one
    provider: crop
    match: { group_regex: team-(.+ }
    org: Main
    role: Owner
"#;

const JSON: &str = r#"{
  "database": { "url": "postgres://rosterd:hunter2@db/app" },
  "providers": {
    "corp": {
      "every": "5 minutes",
      "on_no_match": "Deny",
      "ldap": {
        "urls": ["ldaps://ldap.example.org"],
        "pagesize": 500,
        "timeout": 10,
        "bind": { "dn": "cn=rosterd", "password": "hunter2" },
        "users": { "base": "ou=people" }
      }
    }
  },
  "rules": [
    {
      "id": "one",
      "provider": "crop",
      "match": { "group_regex": "team-(.+" },
      "org": "Main",
      "role": "Owner"
    }
  ]
}
"#;

#[test]
fn every_error_at_once_with_its_place() {
    assert_eq!(complaints(TOML), TOML_ERRORS);
}

#[test]
fn w20_no_error_shows_a_secret() {
    for (text, format) in [(TOML, Format::Toml), (YAML, Format::Yaml), (JSON, Format::Json)] {
        let found = parse(text, format, "x", &[])
            .map(|_| ())
            .map_err(|found| (found.to_string(), serde_json::to_string(&found).unwrap_or_default()));
        let Err((text, json)) = found else { panic!("{format:?} was accepted") };
        assert!(!text.contains("hunter2") && !json.contains("hunter2"), "{text}\n{json}");
    }
    // Where there is no tree to look into, and where a key is misspelt.
    for text in [
        "version = 1\npassword = hunter2\n",
        "version = 1\n[database]\npassword = \"\"\"\nhunter2 \\q\n\"\"\"\n",
        "version = 1\n[database]\npasswrd = 'hunter2'\n",
        "version = 1\n[database]\npassword = { value = 'hunter2', fil = 'x' }\n",
        "version = 1\n[database]\nurl = postgres://me:hunter2@x/y\n",
        "version = 1\n[database]\nurl = 'postgres://x/y?password=hunter2'\n",
    ] {
        let found = complaints(text);
        assert!(found.contains("error") && !found.contains("hunter2"), "{found}");
    }
}

/// The same errors in the same order; only the places differ.
#[test]
fn the_formats_say_the_same() {
    let messages = |text: &str, format| {
        let Err(found) = parse(text, format, "x", &[]) else { panic!("{format:?} was accepted") };
        found.iter().map(|one| (one.code, one.message.clone(), one.help.clone())).collect::<Vec<_>>()
    };
    let toml = messages(TOML, Format::Toml);
    assert_eq!(toml, messages(YAML, Format::Yaml));
    assert_eq!(toml, messages(JSON, Format::Json));
    let places = |text: &str, format| {
        let Err(found) = parse(text, format, "x", &[]) else { panic!("{format:?} was accepted") };
        let json = serde_json::to_value(&found).unwrap_or_default();
        let place = |one: &serde_json::Value| format!("{}:{}+{}", one["line"], one["column"], one["length"]);
        json.as_array().into_iter().flatten().map(place).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        places(YAML, Format::Yaml),
        "1:1+1 2:8+33 5:12+9 6:18+4 7:5+4 9:7+8 10:16+2 11:41+7 12:22+9 15:15+4 16:27+8 18:11+5"
    );
    assert_eq!(
        places(JSON, Format::Json),
        "1:1+1 2:24+35 5:16+11 6:22+6 7:7+6 9:9+10 10:20+2 11:51+9 12:28+11 19:19+6 20:33+10 22:15+7"
    );
}

#[test]
fn errors_as_json() {
    let Err(found) = super::toml("version = 2\n") else { panic!("accepted") };
    assert_eq!(
        serde_json::to_value(&found).unwrap_or_default(),
        serde_json::json!([{
            "severity": "error", "code": "out-of-range", "message": "`version` must be 1", "help": "",
            "file": "rosterd.toml", "line": 1, "column": 11, "length": 1,
        }])
    );
}

#[test]
fn syntax_errors_have_a_place() {
    for (text, format, expected) in [
        ("version = 1\n[providers\n", Format::Toml, "x:2:11"),
        ("version = 1\nversion = 1\n", Format::Toml, "x:2:1"),
        ("version: 1\nrules: [a\n", Format::Yaml, "x:2:"),
        ("version: 1\nversion: 1\n", Format::Yaml, "x:2:1"),
        ("{\"version\": 1,\n}", Format::Json, "x:2:1"),
        ("{\"version\": 1,\n\"version\": 1}", Format::Json, "x:2:1"),
    ] {
        let Err(found) = parse(text, format, "x", &[]) else { panic!("{text} was accepted") };
        assert!(found.to_string().contains(expected), "{text}\n{found}");
    }
}
