//! Each vendor's interface becomes the authorization tables: all of it, and whatever changes there.

use super::fake::{ALL, Fake, Make, Part};
use super::{named, shaped};
use crate::world::company::{Company, Group, person};
use crate::world::database::Backend;
use crate::world::expected::tables;
use crate::world::invariants;
use crate::world::scripted_http::Reply;
use crate::world::site::Site;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// 2,100 people, of whom all are in one group and nobody in another.
fn company(make: Make) -> Company {
    let mut company = Company::new(2100, 60, 11);
    let group = |n: usize, name: &str, people: BTreeSet<usize>| Group {
        uuid: format!("00000000-0000-4000-9000-{n:012x}"),
        name: name.to_owned(),
        people,
        ..Group::default()
    };
    company.groups.push(group(900, "everybody", (0..2100).collect()));
    company.groups.push(group(901, "nobody", BTreeSet::new()));
    shaped(make, company)
}

/// The rules of [`crate::world::expected`], for names with something around them.
fn rules(make: Make) -> String {
    let (before, behind) = make.around();
    let named = |name: &str| format!("{{ group_regex = \"{before}{name}{behind}\" }}");
    let mut out = String::new();
    for (id, matches, gives) in [
        ("everybody", "{ group = \"*\" }".to_owned(), "org = \"Main\"\nrole = \"Viewer\""),
        ("teams", named("team-(?<n>[0-9]+)"), "org = \"Main\"\nteam = \"Team ${n}\""),
        ("leads", named("lead-(?<n>[0-9]+)"), "org = \"Main\"\nteam = \"Team ${n}\"\nteam_role = \"admin\""),
        ("departments", named("dept-(?<n>[0-9]+)"), "org = \"Department ${n}\"\nrole = \"Editor\""),
        ("divisions", named("division-[0-9]+"), "org = \"Divisions\"\nrole = \"Viewer\""),
        (
            "both",
            format!("{{ all = [{}, {}] }}", named("team-000"), named("team-001")),
            "org = \"Both\"\nrole = \"Editor\"",
        ),
        ("neither", format!("{{ none = [{}] }}", named("team-.*")), "org = \"Unplaced\"\nrole = \"None\""),
        ("admins", named("admins"), "org = \"*\"\nrole = \"Admin\""),
        ("operators", named("operators"), "server_admin = true"),
    ] {
        write!(out, "[[rules]]\nid = \"{id}\"\nmatch = {matches}\n{gives}\n").unwrap();
    }
    out
}

/// A provider that is read from there, and the rules.
pub fn configuration(fake: &Fake) -> String {
    let (name, section) = fake.make.section(&fake.server.url(), "secret");
    let mut text = format!("[providers.hr]\ncreate_missing = [\"orgs\", \"teams\"]\n[providers.hr.{name}]\n");
    for (key, value) in section.as_object().unwrap() {
        let value = match value.as_object() {
            Some(table) => {
                let inner = |(key, value): (&String, &serde_json::Value)| match value.as_object() {
                    Some(secret) => format!("{key} = {{ file = {} }}", secret["file"]),
                    None => format!("{key} = {value}"),
                };
                format!("{{ {} }}", table.iter().map(inner).collect::<Vec<_>>().join(", "))
            }
            None => value.to_string(),
        };
        writeln!(text, "{key} = {value}").unwrap();
    }
    text + &rules(fake.make)
}

fn site(fake: &Fake) -> Site {
    let site = Site::new(Backend::Sqlite, &configuration(fake));
    site.secret("secret", &fake.make.secret());
    site
}

#[track_caller]
fn follows(site: &Site, fake: &Fake) {
    site.sync(0);
    site.tables().assert_is(&tables(&fake.company()));
    let before = site.database.fingerprint();
    invariants::check(site).expect(0);
    assert_eq!(site.database.fingerprint(), before, "the second run wrote something");
}

/// Somebody in the one group who is not in the other.
fn member(company: &Company, group: &str, without: &str) -> usize {
    let people: BTreeSet<usize> = &company.group_of(group).people - &company.group_of(without).people;
    *people.iter().rev().find(|n| !company.people[**n].gone).unwrap()
}

/// Somebody comes, moves, leaves, is locked out, and has another name.
fn change(fake: &Fake) -> (String, String) {
    let mut world = fake.world.lock().unwrap();
    let (mover, leaver) = {
        let company = &mut world.company;
        let n = company.people.len();
        let mut joiner = person(n);
        named(fake.make, &mut joiner);
        company.people.push(joiner);
        for group in ["team-003", "lead-001", "everybody"] {
            company.group_mut(group).people.insert(n);
        }
        let mover = member(company, "team-010", "team-011");
        company.group_mut("team-010").people.remove(&mover);
        company.group_mut("team-011").people.insert(mover);
        let leaver = member(company, "team-012", "admins");
        (mover, leaver)
    };
    let company = &mut world.company;
    company.groups.iter_mut().for_each(|group| _ = group.people.remove(&leaver));
    company.people[leaver].gone = true;
    let renamed = member(company, "team-013", "admins");
    company.people[renamed].login = format!("new-{}", company.people[renamed].login);
    if fake.make == Make::Google {
        company.people[renamed].email = company.people[renamed].login.clone();
    }
    (company.people[mover].login.clone(), company.people[leaver].login.clone())
}

fn two_thousand_people(make: Make) {
    let fake = Fake::start(make, company(make));
    let site = site(&fake);
    follows(&site, &fake);
    site.run(&["check", "provider", "hr"]).expect(0).says("on the first page");

    let (mover, leaver) = change(&fake);
    follows(&site, &fake);
    let tables = site.tables();
    assert_eq!(tables.team_role("Team 010", &mover), None);
    assert_eq!(tables.team_role("Team 011", &mover), Some("member"));
    assert_eq!(tables.state(&leaver), Some("suspended"));

    // GitHub lists nobody who may not sign in.
    if make != Make::GitHub {
        let paused = member(&fake.company(), "team-014", "admins");
        fake.world.lock().unwrap().paused.insert(paused);
        site.sync(0);
        assert_eq!(site.tables().state(&fake.company().people[paused].login), Some("suspended"));
    }

    // And what is not whole takes nothing.
    let before = site.tables();
    let gone = member(&fake.company(), "team-000", "admins");
    {
        let mut world = fake.world.lock().unwrap();
        world.company.people[gone].gone = true;
        world.company.groups.clear();
    }
    match make {
        // An organization may have no teams: the limits hold it.
        Make::GitHub => _ = site.sync(4),
        Make::GitLab => _ = site.sync(5).says("no_people"),
        _ => _ = site.sync(5).says("no_groups"),
    }
    assert!(before.beyond(&site.tables()).is_empty(), "something was taken away");
}

#[test]
fn two_thousand_people_of_keycloak_are_followed() {
    two_thousand_people(Make::Keycloak);
}

#[test]
fn two_thousand_people_of_entra_are_followed() {
    two_thousand_people(Make::Graph);
}

#[test]
fn two_thousand_people_of_okta_are_followed() {
    two_thousand_people(Make::Okta);
}

#[test]
fn two_thousand_people_of_google_are_followed() {
    two_thousand_people(Make::Google);
}

#[test]
fn two_thousand_people_of_github_are_followed() {
    two_thousand_people(Make::GitHub);
}

#[test]
fn two_thousand_people_of_gitlab_are_followed() {
    two_thousand_people(Make::GitLab);
}

/// A list fails in its middle, one group must not be read: nobody loses anything, and whoever gains does.
#[test]
fn l05_what_fails_in_its_middle_takes_nothing_from_anybody() {
    for make in ALL {
        let fault = Arc::new(AtomicUsize::new(0));
        let state = Arc::clone(&fault);
        let mut company = shaped(make, Company::new(30, 40, 5));
        company.group_mut("team-000").people = (0..30).collect();
        company.group_mut("team-001").people = BTreeSet::from([11, 12]);
        company.group_mut("team-003").people = BTreeSet::from([13]);
        let (one, name) = (company.find("team-001"), "team-001".to_owned());
        let ways = [format!("{}/", company.groups[one].uuid), format!("/{name}/"), format!("/{}/", 1000 + one)];
        let fake = Fake::tampered(make, company, 20, move |asked, reply| {
            let (part, first) = make.part(asked);
            let status = match (state.load(Ordering::Relaxed), part) {
                (1, Part::Groups) if !first => 500,
                (2, Part::Members) if ways.iter().any(|way| asked.target.contains(way)) => 403,
                _ => return reply,
            };
            Reply::new(status, "application/json", "{}")
        });
        let site = site(&fake);
        site.sync(0);
        let before = site.tables();
        let (leaver, joiner) = {
            let mut world = fake.world.lock().unwrap();
            world.company.group_mut("team-001").people.remove(&12);
            world.company.group_mut("team-003").people.insert(12);
            let login = world.company.people[12].login.clone();
            (login.clone(), login)
        };
        fault.store(1, Ordering::Relaxed);
        // Groups are the first that is read of GitLab: nothing was read then.
        let code = if make == Make::GitLab { 1 } else { 5 };
        site.run(&["sync"]).expect(code).says("answered 500");
        assert!(before.beyond(&site.tables()).is_empty(), "{make:?}: something was taken away");
        fault.store(2, Ordering::Relaxed);
        site.run(&["sync"]).expect(5).says("forbidden");
        assert!(before.beyond(&site.tables()).is_empty(), "{make:?}: something was taken away");
        assert_eq!(site.tables().team_role("Team 003", &joiner), Some("member"), "{make:?}");
        fault.store(0, Ordering::Relaxed);
        site.sync(0);
        if !matches!(make, Make::Graph | Make::Google) {
            assert_eq!(site.tables().team_role("Team 001", &leaver), None, "{make:?}");
        }
    }
}
