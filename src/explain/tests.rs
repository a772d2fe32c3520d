#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use super::book::Book;
use super::value::{Kind, Person, Place};
use super::{group, person};
use crate::config::{Format, Loaded, parse};
use crate::store::{
    EntitlementView, GrantView, GroupView, IdentityView, Names, OrgListing, OrgView, PersonView, ProviderGroup,
    TeamView,
};
use rosterd_core::ids::Timestamp;
use std::collections::BTreeMap;

const RULES: &str = r#"version = 1
[providers.corp]
file.path = "people.yaml"
[providers.other]
file.path = "other.yaml"
[[rules]]
id = "all"
match.group = "staff"
org = "Acme"
role = "Viewer"
[[rules]]
id = "engineers"
match.group = "eng"
org = "Acme"
role = "Editor"
[[rules]]
id = "again"
match.group = "web"
org = "Acme"
role = "Editor"
[[rules]]
id = "teams"
match.group_regex = "(?<name>web)"
org = "Acme"
team = "${name}"
[[rules]]
id = "admins"
match.group = "admins"
org = "Acme"
role = "Admin"
[[rules]]
id = "leads"
match.all = [{ group = "web" }, { group = "leads" }]
org = "Acme"
role = "Admin"
[[rules]]
id = "outsiders"
match.none = [{ group = "staff" }]
org = "Guests"
role = "Viewer"
[[rules]]
id = "elsewhere"
provider = "other"
match.group = "*"
org = "Acme"
role = "Viewer"
"#;

fn loaded(rules: &str) -> Loaded {
    parse(rules, Format::Toml, "rosterd.toml", &[]).unwrap()
}

/// web (1) is in eng (2), which is in staff (3).
fn groups() -> Vec<ProviderGroup> {
    [(1, "web", vec![2]), (2, "eng", vec![3]), (3, "staff", vec![])]
        .into_iter()
        .map(|(id, name, parents)| ProviderGroup {
            id,
            subject: format!("g{id}"),
            dn: String::new(),
            name: name.to_owned(),
            parents,
            gone_at: None,
        })
        .collect()
}

fn grant(kind: &str, id: i64, role: &str, rule: &str, via: i64) -> GrantView {
    GrantView {
        kind: kind.to_owned(),
        org_id: (kind == "org").then_some(id),
        team_id: (kind == "team").then_some(id),
        entitlement_id: None,
        role: Some(role.to_owned()),
        rule: rule.to_owned(),
        via: Some(via),
    }
}

/// Ana, who is in web and has what the rules give for that.
fn ana() -> PersonView {
    let text = str::to_owned;
    let (manual_role, declared_role) = (None, None);
    let team = TeamView { id: 7, name: text("web"), synced_role: Some(text("member")), manual_role, declared_role };
    PersonView {
        id: 1,
        login: text("ana"),
        name: text("Ana"),
        email: String::new(),
        state: text("active"),
        kind: "person".to_owned(),
        synced_admin: false,
        manual_admin: false,
        suspensions: Vec::new(),
        orgs: vec![OrgView {
            id: 5,
            name: text("Acme"),
            synced_role: Some(text("Editor")),
            manual_role: None,
            declared_role: None,
            teams: vec![team],
        }],
        entitlements: Vec::new(),
        identities: vec![IdentityView {
            provider: text("corp"),
            subject: text("u1"),
            dn: String::new(),
            login: text("ana"),
            name: text("Ana"),
            email: String::new(),
            claims: String::new(),
            observed_at: Timestamp(1),
            gone_at: None,
            renewal: None,
            lease_ended_at: None,
            withdrawn: false,
            provider_read_at: None,
            direct: vec![1],
            groups: groups(),
            grants: vec![grant("org", 5, "Editor", "engineers", 2), grant("team", 7, "member", "teams", 1)],
        }],
        history: Vec::new(),
        names: Names { orgs: BTreeMap::from([(5, text("Acme"))]), ..Names::default() },
    }
}

fn org(id: i64, key: Option<&str>, name: &str) -> OrgListing {
    OrgListing { id, key: key.map(str::to_owned), name: name.to_owned() }
}

fn explained(view: &PersonView, rules: &str) -> Person {
    let loaded = loaded(rules);
    person::explain(
        view,
        &Book::new(&loaded.config, &loaded.places).unwrap(),
        &[org(5, None, "Acme")],
        Timestamp(1_000),
    )
}

fn lost(person: &Person, at: usize) -> Vec<(&str, &str)> {
    person.rights[at].lost.iter().map(|reach| (reach.rule.as_str(), reach.note.as_deref().unwrap_or(""))).collect()
}

#[test]
fn the_winner_has_a_place_and_a_path_and_losers_say_why() {
    let person = explained(&ana(), RULES);
    assert_eq!(person.rights.len(), 2);
    let acme = &person.rights[0];
    assert_eq!((acme.role.as_str(), acme.given_by.len(), &acme.kept), ("Editor", 1, &None));
    let by = &acme.given_by[0];
    assert_eq!((by.rule.as_str(), by.at.as_deref(), &by.note), ("engineers", Some("rosterd.toml:11"), &None));
    assert_eq!(by.path, ["ana", "web", "eng"]);
    let reasons = [("all", "less than Editor by engineers"), ("again", "the same, given by engineers already")];
    assert_eq!(lost(&person, 0), reasons);
    assert_eq!(acme.lost[0].path, ["ana", "web", "eng", "staff"]);
    assert_eq!((person.rights[1].place.kind, person.rights[1].given_by[0].rule.as_str()), (Kind::Team, "teams"));
    assert!(lost(&person, 1).is_empty());
}

#[test]
fn every_rule_that_misses_says_why() {
    let person = explained(&ana(), RULES);
    let misses: Vec<(&str, &str)> = person.not_matching.iter().map(|m| (m.rule.as_str(), m.why.as_str())).collect();
    assert_eq!(
        misses,
        [
            ("admins", "no group fits"),
            ("leads", "only a part of what it asks for fits"),
            ("outsiders", "ruled out by the group staff"),
            ("elsewhere", "not known at provider other"),
        ]
    );
    assert_eq!(person.not_matching[1].wants, r#"all of [group = "web", group = "leads"]"#);
    assert!(person.not_applied.is_empty());
}

#[test]
fn with_resolve_first_a_higher_role_can_lose() {
    let rules = RULES.replace("file.path = \"people.yaml\"", "file.path = \"people.yaml\"\nresolve = \"first\"");
    let mut view = ana();
    view.orgs[0].synced_role = Some("Viewer".to_owned());
    view.identities[0].grants[0] = grant("org", 5, "Viewer", "all", 3);
    let person = explained(&view, &rules);
    let why = "all stands before it (resolve = \"first\")";
    assert_eq!(lost(&person, 0), [("engineers", why), ("again", why)]);
}

#[test]
fn n4_a_role_that_nothing_gives_is_the_last_admins() {
    let mut view = ana();
    view.orgs[0].synced_role = Some("Admin".to_owned());
    view.orgs[0].manual_role = Some("Viewer".to_owned());
    let person = explained(&view, RULES);
    let acme = &person.rights[0];
    assert!(acme.given_by.is_empty() && acme.role == "Admin" && acme.manual_role.as_deref() == Some("Viewer"));
    assert_eq!(acme.kept.as_deref(), Some("no rule gives it any more; kept: the last Admin of Acme"));
}

#[test]
fn what_the_configuration_no_longer_has_is_said() {
    let mut view = ana();
    let without = |id: &str| {
        let parts = RULES.split("[[rules]]").filter(|part| !part.contains(&format!("id = \"{id}\"")));
        parts.collect::<Vec<_>>().join("[[rules]]")
    };
    let note = |person: &Person| person.rights[0].given_by[0].note.clone().unwrap_or_default();
    let person = explained(&view, &without("engineers"));
    assert_eq!(note(&person), "the rule is not in the configuration any more; the next sync takes this back");
    assert_eq!(person.rights[0].given_by[0].at, None);
    view.identities[0].provider = "old".to_owned();
    assert!(note(&explained(&view, RULES)).contains("`rosterd retire old`"));
}

#[test]
fn what_rules_give_and_the_database_lacks_is_said() {
    let mut view = ana();
    view.orgs.clear();
    let person = explained(&view, RULES);
    assert!(person.rights.is_empty());
    let rules: Vec<&str> = person.not_applied.iter().map(|reach| reach.rule.as_str()).collect();
    assert_eq!(rules, ["engineers", "teams"]);
    let not_given: Vec<_> = person.not_given.iter().map(|reach| (reach.rule.as_str(), reach.note.as_deref())).collect();
    let expected =
        [("all", Some("less than Editor by engineers")), ("again", Some("the same, given by engineers already"))];
    assert_eq!(not_given, expected);
}

#[test]
fn two_providers_give_and_the_higher_counts() {
    let mut view = ana();
    let mut other = view.identities[0].clone();
    other.provider = "other".to_owned();
    other.grants = vec![grant("org", 5, "Viewer", "elsewhere", 1)];
    view.identities.push(other);
    let person = explained(&view, RULES);
    assert_eq!(person.rights[0].given_by.len(), 1);
    assert_eq!(lost(&person, 0)[0], ("elsewhere", "less than Editor by engineers of corp"));
}

#[test]
fn a_group_names_the_rules_that_look_at_it_and_at_what_is_above() {
    let all = groups();
    let view = GroupView {
        provider: "corp".to_owned(),
        group: all[0].clone(),
        above: all,
        children: Vec::new(),
        direct_people: 1,
        gives: vec![("teams".to_owned(), "team".to_owned(), "web".to_owned(), 1)],
    };
    let loaded = loaded(RULES);
    let group = group::explain(&view, &Book::new(&loaded.config, &loaded.places).unwrap());
    assert_eq!(group.within, [vec!["web", "eng"], vec!["web", "eng", "staff"]]);
    let looks: Vec<_> = group.rules.iter().map(|look| (look.rule.as_str(), look.how, look.path.len())).collect();
    let expected = [
        ("all", "matches", 3),
        ("engineers", "matches", 2),
        ("again", "matches", 1),
        ("teams", "matches", 1),
        ("leads", "part", 0),
        ("outsiders", "rules_out", 3),
    ];
    assert_eq!(looks, expected);
    assert_eq!(group.gives[0].at.as_deref(), Some("rosterd.toml:21"));
}

#[test]
fn what_has_ended_is_not_held_and_what_counts_for_nothing_says_so() {
    let mut view = ana();
    let held = |id, org: &str, what: &str, synced, manual| EntitlementView {
        id,
        org: Some(org.to_owned()),
        what: what.to_owned(),
        synced,
        declared_until: None,
        manual_until: Some(Timestamp(manual)),
    };
    // Now is 1,000.
    view.entitlements = vec![
        held(1, "Acme", "over", false, 1_000),
        held(2, "Acme", "still", false, 1_001),
        held(3, "Acme", "by rules too", true, 1_000),
        held(4, "Other", "outside", false, 1_001),
        held(5, "Other", "acts for bea", false, 1_001),
    ];
    let person = explained(&view, RULES);
    let entitlement = |place: &Place| place.entitlement.clone().unwrap_or_default();
    let ended: Vec<_> = person.ended.iter().map(|one| (entitlement(&one.place), one.by, one.until)).collect();
    let over = Timestamp(1_000);
    assert_eq!(ended, [("over".to_owned(), "manual", over), ("by rules too".to_owned(), "manual", over)]);
    let rights = person.rights.iter().filter(|right| right.place.kind == Kind::Entitlement);
    let rights: Vec<_> =
        rights.map(|right| (entitlement(&right.place), right.manual_role.is_some(), right.idle.as_deref())).collect();
    let expected = [
        ("still", true, None),
        ("by rules too", false, None),
        ("outside", true, Some("counts for nothing: ana is no member of Other")),
        ("acts for bea", true, None),
    ];
    assert_eq!(rights, expected.map(|(what, manual, idle)| (what.to_owned(), manual, idle)));
}
