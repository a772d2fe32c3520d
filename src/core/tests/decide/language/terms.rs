//! The terms under which rules count.

use super::{DENIED, VIEWER, equals, gives, group, rules, said, said_in};
use rosterd_core::mapping::{ConditionSpec, DirectRoleSpec, NoMatch, OrgRoles, RuleSet, RuleSpec, TermsSpec};
use rosterd_core::rights::OrgRole;

const STAFF: &str = r#"{"groups": ["staff"], "id_token": {"role": ""}}"#;
const NOBODY: &str = r#"{"groups": ["x"], "id_token": {"role": ""}}"#;
const UNKNOWN: &str = r#"{"id_token": {"role": ""}}"#;

fn staff() -> RuleSpec {
    gives("staff", group("staff"), OrgRole::Viewer)
}

fn under(terms: &TermsSpec) -> RuleSet {
    rules(&[staff()], terms)
}

#[test]
fn on_no_match() {
    let default = Some(("Guests".to_owned(), OrgRole::None));
    for (on_no_match, expected) in [
        (NoMatch::Keep, &["Kept", "roles kept", "admin kept"][..]),
        (NoMatch::Default, &["Guests = None"]),
        (NoMatch::Deny, &DENIED),
        (NoMatch::Suspend, &["Suspended"]),
        (NoMatch::Nothing, &["Nothing"]),
    ] {
        let set = under(&TermsSpec { on_no_match, default: default.clone(), ..TermsSpec::default() });
        assert_eq!(said(&set, STAFF), VIEWER, "{on_no_match:?}");
        assert_eq!(said(&set, NOBODY), expected, "{on_no_match:?}");
        let unknown = said(&set, UNKNOWN);
        assert!(!unknown.iter().any(|line| ["Denied", "Suspended", "Nothing"].contains(&line.as_str())), "{unknown:?}");
        assert!(unknown.iter().any(|line| line == "unknown"), "{on_no_match:?}: {unknown:?}");
    }
}

#[test]
fn strict_lets_nobody_in_by_default() {
    let terms = TermsSpec { strict: true, on_no_match: NoMatch::Default, ..TermsSpec::default() };
    let terms = TermsSpec { default: Some(("Main".to_owned(), OrgRole::Viewer)), ..terms };
    let set = under(&terms);
    assert_eq!(said(&set, STAFF), VIEWER);
    assert_eq!(said(&set, NOBODY), ["Refused(Strict)"]);
    let direct = DirectRoleSpec {
        expression: "role".to_owned(),
        sources: None,
        several: false,
        case_sensitive: false,
        values: Vec::new(),
        only_values: false,
        unknown_keeps_server_admin: false,
    };
    let set = under(&TermsSpec { direct_role: Some(direct), ..terms });
    assert_eq!(said(&set, NOBODY), ["Refused(Strict)"]);
    assert_eq!(said(&set, r#"{"groups": [], "id_token": {"role": "Editor"}}"#), ["Main = Editor"]);
}

#[test]
fn strict_refuses_where_nobody_knows_which_organizations_there_are() {
    let everywhere = RuleSpec { orgs: vec!["*".to_owned()], ..staff() };
    for (strict, expected) in [(true, ["Refused(Unlisted)"]), (false, ["roles kept"])] {
        let set = rules(std::slice::from_ref(&everywhere), &TermsSpec { strict, ..TermsSpec::default() });
        assert_eq!(said_in(&set, STAFF, None), expected);
        assert_eq!(said_in(&set, STAFF, Some(&["One"])), ["One = Viewer"]);
    }
}

#[test]
fn whoever_allow_does_not_match_is_refused_and_nothing_is_said() {
    let allow = ConditionSpec::Any(vec![group("guests"), equals("role", "dev")]);
    let set = under(&TermsSpec { allow: Some(allow), ..TermsSpec::default() });
    assert_eq!(said(&set, STAFF), ["Refused(NotAllowed)"]);
    assert_eq!(said(&set, r#"{"groups": ["staff", "guests"], "id_token": {"role": ""}}"#), VIEWER);
    assert_eq!(said(&set, r#"{"groups": ["staff"], "id_token": {"role": "dev"}}"#), VIEWER);
    assert_eq!(said(&set, r#"{"groups": ["guests"], "id_token": {"role": ""}}"#), DENIED);
}

#[test]
fn roles_and_the_server_admin_flag_can_be_left_alone() {
    let rule = RuleSpec { server_admin: true, team: Some("web".to_owned()), ..staff() };
    let decided = |terms: &TermsSpec| said(&rules(std::slice::from_ref(&rule), terms), STAFF);
    assert_eq!(decided(&TermsSpec::default()), ["Org = Viewer", "Org/web = member", "server admin"]);
    let keep = TermsSpec { org_roles: OrgRoles::Keep, ..TermsSpec::default() };
    // Whoever is in a team is in its organization, whatever the role there.
    assert_eq!(decided(&keep), ["Org = None", "Org/web = member", "server admin", "roles kept"]);
    let none = TermsSpec { org_roles: OrgRoles::None, ..TermsSpec::default() };
    assert_eq!(decided(&none), ["Org = None", "Org/web = member", "server admin"]);
    let admin = TermsSpec { keep_server_admin: true, ..TermsSpec::default() };
    assert_eq!(decided(&admin), ["Org = Viewer", "Org/web = member", "admin kept"]);
}

#[test]
fn what_is_aside_comes_on_top_and_counts_as_no_match() {
    let extra = RuleSpec {
        aside: true,
        orgs: vec!["Org".to_owned(), "Extra".to_owned()],
        ..gives("extra", group("extra"), OrgRole::Editor)
    };
    let decided = |groups: &str, terms: &TermsSpec| {
        let set = rules(&[extra.clone(), staff()], terms);
        said(&set, &format!("{{\"groups\": [{groups}], \"id_token\": {{\"role\": \"\"}}}}"))
    };
    let default = TermsSpec {
        on_no_match: NoMatch::Default,
        default: Some(("Main".to_owned(), OrgRole::Viewer)),
        ..TermsSpec::default()
    };
    assert_eq!(decided(r#""extra", "staff""#, &default), ["Extra = Editor", "Org = Editor"]);
    assert_eq!(decided(r#""extra""#, &default), ["Extra = Editor", "Main = Viewer", "Org = Editor"]);
    assert_eq!(decided(r#""extra""#, &TermsSpec::default()), DENIED);
    let strict = TermsSpec { strict: true, ..TermsSpec::default() };
    assert_eq!(decided(r#""extra""#, &strict), ["Refused(Strict)"]);
}

#[test]
fn what_is_unknown_takes_nothing_away_and_what_is_known_gives() {
    let specs = [staff(), gives("dev", equals("job", "dev"), OrgRole::Editor)];
    let set = rules(&specs, &TermsSpec::default());
    assert_eq!(said(&set, r#"{"groups": ["staff"], "id_token": {}}"#), ["Org = Viewer", "unknown"]);
    assert_eq!(said(&set, r#"{"id_token": {"job": "dev"}}"#), ["Org = Editor", "unknown"]);
    assert_eq!(said(&set, r#"{"groups": ["staff"], "id_token": {"job": "x"}}"#), VIEWER);
}
