//! Everything: all users, then all groups and who is in them. What moved while it was read is read again.

use super::ScimDirectory;
use super::list::id;
use super::members::Members;
use crate::config::ScimMembers;
use crate::fetch::Url;
use crate::providers::web::{Failure, Purpose, Session, all, below};
use crate::providers::{ProviderErrorKind, ReadRequest};
use futures_util::{StreamExt as _, stream};
use rosterd_core::snapshot::{GroupIndex, Part, Reading, SnapshotBuilder};
use serde_json::Value;
use std::time::Duration;
use tokio::time::sleep;

/// So often all is read before it is said that it cannot be read whole.
const TRIES: u32 = 4;
/// Before it is read again; then twice as long.
const PAUSE: Duration = Duration::from_millis(200);
/// So many groups are asked for at a time where each is asked for.
const AT_ONCE: usize = 4;

/// What was read so far.
struct Gathered {
    builder: SnapshotBuilder,
    parts: Vec<Part>,
    members: Members,
    groups: Vec<(GroupIndex, String)>,
}

impl Gathered {
    fn new(seed: u128) -> Self {
        let mut builder = SnapshotBuilder::new(seed);
        let parts = vec![builder.begin("users"), builder.begin("groups")];
        Self { builder, parts, members: Members::default(), groups: Vec::new() }
    }

    /// All of it was read.
    fn end(mut self) -> Reading {
        if !self.members.listed && !self.groups.is_empty() {
            let text = "the service names no member of any group; see `groups.members`";
            self.builder.gap("no_members", text);
        }
        self.members.resolve(&mut self.builder);
        self.parts.into_iter().for_each(|part| self.builder.end(part));
        self.builder.finish()
    }

    /// It was not.
    fn cut(mut self, failure: &Failure) -> Reading {
        self.members.resolve(&mut self.builder);
        self.builder.gap(failure.code, failure.message.clone());
        self.builder.finish()
    }
}

pub(super) async fn everything(directory: &ScimDirectory, request: &ReadRequest) -> Result<Reading, Failure> {
    let session = directory.service.session(Purpose::Everything, request.now, request.seed)?;
    let mut tries = 1;
    loop {
        let mut gathered = Gathered::new(request.seed);
        let failure = match gather(directory, &session, request, &mut gathered).await {
            Ok(()) => return Ok(gathered.end()),
            Err(failure) => failure,
        };
        if !failure.moved || tries == TRIES {
            let nothing = gathered.builder.people_len() + gathered.builder.groups_len() == 0;
            return match failure.kind {
                ProviderErrorKind::Credentials => Err(failure),
                _ if nothing => Err(failure),
                _ => Ok(gathered.cut(&failure)),
            };
        }
        tracing::info!(reason = failure.code, "a SCIM service is read again: something moved");
        sleep(PAUSE * (1 << tries)).await;
        tries += 1;
    }
}

async fn gather(
    directory: &ScimDirectory,
    session: &Session<'_>,
    request: &ReadRequest,
    into: &mut Gathered,
) -> Result<(), Failure> {
    let (paths, members_in) = (&directory.paths, directory.config.groups.members);
    let of_people = members_in == ScimMembers::People;
    let mut user = |entry: Value| {
        request.progress.add_people(1);
        if let (Some(person), Some(id)) = (paths.person(&entry, &mut into.builder), id(&entry)) {
            into.members.add_person(id, person);
            if of_people {
                into.members.list_of_person(person, &entry, &mut into.builder);
            }
        }
        Ok(())
    };
    all(session, &directory.list_users(None), directory.page_size(), &mut user).await?;
    let listed = members_in == ScimMembers::Auto;
    let mut group = |entry: Value| {
        request.progress.add_groups(1);
        if let (Some(group), Some(id)) = (paths.group(&entry, &mut into.builder), id(&entry)) {
            into.members.add_group(id, group);
            into.groups.push((group, id.to_owned()));
            if listed {
                into.members.list(group, &entry, &mut into.builder);
            }
        }
        Ok(())
    };
    all(session, &directory.list_groups(None, listed), directory.page_size(), &mut group).await?;
    // Where no group has members in the list, the service leaves them out of lists (RFC 7643 §7, `returned`), or there
    // are none: each group says.
    if members_in == ScimMembers::Each || (listed && !into.members.listed) {
        each(directory, session, into).await?;
    }
    Ok(())
}

/// The members of each group, a few groups at a time.
async fn each(directory: &ScimDirectory, session: &Session<'_>, into: &mut Gathered) -> Result<(), Failure> {
    let groups = into.groups.clone();
    let mut asked = stream::iter(groups)
        .map(|(group, id)| async move { Ok::<_, Failure>((group, one(session, &directory.groups, &id).await?)) })
        .buffer_unordered(AT_ONCE);
    while let Some(answer) = asked.next().await {
        let (group, entry) = answer?;
        into.members.list(group, &entry, &mut into.builder);
    }
    Ok(())
}

/// One resource by its id (RFC 7644 §3.4.1).
pub(super) async fn one(session: &Session<'_>, among: &Url, wanted: &str) -> Result<Value, Failure> {
    let entry = match session.get(&below(among, [wanted])).await {
        Err(failure) if failure.status == Some(404) => {
            return Err(Failure::moved("gone", "a group that was listed was not there any more"));
        }
        answered => answered?,
    };
    match id(&entry) {
        Some(id) if id == wanted => Ok(entry),
        _ => Err(Failure::protocol("wrong_entry", "another group came than the one that was asked for")),
    }
}
