//! Rules of all kinds under all terms, on a file with claims and on a directory with attributes,
//! asked through the program itself.

use super::compare::{Has, held, keeps_all, promised};
use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::on_both;
use crate::world::site::{Site, slapd_provider};
use crate::world::slapd::{SUFFIX, Slapd};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

on_both!(a_sync_gives_what_a_simulation_says_of_everybody);

/// One provider for each way to end, and the terms that are its own.
const TERMS: &[(&str, &str)] = &[
    ("keep", "on_no_match = \"keep\""),
    ("default", "on_no_match = \"default\"\ndefault = { org = \"1\", role = \"Viewer\" }"),
    ("deny", "on_no_match = \"deny\"\nresolve = \"first\""),
    ("suspend", "on_no_match = \"suspend\"\ncase_sensitive = true"),
    ("nothing", "on_no_match = \"nothing\"\nclaims = { absent = \"none\" }"),
    ("strict", "strict = true"),
    ("allow", "allow.any = [{ group = \"eng\" }, { claim = { path = \"verified\", equals = true } }]"),
    ("noorgs", "org_roles = \"none\"\nserver_admin = \"keep\""),
    (
        "direct",
        "on_no_match = \"nothing\"\ndefault = { org = \"2\", role = \"Viewer\" }\n\
         direct_role = { expression = \"role\", values = { Admin = [\"boss\"], server_admin = [\"root\"] } }",
    ),
    (
        "listed",
        "on_no_match = \"deny\"\nclaims = { lists_only = true, sources = [\"userinfo\", \"attributes\"] }\n\
         direct_role = { expression = \"roles\", several = true, unknown = \"keep_server_admin\" }",
    ),
];

const RULES: &str = r#"
[[rules]]
id = "eng"
match.group = "eng"
org = ["1", "2"]
role = "Editor"

[[rules]]
id = "staff-aside"
match.group_exact = "staff"
org = "*"
role = "Viewer"
aside = true

[[rules]]
id = "teams"
match.group_regex = "team-(?<name>.+)"
org = "1"
team = "${name}"

[[rules]]
id = "sales"
match.claim = { path = "department", one_of = ["Sales", "Marketing"] }
org = "2"
role = "Viewer"
team = "sellers"
team_role = "admin"

[[rules]]
id = "nested-roles"
match.claim = { path = "info.roles", glob = "adm*" }
org = "1"
role = "Admin"

[[rules]]
id = "regex"
match.claim = { path = "department", regex = "Ops-(?<n>[a-z]+)" }
org = "ops-${n}"
role = "Editor"

[[rules]]
id = "expression"
match.expression = "groups && contains(groups, 'eng') && level > `3`"
server_admin = true

[[rules]]
id = "none-of"
match.all = [{ none = [{ group = "staff" }] }, { group_glob = "team-*" }]
org = "1"
role = "Editor"
"#;

/// (login, groups, what the provider says)
fn people() -> Vec<(&'static str, Vec<&'static str>, Value)> {
    vec![
        (
            "ana",
            vec!["eng"],
            json!({ "attributes": { "department": ["Sales"] }, "userinfo": { "level": 5, "role": "boss" } }),
        ),
        ("bo", vec!["staff"], json!({ "attributes": { "department": ["sales"] } })),
        ("cy", vec!["team-web"], json!({})),
        (
            "di",
            vec![],
            json!({ "userinfo": { "info": { "roles": ["admin", "x"] }, "verified": true, "department": "Ops-eu" } }),
        ),
        (
            "ed",
            vec![],
            json!({ "userinfo": { "role": "root", "roles": ["Editor", "Viewer"], "department": [], "info": {}, "level": 1 } }),
        ),
        ("fo", vec![], json!({ "id_token": { "role": "nonsense", "roles": "Editor" }, "attributes": {} })),
        (
            "gus",
            vec!["eng", "team-ops"],
            json!({ "id_token": { "level": 9, "department": ["Marketing", "Ops-us"], "verified": false } }),
        ),
        (
            "hal",
            vec!["ENG"],
            json!({ "userinfo": { "department": "Marketing", "info": { "roles": "adm" }, "level": "x" } }),
        ),
        (
            "ida",
            vec![],
            json!({ "attributes": { "department": [] }, "userinfo": { "info": { "roles": [] }, "level": 0 } }),
        ),
    ]
}

/// `eng` is in `staff`.
fn closure<'a>(groups: &[&'a str]) -> Vec<&'a str> {
    let above = groups.contains(&"eng").then_some("staff");
    groups.iter().copied().chain(above).collect()
}

fn file(provider: &str) -> String {
    let people: Vec<Value> = people()
        .into_iter()
        .map(|(login, groups, said)| {
            let mut claims = said.as_object().unwrap().clone();
            let attributes = claims.shift_remove("attributes");
            let mut person = json!({ "id": login, "login": format!("{provider}-{login}"), "groups": groups });
            if let Some(attributes) = attributes {
                person["attributes"] = attributes;
            }
            if !claims.is_empty() {
                person["claims"] = claims.into();
            }
            person
        })
        .collect();
    let groups: Vec<Value> = ["eng", "ENG", "staff", "team-web", "team-ops"]
        .into_iter()
        .map(|name| json!({ "id": name, "name": name, "groups": if name == "eng" { vec!["staff"] } else { vec![] } }))
        .collect();
    json!({ "people": people, "groups": groups }).to_string()
}

/// The same groups in a directory, and the departments of those who have one.
fn ldif() -> String {
    let mut ldif = String::new();
    let mut members: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (login, groups, said) in people() {
        let dn = format!("uid=dir-{login},ou=people,{SUFFIX}");
        write!(ldif, "dn: {dn}\nobjectClass: inetOrgPerson\nuid: dir-{login}\ncn: {login}\nsn: x\n").unwrap();
        for department in said["attributes"]["department"].as_array().into_iter().flatten() {
            writeln!(ldif, "departmentNumber: {}", department.as_str().unwrap()).unwrap();
        }
        ldif.push('\n');
        for group in groups.into_iter().filter(|group| *group != "ENG") {
            members.entry(group).or_default().push(dn.clone());
        }
    }
    members.entry("staff").or_default().push(format!("cn=eng,ou=groups,{SUFFIX}"));
    for (group, members) in members {
        write!(ldif, "dn: cn={group},ou=groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: {group}\n").unwrap();
        members.iter().for_each(|dn| writeln!(ldif, "member: {dn}").unwrap());
        ldif.push('\n');
    }
    ldif
}

fn a_sync_gives_what_a_simulation_says_of_everybody(backend: Backend) {
    let slapd = Slapd::start(&ldif());
    let mut config = "[orgs.1]\nname = \"Main\"\n[orgs.2]\nname = \"Second\"\n[limits]\nremovals_percent = 100\n\
                      emptied_at_least = 1000\nprivileged_gains = 1000\n"
        .to_owned();
    for (name, terms) in TERMS {
        write!(
            config,
            "[providers.{name}]\nfile.path = \"{name}.yaml\"\ncreate_missing = [\"orgs\", \"teams\"]\n{terms}\n"
        )
        .unwrap();
    }
    config.push_str(&slapd_provider("dir", &slapd.url(), ""));
    let config = config.replace(
        &format!("users = {{ base = [\"{SUFFIX}\"] }}"),
        &format!("users = {{ base = [\"{SUFFIX}\"], attributes = [\"departmentNumber\"] }}"),
    );
    let for_dir = RULES.replace("id = \"", "id = \"dir-").replace("\"department\"", "\"departmentNumber\"");
    let for_dir =
        for_dir.replace("match.group_exact = \"staff\"", &format!("match.group = \"cn=STAFF, ou=groups,{SUFFIX}\""));
    let names: Vec<&str> = TERMS.iter().map(|(name, _)| *name).collect();
    let of = |rules: &str, providers: &str| rules.replace("\nmatch.", &format!("\nprovider = {providers}\nmatch."));
    let rules = of(RULES, &format!("{names:?}")) + &of(&for_dir, "\"dir\"");
    let site = Site::new(backend, &format!("{config}{rules}"));
    for (name, _) in TERMS {
        site.write(&format!("{name}.yaml"), &file(name));
    }
    // The first sync makes organizations that `*` stands for in the next.
    site.sync(0);
    site.sync(0);
    invariants::check(&site);
    let held = held(&site);
    let (mut compared, mut with_something, mut kept) = (0, 0, 0);
    for provider in names.into_iter().chain(["dir"]) {
        for (login, groups, said) in people() {
            let mut input = said.clone();
            let dir = provider == "dir";
            let dn = format!("uid=dir-{login},ou=people,{SUFFIX}");
            let groups: Vec<String> = closure(&groups)
                .into_iter()
                .filter(|group| !dir || *group != "ENG")
                .map(|name| if dir { format!("cn={name},ou=groups,{SUFFIX}") } else { name.to_owned() })
                .collect();
            if dir {
                let departments = &said["attributes"]["department"];
                let some = departments.as_array().is_some_and(|list| !list.is_empty());
                input = json!({ "dn": dn });
                if some {
                    input["attributes"] = json!({ "departmentNumber": departments });
                } else {
                    input["attributes"] = json!({});
                }
            }
            input["groups"] = json!(groups);
            site.write("input.json", &input.to_string());
            let args = ["simulate", "--provider", provider, "--input", "input.json", "--output", "json"];
            let answer = site.run(&args).expect(0).json();
            let who = format!("{provider}-{login}");
            let has = held.get(&who).unwrap_or_else(|| panic!("{who} is not in the tables"));
            assert_eq!(*has, promised(&answer), "{who}: {answer:#}");
            compared += 1;
            with_something += usize::from(*has != Has::default());
            kept += usize::from(keeps_all(&answer));
        }
    }
    assert_eq!(compared, 99);
    assert!(with_something > 40 && kept > 5, "{with_something} of {compared} have something, {kept} keep");
}
