//! Several providers at once: the highest right wins, each takes back only what it gave, and one
//! person is one user only where both sides vouch for it.

use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::roster::Roster;
use crate::world::site::Site;

/// `staff` gives Viewer and `chiefs` Admin of Main, `team-…` a team of it, `roots` server admin.
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

[[rules]]
id = "roots"
match.group = "roots"
server_admin = true
"#;

fn provider(name: &str, more: &str) -> String {
    format!(
        "\n[providers.{name}]\ncreate_missing = [\"orgs\", \"teams\"]\nfile = {{ path = \"{name}.yaml\" }}\n{more}\n"
    )
}

/// Two providers that both vouch for e-mail addresses, and what is in each.
fn linked(first: &Roster, second: &Roster) -> Site {
    let link = "link = { by = [\"email\"] }";
    let site = Site::new(Backend::Sqlite, &(provider("first", link) + &provider("second", link) + RULES));
    write(&site, first, second);
    site.sync(0);
    site
}

fn write(site: &Site, first: &Roster, second: &Roster) {
    first.write_as(site, "first.yaml");
    second.write_as(site, "second.yaml");
}

#[test]
fn highest_right_wins_and_each_takes_back_its_own() {
    let mut first = Roster::of(6, "p", "staff");
    first.add(1, "p", "team-red");
    let mut second = Roster::of(6, "p", "chiefs");
    second.add(1, "p", "team-red");
    let site = linked(&first, &second);
    let tables = site.tables();
    assert_eq!(tables.users.len(), 6, "six people, each known to both");
    assert_eq!(tables.org_role("Main", "p000"), Some("Admin"));

    second.take(1, "chiefs");
    second.take(1, "team-red");
    write(&site, &first, &second);
    site.sync(0);
    let tables = site.tables();
    assert_eq!(tables.org_role("Main", "p000"), Some("Viewer"), "what the other gives stays");
    assert_eq!(tables.team_role("red", "p000"), Some("member"), "given twice, taken once");
    first.take(1, "team-red");
    write(&site, &first, &second);
    site.sync(0);
    assert_eq!(site.tables().team_role("red", "p000"), None);
    invariants::check(&site).expect(0);
}

#[test]
fn gone_from_one_and_present_at_the_other_is_not_gone() {
    let mut first = Roster::of(6, "p", "staff");
    let second = Roster::of(6, "p", "chiefs");
    let site = linked(&first, &second);
    first.dismiss(1, "p");
    write(&site, &first, &second);
    site.sync(0);
    let tables = site.tables();
    assert_eq!((tables.state("p000"), tables.org_role("Main", "p000")), (Some("active"), Some("Admin")));

    let mut second = second;
    second.dismiss(1, "p");
    write(&site, &first, &second);
    site.sync(0);
    let tables = site.tables();
    assert_eq!((tables.state("p000"), tables.org_role("Main", "p000")), (Some("suspended"), None));
    invariants::check(&site).expect(0);
}

#[test]
fn order_of_providers_does_not_matter() {
    let mut first = Roster::of(8, "p", "staff");
    first.add(3, "p", "team-red");
    let mut second = Roster::of(5, "p", "chiefs");
    second.add(4, "q", "staff");
    let link = "link = { by = [\"email\"] }";
    let in_order = |order: [&str; 2]| {
        let site = Site::new(Backend::Sqlite, &(provider("first", link) + &provider("second", link) + RULES));
        write(&site, &first, &second);
        for name in order {
            site.run(&["sync", name]).expect(0);
        }
        invariants::check(&site).expect(0);
        site.tables()
    };
    in_order(["first", "second"]).assert_is(&in_order(["second", "first"]));
}

/// Precedence: the lowest number's login and name, whoever was read first.
#[test]
fn precedence_says_whose_name_counts() {
    let people = |name: &str| {
        format!(
            "people:\n  - {{ id: x, login: {name}, name: Said by {name}, email: x@example.org, groups: [staff] }}\ngroups:\n  - {{ id: s, name: staff }}\n"
        )
    };
    let link = "link = { by = [\"email\"] }\nprecedence = ";
    let config = provider("first", &format!("{link}50")) + &provider("second", &format!("{link}10")) + RULES;
    let site = Site::new(Backend::Sqlite, &config);
    site.write("first.yaml", &people("first"));
    site.write("second.yaml", &people("second"));
    site.sync(0);
    let tables = site.tables();
    assert_eq!(tables.users.keys().collect::<Vec<_>>(), ["second"]);
    assert_eq!(tables.users["second"].name, "Said by second");
    invariants::check(&site).expect(0);
}

/// Nobody is linked by a key that only one of the two providers vouches for: two users, and the
/// login stays with whom it is.
#[test]
fn o23_no_link_unless_both_vouch() {
    let config = provider("first", "") + &provider("second", "link = { by = [\"email\", \"login\"] }") + RULES;
    let site = Site::new(Backend::Sqlite, &config);
    write(&site, &Roster::of(2, "p", "staff"), &Roster::of(2, "p", "chiefs"));
    site.sync(0);
    let tables = site.tables();
    assert_eq!(tables.users.len(), 4);
    assert_eq!(tables.org_role("Main", "p000"), Some("Viewer"), "the second provider's right is not theirs");
    assert_eq!(tables.org_members.values().filter(|role| *role == "Admin").count(), 2);
    invariants::check(&site).expect(0);
}

/// A server admin's account is not taken over by whoever has the same address elsewhere.
#[test]
fn o23_no_link_to_a_server_admin() {
    let mut first = Roster::of(2, "p", "staff");
    first.add(1, "p", "roots");
    let site = linked(&first, &Roster::of(2, "p", "chiefs"));
    let tables = site.tables();
    assert_eq!(tables.users.len(), 3, "one is linked, the server admin is not");
    assert_eq!(tables.org_role("Main", "p000"), Some("Viewer"));
    assert_eq!(tables.org_role("Main", "p001"), Some("Admin"));
    invariants::check(&site).expect(0);
}

/// What somebody gets whom no rule matches any more.
#[test]
fn no_match_keeps_gives_a_default_denies_or_suspends() {
    let cases = [
        ("on_no_match = \"keep\"", Some("Viewer"), "active"),
        ("on_no_match = \"default\"\ndefault = { org = \"Main\", role = \"None\" }", Some("None"), "active"),
        ("on_no_match = \"deny\"", None, "active"),
        ("on_no_match = \"suspend\"", None, "suspended"),
    ];
    for (setting, role, state) in cases {
        let mut people = Roster::of(5, "p", "staff");
        let site = Site::new(Backend::Sqlite, &(provider("first", setting) + RULES));
        people.write_as(&site, "first.yaml");
        site.sync(0);
        people.take(1, "staff");
        people.write_as(&site, "first.yaml");
        site.sync(0);
        let tables = site.tables();
        assert_eq!((tables.org_role("Main", "p000"), tables.state("p000")), (role, Some(state)), "{setting}");
        invariants::check(&site).expect(0);
        people.add(1, "p", "staff");
        people.write_as(&site, "first.yaml");
        site.sync(0);
        assert_eq!(
            (site.tables().org_role("Main", "p000"), site.tables().state("p000")),
            (Some("Viewer"), Some("active"))
        );
        invariants::check(&site).expect(0);
    }
}

/// The first rule that matches gives the organization's role, where the configuration says so.
#[test]
fn r24_first_rule_or_highest_role() {
    let mut people = Roster::of(2, "p", "staff");
    people.add(2, "p", "chiefs");
    for (resolve, role) in [("first", "Viewer"), ("highest", "Admin")] {
        let site = Site::new(Backend::Sqlite, &(provider("first", &format!("resolve = \"{resolve}\"")) + RULES));
        people.write_as(&site, "first.yaml");
        site.sync(0);
        assert_eq!(site.tables().org_role("Main", "p000"), Some(role));
        invariants::check(&site).expect(0);
    }
}
