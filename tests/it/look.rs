//! One person is looked at: they are as the provider says now, and nobody else is touched.

use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::roster::{PROVIDER, Roster};
use crate::world::site::Site;

const RULES: &str = r#"
[[rules]]
id = "staff"
match.group = "staff"
org = "Main"
role = "Viewer"

[[rules]]
id = "chiefs"
match.group = "chiefs"
org = "Main"
role = "Admin"

[[rules]]
id = "teams"
match.group_regex = "team-(.+)"
org = "Main"
team = "${1}"
"#;

fn company() -> Roster {
    let mut roster = Roster::of(30, "p", "staff");
    roster.add(2, "boss", "chiefs");
    roster.add(5, "p", "team-web");
    roster
}

fn site(backend: Backend, roster: &Roster) -> Site {
    let site = Site::new(backend, &(PROVIDER.to_owned() + RULES));
    roster.write(&site);
    site.sync(0);
    site
}

fn both(test: fn(Backend)) {
    [Backend::Sqlite, Backend::Postgres].into_iter().filter(|backend| backend.is_there()).for_each(test);
}

#[test]
fn a_mover_has_the_new_rights_and_nobody_else_changes() {
    both(|backend| {
        let mut roster = company();
        let site = site(backend, &roster);
        let before = site.tables();
        roster.take(1, "team-web");
        roster.add(1, "p", "team-ops");
        roster.dismiss(2, "p02");
        roster.write(&site);
        let answer = site.run(&["look", "p000", "--output", "json"]).expect(0).json();
        let person = &answer["providers"][0]["person"];
        assert_eq!(answer["providers"][0]["finding"], "applied");
        assert_eq!(person["teams"][0]["name"], "ops", "{answer}");
        assert_eq!(person["teams"].as_array().unwrap().len(), 1);
        assert_eq!(person["orgs"][0]["role"], "Viewer");
        let after = site.tables();
        assert_eq!(after.state("p020"), Some("active"), "who was not looked at is not gone");
        assert_eq!(after.org_members, before.org_members);
        // Again: nothing. Then the whole: the others follow.
        site.run(&["look", "p000"]).expect(0).says("nothing to change");
        site.sync(0);
        assert_eq!(site.tables().state("p020"), Some("suspended"));
        invariants::check(&site).expect(0);
    });
}

/// What is answered when nothing is written comes from another place than after a write.
#[test]
fn an_answer_is_the_same_whether_something_was_written_or_not() {
    both(|backend| {
        let mut roster = company();
        roster.add(3, "boss", "team-web");
        let site = site(backend, &roster);
        // Who has more by hand, is suspended by hand, and is in groups that give nothing.
        for by_hand in [
            "UPDATE org_members SET manual_role = 'Editor' WHERE user_id = (SELECT id FROM users WHERE login = 'p001')",
            "UPDATE team_members SET manual_role = 'admin' WHERE user_id = (SELECT id FROM users WHERE login = 'p001')",
            "UPDATE users SET manual_admin = 1 WHERE login = 'p001'",
        ] {
            site.database.execute(by_hand);
        }
        roster.add(7, "p", "zz-nothing");
        roster.add(7, "p", "aa-nothing");
        roster.add(2, "p", "team-b");
        roster.write(&site);
        for login in ["p000", "p001", "p004", "p006", "boss000"] {
            let look = || site.run(&["look", login, "--output", "json"]).expect(0).json()["providers"][0].clone();
            let (written, again) = (look(), look());
            let finding = if login == "boss000" { "unchanged" } else { "applied" };
            assert_eq!((&written["finding"], &again["finding"]), (&finding.into(), &"unchanged".into()), "{login}");
            assert_eq!(written["person"], again["person"], "{login}");
        }
        let known = site.run(&["look", "p001", "--output", "json"]).expect(0).json()["providers"][0]["person"].clone();
        assert_eq!(known["orgs"][0]["role"], "Editor", "{known}");
        assert_eq!(known["server_admin"], true);
        let teams: Vec<_> =
            known["teams"].as_array().unwrap().iter().map(|team| (&team["name"], &team["role"])).collect();
        assert_eq!(teams, [(&"b".into(), &"member".into()), (&"web".into(), &"admin".into())], "{known}");
        assert_eq!(known["groups"].as_array().unwrap().len(), 5, "{known}");
    });
}

/// Renamed groups, teams and people, logins that change hands, people who come, go and come back.
#[test]
fn an_answer_is_the_same_whatever_was_written() {
    const BEFORE: &str = "people:
  - { id: a, login: ann, name: Ann, email: ann@example.org, groups: [staff, team-one] }
  - { id: b, login: bob, name: Bob, email: bob@example.org, groups: [staff] }
  - { id: c, login: cid, name: Cid, email: cid@example.org, groups: [staff, team-one] }
groups:
  - { id: staff, name: staff }
  - { id: one, name: team-one }
";
    const MOVED: &str = "people:
  - { id: a, login: anna, name: Anna, email: anna@example.org, groups: [staff, team-uno, team-new] }
  - { id: b, login: ann, name: Bob, email: ann@example.org, groups: [team-uno] }
  - { id: d, login: dee, name: Dee, email: dee@example.org, groups: [staff, team-new, other] }
groups:
  - { id: staff, name: staff }
  - { id: one, name: team-uno }
  - { id: new, name: team-new }
  - { id: other, name: other }
";
    both(|backend| {
        let site = Site::new(backend, &(PROVIDER.to_owned() + RULES));
        site.write("people.yaml", BEFORE);
        site.sync(0);
        let told = |subject: &str| {
            let look = || {
                site.run(&["look", "--subject", subject, "--output", "json"]).expect(0).json()["providers"][0].clone()
            };
            let (written, read) = (look(), look());
            assert_eq!((&written["finding"], &read["finding"]), (&"applied".into(), &"unchanged".into()), "{subject}");
            assert_eq!(written["person"], read["person"], "{subject}");
            read["person"].clone()
        };
        site.write("people.yaml", MOVED);
        let anna = told("a");
        assert_eq!((&anna["login"], &anna["name"]), (&"anna".into(), &"Anna".into()), "{anna}");
        assert_eq!(told("b")["orgs"].as_array().unwrap().len(), 1);
        assert_eq!(told("d")["groups"], serde_json::json!(["other", "staff", "team-new"]));
        site.sync(0);
        // Who was gone comes back, under another name.
        site.write("people.yaml", &BEFORE.replace("login: cid, name: Cid", "login: cyd, name: Cyd"));
        let back = told("c");
        assert_eq!((&back["login"], &back["state"]), (&"cyd".into(), &"active".into()), "{back}");
        invariants::check(&site).expect(0);
    });
}

#[test]
fn a_joiner_is_made_at_the_first_login() {
    both(|backend| {
        let mut roster = company();
        let site = site(backend, &roster);
        roster.add(1, "new", "staff");
        roster.add(1, "new", "team-new");
        roster.write(&site);
        site.run(&["look", "--email", "NEW000@example.org"]).expect(0).says("Main / new: member");
        let tables = site.tables();
        assert_eq!(tables.state("new000"), Some("active"));
        site.run(&["sync"]).expect(0).says("changes=0");
        invariants::check(&site).expect(0);
    });
}

#[test]
fn l20_nobody_and_several_change_nothing() {
    both(|backend| {
        let mut roster = company();
        let site = site(backend, &roster);
        roster.dismiss(1, "p000");
        roster.write(&site);
        let before = site.tables();
        site.run(&["look", "p000"]).expect(1).says("nobody by that");
        assert_eq!(site.tables(), before, "a login says nothing of who is not there");
    });
}

#[test]
fn what_waits_for_an_approval_is_not_taken_login_by_login() {
    both(|backend| {
        let mut roster = company();
        let site = site(backend, &roster);
        // Everybody loses the group: held.
        roster.take(30, "staff");
        roster.write(&site);
        site.sync(4);
        site.run(&["look", "p007"]).expect(0).says("a plan waits for an approval");
        assert_eq!(site.tables().org_role("Main", "p007"), Some("Viewer"));
        // Who gains, gains.
        roster.add(1, "p", "team-late");
        roster.write(&site);
        site.run(&["look", "p000"]).expect(0).says("Main / late: member");
    });
}

#[test]
fn a_provider_that_was_never_read_is_read_first() {
    both(|backend| {
        let site = Site::new(backend, &(PROVIDER.to_owned() + RULES));
        company().write(&site);
        site.run(&["look", "p000"]).expect(1).says("never read in full");
        assert!(site.tables().org_members.is_empty());
    });
}

#[test]
fn n4_the_last_admin_is_not_lost_by_a_login() {
    both(|backend| {
        let mut roster = company();
        let site = site(backend, &roster);
        for (boss, left) in [("boss000", 1), ("boss001", 1)] {
            roster.people.get_mut(boss).unwrap().remove("chiefs");
            roster.write(&site);
            site.run(&["look", boss]).expect(0);
            let admins = site.tables().org_members.values().filter(|role| *role == "Admin").count();
            assert_eq!(admins, left, "{boss}");
        }
    });
}

#[test]
fn two_providers_one_person() {
    both(|backend| {
        let link = |name: &str| {
            format!(
                "\n[providers.{name}]\ncreate_missing = [\"orgs\", \"teams\"]\nlink = {{ by = [\"email\"] }}\nfile = {{ path = \"{name}.yaml\" }}\n"
            )
        };
        let site = Site::new(backend, &(link("first") + &link("second") + RULES));
        let mut second = Roster::of(3, "q", "staff");
        Roster::of(3, "p", "staff").write_as(&site, "first.yaml");
        second.write_as(&site, "second.yaml");
        site.sync(0);
        // The same e-mail address at the other provider: the same person, by a login.
        second.add(1, "p", "team-red");
        second.write_as(&site, "second.yaml");
        site.run(&["look", "p000", "--provider", "second"]).expect(0).says("Main / red: member");
        let tables = site.tables();
        assert_eq!(tables.users.len(), 6, "{tables:#?}");
        site.run(&["sync"]).expect(0).says("changes=0");
        // It gives and takes its own only.
        second.people.get_mut("p000").unwrap().clear();
        second.write_as(&site, "second.yaml");
        site.run(&["look", "p000", "--provider", "second"]).expect(0).says("Main: Viewer");
        invariants::check(&site).expect(0);
    });
}
