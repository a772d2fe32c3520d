//! Update sequence numbers, as Active Directory keeps them ([MS-ADTS] 3.1.1.1.9): each domain controller counts what
//! it writes, and an entry has the number of its last change in `uSNChanged`.
//!
//! The numbers are one domain controller's own, and of one life of it: whoever was restored from a backup begins
//! another life, with another `invocationId`. An entry that no longer fits, because it has left or was deleted, is
//! found among everything that has changed, and counts where it is known.

use super::super::LdapDirectory;
use super::super::ask::once;
use super::super::connection::Connection;
use super::super::entry::{Kind, names};
use super::super::failure::Failure;
use super::super::filter::{all_of, at_least, present};
use super::super::pages::{Asked, Heard, pages};
use super::super::root::Root;
use super::super::search::{Question, rest};
use super::super::wire::Search;
use super::listed::{Beginning, listed, texts};
use super::position::{Position, Way};
use super::{Feed, MOST, MOST_BYTES, View, ids_are, parts, wanted_ids, wanted_lists};
use crate::providers::follow::{Changes, Listed, Members, Since};
use async_trait::async_trait;

/// The number of an entry's last change.
const CHANGED: &str = "uSNChanged";

pub(super) struct UsnChanged<'d> {
    directory: &'d LdapDirectory,
}

/// Where a domain controller stands.
pub(super) struct Stand {
    /// Which, and in which life.
    pub(super) invocation: String,
    pub(super) usn: u64,
    /// The partition of its domain.
    pub(super) domain: String,
}

impl<'d> UsnChanged<'d> {
    /// What was deleted keeps its `objectGUID` and little else.
    pub(super) fn of(directory: &'d LdapDirectory) -> Option<Self> {
        ids_are(directory, "objectGUID").then_some(Self { directory })
    }

    fn position(&self, stand: &Stand) -> Position {
        Position::new(self.directory, Way::UsnChanged, vec![stand.invocation.clone(), stand.usn.to_string()])
    }
}

#[async_trait]
impl Feed for UsnChanged<'_> {
    async fn mark(&self, connection: &mut Connection, _: Option<Position>) -> Result<Option<Position>, Failure> {
        self.stands(connection).await
    }

    async fn stands(&self, connection: &mut Connection) -> Result<Option<Position>, Failure> {
        Ok(stand(connection).await?.map(|stand| self.position(&stand)))
    }

    async fn since(&self, connection: &mut Connection, position: Position) -> Result<Since, Failure> {
        let [invocation, usn] = position.cookies() else {
            return Ok(Since::Lost("the cursor is none of these numbers".to_owned()));
        };
        let (Ok(from), Some(stand)) = (usn.parse::<u64>(), stand(connection).await?) else {
            return Ok(Since::Lost("the server does not say its update sequence number".to_owned()));
        };
        let server = connection.server.clone();
        if *invocation != stand.invocation {
            return Ok(Since::Lost(format!("{server} is another domain controller, or was restored")));
        }
        if stand.usn < from {
            return Ok(Since::Lost(format!("{server} stands before where it was read")));
        }
        if stand.usn == from {
            return Ok(Since::Changes(Changes::default()));
        }
        let mut changes = Changes::default();
        let mut hearing = Hearing { changes: &mut changes, unfinished: Vec::new(), entries: 0, bytes: 0 };
        for (question, base) in parts(self.directory) {
            hearing.what_fits(connection, question, base, from + 1).await?;
        }
        hearing.everything(connection, &self.directory.people, &stand.domain, from + 1).await?;
        if hearing.too_much() {
            return Ok(Since::Lost(format!("{server} tells of more changes than are read one by one")));
        }
        if !hearing.finish(connection).await? {
            return Ok(Since::Lost("a group's members changed while they were read".to_owned()));
        }
        changes.cursor = Some(self.position(&stand).cursor());
        Ok(Since::Changes(changes))
    }
}

/// Of (which, number) of two domain controllers: the numbers compare in one life of one of them.
pub(super) fn view(now: &[String], then: &[String]) -> View {
    match (now, then) {
        ([now, usn], [then, before]) if now == then => match (usn.parse::<u64>(), before.parse::<u64>()) {
            (Ok(usn), Ok(before)) if usn < before => View::Behind,
            _ => View::Newer,
        },
        ([_, _], [_, _]) => View::Elsewhere,
        _ => View::Newer,
    }
}

/// `None` where it is no domain controller, or does not say.
pub(super) async fn stand(connection: &mut Connection) -> Result<Option<Stand>, Failure> {
    let root = Root::read(connection).await?;
    stand_of(connection, &root).await
}

/// The same, of a root entry that was read.
pub(super) async fn stand_of(connection: &mut Connection, root: &Root) -> Result<Option<Stand>, Failure> {
    let numbers = root.one("highestCommittedUSN").and_then(|usn| usn.parse().ok());
    let said = (root.is_active_directory(), root.one("dsServiceName"), root.one("defaultNamingContext"), numbers);
    let (true, Some(service), Some(domain), Some(usn)) = said else { return Ok(None) };
    let (filter, attributes) = (present("objectClass"), ["invocationId".to_owned()]);
    let search = Search { base: service, scope: 0, filter: &filter, attributes: &attributes, control: None };
    let mut invocation = None;
    let asked = once(connection, search, |entry| {
        for attribute in entry.attributes().flatten().filter(|a| a.description.eq_ignore_ascii_case(b"invocationId")) {
            invocation = attribute.values().flatten().next().map(rosterd_core::text::hex);
        }
    });
    match asked.await {
        Err(failure) if failure.code == "result_code" => return Ok(None),
        asked => asked?,
    }
    Ok(invocation.map(|invocation| Stand { invocation, usn, domain: domain.to_owned() }))
}

struct Hearing<'c> {
    changes: &'c mut Changes,
    /// Groups of whose members only the start came.
    unfinished: Vec<(String, Beginning)>,
    entries: usize,
    bytes: usize,
}

impl Hearing<'_> {
    fn too_much(&self) -> bool {
        self.entries > MOST || self.bytes > MOST_BYTES
    }

    /// What is below a base, fits, and has changed.
    async fn what_fits(
        &mut self,
        connection: &mut Connection,
        question: &Question,
        base: &str,
        from: u64,
    ) -> Result<(), Failure> {
        let filter = all_of([&question.compiled[..], &at_least(CHANGED, from)]);
        let (scope, what) = (question.scope, question.kind.name());
        let attributes = match question.kind {
            Kind::People => wanted_ids(question),
            Kind::Groups => wanted_lists(question),
        };
        let (filter, attributes) = (filter.as_slice(), attributes.as_slice());
        let asked = Asked { base, scope, filter, attributes, what, may_be_absent: false, deleted: false };
        let server = connection.server.clone();
        pages(connection, &asked, question.page_size, &mut |heard| {
            let Heard::Entry(entry) = heard else { return Ok(()) };
            self.entries += 1;
            if self.too_much() {
                return Ok(());
            }
            let ber = |error| Failure::ber(&server, error);
            let (Some(id), _) = names(&question.wanted, &entry).map_err(ber)? else { return Ok(()) };
            match question.kind {
                Kind::People => drop(self.changes.people.insert(id)),
                Kind::Groups => {
                    let (listed, beginnings) = listed(question, &entry, &mut self.bytes).map_err(ber)?;
                    self.unfinished.extend(beginnings.into_iter().map(|beginning| (id.clone(), beginning)));
                    self.changes.groups.insert(id, listed);
                }
            }
            Ok(())
        })
        .await
    }

    /// Whatever else has changed in the domain, or was deleted. Who may not see what was deleted is not told of it.
    async fn everything(
        &mut self,
        connection: &mut Connection,
        people: &Question,
        domain: &str,
        from: u64,
    ) -> Result<(), Failure> {
        let (filter, attributes) = (at_least(CHANGED, from), wanted_ids(people));
        let (filter, attributes) = (filter.as_slice(), attributes.as_slice());
        let asked =
            Asked { base: domain, scope: 2, filter, attributes, what: "changes", may_be_absent: false, deleted: true };
        let server = connection.server.clone();
        pages(connection, &asked, people.page_size, &mut |heard| {
            let Heard::Entry(entry) = heard else { return Ok(()) };
            let (id, _) = names(&people.wanted, &entry).map_err(|error| Failure::ber(&server, error))?;
            let known = |id: &String| self.changes.people.contains(id) || self.changes.groups.contains_key(id);
            if let Some(id) = id.filter(|id| !known(id) && !self.too_much()) {
                self.entries += 1;
                self.changes.others.insert(id);
            }
            Ok(())
        })
        .await
    }

    /// Fetches the rest of long lists; whether all came.
    async fn finish(&mut self, connection: &mut Connection) -> Result<bool, Failure> {
        for (id, Beginning { attribute, next }) in std::mem::take(&mut self.unfinished) {
            let Some(Listed { dn, members: Members::All { dns, .. }, .. }) = self.changes.groups.get_mut(&id) else {
                continue;
            };
            let bytes = &mut self.bytes;
            let mut take = |values: &super::super::wire::Attribute<'_>| texts(values, dns, bytes);
            if rest(connection, dn, &attribute, next, &mut take).await?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r08_r09_numbers_compare_in_one_life_of_a_domain_controller() {
        let stand = |which: &str, usn: &str| [which.to_owned(), usn.to_owned()];
        let then = stand("a1", "1000");
        assert_eq!(view(&stand("a1", "999"), &then), View::Behind);
        assert_eq!(view(&stand("a1", "1000"), &then), View::Newer);
        assert_eq!(view(&stand("b2", "5000"), &then), View::Elsewhere);
        assert_eq!(view(&[], &then), View::Newer, "it does not say");
        assert_eq!(view(&stand("a1", "many"), &then), View::Newer);
    }
}
