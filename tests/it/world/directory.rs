//! A slapd and the model of what is in it, edited together, so that a test can compute anew what
//! the tables must be after each change.

use super::company::{Company, Group, group_dn, person};
use super::ldap_edit::Edited;
use super::slapd::Slapd;
use std::collections::BTreeSet;

#[derive(Debug)]
pub struct Directory<S = Slapd> {
    pub slapd: S,
    pub company: Company,
}

impl Directory {
    pub fn start(company: Company) -> Self {
        Self { slapd: Slapd::start(&company.ldif()), company }
    }

    /// The same, and it tells of changes: see [`Slapd::start_telling`].
    pub fn telling(company: Company, sync: &'static str) -> Self {
        Self { slapd: Slapd::start_telling(&company.ldif(), sync), company }
    }

    /// 60 people in 30 groups: quick, and the same shape as 10,000.
    pub fn small() -> Self {
        Self::start(Company::new(60, 30, 7))
    }
}

impl<S: Edited> Directory<S> {
    /// Somebody new, in these groups; returns the login. The directory chooses the immutable id.
    pub fn hire(&mut self, groups: &[&str]) -> String {
        let n = self.company.people.len();
        let joiner = person(n);
        self.slapd.add(&self.slapd.person_entry(&joiner));
        let login = joiner.login.clone();
        self.company.people.push(joiner);
        for group in groups {
            self.join(group, &login);
        }
        login
    }

    /// Somebody leaves: every group, then the directory.
    pub fn dismiss(&mut self, login: &str) {
        for group in self.groups_of(login) {
            self.leave(&group, login);
        }
        self.slapd.delete([self.slapd.person(login).as_str()]);
        self.company.person_mut(login).gone = true;
    }

    pub fn join(&mut self, group: &str, login: &str) {
        let place = self.company.place(login);
        self.slapd.join(&group_dn(group), &self.slapd.person(login));
        assert!(self.company.group_mut(group).people.insert(place));
    }

    pub fn leave(&mut self, group: &str, login: &str) {
        let place = self.company.place(login);
        self.slapd.leave(&group_dn(group), &self.slapd.person(login));
        assert!(self.company.group_mut(group).people.remove(&place));
    }

    /// Gives a person another login, and with it another DN, in every group as well.
    pub fn rename_person(&mut self, old: &str, new: &str) {
        let groups = self.groups_of(old);
        self.slapd.rename_person(old, new);
        for group in groups.iter().filter(|_| !self.slapd.links()) {
            self.slapd.leave(&group_dn(group), &self.slapd.person(old));
            self.slapd.join(&group_dn(group), &self.slapd.person(new));
        }
        new.clone_into(&mut self.company.person_mut(old).login);
    }

    /// Gives a group another name, and with it another DN. The groups above it have it at every moment: first by
    /// both names, in the end by the new one.
    pub fn rename_group(&mut self, old: &str, new: &str) {
        let place = self.company.find(old);
        let named = |group: &&Group| group.groups.contains(&place) && !self.slapd.links();
        let above = self.company.groups.iter().filter(named);
        let above: Vec<String> = above.map(|group| group_dn(&group.name)).collect();
        above.iter().for_each(|above| self.slapd.join(above, &group_dn(new)));
        self.slapd.rename(&group_dn(old), &format!("cn={new}"), None);
        above.iter().for_each(|above| self.slapd.leave(above, &group_dn(old)));
        new.clone_into(&mut self.company.group_mut(old).name);
    }

    /// Puts a group into another.
    pub fn nest(&mut self, outer: &str, inner: &str) {
        let place = self.company.find(inner);
        self.slapd.join(&group_dn(outer), &group_dn(inner));
        assert!(self.company.group_mut(outer).groups.insert(place));
    }

    /// Takes a group out of another.
    pub fn unnest(&mut self, outer: &str, inner: &str) {
        let place = self.company.find(inner);
        self.slapd.leave(&group_dn(outer), &group_dn(inner));
        assert!(self.company.group_mut(outer).groups.remove(&place));
    }

    /// Somebody in `group` who is in none of `without`.
    pub fn member(&self, group: &str, without: &[&str]) -> String {
        let mut people: BTreeSet<usize> = self.company.groups[self.company.find(group)].people.clone();
        for other in without {
            people = &people - &self.company.groups[self.company.find(other)].people;
        }
        self.company.people[*people.last().unwrap()].login.clone()
    }

    /// Groups that somebody is directly in.
    pub fn groups_of(&self, login: &str) -> Vec<String> {
        let place = self.company.place(login);
        self.company
            .groups
            .iter()
            .filter(|group| group.people.contains(&place))
            .map(|group| group.name.clone())
            .collect()
    }
}
