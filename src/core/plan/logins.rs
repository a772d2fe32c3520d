//! Logins are unique. A recycled one goes to whoever has it now; one that two people claim stays
//! with whom it is.

use super::draft::Draft;
use super::{Change, Field};
use crate::ids::UserId;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Gives everybody who asked for a login one, and notes the changes.
pub(super) fn settle(draft: &mut Draft<'_>) {
    let mut asked = std::mem::take(&mut draft.logins);
    if asked.is_empty() {
        return;
    }
    asked.sort_unstable_by_key(|(user, _)| *user);
    draft.absent.sort_unstable();
    let observed = Arc::clone(&draft.observed);
    let moving: BTreeSet<UserId> = asked.iter().map(|(user, _)| *user).collect();
    let mut taken: HashMap<String, UserId> = observed
        .users
        .iter()
        .filter(|row| !moving.contains(&row.id))
        .map(|row| (observed.texts.get(row.login).to_owned(), row.id))
        .collect();
    let mut given: Vec<(UserId, String)> = Vec::new();
    for (user, want) in asked {
        let want = draft.snapshot.texts.get(want).to_owned();
        if let Some(holder) = taken.get(&want).copied().filter(|holder| is_absent(draft, *holder)) {
            let freed = format!("{want}~{holder}");
            taken.insert(freed.clone(), holder);
            taken.remove(&want);
            given.push((holder, freed));
        }
        let choices = [want.clone(), format!("{want}@{}", draft.provider), format!("{want}~{user}")];
        let Some(login) = choices.into_iter().find(|login| !taken.contains_key(login)) else { continue };
        if login != want {
            draft.note(format!("the login {want:?} belongs to somebody else; {login:?} is used (see `link`)"));
        }
        taken.insert(login.clone(), user);
        given.push((user, login));
    }
    note(draft, given);
}

fn note(draft: &mut Draft<'_>, given: Vec<(UserId, String)>) {
    let observed = Arc::clone(&draft.observed);
    for (user, login) in &given {
        let text = draft.snapshot.texts.push(login);
        let row = observed.users.binary_search_by_key(user, |row| row.id).ok().and_then(|at| observed.users.get(at));
        let Some(row) = row else {
            draft.user_row(*user).login = text;
            continue;
        };
        if observed.texts.get(row.login) == login {
            continue;
        }
        let old = draft.copied(row.login);
        draft.user_row(*user).login = text;
        draft.changes.push(Change::UpdateUser { user: *user, field: Field::Login, old, new: text });
    }
}

/// Whether no provider has that person any more.
fn is_absent(draft: &Draft<'_>, user: UserId) -> bool {
    if draft.absent.binary_search(&user).is_ok() {
        return true;
    }
    let others = &draft.observed.other_identities;
    let from = others.partition_point(|other| other.user < user);
    let mut others = others.get(from..).unwrap_or(&[]).iter().take_while(|other| other.user == user).peekable();
    let own = draft.observed.identities.iter().any(|identity| identity.user == user);
    !own && others.peek().is_some() && others.all(|other| other.gone)
}
