//! A connection on which a server says at once that something has changed (RFC 4533 §3.4).
//!
//! What it says there is not looked at: it is asked for anew, from the cursor, by whoever is rung.

use super::super::super::LdapDirectory;
use super::super::super::failure::Failure;
use super::super::super::pages::{refused, unexpected};
use super::super::super::session::Access;
use super::super::super::wire::ber::BerError;
use super::super::super::wire::{Control, Request, Response, SYNC_INFO, Search, SyncInfo, SyncRequest, sync_info};
use super::super::position::Position;
use super::super::{parts, wanted_ids};
use crate::providers::follow::Ring;
use std::collections::BTreeMap;
use std::time::Duration;

/// A connection on which nothing was said for so long is opened anew: firewalls forget it without a word.
const SILENCE: Duration = Duration::from_secs(600);

/// Rings whenever something has changed since the cursor, until the connection ends.
pub(in super::super) async fn listen(
    directory: &LdapDirectory,
    mut position: Position,
    ring: &(dyn Ring + '_),
) -> Result<(), Failure> {
    let access = Access::new(&directory.config, &directory.servers)?;
    let place = directory.pool.serving().unwrap_or(0);
    let Some(server) = directory.servers.get(place) else { return Ok(()) };
    if let Some(failure) = directory.pool.refusal(&access.fingerprint()) {
        return Err(failure);
    }
    let mut connection = access.open(server).await?;
    connection.waits(SILENCE);
    let mut open = BTreeMap::new();
    for ((question, base), cookie) in parts(directory).zip(position.cookies_mut()) {
        let request = SyncRequest { persist: true, cookie: Some(cookie.as_bytes()) };
        let attributes = wanted_ids(question);
        let (scope, filter, control) = (question.scope, question.compiled.as_slice(), Some(Control::Sync(request)));
        let search = Search { base, scope, filter, attributes: &attributes, control };
        let id = connection.send(Request::Search(search)).await?;
        open.insert(id, (question.kind.name(), base));
    }
    let name = connection.server.clone();
    loop {
        let message = connection.receive_any(|id| open.contains_key(&id)).await?;
        let news = match message.response {
            Response::Entry(_) => true,
            Response::Intermediate(Some(oid), Some(value)) if oid == SYNC_INFO.as_bytes() => {
                is_news(value).map_err(|error| Failure::ber(&name, error))?
            }
            Response::Reference(_) | Response::Intermediate(..) => false,
            Response::Done(result) => {
                let (what, base) = open.get(&message.id).copied().unwrap_or_default();
                return Err(refused(&name, base, what, &result));
            }
            _ => return Err(unexpected(&name)),
        };
        if news {
            ring.ring();
        }
    }
}

/// Whether a message in between says that something has changed: that it has come to the present does not.
fn is_news(value: &[u8]) -> Result<bool, BerError> {
    Ok(match sync_info(value)? {
        SyncInfo::Refresh { .. } => false,
        SyncInfo::Cookie(_) | SyncInfo::Ids { .. } => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_refresh_is_no_news() {
        assert_eq!(is_news(b"\xa1\x00"), Ok(false));
        assert_eq!(is_news(b"\x80\x03abc"), Ok(true));
        assert!(is_news(b"\x30\x00").is_err());
    }
}
