//! What rules give, as a table.

use crate::target::Target;
use crate::world::{Directory, Sync, compiled, free, role, teams, with_terms};
use rosterd_core::ids::Timestamp;
use rosterd_core::mapping::{ConditionSpec, Resolve, RuleSet, RuleSpec, TermsSpec};
use rosterd_core::rights::{OrgRole, TeamRole};

/// What the tables show of people and teams after a sync into an empty target.
fn seen(rules: &RuleSet, people: &[&str]) -> Vec<String> {
    let mut target = Target::default();
    let policy = free();
    let sync = Sync { provider: "corp", rules, policy: &policy, now: Timestamp(1) };
    sync.apply(&mut target, &Directory::of(people));
    target.seen().into_iter().filter(|line| !line.ends_with(": active")).collect()
}

fn with(id: &str, condition: ConditionSpec, give: OrgRole) -> RuleSpec {
    RuleSpec { id: id.to_owned(), condition, ..role("", give) }
}

fn group(name: &str) -> ConditionSpec {
    ConditionSpec::Group(name.to_owned())
}

#[test]
fn highest_wins_unless_the_first_is_asked_for() {
    let rules = [role("staff", OrgRole::Viewer), role("devs", OrgRole::Editor), role("boss", OrgRole::Admin)];
    let people = ["1 ana staff devs", "2 bob boss staff", "3 cy"];
    assert_eq!(seen(&compiled(&rules), &people), ["Org: ana = Editor", "Org: bob = Admin"]);
    let first = with_terms(&rules, &TermsSpec { resolve: Resolve::First, ..TermsSpec::default() });
    assert_eq!(seen(&first, &people), ["Org: ana = Viewer", "Org: bob = Viewer"]);
}

#[test]
fn any_all_none_and_everybody() {
    let rules = compiled(&[
        with("everybody", group("*"), OrgRole::None),
        with("any", ConditionSpec::Any(vec![group("a"), group("b")]), OrgRole::Viewer),
        with("all", ConditionSpec::All(vec![group("a"), group("b")]), OrgRole::Editor),
        with(
            "all-but",
            ConditionSpec::All(vec![group("a"), group("b"), ConditionSpec::None(vec![group("c")])]),
            OrgRole::Admin,
        ),
    ]);
    let people = ["1 none", "2 one a", "3 two a b", "4 three a b c"];
    let roles = ["Org: none = None", "Org: one = Viewer", "Org: three = Editor", "Org: two = Admin"];
    assert_eq!(seen(&rules, &people), roles);
}

#[test]
fn teams_from_captures_bring_their_organization() {
    let mut leads = teams();
    leads.id = "leads".to_owned();
    leads.condition = ConditionSpec::All(vec![ConditionSpec::Regex("t-(?<name>.+)".to_owned()), group("leads")]);
    leads.team_role = Some(TeamRole::Admin);
    let rules = compiled(&[teams(), leads]);
    let people = ["1 ana t-web leads", "2 bob t-web t-ops"];
    let expected = [
        "Org/ops: bob = member",
        "Org/web: ana = admin",
        "Org/web: bob = member",
        "Org: ana = None",
        "Org: bob = None",
    ];
    assert_eq!(seen(&rules, &people), expected);
}

#[test]
fn every_org_means_those_there_are() {
    let mut everywhere = role("root", OrgRole::Admin);
    everywhere.orgs = vec!["*".to_owned()];
    everywhere.server_admin = true;
    let rules = compiled(&[everywhere]);
    let mut target = Target::default();
    for (id, name) in [(1, "One"), (2, "Two")] {
        target.orgs.insert(rosterd_core::ids::OrgId(id), name.to_owned());
    }
    let policy = free();
    let sync = Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(1) };
    sync.apply(&mut target, &Directory::of(&["1 ana root"]));
    assert_eq!(target.seen(), ["One: ana = Admin", "Two: ana = Admin", "ana: active", "ana: server admin"]);
}

#[test]
fn an_unmapped_group_called_admin_gives_nothing() {
    assert_eq!(seen(&compiled(&[role("staff", OrgRole::Viewer)]), &["1 eve admin Admin"]), Vec::<String>::new());
}

#[test]
fn nested_groups_count() {
    let rules = compiled(&[role("all", OrgRole::Viewer)]);
    let directory = Directory::of(&["1 ana web"]).nested("web", "dev").nested("dev", "all").nested("all", "web");
    let mut target = Target::default();
    let policy = free();
    Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(1) }.apply(&mut target, &directory);
    assert_eq!(target.seen(), ["Org: ana = Viewer", "ana: active"]);
}

#[test]
fn what_may_not_be_created_is_noted_and_left_out() {
    let rules = compiled(&[role("staff", OrgRole::Viewer)]);
    let policy = rosterd_core::plan::Policy { create_orgs: false, ..free() };
    let sync = Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(1) };
    let plan = sync.plan(&Target::default(), Directory::of(&["1 ana staff"]).reading(true));
    assert_eq!(plan.summary().added, 1, "the person alone");
    assert!(plan.notes.iter().any(|note| note.contains("\"Org\" does not exist")), "{:?}", plan.notes);
}

#[test]
fn rules_that_cannot_work_are_refused_by_name_and_field() {
    let mut no_org = role("a", OrgRole::Viewer);
    no_org.orgs.clear();
    let mut no_capture = teams();
    no_capture.team = Some("${nmae}".to_owned());
    let bad_regex = with("bad", ConditionSpec::Regex("(".to_owned()), OrgRole::Viewer);
    let bad_dn = with("dn", group("cn=,=x"), OrgRole::Viewer);
    let errors = RuleSet::compile(&[no_org, no_capture, bad_regex, bad_dn], &TermsSpec::default()).unwrap_err();
    let fields: Vec<_> = errors.iter().map(|e| (e.rule.as_str(), e.field)).collect();
    assert_eq!(fields, [("a-Viewer", "org"), ("teams", "team"), ("bad", "match"), ("dn", "match")]);
}
