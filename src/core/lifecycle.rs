//! What an account may, by its kind and its state: one table for everything that asks.
//!
//! Logins, plans, tokens, purging and the page `docs/lifecycle.md` all take their answers from [`may`]; nothing else
//! says what a state means. What stands in the tables becomes a state by [`State::of`], and acts of people become
//! what is to stand there by [`act`].

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

/// In `user_suspensions.origin`: suspended by a person.
pub const MANUAL: &str = "manual";
/// Blocked by a person: nobody but a person lifts it.
pub const BLOCK: &str = "block";
/// Archived by a person.
pub const ARCHIVE: &str = "archive";
/// What no provider may be called: these are people's acts.
pub const BY_HAND: [&str; 3] = [MANUAL, BLOCK, ARCHIVE];

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

/// The table. Every question about a state ends here.
#[must_use]
pub fn may(kind: Kind, state: State, access: Access) -> Answer {
    use Answer::{No, When, Yes};
    let only = |yes: bool| if yes { Yes } else { No };
    let active = state == State::Active;
    match (access, kind) {
        (Access::SignIn | Access::Session, Kind::Service) => No,
        (Access::SignIn, Kind::Person) => match state {
            State::Active => Yes,
            State::Suspended => When("all reasons are runs', and their providers have the person again"),
            State::Archived => When("a provider has the person again"),
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
            State::Suspended => When("all reasons are runs', and their providers have the person again"),
            State::Archived => When("a provider has the person again"),
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

/// The longest name of a service account.
const LONGEST_NAME: usize = 60;

/// The login of a service account: `service:ORG:NAME`, in lower case and without spaces. `org` is a number: names
/// change, and logins must not. `None` where the name is none.
#[must_use]
pub fn service_login(org: u32, name: &str) -> Option<String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let begins = name.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    (begins && name.len() <= LONGEST_NAME && name.chars().all(good)).then(|| format!("service:{org}:{name}"))
}

/// The organization's number in such a login.
#[must_use]
pub fn service_org(login: &str) -> Option<u32> {
    login.strip_prefix("service:")?.split_once(':')?.0.parse().ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::*;

    const STORED: [UserState; 3] = [UserState::Active, UserState::Suspended, UserState::Archived];

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

    #[test]
    fn a_login_of_a_service_account_cannot_be_confused() {
        assert_eq!(service_login(7, "build-1.x_y").as_deref(), Some("service:7:build-1.x_y"));
        assert_eq!(service_org("service:7:build"), Some(7));
        assert_eq!(service_org("ann"), None);
        for bad in ["", "-a", "A", "a b", "a:b", "ä", "a\u{0}", &"a".repeat(61)] {
            assert_eq!(service_login(7, bad), None, "{bad:?}");
        }
    }
}
