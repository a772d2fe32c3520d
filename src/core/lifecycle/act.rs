//! What people do about accounts, and what is to stand in the tables then. Whatever a person did, only a person lifts.

use crate::observed::UserState;

/// In `user_suspensions.origin`: suspended by a person.
pub const MANUAL: &str = "manual";
/// Blocked by a person: nobody but a person lifts it.
pub const BLOCK: &str = "block";
/// Archived by a person.
pub const ARCHIVE: &str = "archive";
/// What no provider may be called: these are people's acts.
pub const BY_HAND: [&str; 3] = [MANUAL, BLOCK, ARCHIVE];

/// What `users.state` is once these reasons are left.
#[must_use]
pub fn settled(was: UserState, origins: &[&str]) -> UserState {
    let has = |origin: &str| origins.contains(&origin);
    let by_run = origins.iter().any(|origin| !BY_HAND.contains(origin));
    match was {
        _ if has(ARCHIVE) => UserState::Archived,
        _ if origins.is_empty() => UserState::Active,
        UserState::Archived if by_run && !has(BLOCK) => UserState::Archived,
        UserState::Active | UserState::Suspended | UserState::Archived => UserState::Suspended,
    }
}

/// What a person does about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    Suspend,
    Resume,
    Block,
    Unblock,
    Archive,
    Unarchive,
}

impl Act {
    pub const ALL: [Self; 6] =
        [Self::Suspend, Self::Resume, Self::Block, Self::Unblock, Self::Archive, Self::Unarchive];

    /// As commands, paths and audit records call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Block => "block",
            Self::Unblock => "unblock",
            Self::Archive => "archive",
            Self::Unarchive => "unarchive",
        }
    }

    /// Under which origin its reason stands, and whether it puts it there or takes it away.
    #[must_use]
    pub fn origin(self) -> (&'static str, bool) {
        match self {
            Self::Suspend => (MANUAL, true),
            Self::Resume => (MANUAL, false),
            Self::Block => (BLOCK, true),
            Self::Unblock => (BLOCK, false),
            Self::Archive => (ARCHIVE, true),
            Self::Unarchive => (ARCHIVE, false),
        }
    }

    /// Whether it takes something: sessions end with it, and the last Admin is asked for.
    #[must_use]
    pub fn takes(self) -> bool {
        self.origin().1
    }
}

/// What brings a service account back: those of them for which there is something to do.
pub const ENABLE: &[Act] = &[Act::Unarchive, Act::Resume];

/// What comes of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acted {
    pub state: UserState,
    /// What the runs' reasons are counted from begins anew: or the next run would archive at once whom somebody
    /// has just taken out of the archive.
    pub anew: bool,
}

/// Why nothing comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotActed {
    #[error("is so already")]
    Already,
    #[error("is not suspended by a person")]
    NotSuspended,
    #[error("is not blocked")]
    NotBlocked,
    #[error("is not archived")]
    NotArchived,
}

/// Works out what is to stand there after an act. `origins`: of the account's reasons now.
///
/// # Errors
/// Where there is nothing to do.
pub fn act(act: Act, was: UserState, origins: &[&str]) -> Result<Acted, NotActed> {
    let (origin, put) = act.origin();
    let there = origins.contains(&origin);
    if put {
        if there {
            return Err(NotActed::Already);
        }
        let after: Vec<&str> = origins.iter().copied().chain([origin]).collect();
        return Ok(Acted { state: settled(was, &after), anew: false });
    }
    let after: Vec<&str> = origins.iter().copied().filter(|other| *other != origin).collect();
    match act {
        Act::Unarchive if was != UserState::Archived => Err(NotActed::NotArchived),
        Act::Unarchive => Ok(Acted { state: settled(UserState::Suspended, &after), anew: true }),
        Act::Unblock if !there => Err(NotActed::NotBlocked),
        _ if !there => Err(NotActed::NotSuspended),
        _ => Ok(Acted { state: settled(was, &after), anew: false }),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::*;
    use crate::lifecycle::State;

    const STORED: [UserState; 3] = [UserState::Active, UserState::Suspended, UserState::Archived];

    /// Every set of reasons, cleared in every order, ends active, and only when the last is gone.
    #[test]
    fn several_reasons_must_all_clear_in_any_order() {
        let origins = [MANUAL, BLOCK, ARCHIVE];
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for order in orders {
            let (mut state, mut there) = (UserState::Active, Vec::new());
            for at in order {
                let put = Act::ALL.into_iter().find(|act| act.origin() == (origins[at], true)).unwrap();
                state = act(put, state, &there).unwrap().state;
                there.push(origins[at]);
                assert_eq!(act(put, state, &there), Err(NotActed::Already));
            }
            for clear in orders {
                let (mut state, mut there) = (state, there.clone());
                for at in clear {
                    assert_ne!(state, UserState::Active);
                    let take = Act::ALL.into_iter().find(|act| act.origin() == (origins[at], false)).unwrap();
                    state = act(take, state, &there).unwrap().state;
                    there.retain(|origin| *origin != origins[at]);
                }
                assert_eq!(state, UserState::Active);
            }
        }
    }

    #[test]
    fn what_a_person_did_outlives_what_runs_do() {
        // Gone and archived by grace, then blocked, then back: blocked.
        let blocked = act(Act::Block, UserState::Archived, &["corp"]).unwrap();
        assert_eq!(State::of(blocked.state, ["corp", BLOCK]), State::Blocked);
        assert_eq!(settled(blocked.state, &[BLOCK]), UserState::Suspended);
        // Suspended by hand, archived by grace, then back: suspended by hand still.
        assert_eq!(settled(UserState::Archived, &[MANUAL]), UserState::Suspended);
        assert_eq!(settled(UserState::Archived, &[ARCHIVE]), UserState::Archived);
        assert_eq!(settled(UserState::Archived, &["corp"]), UserState::Archived);
        let out = act(Act::Unarchive, UserState::Archived, &["corp"]).unwrap();
        assert_eq!((out.state, out.anew), (UserState::Suspended, true));
        for was in STORED {
            assert_eq!(settled(was, &[]), UserState::Active);
        }
    }

    #[test]
    fn what_is_not_so_cannot_be_lifted() {
        assert_eq!(act(Act::Resume, UserState::Suspended, &["corp"]), Err(NotActed::NotSuspended));
        assert_eq!(act(Act::Unblock, UserState::Suspended, &[MANUAL]), Err(NotActed::NotBlocked));
        assert_eq!(act(Act::Unarchive, UserState::Suspended, &[MANUAL]), Err(NotActed::NotArchived));
    }
}
