//! What a server says on its connections, and what rosterd makes of it: the whole of the LDAP provider
//! over a socket, from the sign-in to the reading. The first byte says what rosterd asks for and in which
//! pieces the bytes arrive; then come the bytes of each connection, one after the other.

use crate::measure::within;
use crate::request::split;
use crate::speech;
use rosterd::config::Ldap;
use rosterd::providers::follow::{Cursor, Ring, Since};
use rosterd::providers::ldap::LdapDirectory;
use rosterd::providers::ldap::wire::ber::message_len;
use rosterd::providers::ldap::wire::{PAGED_RESULTS, Response, decode, paged_cookie};
use rosterd::providers::{Directory as _, Found, Match, PersonKey, ProviderError, ReadRequest, Sought};
use rosterd_core::snapshot::{Reading, Snapshot};
use serde_json::json;
use std::os::unix::net::UnixListener as Listener;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixListener;
use tokio::runtime::Runtime;

/// Between the bytes of two connections: no element of LDAP begins so.
const BETWEEN: &[u8] = b"\xff|\xff";

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Everything, in pages.
    Pages,
    /// Everything at once.
    Whole,
    /// Everything, and until where changes are in it.
    ReadTo,
    /// What has changed.
    Since,
    /// A few people and a group.
    Find,
    Listen,
    Check,
}

const ASKED: [Asked; 8] =
    [Asked::Pages, Asked::Whole, Asked::ReadTo, Asked::Since, Asked::Find, Asked::Listen, Asked::Check, Asked::Pages];

pub(crate) fn target(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let asked = ASKED[usize::from(*first) % ASKED.len()];
    let connections = split(rest, BETWEEN);
    SERVER.with(|server| {
        // Room for two connections' reads, of which one is being moved; then what came, as it is kept.
        let most = (352 << 10) + 24 * bytes.len();
        let answer = within(most, || server.ask(asked, &connections, usize::MAX));
        hold(asked, &answer, &connections);
        let piece = 1 + usize::from(*first >> 3) * 5;
        let again = server.ask(asked, &connections, piece);
        // Of many gaps only the first are kept, and two connections come in no order.
        if answer.gaps() < 100 {
            assert_eq!(answer.told(), again.told(), "in pieces of {piece} bytes it is another");
        }
    });
}

enum Answer {
    Reading(Result<(Reading, Option<Cursor>), ProviderError>),
    Since(Result<Since, ProviderError>),
    Found(Result<Found, ProviderError>),
    /// Of a check, or of listening: it came to an end.
    End,
}

impl Answer {
    fn reading(&self) -> Option<&Reading> {
        match self {
            Self::Reading(Ok((reading, _))) | Self::Found(Ok(Found { reading, .. })) => Some(reading),
            _ => None,
        }
    }

    fn gaps(&self) -> usize {
        self.reading().map_or(0, |reading| reading.gaps().len())
    }

    /// All of it, as text to compare.
    fn told(&self) -> String {
        match self {
            Self::Reading(Ok((reading, cursor))) => format!("{cursor:?} {}", told(reading)),
            Self::Found(Ok(found)) => format!("{:?} {}", found.matches, told(&found.reading)),
            Self::Since(Ok(since)) => format!("{since:?}"),
            Self::Reading(Err(error)) | Self::Since(Err(error)) | Self::Found(Err(error)) => error.to_string(),
            Self::End => String::new(),
        }
    }
}

fn told(reading: &Reading) -> String {
    let Snapshot { texts, people, groups, direct, nested, strangers, gone, gone_groups, behind } = reading.snapshot();
    let text = |text| texts.get(text);
    let people: Vec<_> =
        people.iter().map(|p| [p.subject, p.dn, p.login, p.name, p.email, p.claims].map(text)).collect();
    let groups: Vec<_> = groups.iter().map(|g| [g.subject, g.dn, g.name].map(text)).collect();
    let gone: Vec<_> = gone.iter().chain(gone_groups).map(|of| texts.get(*of)).collect();
    let gaps: Vec<_> = reading.gaps().iter().map(|gap| (gap.code, &gap.detail)).collect();
    format!("{people:?} {groups:?} {direct:?} {nested:?} {strangers} {gone:?} {behind} {gaps:?}")
}

/// What must be true of an answer, whatever it was made from.
fn hold(asked: Asked, answer: &Answer, connections: &[&[u8]]) {
    if let Answer::Found(Ok(found)) = answer {
        assert_eq!(found.matches.len(), sought().people.len());
        for of in &found.matches {
            assert!(!matches!(of, Match::One(at) if at.0 as usize >= found.reading.snapshot().people.len()));
        }
        assert!(!matches!(found.reading, Reading::Complete(_)), "of a few people");
    }
    let Some(reading) = answer.reading() else { return };
    let snapshot = reading.snapshot();
    let (people, groups) = (snapshot.people.len(), snapshot.groups.len());
    assert!(snapshot.direct.iter().all(|(p, g)| (p.0 as usize) < people && (g.0 as usize) < groups));
    assert!(snapshot.nested.iter().all(|(c, p)| (c.0 as usize) < groups && (p.0 as usize) < groups));
    assert!(snapshot.people.iter().all(|p| !snapshot.texts.get(p.subject).is_empty()), "nobody's id is empty");
    assert!(matches!(reading, Reading::Unknown(_)) == !reading.gaps().is_empty(), "it says why it is not all");
    // N1: complete is what was seen to its end, with everybody who was in it.
    if matches!(reading, Reading::Complete(_)) && matches!(asked, Asked::Pages | Asked::Whole) {
        let ended = |at: usize| connections.get(at).and_then(|bytes| entries_to_the_end(bytes, asked));
        assert_eq!((ended(0), ended(1)), (Some(people), Some(groups)), "complete, without having come to an end");
    }
}

/// How many entries came before the search's end; `None` where none came, or something else is elsewhere.
fn entries_to_the_end(mut bytes: &[u8], asked: Asked) -> Option<usize> {
    let mut entries = 0;
    loop {
        let len = message_len(bytes, usize::MAX).ok()??;
        let message = decode(bytes.get(..len)?).ok()?;
        bytes = bytes.get(len..)?;
        match message.response {
            Response::Entry(_) => entries += 1,
            Response::Reference(_) => return None,
            Response::Done(result) if result.code != 0 => return None,
            Response::Done(_) => {
                let cookie = message.controls.find(PAGED_RESULTS).ok()?;
                let last = cookie.is_some_and(|value| paged_cookie(value).is_ok_and(<[u8]>::is_empty));
                if last || asked == Asked::Whole && cookie.is_none() {
                    return Some(entries);
                }
            }
            // The sign-in's answer, and what answers nothing.
            _ => {}
        }
    }
}

thread_local! {
    static SERVER: Server = Server::start();
}

/// One socket for all that is tried: each server on it says what it is to say and hangs up.
struct Server {
    folder: TempDir,
    runtime: Runtime,
    waiting: Listener,
    listener: UnixListener,
    /// What a reading of everything remembers of a directory that tells of its changes.
    cursor: Cursor,
}

impl Server {
    fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let waiting = Listener::bind(folder.path().join("ldapi")).expect("a socket");
        waiting.set_nonblocking(true).expect("a socket that does not wait");
        let listener = waiting.try_clone().expect("the same socket");
        let inside = runtime.enter();
        let listener = UnixListener::from_std(listener).expect("the runtime's socket");
        drop(inside);
        let mut server = Self { folder, runtime, waiting, listener, cursor: Cursor(String::new()) };
        let [people, groups] = speech::reading(true);
        let answer = server.ask(Asked::ReadTo, &[&people, &groups], usize::MAX);
        let Answer::Reading(Ok((_, Some(cursor)))) = answer else { unreachable!("no cursor: {}", answer.told()) };
        server.cursor = cursor;
        server
    }

    fn config(&self, page_size: u32) -> Ldap {
        let socket = self.folder.path().join("ldapi").to_string_lossy().replace('/', "%2F");
        let config = json!({
            "urls": [format!("ldapi://{socket}")],
            "timeout": "20s",
            "page_size": page_size,
            "bind": { "method": "anonymous" },
            "users": {
                "base": ["ou=people,dc=x"],
                "id": "entryUUID",
                "member_of": "memberOf",
                "attributes": ["departmentNumber", "title"],
            },
            "groups": { "base": ["ou=groups,dc=x"], "id": "entryUUID", "member_of": "memberOf" },
        });
        serde_json::from_value(config).expect("a configuration")
    }

    /// Asks a server that says `connections`, in pieces.
    fn ask(&self, asked: Asked, connections: &[&[u8]], piece: usize) -> Answer {
        // Whoever was not waited for the last time.
        while self.waiting.accept().is_ok() {}
        let page_size = if asked == Asked::Whole { 0 } else { 2 };
        let directory = LdapDirectory::new(&self.config(page_size)).expect("a directory");
        self.runtime.block_on(async {
            let serve = async {
                let mut open = Vec::new();
                for at in 0.. {
                    let Ok((mut stream, _)) = self.listener.accept().await else { break };
                    for piece in pieces(connections.get(at).copied().unwrap_or_default(), piece) {
                        // The client may have hung up.
                        if stream.write_all(piece).await.is_err() {
                            break;
                        }
                        tokio::task::yield_now().await;
                    }
                    let _ = stream.shutdown().await;
                    open.push(stream);
                }
            };
            tokio::select! {
                answer = answer(&directory, asked, &self.cursor) => answer,
                () = serve => unreachable!("the socket stays"),
            }
        })
    }
}

/// The first sixty-four pieces, and what is left.
fn pieces(bytes: &[u8], piece: usize) -> impl Iterator<Item = &[u8]> {
    let (first, rest) = bytes.split_at(piece.saturating_mul(64).min(bytes.len()));
    first.chunks(piece).chain([rest])
}

fn sought() -> Sought {
    Sought {
        people: vec![
            PersonKey::Login("ana".to_owned()),
            PersonKey::Subject("id-bob".to_owned()),
            PersonKey::Dn("uid=cy,ou=people,dc=x".to_owned()),
        ],
        groups: vec!["g-all".to_owned()],
        followed: true,
    }
}

async fn answer(directory: &LdapDirectory, asked: Asked, cursor: &Cursor) -> Answer {
    let request = ReadRequest { seed: 7, now: rosterd_core::ids::Timestamp(0), progress: Default::default() };
    match asked {
        Asked::Pages | Asked::Whole => Answer::Reading(directory.read(&request).await.map(|reading| (reading, None))),
        Asked::ReadTo => Answer::Reading(directory.read_to(&request, Some(cursor)).await),
        Asked::Since => Answer::Since(directory.since(cursor, &request).await),
        Asked::Find => Answer::Found(directory.find(&sought(), &request).await),
        Asked::Listen => {
            // It ends because the server hangs up.
            let _ = directory.listen(cursor, &Silent).await;
            Answer::End
        }
        Asked::Check => {
            assert!(!directory.check().await.is_empty(), "a check that tried nothing");
            Answer::End
        }
    }
}

struct Silent;

impl Ring for Silent {
    fn ring(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_seen_to_its_end_or_is_not_complete() {
        let server = Server::start();
        let [people, groups] = speech::reading(false);
        let answer = server.ask(Asked::Pages, &[&people, &groups], usize::MAX);
        let Some(Reading::Complete(complete)) = answer.reading() else { unreachable!("{}", answer.told()) };
        assert_eq!((complete.snapshot().people.len(), complete.snapshot().direct.len()), (1, 1));
        hold(Asked::Pages, &answer, &[&people, &groups]);
        let again = server.ask(Asked::Pages, &[&people, &groups], 3);
        assert_eq!(again.told(), answer.told());
        let cut = server.ask(Asked::Pages, &[&people, &groups[..groups.len() - 1]], usize::MAX);
        assert!(matches!(cut.reading(), Some(Reading::Unknown(_))), "{}", cut.told());
    }

    #[test]
    #[should_panic(expected = "without having come to an end")]
    fn complete_without_an_end_is_noticed() {
        let [people, groups] = speech::reading(false);
        let answer = Server::start().ask(Asked::Pages, &[&people, &groups], usize::MAX);
        hold(Asked::Pages, &answer, &[&people, &people[..20]]);
    }

    #[test]
    fn changes_are_asked_for_from_where_the_reading_was() {
        let server = Server::start();
        assert!(server.cursor.0.contains("csn=2026"), "{}", server.cursor.0);
        let sign_in = &speech::reading(false)[0][..14];
        let Answer::Since(Err(error)) = server.ask(Asked::Since, &[sign_in], usize::MAX) else {
            unreachable!("the server hangs up where changes belong");
        };
        assert!(error.message.contains("closed the connection"), "{error}");
    }
}
