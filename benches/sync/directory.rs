//! A directory as text: people, groups of very different sizes, three levels of nesting; and
//! changes to it. The same numbers give the same directory on every machine.

use std::collections::BTreeSet;
use std::fmt::Write as _;

pub(crate) const SUFFIX: &str = "dc=example,dc=org";

const FIRST: [&str; 16] = [
    "Amelia", "Noah", "Olivia", "Liam", "Emma", "Lucas", "Mia", "Hugo", "Sofia", "Leo", "Anna", "Elias", "Maria",
    "Jonas", "Laura", "Felix",
];
const LAST: [&str; 16] = [
    "Garcia",
    "Smith",
    "Muller",
    "Rossi",
    "Novak",
    "Jensen",
    "Silva",
    "Kowalski",
    "Dubois",
    "Ivanov",
    "Andersson",
    "Costa",
    "Weber",
    "Moreau",
    "Horvat",
    "Nagy",
];
const TOPIC: [&str; 16] = [
    "payments",
    "platform",
    "sales",
    "support",
    "finance",
    "legal",
    "research",
    "ops",
    "marketing",
    "security",
    "data",
    "infra",
    "mobile",
    "web",
    "api",
    "billing",
];

/// People a group, on average: 100,000 people have 2,000 groups.
const PEOPLE_A_GROUP: u32 = 50;
/// Changes leave groups alone that are smaller than this: an emptied team is what limits are for.
const LARGE: usize = 20;

/// Who is in how much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Groups a person is directly in, on average.
    pub(crate) groups_a_person: u32,
    /// The most that one group holds of all people, in percent.
    pub(crate) largest: u32,
}

/// A company: there is a group of almost everybody.
pub(crate) const COMPANY: Shape = Shape { groups_a_person: 8, largest: 95 };

struct Group {
    name: String,
    members: Vec<u32>,
    children: Vec<u32>,
}

/// See the module's text.
pub(crate) struct Directory {
    people: u32,
    groups: Vec<Group>,
    random: Random,
}

impl Directory {
    pub(crate) fn new(people: u32, shape: Shape) -> Self {
        let count = (people / PEOPLE_A_GROUP).max(20);
        let mut random = Random(7);
        let mut numbers: Vec<u32> = (0..people).collect();
        let mut groups: Vec<Group> = (0u32..)
            .zip(sizes(people, count, shape))
            .map(|(at, size)| {
                for place in 0..size {
                    let other = place + random.below(people - place);
                    numbers.swap(place as usize, other as usize);
                }
                let name = format!("grp-{at:05}-{}", pick(&TOPIC, at));
                Group { name, members: numbers.iter().take(size as usize).copied().collect(), children: Vec::new() }
            })
            .collect();
        // One group in ten is a parent: 7 % hold leaves, 3 % hold those.
        let mut order: Vec<u32> = (0..count).collect();
        random.shuffle(&mut order);
        let (top, rest) = order.split_at((count * 3 / 100).max(1) as usize);
        let (middle, leaves) = rest.split_at((count * 7 / 100).max(1) as usize);
        // The largest groups, such as everybody, stand in no other.
        let leaves: Vec<u32> = leaves.iter().copied().filter(|group| *group >= count / 50).collect();
        for (parents, below, most) in [(middle, leaves.as_slice(), 6), (top, middle, 4)] {
            for parent in parents {
                let children: BTreeSet<u32> =
                    (0..2 + random.below(most - 1)).map(|_| below[random.below(below.len() as u32) as usize]).collect();
                groups[*parent as usize].children = children.into_iter().collect();
            }
        }
        Self { people, groups, random }
    }

    pub(crate) fn people(&self) -> u32 {
        self.people
    }

    pub(crate) fn groups(&self) -> usize {
        self.groups.len()
    }

    /// People in groups, nesting left out.
    pub(crate) fn direct_memberships(&self) -> usize {
        self.groups.iter().map(|group| group.members.len()).sum()
    }

    /// A small group that holds no other: its members are made Admin.
    pub(crate) fn admins(&self) -> &str {
        self.groups.iter().rev().find(|group| group.children.is_empty()).map_or("", |group| &group.name)
    }

    /// Everything, for slapadd.
    pub(crate) fn ldif(&self) -> String {
        let mut out = format!(
            "dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n\
             dn: ou=people,{SUFFIX}\nobjectClass: organizationalUnit\nou: people\n\n\
             dn: ou=groups,{SUFFIX}\nobjectClass: organizationalUnit\nou: groups\n\n"
        );
        let dns: Vec<String> = (0..self.people).map(person_dn).collect();
        for (person, dn) in (0u32..).zip(&dns) {
            let _ = writeln!(out, "dn: {dn}\n{}", attributes(person));
        }
        for group in &self.groups {
            let name = &group.name;
            let _ = writeln!(out, "dn: {}\nobjectClass: groupOfNames\ncn: {name}", group.dn());
            let _ = writeln!(out, "description: Access group {name}");
            for member in &group.members {
                let _ = writeln!(out, "member: {}", dns[*member as usize]);
            }
            for child in &group.children {
                let _ = writeln!(out, "member: {}", self.groups[*child as usize].dn());
            }
            out.push('\n');
        }
        out
    }

    /// So many changes, for ldapmodify: of twenty, seven people join a group, seven leave one,
    /// four get another address, and two are new.
    pub(crate) fn change(&mut self, changes: u32) -> String {
        let mut out = String::new();
        for change in 0..changes {
            match change % 20 {
                0..7 => self.join(&mut out),
                7..14 => self.leave(&mut out),
                14..18 => {
                    let person = self.random.below(self.people);
                    let mail = format!("moved{}.{person}@example.org", self.random.below(1_000_000));
                    let dn = person_dn(person);
                    let _ = writeln!(out, "dn: {dn}\nchangetype: modify\nreplace: mail\nmail: {mail}\n");
                }
                _ => {
                    let person = self.people;
                    self.people += 1;
                    let _ = writeln!(out, "dn: {}\nchangetype: add\n{}", person_dn(person), attributes(person));
                }
            }
        }
        out
    }

    fn join(&mut self, out: &mut String) {
        let (group, person) = (self.large(), self.random.below(self.people));
        if !self.groups[group].members.contains(&person) {
            self.groups[group].members.push(person);
            let _ = writeln!(out, "dn: {}\nchangetype: modify\nadd: member", self.groups[group].dn());
            let _ = writeln!(out, "member: {}\n", person_dn(person));
        }
    }

    fn leave(&mut self, out: &mut String) {
        let group = self.large();
        let at = self.random.below(self.groups[group].members.len() as u32) as usize;
        let person = self.groups[group].members.swap_remove(at);
        let _ = writeln!(out, "dn: {}\nchangetype: modify\ndelete: member", self.groups[group].dn());
        let _ = writeln!(out, "member: {}\n", person_dn(person));
    }

    /// Any of the large groups. The first is always one.
    fn large(&mut self) -> usize {
        let large = self.groups.iter().take_while(|group| group.members.len() > LARGE).count().max(1);
        self.random.below(large as u32) as usize
    }
}

impl Group {
    fn dn(&self) -> String {
        format!("cn={},ou=groups,{SUFFIX}", self.name)
    }
}

/// The login of that person.
pub(crate) fn login(person: u32) -> String {
    let (first, last) = (pick(&FIRST, person), pick(&LAST, person / 16));
    format!("{first}.{last}{person}").to_lowercase()
}

fn person_dn(person: u32) -> String {
    format!("uid={},ou=people,{SUFFIX}", login(person))
}

fn attributes(person: u32) -> String {
    let (first, last, login) = (pick(&FIRST, person), pick(&LAST, person / 16), login(person));
    let city = ["Berlin", "Paris", "Madrid", "Vienna"][person as usize % 4];
    format!(
        "objectClass: inetOrgPerson\nuid: {login}\ncn: {first} {last}\nsn: {last}\ngivenName: {first}\n\
         displayName: {last}, {first}\nmail: {login}@example.org\nemployeeNumber: {}\nemployeeType: staff\n\
         title: Engineer\ndepartmentNumber: {}\nou: Research\nl: {city}\ntelephoneNumber: +49 30 {:07}\n\
         preferredLanguage: en\n",
        100_000 + person,
        100 + person % 900,
        person
    )
}

fn pick<'a>(of: &[&'a str; 16], number: u32) -> &'a str {
    of[number as usize % 16]
}

/// Sizes after Zipf (the n-th group has a share of 1/n) as the shape says.
fn sizes(people: u32, groups: u32, shape: Shape) -> Vec<u32> {
    let most = u64::from(people) * u64::from(shape.largest) / 100;
    let mut sizes = vec![0u64; groups as usize];
    let mut left = u64::from(people) * u64::from(shape.groups_a_person);
    loop {
        let open = |size: &u64| *size < most;
        let weight = |at: usize| 1.0 / (at as f64 + 1.0);
        let all: f64 = sizes.iter().enumerate().filter(|(_, size)| open(size)).map(|(at, _)| weight(at)).sum();
        let before = left;
        let share = left as f64;
        for (at, size) in sizes.iter_mut().enumerate().filter(|(_, size)| open(size)) {
            let more = ((share * weight(at) / all) as u64).max(1).min(most - *size).min(left);
            *size += more;
            left -= more;
        }
        if left == 0 || left == before {
            return sizes.into_iter().map(|size| size.max(1) as u32).collect();
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `limit - 1`; 0 when `limit` is 0.
    fn below(&mut self, limit: u32) -> u32 {
        (((self.next() >> 32) * u64::from(limit)) >> 32) as u32
    }

    fn shuffle(&mut self, list: &mut [u32]) {
        for last in (1..list.len()).rev() {
            let other = self.below(last as u32 + 1) as usize;
            list.swap(last, other);
        }
    }
}
