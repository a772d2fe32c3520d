//! A made-up company: people, and groups in three levels, sizes as they are found in real life
//! (a few large, many small). Always the same for the same numbers.

use super::slapd::SUFFIX;
use std::collections::BTreeSet;
use std::fmt::Write as _;

#[derive(Debug, Clone)]
pub struct Company {
    pub people: Vec<Person>,
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone)]
pub struct Person {
    pub uuid: String,
    pub login: String,
    pub name: String,
    pub email: String,
    /// Has left: no entry of the directory, and in no group.
    pub gone: bool,
}

/// Members are places in [`Company::people`] and [`Company::groups`].
#[derive(Debug, Clone, Default)]
pub struct Group {
    pub uuid: String,
    pub name: String,
    pub people: BTreeSet<usize>,
    pub groups: BTreeSet<usize>,
}

/// Numbers that look random (Marsaglia's xorshift64).
#[derive(Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// At least 0, less than `below`.
    pub fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below as u64).unwrap()
    }
}

impl Company {
    /// `groups` of them are teams, departments above teams and divisions above departments, as
    /// 20 : 4 : 1; further there are `admins`, `operators` and leads of the first ten teams.
    ///
    /// One team is below two departments (a diamond), and the first division is a member of one
    /// of its own departments (a cycle).
    pub fn new(people: usize, groups: usize, seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(2).wrapping_add(0x9E37_79B9_7F4A_7C15));
        let mut company = Self { people: (0..people).map(person).collect(), groups: Vec::new() };
        let leads = 10.min(groups / 10);
        let rest = groups - leads - 2;
        let (divisions, departments) = ((rest / 25).max(1), (rest * 4 / 25).max(2));
        let teams = rest - divisions - departments;
        for n in 0..teams {
            // Zipf: the size goes with 1 / rank.
            let size = (people / (n + 2)).max(3);
            company.group(format!("team-{n:03}"), (0..size).map(|_| dice.roll(people)).collect(), BTreeSet::new());
        }
        for n in 0..departments {
            let below = (n..teams).step_by(departments).collect();
            company.group(format!("dept-{n:02}"), BTreeSet::from([dice.roll(people)]), below);
        }
        company.groups[teams].groups.insert(1);
        for n in 0..divisions {
            let below = (teams + n..teams + departments).step_by(divisions).collect();
            company.group(format!("division-{n}"), BTreeSet::new(), below);
        }
        company.groups[teams].groups.insert(teams + departments);
        for n in 0..leads {
            let team = company.groups[n].people.first().copied();
            company.group(
                format!("lead-{n:03}"),
                team.into_iter().chain([dice.roll(people)]).collect(),
                BTreeSet::new(),
            );
        }
        company.group("admins".to_owned(), BTreeSet::from([0, 1, 2]), BTreeSet::new());
        company.group("operators".to_owned(), BTreeSet::from([1, 3]), BTreeSet::new());
        company
    }

    fn group(&mut self, name: String, people: BTreeSet<usize>, groups: BTreeSet<usize>) {
        let uuid = format!("00000000-0000-4000-9000-{:012x}", self.groups.len());
        self.groups.push(Group { uuid, name, people, groups });
    }

    /// The entries as LDIF. No group is without a member, as `groupOfNames` wants it: each has
    /// one that is no person.
    pub fn ldif(&self) -> String {
        let mut out = String::new();
        for person in self.people.iter().filter(|person| !person.gone) {
            person.write_ldif(&mut out);
        }
        for group in &self.groups {
            let Group { uuid, name, .. } = group;
            let dn = group_dn(name);
            writeln!(out, "dn: {dn}\nobjectClass: groupOfNames\ncn: {name}\nentryUUID: {uuid}").unwrap();
            writeln!(out, "member: cn=nobody,{SUFFIX}").unwrap();
            for person in &group.people {
                writeln!(out, "member: {}", self.people[*person].dn()).unwrap();
            }
            for inner in &group.groups {
                writeln!(out, "member: {}", group_dn(&self.groups[*inner].name)).unwrap();
            }
            out.push('\n');
        }
        out
    }

    /// The person of that login, to be changed.
    pub fn person_mut(&mut self, login: &str) -> &mut Person {
        let at = self.place(login);
        &mut self.people[at]
    }

    /// The place of the person of that login who is still there.
    pub fn place(&self, login: &str) -> usize {
        self.people.iter().position(|person| person.login == login && !person.gone).unwrap()
    }

    /// The place of a group.
    pub fn find(&self, name: &str) -> usize {
        self.groups.iter().position(|group| group.name == name).unwrap()
    }

    pub fn group_of(&self, name: &str) -> &Group {
        &self.groups[self.find(name)]
    }

    /// The group of that name, to be changed.
    pub fn group_mut(&mut self, name: &str) -> &mut Group {
        let at = self.find(name);
        &mut self.groups[at]
    }
}

impl Person {
    pub fn dn(&self) -> String {
        person_dn(&self.login)
    }

    pub fn write_ldif(&self, out: &mut String) {
        let Self { uuid, login, name, email, .. } = self;
        let dn = self.dn();
        writeln!(out, "dn: {dn}\nobjectClass: inetOrgPerson\nuid: {login}\ncn: {name}\nsn: {login}\nmail: {email}")
            .unwrap();
        writeln!(out, "entryUUID: {uuid}\n").unwrap();
    }
}

/// The `n`th person, as every company has it.
pub fn person(n: usize) -> Person {
    Person {
        uuid: format!("00000000-0000-4000-8000-{n:012x}"),
        login: format!("u{n:05}"),
        name: format!("Person {n}"),
        email: format!("u{n:05}@example.org"),
        gone: false,
    }
}

pub fn person_dn(login: &str) -> String {
    format!("uid={login},ou=people,{SUFFIX}")
}

pub fn group_dn(name: &str) -> String {
    format!("cn={name},ou=groups,{SUFFIX}")
}
