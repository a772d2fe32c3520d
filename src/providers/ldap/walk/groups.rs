//! One level of groups: those that the people, or the groups of the level below, are in.

use super::super::ask::ask_all;
use super::super::attribute::id_bytes;
use super::super::bases::{covers, normal};
use super::super::connection::Connection;
use super::super::entry::{Kind, Owner, take};
use super::super::failure::Failure;
use super::super::filter::{all_of, any_of, equal};
use super::super::pages::Heard;
use super::super::primary_group::{PrimaryGroup, attributes};
use super::super::wire::Entry;
use super::{Node, Search, Walk};
use rosterd_core::snapshot::GroupIndex;
use std::collections::BTreeMap;

/// More groups above a few people are not believed.
const GROUPS: usize = 200_000;

/// Why a group was asked for: what it says when the group is there. Numbers are places in the level.
enum About {
    /// That person or group is in it.
    Member(usize),
    /// The login of that person is in it.
    Login(usize),
    /// Nothing: an entry had named it as its own.
    Named,
}

/// The groups in which the login of a person of the level is.
type ByLogin = BTreeMap<usize, Vec<GroupIndex>>;

impl Node {
    fn dn(&self) -> &str {
        match self {
            Self::Person { dn, .. } | Self::Group { dn, .. } => dn,
        }
    }

    /// The number of the group that it names as its own.
    fn primary_group(&self) -> &[u8] {
        match self {
            Self::Person { primary: PrimaryGroup::Named(number), .. } => number,
            Self::Person { .. } | Self::Group { .. } => &[],
        }
    }

    fn login(&self) -> Option<&str> {
        match self {
            Self::Person { login, .. } => login.as_deref(),
            Self::Group { .. } => None,
        }
    }
}

impl Walk<'_> {
    /// The groups that were asked for by their ids. Those above them are asked for next.
    pub(super) async fn ask_groups(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        let (above, sought) = (&self.directory.above, self.sought);
        let id = self.directory.config.groups.id.as_str();
        let mut searches = Vec::new();
        for (place, subject) in sought.groups.iter().enumerate() {
            let forms: Vec<_> = id_bytes(id, subject).iter().map(|bytes| equal(id, bytes)).collect();
            let filter = all_of([&above.compiled[..], &any_of(forms.iter().map(Vec::as_slice))]);
            let below =
                |base: &String| Search { base: base.clone(), itself: false, filter: filter.clone(), about: place };
            searches.extend(above.bases.iter().map(below));
        }
        let asked: Vec<_> = searches.iter().map(|search| search.asked(above)).collect();
        let server = connection.server.clone();
        let mut found = vec![false; sought.groups.len()];
        let refusals = ask_all(connection, &asked, above.page_size, &mut |at, heard| {
            let Some(search) = searches.get(at) else { return Ok(()) };
            match heard {
                Heard::Entry(entry) => {
                    self.take_group(&server, &entry)?;
                    if let Some(found) = found.get_mut(search.about) {
                        *found = true;
                    }
                }
                Heard::Reference(url) => self.references.add(&search.base, url),
            }
            Ok(())
        })
        .await?;
        self.refused(refusals.into_iter().map(|(_, refusal)| refusal));
        for (subject, _) in sought.groups.iter().zip(found).filter(|(_, found)| !found && sought.followed) {
            self.sink.gathered().builder.group_gone(subject);
        }
        Ok(())
    }

    /// Asks for the groups of a level; false when there is nothing left to ask.
    pub(super) async fn ask_level(&mut self, connection: &mut Connection) -> Result<bool, Failure> {
        let above = &self.directory.above;
        let level = std::mem::take(&mut self.level);
        let searches = self.of_level(&level);
        if searches.is_empty() {
            return Ok(false);
        }
        let asked: Vec<_> = searches.iter().map(|search| search.asked(above)).collect();
        let server = connection.server.clone();
        let mut by_login = ByLogin::new();
        let refusals = ask_all(connection, &asked, above.page_size, &mut |at, heard| {
            let Some(search) = searches.get(at) else { return Ok(()) };
            match heard {
                Heard::Entry(entry) => {
                    if let Some(group) = self.take_group(&server, &entry)? {
                        self.edge(&search.about, group, &level, &mut by_login);
                    }
                }
                Heard::Reference(url) => self.references.add(&search.base, url),
            }
            Ok(())
        })
        .await?;
        self.refused(refusals.into_iter().map(|(_, refusal)| refusal));
        self.follow(connection).await?;
        self.edges_by_login(connection, &level, by_login).await?;
        Ok(true)
    }

    fn of_level(&mut self, level: &[Node]) -> Vec<Search<About>> {
        let (above, groups) = (&self.directory.above, &self.directory.config.groups);
        let mut searches = Vec::new();
        let by = self.directory.config.users.primary_group.map(|by| attributes(by, Kind::Groups)).unwrap_or_default();
        let by_number: Vec<_> = by.into_iter().map(|(_, name)| name.to_owned()).collect();
        let mut ask = |attributes: &[String], value: &[u8], about: fn(usize) -> About, place: usize| {
            if attributes.is_empty() || value.is_empty() {
                return;
            }
            let one_of: Vec<_> = attributes.iter().map(|attribute| equal(attribute, value)).collect();
            let one_of = match one_of.as_slice() {
                [only] => only.clone(),
                several => any_of(several.iter().map(Vec::as_slice)),
            };
            let filter = all_of([&above.compiled[..], &one_of]);
            for base in &above.bases {
                let (base, filter) = (base.clone(), filter.clone());
                searches.push(Search { base, itself: false, filter, about: about(place) });
            }
        };
        for (place, node) in level.iter().enumerate() {
            ask(&groups.members, node.dn().as_bytes(), About::Member, place);
            ask(&groups.member_logins, node.login().unwrap_or_default().as_bytes(), About::Login, place);
            ask(&by_number, node.primary_group(), About::Member, place);
        }
        let named = self.sink.gathered().named.as_mut().map(std::mem::take).unwrap_or_default();
        for dn in named {
            // What is no DN is a gap already, and what is elsewhere is nothing that a read would find.
            let Some(normal) = normal(&dn).filter(|normal| covers(above, normal)) else { continue };
            if !self.known.contains_key(&normal) && self.fetched.insert(normal) {
                searches.push(Search { base: dn, itself: true, filter: above.compiled.clone(), about: About::Named });
            }
        }
        searches
    }

    /// The group of that entry. The first time, those above it are asked for next.
    fn take_group(&mut self, server: &str, entry: &Entry<'_>) -> Result<Option<GroupIndex>, Failure> {
        let dn = std::str::from_utf8(entry.dn).ok();
        let key = dn.and_then(normal);
        if let Some(group) = key.as_ref().and_then(|key| self.known.get(key)) {
            return Ok(Some(*group));
        }
        if self.known.len() >= GROUPS {
            let text = format!("{server}: a few people are in more than {GROUPS} groups");
            return Err(Failure::protocol("too_much", text));
        }
        let wanted = &self.directory.above.wanted;
        let owner = take(Kind::Groups, wanted, entry, &mut self.sink.gathered(), &mut self.ranged)
            .map_err(|error| Failure::ber(server, error))?;
        self.sink.add(Kind::Groups);
        let (Some(Owner::Group(group)), Some(dn), Some(key)) = (owner, dn, key) else { return Ok(None) };
        self.known.insert(key, group);
        self.level.push(Node::Group { group, dn: dn.to_owned() });
        Ok(Some(group))
    }

    fn edge(&self, about: &About, group: GroupIndex, level: &[Node], by_login: &mut ByLogin) {
        match about {
            About::Member(place) => match level.get(*place) {
                Some(Node::Person { person, .. }) => self.sink.gathered().builder.member(*person, group),
                Some(Node::Group { group: child, .. }) => self.sink.gathered().builder.nested(*child, group),
                None => {}
            },
            About::Login(place) => by_login.entry(*place).or_default().push(group),
            About::Named => {}
        }
    }

    /// Logins count where only one person has them.
    async fn edges_by_login(
        &mut self,
        connection: &mut Connection,
        level: &[Node],
        by_login: ByLogin,
    ) -> Result<(), Failure> {
        let mut doubtful = Vec::new();
        for (place, groups) in by_login {
            let Some(Node::Person { person, login: Some(login), alone, .. }) = level.get(place) else { continue };
            match alone {
                true => self.members(*person, &groups),
                false => doubtful.push((*person, login.as_str(), groups)),
            }
        }
        if doubtful.is_empty() {
            return Ok(());
        }
        let logins: Vec<_> = doubtful.iter().map(|(_, login, _)| *login).collect();
        let unique = self.unique(connection, &logins).await?;
        for ((person, login, groups), unique) in doubtful.iter().zip(unique) {
            if unique {
                self.members(*person, groups);
            } else {
                let text = format!("two people have the login {login}, which a memberUid names");
                self.sink.gathered().builder.gap("ambiguous_login", text);
            }
        }
        Ok(())
    }

    fn members(&self, person: rosterd_core::snapshot::PersonIndex, groups: &[GroupIndex]) {
        let mut gathered = self.sink.gathered();
        groups.iter().for_each(|group| gathered.builder.member(person, *group));
    }
}
