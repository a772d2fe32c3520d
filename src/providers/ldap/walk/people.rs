//! The people who were asked for: by each key, on its own, so that it is the server that says who
//! has it. Whoever shares a key with somebody else is not taken in.

use super::super::ask::ask_all;
use super::super::attribute::id_bytes;
use super::super::bases::{covers, normal};
use super::super::connection::Connection;
use super::super::entry::{Kind, Owner, names, take};
use super::super::expiry::{Expiry, expiry};
use super::super::failure::Failure;
use super::super::filter::{all_of, any_of, equal};
use super::super::pages::Heard;
use super::super::primary_group::primary_group;
use super::super::wire::Entry;
use super::{Node, Search, Walk};
use crate::providers::PersonKey;
use std::collections::BTreeMap;

/// So many bytes of people's entries are kept until all have come.
const KEPT: usize = 64 << 20;

impl Walk<'_> {
    pub(super) async fn ask_people(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        let people = &self.directory.people;
        let searches: Vec<Search<usize>> =
            self.sought.people.iter().enumerate().flat_map(|(place, key)| self.by_key(place, key)).collect();
        let asked: Vec<_> = searches.iter().map(|search| search.asked(people)).collect();
        let server = connection.server.clone();
        let mut kept = 0;
        let refusals = ask_all(connection, &asked, people.page_size, &mut |at, heard| {
            let Some(search) = searches.get(at) else { return Ok(()) };
            match heard {
                Heard::Entry(entry) => self.keep(&server, search.about, &entry, &mut kept),
                Heard::Reference(url) => {
                    self.references.add(&search.base, url);
                    Ok(())
                }
            }
        })
        .await?;
        self.refused(refusals.into_iter().map(|(_, refusal)| refusal));
        Ok(())
    }

    /// The searches for one key: none where nobody can have it.
    fn by_key(&self, place: usize, key: &PersonKey) -> Vec<Search<usize>> {
        let (people, users) = (&self.directory.people, &self.directory.config.users);
        let value = match key {
            PersonKey::Dn(dn) => {
                let there = normal(dn).is_some_and(|normal| covers(people, &normal));
                let filter = people.compiled.clone();
                let itself = Search { base: dn.clone(), itself: true, filter, about: place };
                return there.then_some(itself).into_iter().collect();
            }
            PersonKey::Subject(id) | PersonKey::Login(id) | PersonKey::Email(id) if id.is_empty() => return Vec::new(),
            PersonKey::Subject(id) => {
                let forms: Vec<_> = id_bytes(&users.id, id).iter().map(|id| equal(&users.id, id)).collect();
                any_of(forms.iter().map(Vec::as_slice))
            }
            PersonKey::Login(login) => equal(&users.login, login.as_bytes()),
            PersonKey::Email(email) => equal(&users.email, email.as_bytes()),
        };
        let filter = all_of([&people.compiled[..], &value]);
        let below = |base: &String| Search { base: base.clone(), itself: false, filter: filter.clone(), about: place };
        people.bases.iter().map(below).collect()
    }

    /// Keeps an entry until it is known whether it is the only one.
    fn keep(&mut self, server: &str, place: usize, entry: &Entry<'_>, kept: &mut usize) -> Result<(), Failure> {
        let (Some(key), Some(entries)) = (self.sought.people.get(place), self.entries.get_mut(place)) else {
            return Ok(());
        };
        if entries.of.len() > 1 || entries.of.contains_key(entry.dn) {
            return Ok(());
        }
        if let PersonKey::Subject(subject) = key {
            let (id, _) = names(&self.directory.people.wanted, entry).map_err(|error| Failure::ber(server, error))?;
            if id.is_some_and(|id| id != *subject) {
                return Ok(());
            }
        }
        let entry = entry.keep();
        *kept += entry.size();
        if *kept > KEPT {
            return Err(Failure::protocol("too_much", format!("{server} sent more than {KEPT} bytes of a few people")));
        }
        entries.of.insert(entry.entry().dn.to_owned(), entry);
        Ok(())
    }

    /// Takes in everybody who is the only one of a key, once.
    pub(super) fn take_people(&mut self, server: &str) -> Result<(), Failure> {
        let wanted = &self.directory.people.wanted;
        let ber = |error| Failure::ber(server, error);
        let mut taken: BTreeMap<Vec<u8>, Option<String>> = BTreeMap::new();
        for (key, entries) in self.sought.people.iter().zip(&mut self.entries) {
            if let (true, 0, PersonKey::Subject(subject)) = (self.sought.followed, entries.of.len(), key) {
                self.sink.gathered().builder.gone(subject);
            }
            let Some((dn, entry)) = entries.of.first_key_value().filter(|_| entries.of.len() == 1) else { continue };
            if let Some(before) = taken.get(dn) {
                entries.taken.clone_from(before);
                continue;
            }
            let entry = entry.entry();
            if let (true, PersonKey::Subject(subject)) = (self.sought.followed, key)
                && expiry(wanted, &entry, self.sink.gathered().now).map_err(ber)? == Expiry::Over
            {
                self.sink.gathered().builder.gone(subject);
            }
            let owner = take(Kind::People, wanted, &entry, &mut self.sink.gathered(), &mut self.ranged).map_err(ber)?;
            self.sink.add(Kind::People);
            if let (Some(Owner::Person(person)), Ok(dn)) = (owner, std::str::from_utf8(dn)) {
                let (_, login) = names(wanted, &entry).map_err(ber)?;
                // By login, the search has shown that nobody else has it.
                let alone = matches!(key, PersonKey::Login(_));
                let primary = primary_group(Kind::People, wanted, &entry).map_err(ber)?;
                self.level.push(Node::Person { person, dn: dn.to_owned(), login, alone, primary });
                entries.taken = Some(dn.to_owned());
            }
            taken.insert(dn.clone(), entries.taken.clone());
        }
        Ok(())
    }

    /// Whether each of these logins has at most one person, for `memberUid` compares logins exactly
    /// (RFC 2307) and says nothing where two have one.
    pub(super) async fn unique(&mut self, connection: &mut Connection, logins: &[&str]) -> Result<Vec<bool>, Failure> {
        let (people, attribute) = (&self.directory.people, &self.directory.config.users.login);
        let mut searches = Vec::new();
        for (place, login) in logins.iter().enumerate() {
            let filter = all_of([&people.compiled[..], &equal(attribute, login.as_bytes())]);
            let below =
                |base: &String| Search { base: base.clone(), itself: false, filter: filter.clone(), about: place };
            searches.extend(people.bases.iter().map(below));
        }
        let asked: Vec<_> = searches.iter().map(|search| search.asked(people)).collect();
        let server = connection.server.clone();
        let mut having: Vec<Vec<Vec<u8>>> = vec![Vec::new(); logins.len()];
        let refusals = ask_all(connection, &asked, people.page_size, &mut |at, heard| {
            let Some(search) = searches.get(at) else { return Ok(()) };
            match heard {
                Heard::Entry(entry) => {
                    let (_, login) = names(&people.wanted, &entry).map_err(|error| Failure::ber(&server, error))?;
                    let same = login.as_deref() == logins.get(search.about).copied();
                    if let Some(dns) = having.get_mut(search.about).filter(|dns| same && dns.len() < 2)
                        && !dns.iter().any(|dn| dn == entry.dn)
                    {
                        dns.push(entry.dn.to_owned());
                    }
                }
                Heard::Reference(url) => self.references.add(&search.base, url),
            }
            Ok(())
        })
        .await?;
        self.refused(refusals.into_iter().map(|(_, refusal)| refusal));
        Ok(having.iter().map(|dns| dns.len() < 2).collect())
    }
}
