//! What becomes in the target of what a decision leaves alone.

use super::{equals, gives, group};
use crate::target::Target;
use crate::world::{Directory, Sync, free, with_terms};
use rosterd_core::ids::Timestamp;
use rosterd_core::mapping::{ConditionSpec, NoMatch, OrgRoles, RuleSpec, TermsSpec};
use rosterd_core::rights::OrgRole;

const DAY: i64 = 24 * 3600 * 1000;

fn root() -> RuleSpec {
    RuleSpec { server_admin: true, team: Some("web".to_owned()), ..gives("root", group("root"), OrgRole::Editor) }
}

/// What the target shows of ana after she was in `root`, and then, under other rules and terms, is
/// in `other` only. Each run is followed by one that must find nothing to do.
fn after(specs: &[RuleSpec], terms: &TermsSpec) -> Vec<String> {
    let (mut target, policy) = (Target::default(), free());
    let before = with_terms(&[root()], &TermsSpec::default());
    let now = with_terms(specs, terms);
    // Somebody else keeps the organization its team and the installation its server admin.
    let days = [(1, &before, "1 ana root"), (2, &now, "1 ana other")];
    for (day, rules, ana) in days {
        let sync = Sync { provider: "corp", rules, policy: &policy, now: Timestamp(day * DAY) };
        sync.apply(&mut target, &Directory::of(&[ana, "2 bob root"]));
    }
    let lines: Vec<String> = target.seen().into_iter().filter(|line| line.contains("ana")).collect();
    lines.iter().map(|line| line.replace("ana", "").replace(": ", "")).collect()
}

#[test]
fn what_is_left_alone_stays_and_the_rest_goes() {
    let other = RuleSpec { orgs: vec!["Other".to_owned()], ..gives("other", group("other"), OrgRole::Viewer) };
    let all = ["Org/web = member", "Org = Editor", "active", "server admin"];
    let terms = TermsSpec::default;
    for (name, specs, terms, expected) in [
        ("deny", vec![root()], terms(), &["active"][..]),
        ("nothing", vec![root()], TermsSpec { on_no_match: NoMatch::Nothing, ..terms() }, &["active"]),
        ("suspend", vec![root()], TermsSpec { on_no_match: NoMatch::Suspend, ..terms() }, &["suspended"]),
        ("keep", vec![root()], TermsSpec { on_no_match: NoMatch::Keep, ..terms() }, &all),
        ("strict", vec![root()], TermsSpec { strict: true, ..terms() }, &all),
        ("allow", vec![root(), other.clone()], TermsSpec { allow: Some(group("root")), ..terms() }, &all),
        // What rules look at was not said: nothing is taken, and what matches is given besides.
        (
            "unknown",
            vec![root(), other.clone(), gives("c", equals("role", "dev"), OrgRole::Admin)],
            terms(),
            &["Org/web = member", "Org = Editor", "Other = Viewer", "active", "server admin"],
        ),
        ("sync", vec![root(), other.clone()], terms(), &["Other = Viewer", "active"]),
        (
            "roles kept",
            vec![root(), other.clone()],
            TermsSpec { org_roles: OrgRoles::Keep, ..terms() },
            &["Org = Editor", "active"],
        ),
        ("no roles", vec![root(), other.clone()], TermsSpec { org_roles: OrgRoles::None, ..terms() }, &["active"]),
        (
            "admin kept",
            vec![root(), other],
            TermsSpec { keep_server_admin: true, ..terms() },
            &["Other = Viewer", "active", "server admin"],
        ),
    ] {
        assert_eq!(after(&specs, &terms), expected, "{name}");
    }
}

#[test]
fn every_organization_covers_those_declared_and_those_the_run_makes() {
    let everywhere = RuleSpec { orgs: vec!["*".to_owned()], ..gives("all", group("staff"), OrgRole::Viewer) };
    let made = RuleSpec {
        orgs: vec!["Site ${1}".to_owned()],
        ..gives("site", ConditionSpec::Regex("site-(.+)".to_owned()), OrgRole::Editor)
    };
    let rules = with_terms(&[everywhere, made], &TermsSpec::default());
    let (mut target, policy) = (Target::default(), free());
    target.orgs.insert(rosterd_core::ids::OrgId(7), "Old".to_owned());
    Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(1) }
        .apply(&mut target, &Directory::of(&["1 ana staff", "2 bob site-a"]));
    let expected = ["Old: ana = Viewer", "Site a: ana = Viewer", "Site a: bob = Editor", "ana: active", "bob: active"];
    assert_eq!(target.seen(), expected);
}

#[test]
fn claims_of_a_sync_give_and_take_as_they_are_said() {
    let specs = [gives("dev", equals("role", "dev"), OrgRole::Editor)];
    let rules = with_terms(&specs, &TermsSpec::default());
    let (mut target, policy) = (Target::default(), free());
    let mut day = 0;
    let mut seen_with = |claims: &str| {
        day += 1;
        let mut directory = Directory::of(&["1 ana", "2 bob"]);
        for (person, claims) in directory.people.iter_mut().zip([claims, r#"{"userinfo":{"role":"ops"}}"#]) {
            person.claims = claims.to_owned();
        }
        let sync = Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(day * DAY) };
        sync.apply(&mut target, &directory);
        target.seen().into_iter().filter(|line| line.contains(" = ")).collect::<Vec<_>>()
    };
    let editor = ["Org: ana = Editor"];
    assert_eq!(seen_with(r#"{"userinfo":{"role":["dev"]}}"#), editor);
    // Not said at all, said by nobody, or unreadable: unknown, so it stays.
    for unknown in ["", r#"{"userinfo":{}}"#, r#"{"userinfo":{"role":"x","role":"y"}}"#, "["] {
        assert_eq!(seen_with(unknown), editor, "{unknown:?}");
    }
    assert_eq!(seen_with(r#"{"userinfo":{"role":"ops"}}"#), Vec::<String>::new());
    assert_eq!(seen_with(r#"{"attributes":{"role":["dev"]}}"#), editor);
    // An entry is read whole: what is not in it is not there.
    assert_eq!(seen_with(r#"{"attributes":{}}"#), Vec::<String>::new());
}
