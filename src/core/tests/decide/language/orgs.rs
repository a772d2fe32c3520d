//! Which organizations rules are about, and which of several rules is reached.

use super::{gives, group, rules, said, said_in};
use rosterd_core::mapping::{OrgName, Resolve, RuleSpec, TermsSpec};
use rosterd_core::rights::OrgRole;

fn rule(id: &str, orgs: &[&str], role: OrgRole) -> RuleSpec {
    RuleSpec { orgs: orgs.iter().map(|org| (*org).to_owned()).collect(), ..gives(id, group(id), role) }
}

fn declared(orgs: &[(&str, Option<&str>)]) -> TermsSpec {
    let org =
        |(key, name): &(&str, Option<&str>)| OrgName { key: Some((*key).to_owned()), name: name.map(str::to_owned) };
    TermsSpec { orgs: orgs.iter().map(org).collect(), ..TermsSpec::default() }
}

fn groups(names: &str) -> String {
    let names: Vec<String> = names.split(' ').map(|name| format!("\"{name}\"")).collect();
    format!("{{\"groups\": [{}]}}", names.join(", "))
}

#[test]
fn one_rule_may_name_several() {
    let set = rules(&[rule("a", &["X", "Y"], OrgRole::Editor)], &TermsSpec::default());
    assert_eq!(said(&set, &groups("a")), ["X = Editor", "Y = Editor"]);
}

#[test]
fn a_declared_key_goes_before_a_name() {
    let terms = declared(&[("1", Some("Main")), ("lab", None)]);
    let specs = [
        rule("a", &["1"], OrgRole::Editor),
        rule("b", &["Main"], OrgRole::Viewer),
        rule("c", &["lab"], OrgRole::Viewer),
    ];
    let set = rules(&specs, &terms);
    // Both mean the same organization: one role, the higher.
    assert_eq!(said(&set, &groups("a b c")), ["Main = Editor", "lab = Viewer"]);
}

#[test]
fn all_are_those_in_the_database_and_those_declared_with_a_name() {
    let terms = declared(&[("1", Some("Main")), ("lab", None)]);
    let set = rules(&[rule("a", &["*"], OrgRole::Viewer)], &terms);
    assert_eq!(said_in(&set, &groups("a"), Some(&["One", "Main"])), ["Main = Viewer", "One = Viewer"]);
    assert_eq!(said_in(&set, &groups("a"), Some(&[])), ["Main = Viewer"]);
    assert_eq!(said_in(&set, &groups("a"), None), ["roles kept"]);
}

#[test]
fn behind_the_first_rule_of_an_organization_none_is_reached() {
    let first = TermsSpec { resolve: Resolve::First, ..TermsSpec::default() };
    let admin = |id: &str, orgs: &[&str], role: Option<OrgRole>| RuleSpec {
        server_admin: true,
        role,
        ..rule(id, orgs, OrgRole::None)
    };
    let mut team = rule("t", &["X"], OrgRole::Admin);
    team.team = Some("web".to_owned());
    let specs = [
        rule("v", &["X"], OrgRole::Viewer),
        admin("e", &["X"], Some(OrgRole::Editor)),
        admin("y", &["X", "Y"], None),
        admin("s", &[], None),
        team,
    ];
    let set = rules(&specs, &first);
    for (names, expected) in [
        ("v e", &["X = Viewer"][..]),
        ("e", &["X = Editor", "server admin"]),
        ("e v", &["X = Viewer"]),
        // In Y nobody gave a role: there it is reached.
        ("v y", &["X = Viewer", "server admin"]),
        ("y", &["server admin"]),
        ("v s", &["X = Viewer", "server admin"]),
        // Teams are given nevertheless.
        ("v t", &["X = Viewer", "X/web = member"]),
        ("t", &["X = Admin", "X/web = member"]),
    ] {
        assert_eq!(said(&set, &groups(names)), expected, "{names}");
    }
    let highest = rules(&specs, &TermsSpec::default());
    assert_eq!(said(&highest, &groups("v e")), ["X = Editor", "server admin"]);
}

#[test]
fn a_team_alone_brings_membership() {
    let mut team = rule("t", &["X", "Y"], OrgRole::None);
    (team.role, team.team) = (None, Some("web".to_owned()));
    let set = rules(&[team], &TermsSpec::default());
    assert_eq!(said(&set, &groups("t")), ["X = None", "X/web = member", "Y = None", "Y/web = member"]);
}
