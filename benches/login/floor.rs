//! The least that must be asked of a directory about one person, over one connection, one search
//! after the other, and nothing kept of the answers but the names that the next search needs.

use crate::directory::SUFFIX;
use crate::slapd::{PASSWORD, reader};
use anyhow::{Context as _, Result, bail, ensure};
use rosterd::providers::ldap::filter::{all_of, any_of, compile, equal};
use rosterd::providers::ldap::wire::ber::message_len;
use rosterd::providers::ldap::wire::{Request, Response, Search, Simple, decode, encode};
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

pub(crate) struct Floor {
    stream: TcpStream,
    received: Vec<u8>,
    last_id: i32,
    of_people: Vec<String>,
    of_groups: Vec<String>,
}

impl Floor {
    pub(crate) fn connect(url: &str) -> Result<Self> {
        let stream = TcpStream::connect(url.trim_start_matches("ldap://"))?;
        stream.set_nodelay(true)?;
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let (of_people, of_groups) = (names(&["entryUUID", "uid", "cn", "mail"]), names(&["entryUUID", "cn"]));
        let mut floor = Self { stream, received: Vec::new(), last_id: 1, of_people, of_groups };
        floor.ask(&encode(1, Request::Simple(Simple { dn: &reader(), password: PASSWORD })))?;
        Ok(floor)
    }

    /// Two searches: the person, and the groups that list it.
    pub(crate) fn person_and_groups(&mut self, login: &str) -> Result<()> {
        let person = self.person(login)?;
        self.above(&BTreeSet::from([person]))?;
        Ok(())
    }

    /// And one more for each level of groups above.
    pub(crate) fn level_by_level(&mut self, login: &str) -> Result<()> {
        let mut level = BTreeSet::from([self.person(login)?]);
        let mut known = BTreeSet::new();
        while !level.is_empty() {
            let above = self.above(&level)?;
            level = above.difference(&known).cloned().collect();
            known.extend(above);
        }
        Ok(())
    }

    fn person(&mut self, login: &str) -> Result<Vec<u8>> {
        let filter = compile(&format!("(&(objectClass=inetOrgPerson)(uid={login}))"))?;
        let found = self.search("people", &filter)?;
        found.into_iter().next().with_context(|| format!("there is no {login}"))
    }

    fn above(&mut self, members: &BTreeSet<Vec<u8>>) -> Result<BTreeSet<Vec<u8>>> {
        let members: Vec<_> = members.iter().map(|dn| equal("member", dn)).collect();
        let class = equal("objectClass", b"groupOfNames");
        let one_of = any_of(members.iter().map(Vec::as_slice));
        self.search("groups", &all_of([&class[..], &one_of]))
    }

    /// The DNs of what is found.
    fn search(&mut self, ou: &str, filter: &[u8]) -> Result<BTreeSet<Vec<u8>>> {
        self.last_id += 1;
        let attributes = if ou == "people" { &self.of_people } else { &self.of_groups };
        let base = format!("ou={ou},{SUFFIX}");
        let search = Search { base: &base, scope: 2, filter, attributes, control: None };
        let bytes = encode(self.last_id, Request::Search(search));
        self.ask(&bytes)
    }

    /// Sends a request and reads its answers to the end.
    fn ask(&mut self, request: &[u8]) -> Result<BTreeSet<Vec<u8>>> {
        self.stream.write_all(request)?;
        let mut found = BTreeSet::new();
        let mut buffer = [0; 64 << 10];
        loop {
            while let Some(len) = message_len(&self.received, 1 << 26)?.filter(|len| *len <= self.received.len()) {
                match decode(&self.received[..len])?.response {
                    Response::Entry(entry) => found.insert(entry.dn.to_vec()),
                    Response::Bind(result, _) | Response::Done(result) => {
                        ensure!(result.code == 0, "result code {}", result.code);
                        self.received.drain(..len);
                        return Ok(found);
                    }
                    other => bail!("{other:?}"),
                };
                self.received.drain(..len);
            }
            let read = self.stream.read(&mut buffer)?;
            ensure!(read > 0, "the server closed the connection");
            self.received.extend_from_slice(&buffer[..read]);
        }
    }
}
