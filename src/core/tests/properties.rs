//! What holds for every plan, whatever the companies and rules: tried on many small ones.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it is wrong")]

mod memory;

use memory::Memory;
use proptest::prelude::*;
use rosterd_core::ids::Timestamp;
use rosterd_core::mapping::{ConditionSpec, Resolve, RuleSet, RuleSpec};
use rosterd_core::plan::{Effect, Input, Limits, LinkKey, NoMatch, Plan, Policy, RunFacts, plan};
use rosterd_core::rights::{OrgRole, TeamRole};
use rosterd_core::snapshot::{GroupFields, PersonFields, Reading, SnapshotBuilder};
use rosterd_core::writes::Trigger;
use std::collections::{BTreeMap, BTreeSet};

const GROUPS: [&str; 8] = ["admins", "roots", "staff", "team-red", "team-blue", "unit-x", "unit-y", "leads"];
const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// For each person, by number: spelling of the login, and groups as bits. And groups in groups.
#[derive(Debug, Clone)]
struct Company {
    people: BTreeMap<u8, (u8, u8)>,
    nested: BTreeSet<(usize, usize)>,
}

fn company() -> impl Strategy<Value = Company> {
    let people = prop::collection::btree_map(1u8..9, (0u8..2, any::<u8>().prop_map(|bits| bits & 0b1111_1100)), 0..8);
    let nested = prop::collection::btree_set((2..GROUPS.len(), 2..GROUPS.len()), 0..5);
    (people, nested).prop_map(|(mut people, nested)| {
        // Somebody who is always there and administers everything: else the last Admin is kept (N4),
        // and the outcome depends on the past, as it must.
        people.insert(0, (0, 0b0000_0011));
        Company { people, nested }
    })
}

fn reading(company: &Company, complete: bool, backwards: bool) -> Reading {
    let mut builder = SnapshotBuilder::new(7);
    let part = builder.begin("all");
    let dn = |group: usize| format!("cn={},dc=x", GROUPS[group]);
    let mut groups: Vec<usize> = (0..GROUPS.len()).collect();
    let mut people: Vec<_> = company.people.iter().collect();
    if backwards {
        groups.reverse();
        people.reverse();
    }
    let add_people = |builder: &mut SnapshotBuilder| {
        for (n, (spelling, _)) in &people {
            let login = format!("u{n}{}", ["", "-new"][usize::from(*spelling)]);
            builder.person(PersonFields {
                subject: &format!("p{n}"),
                dn: Some(&format!("uid={n},dc=x")),
                login: Some(&login),
                name: Some(&login),
                email: Some(&format!("u{n}@x")),
            });
        }
    };
    if backwards {
        add_people(&mut builder);
    }
    for group in groups {
        let fields = GroupFields { subject: &format!("g{group}"), dn: Some(&dn(group)), name: GROUPS[group] };
        let index = builder.group(fields).unwrap();
        for (n, (_, bits)) in &people {
            if bits & (1 << group) != 0 {
                builder.member_dn(index, &format!("uid={n},dc=x"));
            }
        }
        for (child, _) in company.nested.iter().filter(|(_, parent)| *parent == group) {
            builder.member_dn(index, &dn(*child));
        }
    }
    if !backwards {
        add_people(&mut builder);
    }
    builder.end(part);
    if !complete {
        builder.gap("test", "something was not read");
    }
    builder.finish()
}

fn rule(id: &str, condition: ConditionSpec) -> RuleSpec {
    RuleSpec { id: id.to_owned(), condition, org: None, role: None, team: None, team_role: None, server_admin: false }
}

fn rules() -> Vec<RuleSpec> {
    let group = |name: &str| ConditionSpec::Group(name.to_owned());
    let regex = |text: &str| ConditionSpec::Regex(text.to_owned());
    let main = || Some("Main".to_owned());
    vec![
        RuleSpec { org: Some("*".to_owned()), role: Some(OrgRole::Admin), ..rule("admins", group("admins")) },
        RuleSpec { server_admin: true, ..rule("roots", group("roots")) },
        RuleSpec { org: main(), role: Some(OrgRole::Viewer), ..rule("staff", group("staff")) },
        RuleSpec { org: main(), team: Some("${1}".to_owned()), ..rule("teams", regex("team-(.*)")) },
        RuleSpec {
            org: main(),
            team: Some("red".to_owned()),
            team_role: Some(TeamRole::Admin),
            ..rule("leads", group("leads"))
        },
        RuleSpec {
            org: Some("Unit ${u}".to_owned()),
            role: Some(OrgRole::Editor),
            ..rule("units", regex("unit-(?<u>.*)"))
        },
        RuleSpec {
            org: main(),
            role: Some(OrgRole::Editor),
            ..rule("both", ConditionSpec::All(vec![group("team-red"), group("team-blue")]))
        },
        RuleSpec {
            org: Some("Rest".to_owned()),
            role: Some(OrgRole::None),
            ..rule("rest", ConditionSpec::None(vec![group("staff"), group("admins")]))
        },
    ]
}

fn policy(on_no_match: NoMatch) -> Policy {
    let keys = BTreeSet::from([LinkKey::Email]);
    Policy {
        on_no_match,
        create_orgs: true,
        create_teams: true,
        precedence: BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]),
        link_by: BTreeMap::from([("a".to_owned(), keys.clone()), ("b".to_owned(), keys)]),
        limits: Limits {
            removals_percent: 100,
            removals_at_least: u32::MAX,
            emptied_at_least: u32::MAX,
            privileged_gains: u32::MAX,
        },
        archive_after: i64::MAX,
    }
}

struct Run<'a> {
    provider: &'a str,
    rules: Vec<RuleSpec>,
    policy: Policy,
}

impl Default for Run<'_> {
    fn default() -> Self {
        Self { provider: "a", rules: rules(), policy: policy(NoMatch::Deny) }
    }
}

impl Run<'_> {
    fn plan(&self, memory: &Memory, reading: Reading) -> Plan {
        let Ok(rules) = RuleSet::compile(&self.rules, Resolve::Highest, false) else { panic!("the rules are right") };
        let (observed, given) = (memory.observe(self.provider), memory.given(self.provider));
        let (provider, policy) = (self.provider, &self.policy);
        plan(Input { provider, observed, reading, rules: &rules, policy, given, now: NOW })
    }

    /// Plans and applies; the run after that must find nothing.
    fn sync(&self, memory: &mut Memory, company: &Company) {
        let plan = self.plan(memory, reading(company, true, false));
        if !plan.is_empty() {
            memory.apply(&plan.into_writes(RunFacts { trigger: Trigger::Command, started_at: NOW, hold: None }), NOW);
        }
        let again = self.plan(memory, reading(company, true, true));
        assert!(again.is_empty(), "the second run finds:\n{}", again.render(rosterd_core::plan::Form::Text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Wherever it comes from, a database follows a company to the same rights (apply(plan(a, b))
    /// on b is a), and then there is nothing left to do (N6).
    #[test]
    fn the_past_does_not_matter(before in prop::collection::vec(company(), 0..3), now in company()) {
        for no_match in [NoMatch::Deny, NoMatch::Suspend, NoMatch::Default { org: "Lobby".into(), role: OrgRole::Viewer }] {
            let run = Run { policy: policy(no_match), ..Run::default() };
            let (mut old, mut fresh) = (Memory::default(), Memory::default());
            for company in &before {
                run.sync(&mut old, company);
            }
            run.sync(&mut old, &now);
            run.sync(&mut fresh, &now);
            // Admins of "*" also administer organizations that only the past has.
            let (old, fresh): (BTreeSet<_>, BTreeSet<_>) = (old.rights().into_iter().collect(), fresh.rights().into_iter().collect());
            prop_assert!(fresh.is_subset(&old), "missing {:?}", &fresh - &old);
            let more: Vec<_> = (&old - &fresh).into_iter().filter(|line| !line.contains("Admin) of ")).collect();
            prop_assert!(more.is_empty(), "too much {more:?}");
        }
    }

    #[test]
    fn order_of_entries_does_not_matter(before in company(), now in company()) {
        let (run, mut memory) = (Run::default(), Memory::default());
        run.sync(&mut memory, &before);
        let (one, other) = (run.plan(&memory, reading(&now, true, false)), run.plan(&memory, reading(&now, true, true)));
        prop_assert_eq!(one.hash("c"), other.hash("c"));
        prop_assert_eq!(one.to_json(), other.to_json());
    }

    #[test]
    fn order_of_rules_does_not_matter(now in company(), order in Just(rules().into_iter().map(|r| r.id).collect::<Vec<_>>()).prop_shuffle()) {
        let (mut one, mut other) = (Memory::default(), Memory::default());
        Run::default().sync(&mut one, &now);
        let mut rules = rules();
        rules.sort_by_key(|rule| order.iter().position(|id| *id == rule.id));
        Run { rules, ..Run::default() }.sync(&mut other, &now);
        prop_assert_eq!(one.rights(), other.rights());
    }

    /// Merging is commutative and idempotent: two providers in either order, and once more.
    #[test]
    fn order_of_providers_does_not_matter(a in company(), b in company()) {
        // A server admin's account is never linked to, so there is none whom both know.
        let mut b = b;
        b.people.remove(&0);
        // "*" is what there is when the rules are evaluated, so it needs a second round here.
        let rights = |order: [(&'static str, &Company); 2]| {
            let mut memory = Memory::default();
            for (provider, company) in [order, order].concat() {
                Run { provider, ..Run::default() }.sync(&mut memory, company);
            }
            memory.rights()
        };
        prop_assert_eq!(rights([("a", &a), ("b", &b)]), rights([("b", &b), ("a", &a)]));
    }

    /// Unknown is not empty (N1): an incomplete reading takes nothing from anybody, whatever it has.
    #[test]
    fn unknown_removes_nothing(before in company(), now in company()) {
        for no_match in [NoMatch::Deny, NoMatch::Suspend, NoMatch::Keep] {
            let run = Run { policy: policy(no_match), ..Run::default() };
            let mut memory = Memory::default();
            run.sync(&mut memory, &before);
            let plan = run.plan(&memory, reading(&now, false, false));
            for change in &plan.changes {
                prop_assert!(!matches!(change.effect(), Effect::Remove | Effect::Lower), "{}", plan.change_json(change));
            }
            memory.apply(&plan.into_writes(RunFacts { trigger: Trigger::Command, started_at: NOW, hold: None }), NOW);
            let again = run.plan(&memory, reading(&now, false, true));
            prop_assert!(again.is_empty(), "{}", again.render(rosterd_core::plan::Form::Text));
        }
    }

    /// What people gave by hand is for people to take (N3).
    #[test]
    fn manual_grants_stay(before in company(), now in company(), role in prop::sample::select(OrgRole::ALL.to_vec())) {
        let (run, mut memory) = (Run::default(), Memory::default());
        run.sync(&mut memory, &before);
        memory.grant_by_hand(role);
        let given = memory.by_hand();
        run.sync(&mut memory, &now);
        prop_assert_eq!(memory.by_hand(), given);
    }
}
