//! Rules, groups and people of any number. The same numbers give the same world.

use anyhow::{Result, anyhow};
use rosterd_core::mapping::{
    ClaimTest, Claims, ConditionSpec, Document, GroupFacts, Person, RuleSet, RuleSpec, Scalar, TermsSpec,
};
use rosterd_core::rights::OrgRole;

/// What the rules look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Group,
    Dn,
    Claim,
    /// Half of them groups, half of them claims.
    Mixed,
    /// Half globs, half regular expressions.
    Pattern,
    ClaimPattern,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Group, Self::Dn, Self::Claim, Self::Pattern, Self::ClaimPattern];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Group => "names",
            Self::Dn => "DNs",
            Self::Claim => "claims",
            Self::Mixed => "mixed",
            Self::Pattern => "patterns",
            Self::ClaimPattern => "on claims",
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    pub(crate) kind: Kind,
    pub(crate) rules: u32,
    pub(crate) groups: u32,
    /// Groups of each person.
    pub(crate) per_person: u32,
    /// Claims of each person.
    pub(crate) claims: u32,
}

#[derive(Debug)]
pub(crate) struct Group {
    dn: String,
    name: String,
}

impl Group {
    pub(crate) fn facts(&self) -> GroupFacts<'_> {
        GroupFacts { dn: &self.dn, name: &self.name }
    }
}

#[derive(Debug)]
pub(crate) struct Somebody {
    groups: Vec<u32>,
    claims: Claims,
}

impl Somebody {
    pub(crate) fn facts(&self) -> Person<'_> {
        Person { groups: &self.groups, groups_known: true, claims: &self.claims, dn: "" }
    }
}

/// Five paths, each a few lookups deep at most.
fn path(number: u32) -> String {
    format!("claim{}", number % 5)
}

/// Spreads numbers over `0..below`.
fn spread(number: u32, below: u32) -> u32 {
    (u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as u32 % below.max(1)
}

impl World {
    pub(crate) fn specs(&self) -> Vec<RuleSpec> {
        (0..self.rules).map(|number| self.spec(number)).collect()
    }

    fn spec(&self, number: u32) -> RuleSpec {
        let equals = |value: u32| ClaimTest::OneOf(vec![Scalar::Text(format!("value-{value}"))]);
        let condition = match self.kind {
            Kind::Group => ConditionSpec::Group(format!("group-{number}")),
            Kind::Dn => ConditionSpec::Group(format!("cn=group-{number},ou=groups,dc=example,dc=org")),
            Kind::Claim => ConditionSpec::Claim { path: path(number), test: equals(number) },
            Kind::Mixed if number.is_multiple_of(2) => ConditionSpec::Group(format!("group-{}", number / 2)),
            Kind::Mixed => ConditionSpec::Claim { path: path(number / 2), test: equals(number / 2) },
            Kind::Pattern if number.is_multiple_of(2) => ConditionSpec::Glob(format!("group-*{number}")),
            Kind::Pattern => ConditionSpec::Regex(format!("group-(?P<x>\\d*){number}")),
            Kind::ClaimPattern => {
                let test = ClaimTest::Regex(format!("value-(?P<x>\\d*){number}"));
                ConditionSpec::Claim { path: path(number), test }
            }
        };
        RuleSpec {
            id: format!("rule-{number}"),
            condition,
            orgs: vec![format!("Org {number}")],
            role: Some(OrgRole::Viewer),
            team: None,
            team_role: None,
            server_admin: false,
            entitlements: rosterd_core::mapping::EntitlementSpec::default(),
            case_sensitive: None,
            aside: false,
        }
    }

    pub(crate) fn compile(&self, specs: &[RuleSpec]) -> Result<RuleSet> {
        RuleSet::compile(specs, &TermsSpec::default()).map_err(|errors| anyhow!("{errors:?}"))
    }

    pub(crate) fn groups(&self) -> Vec<Group> {
        let group = |number: u32| Group {
            dn: format!("cn=group-{number},ou=groups,dc=example,dc=org"),
            name: format!("group-{number}"),
        };
        (0..self.groups).map(group).collect()
    }

    /// Each with as many matches as any other: their groups are those that rules name.
    pub(crate) fn people(&self, people: u32) -> Result<Vec<Somebody>> {
        let (groups, values) = match self.kind {
            Kind::Mixed => (self.rules / 2, self.rules / 2),
            _ => (self.groups, self.rules),
        };
        (0..people)
            .map(|person| {
                let group =
                    |at: u32| spread(person.wrapping_mul(131).wrapping_add(at), groups / self.per_person.max(1));
                // One of each stretch, so that none comes twice.
                let stretch = groups / self.per_person.max(1);
                let groups = (0..self.per_person).map(|at| at * stretch + group(at)).collect();
                let claim = |at: u32| {
                    // A value that a rule on this very path names.
                    let value = spread(person.wrapping_mul(37).wrapping_add(at), values / 5) * 5 + at;
                    format!("\"claim{at}\": \"value-{value}\"")
                };
                let claims: Vec<String> = (0..self.claims).map(claim).collect();
                let document = Document::parse(&format!("{{\"id_token\": {{{}}}}}", claims.join(", ")))?;
                Ok(Somebody { groups, claims: document.claims })
            })
            .collect()
    }
}
