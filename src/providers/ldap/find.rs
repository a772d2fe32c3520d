//! Looking for a few people: over a warm connection where there is one, and at the next server
//! where one does not answer. What is asked is [`super::walk`]'s.

use super::failure::Failure;
use super::pool::{Pool, Warm};
use super::session::Access;
use super::url::Server;
use super::walk::Walk;
use super::{LdapDirectory, feed};
use crate::providers::{Found, ProviderErrorKind, ReadRequest, Sought};
use std::time::Duration;
use tokio::time::timeout;

/// For each so many people, all answers together may take as long as a single one may.
const A_TIMEOUT_FOR: usize = 16;

/// See [`crate::providers::Directory::find`].
pub(super) async fn run(directory: &LdapDirectory, sought: &Sought, request: &ReadRequest) -> Result<Found, Failure> {
    let pool = &directory.pool;
    let _turn = pool.turn(directory.config.timeout.get()).await?;
    let mut tried = Tried::default();
    if let Some(warm) = pool.take() {
        let server = warm.server;
        match attempt(directory, warm, sought, request).await {
            Ok((found, warm)) => {
                pool.keep(warm);
                return Ok(found);
            }
            Err(cut) => {
                pool.failed(server);
                // A connection that ended says nothing of its server, which is asked once more. One
                // that fell silent does.
                let silent = cut.failure.code != "disconnected";
                if !tried.add(cut) {
                    return tried.end();
                }
                tried.skip = silent.then_some(server);
            }
        }
    }
    let servers = in_order(directory, request.seed);
    for (place, server) in servers {
        if tried.skip == Some(place) {
            continue;
        }
        let outcome = match open(directory, place, server).await {
            Ok(warm) => attempt(directory, warm, sought, request).await,
            Err(failure) => Err(Cut { failure, found: None }),
        };
        match outcome {
            Ok((found, warm)) => {
                pool.serves(place);
                pool.keep(warm);
                return Ok(found);
            }
            Err(cut) => {
                tracing::warn!(server = %server.url, reason = %cut.failure.code, "an LDAP server did not serve");
                pool.failed(place);
                if !tried.add(cut) {
                    break;
                }
            }
        }
    }
    tried.end()
}

/// What became of the servers that were asked.
#[derive(Default)]
struct Tried {
    found: Option<Found>,
    failure: Option<Failure>,
    /// Not to be asked again.
    skip: Option<usize>,
}

impl Tried {
    /// Takes note of an attempt; says whether another server may do better.
    fn add(&mut self, cut: Cut) -> bool {
        let another = matches!(cut.failure.kind, ProviderErrorKind::Unreachable | ProviderErrorKind::Tls);
        self.failure = Some(cut.failure.and(self.failure.take()));
        self.found = cut.found.or(self.found.take());
        another
    }

    fn end(self) -> Result<Found, Failure> {
        match (self.found, self.failure) {
            (Some(found), _) => Ok(found),
            (None, Some(failure)) => Err(failure),
            (None, None) => Err(Failure::configuration("ldap.urls is empty")),
        }
    }
}

/// An attempt that came to no end.
struct Cut {
    failure: Failure,
    /// What was found before, which is not all.
    found: Option<Found>,
}

/// The servers as in a full read, after the one that served last.
fn in_order(directory: &LdapDirectory, seed: u128) -> Vec<(usize, &Server)> {
    let mut servers = directory.servers(seed);
    if let Some(at) = servers.iter().position(|(place, _)| Some(*place) == directory.pool.serving()) {
        servers[..=at].rotate_right(1);
    }
    servers
}

/// As [`connect`], to a server that does not stand before where the directory was read: nobody loses by a login what
/// they got since.
async fn open(directory: &LdapDirectory, place: usize, server: &Server) -> Result<Warm, Failure> {
    let mut warm = connect(directory, place, server).await?;
    if let Some(read) = directory.read_until_now()
        && feed::is_behind(directory, &mut warm.connection, &read).await?
    {
        let text = format!("{} stands before where the directory was read last", server.url);
        return Err(Failure::unreachable("behind", text));
    }
    Ok(warm)
}

/// A new connection that is signed in. The secret is read anew: it may have been rotated.
pub(super) async fn connect(directory: &LdapDirectory, place: usize, server: &Server) -> Result<Warm, Failure> {
    let pool = &directory.pool;
    let _door = pool.door(directory.config.timeout.get()).await?;
    let access = Access::new(&directory.config, &directory.servers)?;
    if let Some(failure) = pool.refusal(&access.fingerprint()) {
        return Err(failure);
    }
    match access.open(server).await {
        Ok(connection) => Ok(Pool::opened(connection, place)),
        Err(failure) => {
            if failure.kind == ProviderErrorKind::Credentials {
                pool.refused(&failure, access.fingerprint());
            }
            Err(failure)
        }
    }
}

/// Asks over one connection, which comes back as good as before.
async fn attempt(
    directory: &LdapDirectory,
    mut warm: Warm,
    sought: &Sought,
    request: &ReadRequest,
) -> Result<(Found, Warm), Cut> {
    let mut walk = Walk::new(directory, sought, request);
    let longest = longest(directory.config.timeout.get(), sought.people.len() + sought.groups.len());
    let failure = match timeout(longest, walk.run(&mut warm.connection)).await {
        Ok(Ok(())) => None,
        Ok(Err(failure)) => Some(failure),
        Err(_) => {
            let text = format!("{}: not all answers came within {longest:?}", warm.connection.server);
            Some(Failure::unreachable("timeout", text))
        }
    };
    match failure {
        None => walk.end().map(|found| (found, warm)).map_err(|failure| Cut { failure, found: None }),
        Some(failure) => {
            let found = walk.cut(&failure);
            Err(Cut { failure, found })
        }
    }
}

fn longest(one: Duration, keys: usize) -> Duration {
    one.saturating_mul(u32::try_from(1 + keys / A_TIMEOUT_FOR).unwrap_or(u32::MAX))
}
