//! What has changed in a directory since it was last read: from a server's own feed of changes.
//!
//! A feed only says whom to look at. Before everything is read it says where it stands ([`mark`]); from
//! there on it is asked for what came later ([`since`]). What it misses the next reading of everything
//! repairs, and whatever looks wrong about it ends in one.

mod content_sync;
mod dir_sync;
mod listed;
mod position;
mod timestamps;
mod usn;

use super::LdapDirectory;
use super::attribute::Role;
use super::connection::Connection;
use super::failure::Failure;
use super::filter;
use super::find::connect;
use super::search::Question;
use crate::config::FollowBy;
use crate::providers::follow::{Changes, Cursor, Ring, Since};
use async_trait::async_trait;
use position::{Position, Way};
use std::fmt;
pub(super) use timestamps::Pace;

/// More changes than this are read with everything else.
const MOST: usize = 10_000;
/// The same for the memory that members' names take, empty ones too.
const MOST_BYTES: usize = 96 << 20;

/// One way in which servers tell of changes.
#[async_trait]
trait Feed: Send + Sync {
    /// Where it stands now, and where it stood `before`. `None`: this server does not tell of changes so.
    async fn mark(&self, connection: &mut Connection, before: Option<Position>) -> Result<Option<Position>, Failure>;

    /// Where it stands now, where that costs little to say.
    async fn stands(&self, connection: &mut Connection) -> Result<Option<Position>, Failure>;

    /// The same, where it takes where it stood then to say so.
    async fn stands_after(&self, connection: &mut Connection, _: &Position) -> Result<Option<Position>, Failure> {
        self.stands(connection).await
    }

    /// What has changed since then.
    async fn since(&self, connection: &mut Connection, position: Position) -> Result<Since, Failure>;
}

impl Way {
    /// `None` where what is read cannot be followed so.
    fn feed(self, directory: &LdapDirectory) -> Option<Box<dyn Feed + '_>> {
        Some(match self {
            Self::ContentSync => Box::new(content_sync::ContentSync::of(directory)?),
            Self::DirSync => Box::new(dir_sync::DirSync::of(directory)?),
            Self::UsnChanged => Box::new(usn::UsnChanged::of(directory)?),
            Self::ModifyTimestamp => Box::new(timestamps::ModifyTimestamp::of(directory)),
        })
    }
}

/// In the order in which they are tried.
fn ways(by: FollowBy) -> &'static [Way] {
    match by {
        FollowBy::Auto => &[Way::ContentSync, Way::DirSync, Way::UsnChanged, Way::ModifyTimestamp],
        FollowBy::ContentSync => &[Way::ContentSync],
        FollowBy::DirSync => &[Way::DirSync],
        FollowBy::UsnChanged => &[Way::UsnChanged],
        FollowBy::ModifyTimestamp => &[Way::ModifyTimestamp],
        FollowBy::Nothing => &[],
    }
}

/// Where the feed of the serving server stands now, and where it stood `before`. `None`: it has none that can be
/// used.
pub(super) async fn mark(
    directory: &LdapDirectory,
    connection: &mut Connection,
    before: Option<&Cursor>,
) -> Result<Mark, Failure> {
    let before = before.and_then(|before| Position::parse(directory, before));
    if !can_be_followed(directory) {
        return Ok(Mark::default());
    }
    for way in ways(directory.config.follow.by) {
        let Some(feed) = way.feed(directory) else { continue };
        let same = before.clone().filter(|before| before.way() == *way);
        if let Some(position) = feed.mark(connection, same).await? {
            let view = before.map_or(View::Newer, |before| position.view(&before));
            return Ok(Mark { cursor: Some(position.cursor()), view });
        }
    }
    Ok(Mark::default())
}

/// Whether a server stands before where the directory was read, as far as that is quickly told.
pub(super) async fn is_behind(
    directory: &LdapDirectory,
    connection: &mut Connection,
    read: &Cursor,
) -> Result<bool, Failure> {
    let Some(read) = Position::parse(directory, read) else { return Ok(false) };
    let Some(feed) = read.way().feed(directory) else { return Ok(false) };
    let now = feed.stands_after(connection, &read).await?;
    Ok(now.is_some_and(|now| now.view(&read) == View::Behind))
}

/// Where a server stands.
#[derive(Debug, Default)]
pub(super) struct Mark {
    /// `None`: it does not tell of changes.
    pub(super) cursor: Option<Cursor>,
    pub(super) view: View,
}

/// What a server has of a directory that was read before, the best first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum View {
    /// At least as much, or it does not say.
    #[default]
    Newer,
    /// It counts changes for itself, and that is not how they were counted before: it may have less or more.
    Elsewhere,
    /// Less: it lags, or is a copy from before.
    Behind,
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Newer => "newer",
            Self::Elsewhere => "elsewhere",
            Self::Behind => "behind",
        })
    }
}

/// What has changed since then.
pub(super) async fn since(directory: &LdapDirectory, cursor: &Cursor) -> Result<Since, Failure> {
    let Some(position) = Position::parse(directory, cursor) else {
        return Ok(Since::Lost("what is read of the directory has changed since".to_owned()));
    };
    let way = position.way();
    let feed = way.feed(directory).filter(|_| ways(directory.config.follow.by).contains(&way));
    let Some(feed) = feed else {
        return Ok(Since::Lost("changes were followed in another way".to_owned()));
    };
    let pool = &directory.pool;
    let _turn = pool.turn(directory.config.timeout.get()).await?;
    let mut warm = match pool.take() {
        Some(warm) => warm,
        // Another server's feed may stand elsewhere.
        None => {
            let place = pool.serving().unwrap_or(0);
            let server = directory.servers.get(place).ok_or_else(|| Failure::configuration("ldap.urls is empty"))?;
            connect(directory, place, server).await?
        }
    };
    let told = feed.since(&mut warm.connection, position).await?;
    pool.keep(warm);
    if let Since::Changes(Changes { cursor: Some(cursor), .. }) = &told {
        directory.read_until(cursor);
    }
    Ok(told)
}

/// Rings whenever something has changed since the cursor, until the connection ends; where servers tell of it by
/// themselves.
pub(super) async fn listen(directory: &LdapDirectory, cursor: &Cursor, ring: &(dyn Ring + '_)) -> Result<(), Failure> {
    match Position::parse(directory, cursor) {
        Some(position) if position.way() == Way::ContentSync => content_sync::listen(directory, position, ring).await,
        _ => Ok(()),
    }
}

/// Whether what is read says by itself who is in what: groups that list somebody, and no filter that asks for the
/// groups of an entry, which change without the entry.
fn can_be_followed(directory: &LdapDirectory) -> bool {
    let groups = &directory.config.groups;
    let lists = !groups.members.is_empty() || !groups.member_logins.is_empty();
    let by_groups = |question: &&Question| {
        let names = filter::attributes(&question.filter).unwrap_or_default();
        names.iter().any(|name| name.eq_ignore_ascii_case("memberOf") || *name == "1.2.840.113556.1.2.102")
    };
    lists && ![&directory.people, &directory.groups].iter().any(by_groups)
}

/// Whether both kinds of entries have that immutable id.
fn ids_are(directory: &LdapDirectory, name: &str) -> bool {
    [&directory.config.users.id, &directory.config.groups.id].iter().all(|id| id.eq_ignore_ascii_case(name))
}

/// Who an entry is, and no more.
fn wanted_ids(question: &Question) -> Vec<String> {
    of_roles(question, |role| role == Role::Id)
}

/// Who it is, how it is called, and whom it lists.
fn wanted_lists(question: &Question) -> Vec<String> {
    of_roles(question, |role| matches!(role, Role::Id | Role::Name | Role::Members | Role::MemberLogins))
}

fn of_roles(question: &Question, wanted: impl Fn(Role) -> bool) -> Vec<String> {
    let of = |name: &&String| question.wanted.roles(name.as_bytes()).any(&wanted);
    question.wanted.request.iter().filter(of).cloned().collect()
}

/// Each base, with what is asked for below it.
fn parts(directory: &LdapDirectory) -> impl Iterator<Item = (&Question, &str)> {
    [&directory.people, &directory.groups]
        .into_iter()
        .flat_map(|question| question.bases.iter().map(move |base| (question, base.as_str())))
}
