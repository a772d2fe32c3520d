//! Everything, from one server: people and groups at once, on two connections. Which server it is depends on what
//! is known already: nobody is to lose what they got since, because another one is asked.

use super::connection::Connection;
use super::entry::Gathered;
use super::failure::Failure;
use super::feed::View;
use super::search::{Question, Sink};
use super::session::Access;
use super::url::Server;
use super::{LdapDirectory, feed, search};
use crate::providers::follow::Cursor;
use crate::providers::{ProviderError, ProviderErrorKind, ReadRequest};
use rosterd_core::snapshot::{Part, Reading, SnapshotBuilder};
use std::sync::{Mutex, PoisonError};

/// Whether a reading is also to say until where changes are in it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mark<'a> {
    Not,
    /// With where it was before, if it is known.
    After(Option<&'a Cursor>),
}

/// What was read and until where; or the view, where another server is to be asked first.
type Asked = Result<(Reading, Option<Cursor>), View>;

/// From the first server that serves and whose view is the best: that of the one that was read before, or one that
/// has at least as much; then that of a server of which this cannot be said; and last an older one.
pub(super) async fn everything(
    directory: &LdapDirectory,
    request: &ReadRequest,
    mark: Mark<'_>,
) -> Result<(Reading, Option<Cursor>), ProviderError> {
    let access = Access::new(&directory.config, &directory.servers)?;
    let mut earlier: Option<Failure> = None;
    let mut servers = directory.servers(request.seed);
    for worst in [View::Newer, View::Elsewhere, View::Behind] {
        let mut others = Vec::new();
        for (place, server) in std::mem::take(&mut servers) {
            match from(directory, &access, server, request, mark, worst).await {
                Ok(Err(view)) => others.push((view, place, server)),
                Ok(Ok((reading, cursor))) => {
                    // Who is looked at between two full reads is looked at where these are made.
                    directory.pool.serves(place);
                    // What stands before it may be held, and is not what is known until somebody has approved it.
                    if let (Reading::Complete(complete), Some(cursor)) = (&reading, &cursor)
                        && !complete.snapshot().behind
                    {
                        directory.read_until(cursor);
                    }
                    return Ok((reading, cursor));
                }
                Err(failure) => {
                    if failure.kind == ProviderErrorKind::Credentials {
                        directory.pool.refused(&failure, access.fingerprint());
                    }
                    let next = matches!(failure.kind, ProviderErrorKind::Unreachable | ProviderErrorKind::Tls);
                    let failure = failure.and(earlier.take());
                    if !next {
                        return Err(failure.into());
                    }
                    tracing::warn!(server = %server.url, reason = %failure.code, "an LDAP server did not serve");
                    earlier = Some(failure);
                }
            }
        }
        others.sort_by_key(|(view, ..)| *view);
        servers = others.into_iter().map(|(_, place, server)| (place, server)).collect();
    }
    Err(earlier.unwrap_or_else(|| Failure::configuration("ldap.urls is empty")).into())
}

/// From that server, unless its view is worse than that. Marks where its changes stand before.
async fn from(
    directory: &LdapDirectory,
    access: &Access<'_>,
    server: &Server,
    request: &ReadRequest,
    mark: Mark<'_>,
    worst: View,
) -> Result<Asked, Failure> {
    // One after the other: a wrong password must count once, not twice (a lock-out is near).
    let mut for_people = access.open(server).await?;
    let feed::Mark { cursor, view } = match mark {
        Mark::Not => feed::Mark::default(),
        Mark::After(before) => feed::mark(directory, &mut for_people, before).await?,
    };
    if view > worst {
        tracing::info!(server = %server.url, %view, "another LDAP server is asked first");
        for_people.close().await;
        return Ok(Err(view));
    }
    let mut for_groups = access.open(server).await?;
    let mut builder = SnapshotBuilder::new(request.seed);
    if view == View::Behind {
        builder.behind();
    }
    let parts = |builder: &mut SnapshotBuilder, question: &Question| -> Vec<Part> {
        question.bases.iter().map(|_| builder.begin(question.kind.name())).collect()
    };
    let (of_people, of_groups) = (parts(&mut builder, &directory.people), parts(&mut builder, &directory.groups));
    let gathered = Mutex::new(Gathered { builder, named: None, now: request.now });
    let sink = Sink { gathered, progress: &request.progress };
    let (people, groups) = tokio::join!(
        bases(&mut for_people, &directory.people, of_people, &sink),
        bases(&mut for_groups, &directory.groups, of_groups, &sink),
    );
    let mut builder = sink.gathered.into_inner().unwrap_or_else(PoisonError::into_inner).builder;
    for (outcome, connection) in [(people, for_people), (groups, for_groups)] {
        match outcome {
            Ok(()) => connection.close().await,
            Err(failure) if builder.people_len() + builder.groups_len() == 0 => return Err(failure),
            // What failed is not asked to close: it may not be listening.
            Err(failure) => builder.gap(failure.code, failure.message),
        }
    }
    Ok(Ok((builder.finish(), cursor)))
}

/// One base after the other.
async fn bases(
    connection: &mut Connection,
    question: &Question,
    parts: Vec<Part>,
    sink: &Sink<'_>,
) -> Result<(), Failure> {
    for (base, part) in question.bases.iter().zip(parts) {
        search::read(connection, question, base, sink).await?;
        sink.gathered().builder.end(part);
    }
    Ok(())
}
