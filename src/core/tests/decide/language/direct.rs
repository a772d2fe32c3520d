//! The role that a provider says itself.

use super::{DENIED, gives, group, rules, said};
use rosterd_core::mapping::{DirectRoleSpec, NoMatch, OrgRoles, RoleValue, RuleSet, Source, TermsSpec};
use rosterd_core::rights::OrgRole;

fn spec(expression: &str) -> DirectRoleSpec {
    DirectRoleSpec {
        expression: expression.to_owned(),
        sources: None,
        several: false,
        case_sensitive: false,
        values: Vec::new(),
        only_values: false,
        unknown_keeps_server_admin: false,
    }
}

fn set_with(direct: DirectRoleSpec, terms: TermsSpec) -> RuleSet {
    let default = Some(("Main".to_owned(), OrgRole::None));
    let specs = [gives("staff", group("staff"), OrgRole::Viewer), gives("boss", group("boss"), OrgRole::Admin)];
    rules(&specs, &TermsSpec { direct_role: Some(direct), default, ..terms })
}

fn set(direct: DirectRoleSpec) -> RuleSet {
    set_with(direct, TermsSpec::default())
}

#[test]
fn it_raises_what_rules_gave_and_lands_in_the_default_where_they_gave_none() {
    let set = set(spec("role"));
    for (json, expected) in [
        (r#"{"groups": ["staff"], "id_token": {"role": "Editor"}}"#, &["Org = Editor"][..]),
        (r#"{"groups": ["boss"], "id_token": {"role": "Editor"}}"#, &["Org = Admin"]),
        (r#"{"groups": [], "id_token": {"role": "editor"}}"#, &["Main = Editor"]),
        (r#"{"groups": ["staff"], "id_token": {"role": "King"}}"#, &["Org = Viewer"]),
        (r#"{"groups": [], "id_token": {"role": "King"}}"#, &DENIED),
        (r#"{"groups": [], "id_token": {"role": ["Editor"]}}"#, &DENIED),
        (r#"{"groups": [], "id_token": {"role": 2}}"#, &DENIED),
        (r#"{"groups": [], "id_token": {"role": "None"}}"#, &["Main = None"]),
    ] {
        assert_eq!(said(&set, json), expected, "{json}");
    }
}

#[test]
fn the_first_source_with_a_valid_role_counts_and_groups_come_last() {
    let expression = "role || contains(groups[*], 'root') && 'Admin'";
    let all = set(spec(expression));
    for (json, expected) in [
        (
            r#"{"groups": [], "id_token": {"role": "King", "groups": []}, "userinfo": {"role": "Editor"}}"#,
            "Main = Editor",
        ),
        (r#"{"groups": [], "id_token": {"role": "Viewer"}, "userinfo": {"role": "Editor"}}"#, "Main = Viewer"),
        (r#"{"groups": ["root"], "id_token": {"groups": []}}"#, "Main = Admin"),
        // A source that the expression cannot be asked about does not hide the next.
        (r#"{"groups": ["root"], "id_token": {"x": 1}}"#, "Main = Admin"),
    ] {
        assert_eq!(said(&all, json), [expected], "{json}");
    }
    let mut userinfo = spec("role");
    userinfo.sources = Some(vec![Source::Userinfo]);
    let json = r#"{"groups": [], "id_token": {"role": "Admin"}, "userinfo": {"role": "Viewer"}}"#;
    assert_eq!(said(&set(userinfo), json), ["Main = Viewer"]);
}

#[test]
fn several_are_allowed_only_where_that_is_said() {
    let mut several = spec("roles");
    several.several = true;
    let several = set(several);
    let json = |roles: &str| format!("{{\"groups\": [], \"id_token\": {{\"roles\": {roles}}}}}");
    assert_eq!(said(&several, &json(r#"["Viewer", "x", "Editor"]"#)), ["Main = Editor"]);
    assert_eq!(said(&several, &json(r#""Viewer""#)), ["Main = Viewer"]);
    assert_eq!(said(&several, &json(r#"["x"]"#)), DENIED);
    assert_eq!(said(&several, &json("[]")), DENIED);
}

#[test]
fn values_stand_for_roles() {
    let mut direct = spec("role");
    direct.values = vec![
        (RoleValue::Role(OrgRole::Viewer), vec!["external".to_owned()]),
        (RoleValue::ServerAdmin, vec!["root".to_owned()]),
    ];
    let json = |role: &str| format!("{{\"groups\": [], \"id_token\": {{\"role\": \"{role}\"}}}}");
    let table = |direct: &DirectRoleSpec| {
        ["external", "Viewer", "Editor", "ROOT"].map(|role| said(&set(direct.clone()), &json(role)).join(", "))
    };
    assert_eq!(table(&direct), ["Main = Viewer", "Denied", "Main = Editor", "Main = Admin, server admin"]);
    direct.only_values = true;
    direct.case_sensitive = true;
    assert_eq!(table(&direct), ["Main = Viewer", "Denied", "Denied", "Denied"]);
    direct.values.push((RoleValue::Role(OrgRole::Admin), vec!["external".to_owned()]));
    let terms = TermsSpec { direct_role: Some(direct), ..TermsSpec::default() };
    let errors = RuleSet::compile(&[], &terms).unwrap_err();
    assert!(errors[0].to_string().contains("two roles"), "{errors:?}");
}

#[test]
fn an_unknown_value_may_leave_the_server_admin_flag_alone() {
    let mut direct = spec("role");
    let json = r#"{"groups": ["staff"], "id_token": {"role": "King"}}"#;
    assert_eq!(said(&set(direct.clone()), json), ["Org = Viewer"]);
    direct.unknown_keeps_server_admin = true;
    assert_eq!(said(&set(direct.clone()), json), ["Org = Viewer", "admin kept"]);
    assert_eq!(said(&set(direct), r#"{"groups": ["staff"], "id_token": {"role": ""}}"#), ["Org = Viewer"]);
}

#[test]
fn what_the_terms_leave_alone_a_direct_role_leaves_alone() {
    let direct = || DirectRoleSpec { values: vec![(RoleValue::ServerAdmin, vec!["root".to_owned()])], ..spec("role") };
    let json = r#"{"groups": ["staff"], "id_token": {"role": "root"}}"#;
    let decided = |terms: TermsSpec| said(&set_with(direct(), terms), json);
    assert_eq!(decided(TermsSpec::default()), ["Org = Admin", "server admin"]);
    assert_eq!(decided(TermsSpec { keep_server_admin: true, ..TermsSpec::default() }), ["Org = Admin", "admin kept"]);
    assert_eq!(
        decided(TermsSpec { org_roles: OrgRoles::Keep, ..TermsSpec::default() }),
        ["server admin", "roles kept"]
    );
    assert_eq!(decided(TermsSpec { org_roles: OrgRoles::None, ..TermsSpec::default() }), ["server admin"]);
}

#[test]
fn an_error_is_reported_and_nobody_is_refused_for_it() {
    let terms = TermsSpec { on_no_match: NoMatch::Suspend, ..TermsSpec::default() };
    let set = set_with(spec("contains(roles, 'x') && 'Admin'"), terms);
    let lines = said(&set, r#"{"groups": [], "id_token": {"name": "ana"}}"#);
    assert_eq!(lines[..4], ["Kept", "roles kept", "admin kept", "unknown"]);
    assert!(lines[4].starts_with("groups: ") && lines[4].contains("expects type"), "{lines:?}");
    assert!(lines[5].starts_with("id_token: "), "{lines:?}");
}
