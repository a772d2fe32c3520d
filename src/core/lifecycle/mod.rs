//! What an account may, by its kind and its state: one table for everything that asks.
//!
//! Logins, plans, tokens, purging and the page `docs/lifecycle.md` all take their answers from [`may`]; nothing else
//! says what a state means. What stands in the tables becomes a state by [`State::of`], and acts of people become
//! what is to stand there by [`act`].

mod act;
mod service;

pub use act::{ARCHIVE, Act, Acted, BLOCK, BY_HAND, ENABLE, MANUAL, NotActed, act, settled};
pub use service::{reserved, service_login, service_org};

use crate::observed::UserState;

/// `users.kind`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    #[default]
    Person,
    /// Works for a program: no provider knows it, and nobody logs in with it.
    Service,
    /// A person whom no run touches, for the day on which providers fail.
    BreakGlass,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Person, Self::Service, Self::BreakGlass];

    /// The name that the database and every output use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Service => "service",
            Self::BreakGlass => "break_glass",
        }
    }

    /// The kind of that exact name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    Active,
    /// For one reason or several, by a person or by runs: all must clear.
    Suspended,
    Blocked,
    /// Suspended for longer than the grace period.
    Archived,
    ArchivedByHand,
}

impl State {
    pub const ALL: [Self; 5] = [Self::Active, Self::Suspended, Self::Blocked, Self::Archived, Self::ArchivedByHand];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Blocked => "blocked",
            Self::Archived => "archived",
            Self::ArchivedByHand => "archived by hand",
        }
    }

    /// From `users.state` and the origins of the account's rows in `user_suspensions`.
    pub fn of<'o>(stored: UserState, origins: impl IntoIterator<Item = &'o str>) -> Self {
        let (mut block, mut archive) = (false, false);
        for origin in origins {
            block |= origin == BLOCK;
            archive |= origin == ARCHIVE;
        }
        match stored {
            UserState::Active => Self::Active,
            UserState::Archived if archive => Self::ArchivedByHand,
            UserState::Archived => Self::Archived,
            UserState::Suspended if block => Self::Blocked,
            UserState::Suspended => Self::Suspended,
        }
    }
}

/// Without the reasons: for who asks what is the same for all that are suspended, or archived.
impl From<UserState> for State {
    fn from(stored: UserState) -> Self {
        Self::of(stored, [])
    }
}

/// What an account may, or what may happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    SignIn,
    Session,
    Rights,
    ActFor,
    HaveDelegates,
    Token,
    Attributes,
    Memberships,
    Linked,
    SuspendedByRun,
    ResumedByRun,
    ArchivedByRun,
    Admin,
    Purge,
}

impl Access {
    pub const ALL: [Self; 14] = [
        Self::SignIn,
        Self::Session,
        Self::Rights,
        Self::ActFor,
        Self::HaveDelegates,
        Self::Token,
        Self::Attributes,
        Self::Memberships,
        Self::Linked,
        Self::SuspendedByRun,
        Self::ResumedByRun,
        Self::ArchivedByRun,
        Self::Admin,
        Self::Purge,
    ];

    /// As the page says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SignIn => "log in by rosterd",
            Self::Session => "go on in a session that is open",
            Self::Rights => "have rights (`effective_permissions`)",
            Self::ActFor => "act for somebody",
            Self::HaveDelegates => "be acted for",
            Self::Token => "use a token of its own",
            Self::Attributes => "login, name and e-mail follow the provider",
            Self::Memberships => "memberships follow the rules",
            Self::Linked => "be found to be a provider's person",
            Self::SuspendedByRun => "be suspended by a run",
            Self::ResumedByRun => "be made active by a run",
            Self::ArchivedByRun => "be archived by a run",
            Self::Admin => "count as an Admin who is left",
            Self::Purge => "be purged",
        }
    }
}

/// Whether.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    /// By itself, when this is so.
    When(&'static str),
}

impl Answer {
    /// Whether it is so now.
    #[must_use]
    pub fn now(self) -> bool {
        self == Self::Yes
    }

    /// Whether it is, or can be without a person's doing.
    #[must_use]
    pub fn ever(self) -> bool {
        self != Self::No
    }
}

/// When a run makes somebody active. One reason by hand is enough that it does not: who was suspended by hand, then
/// archived by a run, is suspended still when they are back.
const BACK: &str = "no reason is by hand, and a provider has the person again, or a rule matches again";

/// The table. Every question about a state ends here, but for what the database's views ask of `users.state`: those are
/// held to it by the tests.
#[must_use]
pub fn may(kind: Kind, state: State, access: Access) -> Answer {
    use Answer::{No, When, Yes};
    let only = |yes: bool| if yes { Yes } else { No };
    let active = state == State::Active;
    match (access, kind) {
        (Access::SignIn | Access::Session, Kind::Service) => No,
        (Access::SignIn, Kind::Person) => match state {
            State::Active => Yes,
            State::Suspended | State::Archived => When(BACK),
            State::Blocked | State::ArchivedByHand => No,
        },
        (Access::SignIn, Kind::BreakGlass) | (Access::Session, Kind::Person | Kind::BreakGlass) => only(active),
        (Access::Rights | Access::ActFor | Access::HaveDelegates, _) => only(active),
        (Access::Token, kind) => only(active && kind == Kind::Service),
        (Access::Attributes | Access::Memberships, kind) => only(kind == Kind::Person),
        (Access::Linked, Kind::Person) => When("`link` says so, and another provider has the person"),
        (Access::Linked, _) => No,
        (Access::SuspendedByRun, Kind::Person) => When("no provider has the person any more, or no rule matches"),
        (Access::ResumedByRun, Kind::Person) => match state {
            State::Suspended | State::Archived => When(BACK),
            State::Active | State::Blocked | State::ArchivedByHand => No,
        },
        (Access::ArchivedByRun, Kind::Person) => match state {
            State::Suspended => When("suspended for `accounts.archive_after`, and still gone"),
            State::Active | State::Blocked | State::Archived | State::ArchivedByHand => No,
        },
        (Access::SuspendedByRun | Access::ResumedByRun | Access::ArchivedByRun, _) => No,
        (Access::Admin, kind) => only(active && kind != Kind::Service),
        (Access::Purge, _) => only(matches!(state, State::Archived | State::ArchivedByHand)),
    }
}

/// Whether an account of that kind ever is in that state: service accounts are disabled and deleted, and no run archives
/// them.
#[must_use]
pub fn reachable(kind: Kind, state: State) -> bool {
    kind != Kind::Service || !matches!(state, State::Blocked | State::Archived)
}

/// Whether runs leave the account as it is, whatever its state.
#[must_use]
pub fn untouched(kind: Kind) -> bool {
    State::ALL.into_iter().all(|state| !may(kind, state, Access::Memberships).ever())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_active_act_and_only_services_have_tokens() {
        for kind in Kind::ALL {
            for state in State::ALL {
                for access in [Access::Session, Access::Rights, Access::ActFor, Access::Token, Access::Admin] {
                    assert!(
                        !may(kind, state, access).ever() || state == State::Active,
                        "{kind:?} {state:?} {access:?}"
                    );
                }
                assert!(!may(kind, state, Access::Token).ever() || kind == Kind::Service);
                assert!(!may(kind, state, Access::Admin).ever() || kind != Kind::Service);
                assert!(!may(kind, state, Access::SignIn).ever() || kind != Kind::Service);
                for access in [Access::SignIn, Access::ResumedByRun] {
                    let by_hand = matches!(state, State::Blocked | State::ArchivedByHand);
                    assert!(!(by_hand && may(kind, state, access).ever()), "{kind:?} {state:?} {access:?}");
                }
            }
        }
        assert_eq!(Kind::ALL.map(untouched), [false, true, true]);
    }
}
