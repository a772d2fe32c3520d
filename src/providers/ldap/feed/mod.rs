//! What has changed in a directory since it was last read: from a server's own feed of changes.
//!
//! A feed only says whom to look at. Before everything is read it says where it stands ([`mark`]); from
//! there on it is asked for what came later ([`since`]). What it misses the next reading of everything
//! repairs, and whatever looks wrong about it ends in one.

mod content_sync;
mod listen;
mod position;

pub(super) use listen::listen;

use super::LdapDirectory;
use super::attribute::Role;
use super::connection::Connection;
use super::failure::Failure;
use super::find::open;
use super::search::Question;
use crate::providers::follow::{Changes, Cursor, Left, Since};
use content_sync::{Naming, Refreshed};
use position::Position;

/// Where the feed of the serving server stands now, and where it stood `before`. `None`: it has none that can be
/// used.
pub(super) async fn mark(
    directory: &LdapDirectory,
    connection: &mut Connection,
    before: Option<&Cursor>,
) -> Result<Option<Cursor>, Failure> {
    let Some(naming) = naming(directory) else { return Ok(None) };
    let mut cookies = Vec::new();
    for (_, base) in parts(directory) {
        match position::now(connection, base).await? {
            Some(cookie) => cookies.push(cookie),
            None => return walk(directory, connection, naming, before).await,
        }
    }
    Ok(Some(Position::new(directory, cookies).cursor()))
}

/// The same where a server says where it stands only behind all that it has to say: from where it stood, else from
/// the start, asking for ids alone.
async fn walk(
    directory: &LdapDirectory,
    connection: &mut Connection,
    naming: Naming,
    before: Option<&Cursor>,
) -> Result<Option<Cursor>, Failure> {
    if !position::synchronizes(connection).await? {
        return Ok(None);
    }
    if let Some(position) = before.and_then(|before| Position::parse(directory, before))
        && let Since::Changes(changes) = read(directory, connection, naming, position).await?
    {
        return Ok(changes.cursor.or_else(|| before.cloned()));
    }
    let mut cookies = Vec::new();
    for (question, base) in parts(directory) {
        match content_sync::begin(connection, question, base).await? {
            Some(cookie) => cookies.push(cookie),
            None => return Ok(None),
        }
    }
    Ok(Some(Position::new(directory, cookies).cursor()))
}

/// What has changed since then.
pub(super) async fn since(directory: &LdapDirectory, cursor: &Cursor) -> Result<Since, Failure> {
    let Some(position) = Position::parse(directory, cursor) else {
        return Ok(Since::Lost("what is read of the directory has changed since".to_owned()));
    };
    let Some(naming) = naming(directory) else {
        return Ok(Since::Lost("its entries' ids are not those that the feed gives".to_owned()));
    };
    let pool = &directory.pool;
    let _turn = pool.turn(directory.config.timeout.get()).await?;
    let mut warm = match pool.take() {
        Some(warm) => warm,
        // Another server's feed may stand elsewhere.
        None => {
            let place = pool.serving().unwrap_or(0);
            let server = directory.servers.get(place).ok_or_else(|| Failure::configuration("ldap.urls is empty"))?;
            open(directory, place, server).await?
        }
    };
    let told = read(directory, &mut warm.connection, naming, position).await?;
    pool.keep(warm);
    Ok(told)
}

async fn read(
    directory: &LdapDirectory,
    connection: &mut Connection,
    naming: Naming,
    mut position: Position,
) -> Result<Since, Failure> {
    let (mut changes, mut moved) = (Changes::default(), false);
    // By kind, of each base: who is left, where that was said.
    let mut left: [Vec<Option<Vec<u128>>>; 2] = Default::default();
    for ((question, base), cookie) in parts(directory).zip(position.cookies()) {
        let told = content_sync::refresh(connection, question, base, naming, cookie.as_bytes(), &mut changes).await?;
        let (new, of_base) = match told {
            Refreshed::Lost(why) => return Ok(Since::Lost(why)),
            Refreshed::To { cookie, left } => (cookie, left),
        };
        if let Some(new) = new {
            let Ok(new) = String::from_utf8(new) else {
                return Ok(Since::Lost("the server's cookie is no text".to_owned()));
            };
            moved |= new != *cookie;
            *cookie = new;
        }
        left[usize::from(std::ptr::eq(question, &directory.groups))].push(of_base);
    }
    let [people, groups] = left.map(together);
    let (Some(people), Some(groups)) = (people, groups) else {
        return Ok(Since::Lost("of one base it says who is gone, and of another who is left".to_owned()));
    };
    (changes.people_left, changes.groups_left) = (people, groups);
    changes.cursor = moved.then(|| position.cursor());
    Ok(Since::Changes(changes))
}

/// Who is left below all bases of a kind. `Some(None)`: all who were not mentioned. `None`: nobody can say.
#[expect(clippy::option_option, reason = "whether it can be said, and what is said")]
fn together(bases: Vec<Option<Vec<u128>>>) -> Option<Option<Left>> {
    if bases.iter().all(Option::is_none) {
        return Some(None);
    }
    let all: Option<Vec<Vec<u128>>> = bases.into_iter().collect();
    all.map(|all| Some(Left::of(all.concat())))
}

/// `None` where changes could not be followed: ids are others than a feed's, or groups list nobody.
fn naming(directory: &LdapDirectory) -> Option<Naming> {
    let (users, groups) = (&directory.config.users, &directory.config.groups);
    if groups.members.is_empty() && groups.member_logins.is_empty() {
        return None;
    }
    Naming::of(&users.id).filter(|naming| Naming::of(&groups.id) == Some(*naming))
}

/// Who an entry is, and no more.
fn wanted_ids(question: &Question) -> Vec<String> {
    let of = |name: &&String| question.wanted.roles(name.as_bytes()).any(|role| role == Role::Id);
    question.wanted.request.iter().filter(of).cloned().collect()
}

/// Each base, with what is asked for below it.
fn parts(directory: &LdapDirectory) -> impl Iterator<Item = (&Question, &str)> {
    [&directory.people, &directory.groups]
        .into_iter()
        .flat_map(|question| question.bases.iter().map(move |base| (question, base.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_left_is_said_of_all_bases_or_of_none() {
        assert!(matches!(together(vec![None, None]), Some(None)));
        assert!(together(vec![None, Some(vec![1])]).is_none());
        let Some(Some(left)) = together(vec![Some(vec![1]), Some(vec![2])]) else { unreachable!("both were said") };
        assert!(left.has("00000000-0000-0000-0000-000000000002"));
    }
}
