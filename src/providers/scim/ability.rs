//! Whether a service's filters can be relied on. One that ignores a filter would put everybody into every group, and
//! one that finds nothing by it would take everything from whoever logs in: so both are tried.

use super::ScimDirectory;
use super::filter::equal;
use super::list::{List, id};
use super::members::refs;
use super::path::get;
use super::read::one;
use crate::config::ScimMembers;
use crate::providers::ProviderErrorKind;
use crate::providers::web::{Counted as _, Failure, Session, all, below};
use rosterd_core::snapshot::SnapshotBuilder;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// For so long what was seen is believed.
const GOOD: Duration = Duration::from_secs(3600);
const BAD: Duration = Duration::from_secs(600);
/// Among so many groups one with a member is looked for; where lists have none, so many are asked for their own.
const SAMPLE: usize = 20;
const ASKED: usize = 5;

/// What was seen, and when.
#[derive(Debug, Default)]
pub(super) struct Ability(Mutex<Option<(Instant, bool)>>);

impl Ability {
    /// Whether filters find what they should, and nothing else. Tried when it is not known.
    pub(super) async fn finds(
        &self,
        directory: &ScimDirectory,
        session: &Session<'_>,
        seed: u128,
    ) -> Result<bool, Failure> {
        let mut known = self.0.lock().await;
        if let Some((seen, finds)) = *known
            && seen.elapsed() < if finds { GOOD } else { BAD }
        {
            return Ok(finds);
        }
        let finds = match tried(directory, session, seed).await {
            Ok(finds) => finds,
            Err(failure) if lasting(&failure) => false,
            Err(failure) => return Err(failure),
        };
        if !finds {
            tracing::info!("a SCIM service cannot be asked for a few people: all are read instead");
        }
        *known = Some((Instant::now(), finds));
        Ok(finds)
    }

    /// They were not right after all.
    pub(super) async fn doubt(&self) {
        *self.0.lock().await = Some((Instant::now(), false));
    }
}

fn lasting(failure: &Failure) -> bool {
    failure.cannot() || failure.moved || failure.kind == ProviderErrorKind::Protocol
}

async fn tried(directory: &ScimDirectory, session: &Session<'_>, seed: u128) -> Result<bool, Failure> {
    if said(directory, session).await? == Some(false) {
        return Ok(false);
    }
    let nobody = format!("rosterd-{seed:032x}");
    let login = equal(&directory.paths.login.in_filter(), &nobody);
    if count(directory, session, &directory.list_users(Some(login))).await? != 0 {
        return Ok(false);
    }
    if directory.config.groups.members == ScimMembers::People {
        return Ok(true);
    }
    let Some((group, member)) = sample(directory, session).await? else { return Ok(false) };
    let with = |member: &str| directory.list_groups(Some(equal("members.value", member)), false);
    if count(directory, session, &with(&nobody)).await? != 0 {
        return Ok(false);
    }
    let mut found = false;
    let mut take = |entry: Value| {
        found |= id(&entry) == Some(&group);
        Ok(())
    };
    all(session, &with(&member), directory.page_size(), &mut take).await?;
    Ok(found)
}

/// What the service says of filters (RFC 7643 §5), where it says anything.
pub(super) async fn said(directory: &ScimDirectory, session: &Session<'_>) -> Result<Option<bool>, Failure> {
    match session.get(&below(&directory.base, ["ServiceProviderConfig"])).await {
        Ok(config) => Ok(get(&config, "filter").and_then(|filter| get(filter, "supported")?.as_bool())),
        Err(failure) if lasting(&failure) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// How many a list says to have.
async fn count(directory: &ScimDirectory, session: &Session<'_>, list: &List) -> Result<usize, Failure> {
    let body = session.get(&list.url(0, directory.page_size().min(SAMPLE))).await?;
    let page = list.page(body).ok_or_else(|| Failure::protocol("not_a_list", "the answer is no list"))?;
    Ok(page.total.unwrap_or(0).max(page.entries.len()))
}

/// A group and one of its members.
async fn sample(directory: &ScimDirectory, session: &Session<'_>) -> Result<Option<(String, String)>, Failure> {
    let list = directory.list_groups(None, true);
    let body = session.get(&list.url(0, SAMPLE)).await?;
    let groups = list.page(body).map(|page| page.entries).unwrap_or_default();
    if let Some(found) = groups.iter().find_map(pair) {
        return Ok(Some(found));
    }
    for group in groups.iter().filter_map(id).take(ASKED) {
        if let Some(found) = pair(&one(session, &directory.groups, group).await?) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn pair(group: &Value) -> Option<(String, String)> {
    let mut nowhere = SnapshotBuilder::new(0);
    let members = refs(group, "members", &mut nowhere);
    Some((id(group)?.to_owned(), members.first()?.id().to_owned()))
}
