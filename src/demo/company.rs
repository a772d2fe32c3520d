//! Acme, a company of 200 people, and what happened to it one day.

use super::ldif::{Group, Person, render};
use super::names::{FAMILY, GIVEN};

/// The demo's configuration, which the README shows.
pub const RULES: &str = include_str!("rules.toml");

/// How many people [`company`] has.
pub const PEOPLE: usize = 200;

/// The login of who goes from payments to platform in [`after_changes`].
pub const MOVER: &str = "rahul.patel";
/// The login of who is gone in [`after_changes`].
pub const LEAVER: &str = "nadia.adeyemi";
/// The login of who is new in [`after_changes`].
pub const JOINER: &str = "maya.cohen";
/// The team that has another name in [`after_changes`]: before, after.
pub const RENAMED: (&str, &str) = ("data", "data-insights");

/// A team: group, department, what it is for, what its people are called, how many they are.
type Team = (&'static str, &'static str, &'static str, &'static str, usize);

const TEAMS: [Team; 19] = [
    ("team-platform", "dept-engineering", "Build, run and deploy", "Platform Engineer", 14),
    ("team-payments", "dept-engineering", "Cards, invoices, payouts", "Software Engineer", 14),
    ("team-sre", "dept-engineering", "Reliability and on-call", "Site Reliability Engineer", 10),
    ("team-data", "dept-engineering", "Warehouse and reports", "Data Engineer", 12),
    ("team-mobile", "dept-engineering", "The apps", "Mobile Engineer", 12),
    ("team-web", "dept-engineering", "The shop and the site", "Software Engineer", 12),
    ("team-security", "dept-engineering", "Security of product and company", "Security Engineer", 8),
    ("team-it-support", "dept-operations", "Laptops, accounts, telephones", "IT Specialist", 9),
    ("team-facilities", "dept-operations", "Offices", "Office Manager", 4),
    ("team-customer-care", "dept-operations", "Help for customers", "Support Specialist", 19),
    ("team-accounting", "dept-finance", "Books and taxes", "Accountant", 8),
    ("team-controlling", "dept-finance", "Budgets and forecasts", "Controller", 5),
    ("team-people-ops", "dept-people", "Contracts, pay, well-being", "People Partner", 8),
    ("team-recruiting", "dept-people", "Finding colleagues", "Recruiter", 6),
    ("team-sales-emea", "dept-commercial", "Europe, Middle East, Africa", "Account Manager", 14),
    ("team-sales-americas", "dept-commercial", "North and South America", "Account Manager", 14),
    ("team-sales-apac", "dept-commercial", "Asia and the Pacific", "Account Manager", 10),
    ("team-marketing", "dept-commercial", "Brand and campaigns", "Marketing Manager", 12),
    ("team-legal", "dept-people", "Contracts and privacy", "Counsel", 9),
];

const DEPARTMENTS: [(&str, &str); 5] = [
    ("dept-engineering", "Everybody who builds the product"),
    ("dept-operations", "Everybody who keeps the house running"),
    ("dept-finance", "Everybody who counts"),
    ("dept-people", "People and legal"),
    ("dept-commercial", "Sales and marketing"),
];

#[derive(Debug, Clone)]
struct Company {
    people: Vec<Person>,
    groups: Vec<Group>,
}

impl Company {
    fn new() -> Self {
        let people: Vec<Person> = (0..PEOPLE).map(person).collect();
        let mut groups = Vec::new();
        let mut leads = Vec::new();
        let mut rest = people.iter();
        let mut people_of =
            |count: usize| -> Vec<String> { rest.by_ref().take(count).map(|p| p.login.clone()).collect() };
        for (cn, _, description, _, count) in TEAMS {
            let members = people_of(count);
            leads.extend(members.first().cloned());
            groups.push(Group { key: cn, cn, description, people: members, groups: Vec::new() });
        }
        let pick = |team: &str, count: usize| -> Vec<String> {
            let members = groups.iter().find(|g: &&Group| g.key == team).map(|g| g.people.as_slice());
            members.unwrap_or_default().iter().skip(1).take(count).cloned().collect()
        };
        let admins = [pick("team-platform", 2), pick("team-it-support", 1)].concat();
        let group = |cn, description, people, groups| Group { key: cn, cn, description, people, groups };
        for (department, description) in DEPARTMENTS {
            let teams = TEAMS.iter().filter(|team| team.1 == department).map(|team| team.0).collect();
            groups.push(group(department, description, Vec::new(), teams));
        }
        let departments = DEPARTMENTS.iter().map(|d| d.0).collect();
        groups.push(group("all-staff", "Everybody", Vec::new(), departments));
        groups.push(group("leads", "Who leads a team", leads, Vec::new()));
        groups.push(group("admins", "Administrators of the software", admins, Vec::new()));
        Self { people, groups }
    }

    fn group(&mut self, key: &str) -> Option<&mut Group> {
        self.groups.iter_mut().find(|group| group.key == key)
    }

    fn leave(&mut self, team: &str, login: &str) {
        if let Some(team) = self.group(team) {
            team.people.retain(|other| other != login);
        }
    }

    fn join(&mut self, team: &str, login: &str) {
        if let Some(team) = self.group(team) {
            team.people.push(login.to_owned());
        }
    }

    /// A mover, a leaver, a joiner, a renamed team.
    fn change(&mut self) {
        self.leave("team-payments", MOVER);
        self.join("team-platform", MOVER);
        self.leave("team-sales-emea", LEAVER);
        self.people.retain(|person| person.login != LEAVER);
        self.people.push(Person {
            given: "Maya",
            family: "Cohen",
            login: JOINER.to_owned(),
            title: "Security Engineer",
            number: number(PEOPLE),
        });
        self.join("team-security", JOINER);
        if let Some(team) = self.group("team-data") {
            team.cn = "team-data-insights";
        }
    }

    fn ldif(&self) -> String {
        render(&self.people, &self.groups)
    }
}

/// The `at`th person, of the team whose turn it is.
fn person(at: usize) -> Person {
    let (given, login_given) = GIVEN[at % GIVEN.len()];
    let (family, login_family) = FAMILY[at % FAMILY.len()];
    let mut before = 0;
    let team = TEAMS.iter().find(|team| {
        before += team.4;
        at < before
    });
    let title = team.map_or("Employee", |team| team.3);
    Person { given, family, login: format!("{login_given}.{login_family}"), title, number: number(at) }
}

/// Numbers grow as people are hired, with those missing who have left since.
fn number(at: usize) -> usize {
    1001 + at * 7 / 4
}

/// The company as LDIF: 200 people, 27 groups, three levels of them.
#[must_use]
pub fn company() -> String {
    Company::new().ldif()
}

/// The company after a day with a mover, a leaver, a joiner and a renamed team.
#[must_use]
pub fn after_changes() -> String {
    let mut company = Company::new();
    company.change();
    company.ldif()
}

/// The first half of [`after_changes`], as an export leaves it that died between two entries: a
/// cut that no reader can see.
#[must_use]
pub fn truncated() -> String {
    let whole = after_changes();
    let middle = whole.len() / 2;
    let end = whole.match_indices("\n\n").map(|(at, _)| at + 2).take_while(|end| *end <= middle).last();
    whole.get(..end.unwrap_or(0)).unwrap_or_default().to_owned()
}
