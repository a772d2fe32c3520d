//! Rule sets and people by chance, from a fixed seed: each set is a provider of its own, all of them
//! are synced at once, and everybody is asked about.

use super::compare::{Has, after, held, keeps_all, promised};
use crate::world::database::Backend;
use crate::world::site::Site;
use rosterd::config;
use rosterd::store::OrgListing;
use rosterd::sync::Simulation;
use rosterd_core::mapping::Document;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// A generator of numbers (xorshift, Marsaglia 2003): the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.roll(of.len())]
    }

    /// Once in `times`.
    fn chance(&mut self, times: usize) -> bool {
        self.roll(times) == 0
    }
}

fn leaf(dice: &mut Dice) -> String {
    let group = dice.one(&["g0", "g1", "g2", "G3"]);
    match dice.roll(9) {
        0 | 1 => format!("{{ group = \"{group}\" }}"),
        2 => format!("{{ group_exact = \"{group}\" }}"),
        3 => format!("{{ group_glob = \"{}*\" }}", dice.one(&["g", "g1", "x"])),
        4 => "{ group = \"*\" }".to_owned(),
        5 => format!("{{ claim = {{ path = \"dep\", equals = \"{}\" }} }}", dice.one(&["d0", "D1"])),
        6 => format!("{{ claim = {{ path = \"{}\", present = true }} }}", dice.one(&["info", "dep", "level"])),
        7 => format!("{{ claim = {{ path = \"info.roles\", one_of = [\"r0\", {}] }} }}", dice.one(&["7", "true"])),
        _ => format!(
            "{{ expression = \"{}\" }}",
            dice.one(&["contains(groups, 'g1')", "level > `2`", "dep && contains(dep, 'd0')", "!dep", "length(level)"])
        ),
    }
}

fn condition(dice: &mut Dice) -> String {
    if !dice.chance(3) {
        return leaf(dice);
    }
    let kind = dice.one(&["any", "all", "none"]);
    format!("{{ {kind} = [{}, {}] }}", leaf(dice), leaf(dice))
}

fn rule(dice: &mut Dice, provider: &str, number: usize) -> String {
    let mut rule = format!("[[rules]]\nid = \"{provider}-{number}\"\nprovider = \"{provider}\"\n");
    if dice.chance(8) {
        let _ = writeln!(rule, "match = {{ group_regex = \"g(?<n>[0-9])\" }}\norg = \"1\"\nteam = \"t${{n}}\"");
        if dice.chance(2) {
            rule.push_str("roles = [\"custom:a\"]\nscope = \"folders:${n}\"\nparameters = { n = \"${n}\" }\n");
        }
        return rule;
    }
    writeln!(rule, "match = {}", condition(dice)).unwrap();
    if dice.chance(6) {
        rule.push_str("server_admin = true\n");
        if dice.chance(2) {
            return rule;
        }
    }
    writeln!(rule, "org = {}", dice.one(&["\"1\"", "\"Two\"", "[\"1\", \"2\"]", "[\"3\", \"1\"]", "\"*\""])).unwrap();
    let team = dice.chance(3);
    let roles = dice.chance(3);
    if roles {
        writeln!(rule, "roles = [\"{}\"]", dice.one(&["custom:a", "fixed:b", "custom:a\", \"fixed:b"])).unwrap();
        if dice.chance(2) {
            writeln!(rule, "scope = \"{}\"", dice.one(&["folders:x", "folders:*"])).unwrap();
        }
        if dice.chance(3) {
            rule.push_str("parameters = { region = \"emea\" }\n");
        }
    }
    if team {
        writeln!(rule, "team = \"{}\"", dice.one(&["t1", "t2"])).unwrap();
        if dice.chance(3) {
            rule.push_str("team_role = \"admin\"\n");
        }
    }
    if !(team || roles) || dice.chance(2) {
        writeln!(rule, "role = \"{}\"", dice.one(&["None", "Viewer", "Editor", "Admin"])).unwrap();
    }
    if dice.chance(6) {
        rule.push_str("aside = true\n");
    }
    if dice.chance(6) {
        rule.push_str("case_sensitive = true\n");
    }
    rule
}

fn terms(dice: &mut Dice) -> String {
    let mut terms = format!("resolve = \"{}\"\n", dice.one(&["first", "highest"]));
    let direct = dice.chance(3);
    let ends = dice.one(&["keep", "default", "deny", "suspend", "nothing"]);
    writeln!(terms, "on_no_match = \"{ends}\"").unwrap();
    if direct || ends == "default" {
        writeln!(terms, "default = {{ org = \"{}\", role = \"Viewer\" }}", dice.one(&["1", "2"])).unwrap();
    }
    if direct {
        let several = dice.chance(2);
        let expression = dice.one(&["role", "roles", "contains(groups, 'g1') && 'Admin'"]);
        let unknown = dice.one(&["keep_server_admin", "not_server_admin"]);
        writeln!(
            terms,
            "direct_role = {{ expression = \"{expression}\", several = {several}, unknown = \"{unknown}\", \
             values = {{ server_admin = [\"root\"] }} }}"
        )
        .unwrap();
    }
    for (key, value, times) in [
        ("strict", "true", 6),
        ("org_roles", "\"none\"", 10),
        ("org_roles", "\"keep\"", 10),
        ("server_admin", "\"keep\"", 6),
        ("case_sensitive", "true", 3),
        ("allow", "{ any = [{ group = \"g1\" }, { claim = { path = \"level\", present = true } }] }", 8),
    ] {
        if dice.chance(times) && !terms.contains(&format!("\n{key} =")) {
            writeln!(terms, "{key} = {value}").unwrap();
        }
    }
    let (absent, lists) = (dice.one(&["none", "unknown"]), dice.chance(3));
    writeln!(terms, "claims = {{ absent = \"{absent}\", lists_only = {lists} }}").unwrap();
    terms
}

/// Their file, and what a simulation is told of each: (login, document).
fn people(dice: &mut Dice, provider: &str) -> (String, Vec<(String, Value)>) {
    let (mut file, mut told) = (Vec::new(), Vec::new());
    for number in 0..6 {
        let groups: Vec<&str> = ["g0", "g1", "g2", "g3"].into_iter().filter(|_| dice.chance(3)).collect();
        let mut userinfo = Map::new();
        for (key, value) in [
            ("level", dice.one(&[&json!(1), &json!(5), &json!("x"), &json!([])])),
            ("role", dice.one(&[&json!("Editor"), &json!("root"), &json!("odd"), &json!(["Admin"]), &json!("")])),
            ("roles", dice.one(&[&json!(["viewer", "Admin"]), &json!("None"), &json!([])])),
            ("info", dice.one(&[&json!({ "roles": ["r0"] }), &json!({ "roles": 7 }), &json!({}), &json!([true])])),
        ] {
            if dice.chance(2) {
                userinfo.insert(key.to_owned(), value.clone());
            }
        }
        let attributes =
            dice.one(&[&json!({ "dep": ["d0"] }), &json!({ "dep": ["d1", "d2"] }), &json!({}), &json!(null)]).clone();
        let login = format!("{provider}-{number}");
        let mut person = json!({ "id": number.to_string(), "login": login, "groups": groups });
        let mut closed: Vec<&str> = groups.clone();
        // `g0` is in `g2`, which is in `g3`.
        for (below, above) in [("g0", "g2"), ("g2", "g3")] {
            if closed.contains(&below) && !closed.contains(&above) {
                closed.push(above);
            }
        }
        let mut document = json!({ "groups": closed });
        if !attributes.is_null() {
            person["attributes"] = attributes.clone();
            document["attributes"] = attributes.clone();
        }
        if !userinfo.is_empty() {
            person["claims"] = json!({ "userinfo": userinfo });
            document["userinfo"] = userinfo.into();
        }
        file.push(person);
        told.push((login, document));
    }
    let above = |name: &str| match name {
        "g0" => vec!["g2"],
        "g2" => vec!["g3"],
        _ => vec![],
    };
    let groups: Vec<Value> = ["g0", "g1", "g2", "g3"]
        .into_iter()
        .map(|name| json!({ "id": name, "name": name, "groups": above(name) }))
        .collect();
    (json!({ "people": file, "groups": groups }).to_string(), told)
}

/// As many rule sets as said, with six people each.
fn by_chance(backend: Backend, sets: usize) {
    let dice = &mut Dice(0x5eed_0f1e_57ab_1e55);
    let mut text = "[orgs.1]\nname = \"One\"\n[orgs.2]\nname = \"Two\"\n[orgs.3]\nname = \"Three\"\n[limits]\n\
                    removals_percent = 100\nemptied_at_least = 1000\nprivileged_gains = 100000\n"
        .to_owned();
    let (mut rules, mut everybody) = (String::new(), Vec::new());
    let site = Site::new(backend, "");
    for set in 0..sets {
        let provider = format!("p{set}");
        let (file, told) = people(dice, &provider);
        site.write(&format!("{provider}.yaml"), &file);
        write!(
            text,
            "[providers.{provider}]\nfile.path = \"{provider}.yaml\"\ncreate_missing = [\"teams\"]\n{}",
            terms(dice)
        )
        .unwrap();
        for number in 0..1 + dice.roll(5) {
            rules.push_str(&rule(dice, &provider, number));
        }
        everybody.push((provider, told));
    }
    site.configure(&format!("{text}{rules}"));
    site.run(&["db", "migrate"]).expect(0);
    site.database.execute(
        "INSERT INTO roles (id, org_id, name, kind, title, description, origin, version, updated_at)
         VALUES (6, NULL, 'custom:a', 'custom', '', '', 'manual', 1, 0), (7, NULL, 'fixed:b', 'fixed', '', '', 'manual', 1, 0)",
    );
    site.sync(0);
    let before = site.database.fingerprint();
    site.sync(0);
    assert_eq!(site.database.fingerprint(), before, "the second sync has something to do");

    let listed = site.database.rows("SELECT CAST(id AS TEXT), key, name FROM orgs ORDER BY id");
    let orgs: Vec<OrgListing> = listed
        .iter()
        .map(|row| OrgListing { id: row[0].parse().unwrap(), key: Some(row[1].clone()), name: row[2].clone() })
        .collect();
    let loaded = config::load(&site.dir().join("rosterd.toml"), &[]).unwrap();
    let first = held(&site);
    assert!(first.values().filter(|has| !has.entitlements.is_empty()).count() * 20 > sets * 6, "few have roles");
    let (mut compared, mut given, mut denied, mut kept) = (0, 0, 0, 0);
    for (provider, told) in &everybody {
        let simulation = Simulation::new(&loaded.config, &loaded.places, provider, Some(&orgs)).unwrap();
        for (login, document) in told {
            let answer = simulation.answer(&Document::parse(&document.to_string()).unwrap()).to_json();
            let has = &first[login];
            assert_eq!(*has, promised(&answer), "{login} {document}: {answer:#}\n{:#?}", rules_of(&rules, provider));
            compared += 1;
            given += usize::from(!has.orgs.is_empty());
            denied += usize::from(answer["denied"] == json!(true));
            kept += usize::from(keeps_all(&answer));
        }
    }
    assert_eq!(compared, sets * 6);
    assert!(given * 4 > compared && denied * 20 > compared && kept * 20 > compared, "{given} {denied} {kept}");

    // Everybody changes: what is said is so, and what nothing is said of is as before.
    let mut news = Vec::new();
    for (provider, _) in &everybody {
        let (file, told) = people(dice, provider);
        site.write(&format!("{provider}.yaml"), &file);
        news.push((provider, told));
    }
    site.sync(0);
    let second = held(&site);
    let mut stayed = 0;
    for (provider, told) in &news {
        let simulation = Simulation::new(&loaded.config, &loaded.places, provider, Some(&orgs)).unwrap();
        for (login, document) in told {
            let answer = simulation.answer(&Document::parse(&document.to_string()).unwrap()).to_json();
            let (before, now) = (&first[login], &second[login]);
            let why = format!("{login} {document}: {answer:#}\nbefore {before:#?}\nnow {now:#?}");
            if keeps_all(&answer) {
                stayed += usize::from(*before != Has::default());
                assert!(before.is_within(now) && promised(&answer).is_within(now), "{why}");
            } else {
                assert_eq!(*now, after(before, &answer), "{why}\n{:#?}", rules_of(&rules, provider));
            }
        }
    }
    assert!(stayed * 20 > compared, "{stayed}");
}

fn rules_of(rules: &str, provider: &str) -> String {
    let own = format!("provider = \"{provider}\"");
    rules.split("[[rules]]").filter(|rule| rule.contains(&own)).collect()
}

#[test]
fn two_hundred_rule_sets_in_sqlite() {
    by_chance(Backend::Sqlite, 200);
}

#[test]
fn forty_rule_sets_in_postgres() {
    if Backend::Postgres.is_there() {
        by_chance(Backend::Postgres, 40);
    }
}
