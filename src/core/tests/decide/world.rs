//! Small directories, rules and targets, and what a sync makes of them.

use crate::target::Target;
use rosterd_core::ids::{ReadingNumber, Timestamp};
use rosterd_core::mapping::{ConditionSpec, EntitlementSpec, RuleSet, RuleSpec, TermsSpec};
use rosterd_core::plan::{Exceeded, Input, Limits, Plan, Policy, RunFacts, plan};
use rosterd_core::rights::OrgRole;
use rosterd_core::snapshot::{GroupFields, PersonFields, Reading, SnapshotBuilder};
use rosterd_core::writes::Trigger;

/// A person: id, login, groups.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) login: String,
    pub(crate) groups: Vec<String>,
    /// JSON; empty for none.
    pub(crate) claims: String,
}

/// A group: id, name, the groups it is in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) parents: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Directory {
    pub(crate) people: Vec<Person>,
    pub(crate) groups: Vec<Group>,
}

impl Directory {
    /// People as `"id login group group"`; every group named is there, with its name as its id.
    pub(crate) fn of(people: &[&str]) -> Self {
        let mut directory = Self::default();
        for line in people {
            let mut words = line.split(' ').map(str::to_owned);
            let (id, login) = (words.next().unwrap(), words.next().unwrap());
            directory.people.push(Person { id, login, groups: words.collect(), claims: String::new() });
        }
        let mut names: Vec<String> = directory.people.iter().flat_map(|p| p.groups.clone()).collect();
        names.sort();
        names.dedup();
        directory.groups =
            names.into_iter().map(|name| Group { id: name.clone(), name, parents: Vec::new() }).collect();
        directory
    }

    pub(crate) fn without(mut self, login: &str) -> Self {
        self.people.retain(|p| p.login != login);
        self
    }

    /// Puts a group into another, which is added if it is not there.
    pub(crate) fn nested(mut self, child: &str, parent: &str) -> Self {
        if !self.groups.iter().any(|g| g.id == parent) {
            self.groups.push(Group { id: parent.to_owned(), name: parent.to_owned(), parents: Vec::new() });
        }
        let child = self.groups.iter_mut().find(|g| g.id == child).unwrap();
        child.parents.push(parent.to_owned());
        self
    }

    pub(crate) fn renamed(mut self, group: &str, name: &str) -> Self {
        self.groups.iter_mut().find(|g| g.id == group).unwrap().name = name.to_owned();
        self
    }

    pub(crate) fn reading(&self, complete: bool) -> Reading {
        let mut builder = SnapshotBuilder::new(1);
        let part = builder.begin("all");
        let dn = |id: &str| format!("cn={id},dc=x");
        for p in &self.people {
            let email = format!("{}@x.org", p.login);
            let fields = PersonFields {
                subject: &p.id,
                dn: Some(&format!("uid={},dc=x", p.id)),
                login: Some(&p.login),
                name: Some(&p.login),
                email: Some(&email),
                claims: Some(&p.claims),
            };
            let person = builder.person(fields).unwrap();
            for group in &p.groups {
                builder.person_member_of(person, &dn(group));
            }
        }
        for g in &self.groups {
            let group = builder.group(GroupFields { subject: &g.id, dn: Some(&dn(&g.id)), name: &g.name }).unwrap();
            for parent in &g.parents {
                builder.group_member_of(group, &dn(parent));
            }
        }
        if complete {
            builder.end(part);
        }
        builder.finish()
    }
}

/// A rule on the group of that name that gives a role in the organization `Org`.
pub(crate) fn role(group: &str, role: OrgRole) -> RuleSpec {
    RuleSpec {
        id: format!("{group}-{role}"),
        condition: ConditionSpec::Group(group.to_owned()),
        orgs: vec!["Org".to_owned()],
        role: Some(role),
        team: None,
        team_role: None,
        server_admin: false,
        entitlements: EntitlementSpec::default(),
        case_sensitive: None,
        aside: false,
    }
}

/// A rule that makes the team of each group `t-NAME`.
pub(crate) fn teams() -> RuleSpec {
    RuleSpec {
        id: "teams".to_owned(),
        condition: ConditionSpec::Regex("t-(?<name>.+)".to_owned()),
        orgs: vec!["Org".to_owned()],
        role: None,
        team: Some("${name}".to_owned()),
        team_role: None,
        server_admin: false,
        entitlements: EntitlementSpec::default(),
        case_sensitive: None,
        aside: false,
    }
}

/// Names compare with case.
pub(crate) fn with_terms(rules: &[RuleSpec], terms: &TermsSpec) -> RuleSet {
    RuleSet::compile(rules, &TermsSpec { case_sensitive: true, ..terms.clone() }).unwrap()
}

pub(crate) fn compiled(rules: &[RuleSpec]) -> RuleSet {
    with_terms(rules, &TermsSpec::default())
}

/// Creates what is missing and has no limits.
pub(crate) fn free() -> Policy {
    Policy {
        create_orgs: true,
        create_teams: true,
        limits: Limits {
            removals_percent: 100,
            removals_at_least: u32::MAX,
            emptied_at_least: u32::MAX,
            privileged_gains: u32::MAX,
        },
        ..Policy::default()
    }
}

/// The default limits.
pub(crate) fn limited() -> Policy {
    Policy { limits: Policy::default().limits, ..free() }
}

/// One provider and what it is planned with.
pub(crate) struct Sync<'a> {
    pub(crate) provider: &'a str,
    pub(crate) rules: &'a RuleSet,
    pub(crate) policy: &'a Policy,
    pub(crate) now: Timestamp,
}

impl Sync<'_> {
    pub(crate) fn plan(&self, target: &Target, reading: Reading) -> Plan {
        let day = 24 * 3600 * 1000;
        plan(Input {
            provider: self.provider,
            observed: target.observe(self.provider, self.now.plus_millis(-day)),
            reading,
            rules: self.rules,
            policy: self.policy,
            number: ReadingNumber(self.now.0),
            given: target.given(self.provider),
            login: None,
            now: self.now,
        })
    }

    /// Plans and applies; then plans again, which must find nothing.
    pub(crate) fn apply(&self, target: &mut Target, directory: &Directory) {
        self.apply_reading(target, directory, true);
    }

    pub(crate) fn apply_reading(&self, target: &mut Target, directory: &Directory, complete: bool) {
        let plan = self.plan(target, directory.reading(complete));
        // That a provider has nobody left is asked about without any limit; here it is meant.
        let meant = |exceeded: &Exceeded| matches!(exceeded, Exceeded::Empty { .. });
        assert!(plan.exceeded.iter().all(meant), "over a limit: {:?}", plan.exceeded);
        if !plan.is_empty() {
            let facts = RunFacts { trigger: Trigger::Command, started_at: self.now, hold: None, epoch: None };
            target.apply(&plan.into_writes(facts), self.now);
        }
        let again = self.plan(target, directory.reading(complete));
        assert!(again.is_empty(), "the second run is not empty: {}", again.render(rosterd_core::plan::Form::Text));
    }
}
