//! Logins are unique. A recycled one goes to whoever has it now; one that two people claim stays
//! with whom it is.

use super::draft::Draft;
use super::{Change, Field};
use crate::ids::UserId;
use crate::lifecycle;
use crate::text::Text;
use std::collections::HashMap;
use std::sync::Arc;

/// Who has which login.
#[derive(Default)]
struct Taken<'t> {
    /// Of a million none is copied.
    as_said: HashMap<&'t str, UserId>,
    /// Those that were made up because somebody else has what was wanted.
    made_up: HashMap<String, UserId>,
}

impl Taken<'_> {
    fn by(&self, login: &str) -> Option<UserId> {
        self.as_said.get(login).or_else(|| self.made_up.get(login)).copied()
    }
}

/// Gives everybody who asked for a login one, and notes the changes.
pub(super) fn settle(draft: &mut Draft<'_>) {
    let mut asked = std::mem::take(&mut draft.logins);
    if asked.is_empty() {
        return;
    }
    asked.sort_unstable_by_key(|(user, _)| *user);
    draft.absent.sort_unstable();
    let (given, notes) = give(draft, &asked);
    for sentence in notes {
        draft.note(sentence);
    }
    note(draft, given);
}

/// Who gets another login than the one that their row has or, of somebody who is new, will have; and what is
/// to be said of it. `asked` is by user.
fn give(draft: &Draft<'_>, asked: &[(UserId, Text)]) -> (Vec<(UserId, String)>, Vec<String>) {
    let (observed, texts) = (&draft.observed, &draft.snapshot.texts);
    let is_new = |user: UserId| user > UserId(draft.books.last_user_before);
    let moving = |user: UserId| asked.binary_search_by_key(&user, |(user, _)| *user).is_ok();
    let mut taken = Taken::default();
    taken.as_said.reserve(observed.users.len() + asked.len());
    let staying = observed.users.iter().filter(|row| !moving(row.id));
    taken.as_said.extend(staying.map(|row| (observed.texts.get(row.login), row.id)));
    let (mut given, mut notes) = (Vec::new(), Vec::new());
    for (user, want) in asked {
        let want = texts.get(*want);
        if let Some(holder) = taken.by(want).filter(|holder| is_absent(draft, *holder)) {
            let freed = format!("{want}~{holder}");
            taken.as_said.remove(want);
            taken.made_up.remove(want);
            taken.made_up.insert(freed.clone(), holder);
            given.push((holder, freed));
        }
        if taken.by(want).is_none() && !draft.policy.break_glass.contains(want) && !lifecycle::reserved(want) {
            taken.as_said.insert(want, *user);
            if !is_new(*user) {
                given.push((*user, want.to_owned()));
            }
            continue;
        }
        let others = [format!("{want}@{}", draft.provider), format!("{want}~{user}")];
        let Some(login) = others.into_iter().find(|login| taken.by(login).is_none()) else { continue };
        let whose = if lifecycle::reserved(want) {
            "is kept for other things"
        } else if draft.policy.break_glass.contains(want) {
            "is a break-glass account's"
        } else {
            "belongs to somebody else"
        };
        notes.push(format!("the login {want:?} {whose}; {login:?} is used (see `link`)"));
        taken.made_up.insert(login.clone(), *user);
        given.push((*user, login));
    }
    (given, notes)
}

fn note(draft: &mut Draft<'_>, given: Vec<(UserId, String)>) {
    let observed = Arc::clone(&draft.observed);
    for (user, login) in &given {
        let row = observed.users.binary_search_by_key(user, |row| row.id).ok().and_then(|at| observed.users.get(at));
        if row.is_some_and(|row| observed.texts.get(row.login) == login) {
            continue;
        }
        let text = draft.snapshot.texts.push(login);
        draft.user_row(*user).login = text;
        if let Some(row) = row {
            let old = draft.copied(row.login);
            draft.changes.push(Change::UpdateUser { user: *user, field: Field::Login, old, new: text });
        }
    }
}

/// Whether no provider has that person any more.
fn is_absent(draft: &Draft<'_>, user: UserId) -> bool {
    let at = draft.observed.users.binary_search_by_key(&user, |row| row.id);
    let row = at.ok().and_then(|at| draft.observed.users.get(at));
    if row.is_some_and(|row| lifecycle::untouched(draft.kind(row))) {
        return false;
    }
    if draft.absent.binary_search(&user).is_ok() {
        return true;
    }
    let others = &draft.observed.other_identities;
    let from = others.partition_point(|other| other.user < user);
    let mut others = others.get(from..).unwrap_or(&[]).iter().take_while(|other| other.user == user).peekable();
    let own = draft.observed.identities.iter().any(|identity| identity.user == user);
    !own && others.peek().is_some() && others.all(|other| other.gone)
}
