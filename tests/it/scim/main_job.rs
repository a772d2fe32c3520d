//! A SCIM service becomes the authorization tables: all of it, and whatever changes there.

use crate::world::company::{Company, Group};
use crate::world::database::Backend;
use crate::world::expected::{RULES, tables};
use crate::world::invariants;
use crate::world::scim::{Make, Service, TOKEN};
use crate::world::site::Site;
use std::collections::BTreeSet;

/// 2,000 people, of whom all are in one group and nobody in another.
fn company() -> Company {
    let mut company = Company::new(2000, 60, 11);
    let everybody = Group { name: "everybody".to_owned(), people: (0..2000).collect(), ..Group::default() };
    let nobody = Group { name: "nobody".to_owned(), ..Group::default() };
    company.groups.extend([everybody, nobody]);
    company
}

fn site(service: &Service) -> Site {
    let provider = format!(
        r#"
[providers.hr]
create_missing = ["orgs", "teams"]
[providers.hr.scim]
url = "{}"
bearer = {{ file = "token" }}
page_size = 700
users = {{ attributes = ["department"] }}
[[rules]]
id = "sales"
match.claim = {{ path = "department", equals = "Sales" }}
org = "Main"
role = "Viewer"
"#,
        service.scim.url()
    );
    // There are no DNs in SCIM.
    let rules = RULES.replace("CN=Admins, OU=groups, DC=example, DC=org", "admins");
    let site = Site::new(Backend::Sqlite, &(provider + &rules));
    site.secret("token", TOKEN);
    site
}

#[track_caller]
fn follows(site: &Site, service: &Service) {
    site.sync(0);
    site.tables().assert_is(&tables(&service.company));
    let before = site.database.fingerprint();
    invariants::check(site).expect(0);
    assert_eq!(site.database.fingerprint(), before, "the second run wrote something");
}

fn two_thousand_people(make: Make) {
    let mut service = Service::start(make, company());
    let site = site(&service);
    follows(&site, &service);
    site.run(&["check", "provider", "hr"]).expect(0).says("2000 in all");

    let joiner = service.hire(&["team-003", "lead-001", "everybody"]);
    let mover = member(&service.company, "team-020", "team-021");
    service.leave("team-020", &mover);
    service.join("team-021", &mover);
    let leaver = member(&service.company, "team-010", "admins");
    service.dismiss(&leaver, true);
    let paused = member(&service.company, "team-011", "admins");
    service.dismiss(&paused, false);
    service.rename(&member(&service.company, "team-012", "admins"), "somebody.else");
    follows(&site, &service);
    let tables = site.tables();
    assert_eq!(tables.team_role("Team 001", &joiner), Some("admin"));
    assert_eq!(tables.team_role("Team 020", &mover), None);
    assert_eq!(tables.team_role("Team 021", &mover), Some("member"));
    for gone in [leaver, paused] {
        assert_eq!(tables.state(&gone), Some("suspended"));
    }
}

/// Somebody in the one group who is not in the other.
fn member(company: &Company, group: &str, without: &str) -> String {
    let people: BTreeSet<usize> = &company.group_of(group).people - &company.group_of(without).people;
    company.people[*people.last().unwrap()].login.clone()
}

#[test]
fn two_thousand_people_of_scim2_server_are_followed() {
    two_thousand_people(Make::Scim2Server);
}

#[test]
fn two_thousand_people_of_scimmy_are_followed() {
    two_thousand_people(Make::Scimmy);
}

/// As SCIMMY is with express 5: it names the total, and sends the first twenty for ever.
#[test]
fn l09_a_service_that_has_one_page_only_takes_nothing_from_anybody() {
    let mut service = Service::start(Make::OnePage, Company::new(15, 12, 3));
    let site = site(&service);
    follows(&site, &service);
    for _ in 0..10 {
        service.hire(&[]);
    }
    service.leave("admins", "u00001");
    let before = site.tables();
    site.sync(5).says("wrong_page");
    assert!(before.beyond(&site.tables()).is_empty(), "something was taken away");
}
