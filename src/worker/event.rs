//! What happens in runs, for whoever follows them: the API's event streams, tests.
//!
//! Names of providers and numbers; never of people or groups.

use crate::store::HoldState;
use rosterd_core::ids::Timestamp;
use rosterd_core::writes::Trigger;

/// One step of a run. A run is `Started` and ends with one of `Applied`, `Unchanged`, `Held` and `Failed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEvent {
    pub provider: String,
    pub trigger: Trigger,
    pub at: Timestamp,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Started,
    /// The provider has said what there is.
    Read {
        people: usize,
        groups: usize,
        complete: bool,
    },
    /// What would change is known; nothing has changed yet.
    Planned {
        added: u32,
        changed: u32,
        removed: u32,
        withheld: u32,
    },
    Applied {
        added: u32,
        changed: u32,
        removed: u32,
        withheld: u32,
        rows: u64,
        complete: bool,
    },
    /// Nothing differs; nothing was written.
    Unchanged {
        complete: bool,
    },
    /// Over a limit; nothing was applied.
    Held {
        hold: i64,
        state: HoldState,
    },
    Failed {
        /// For a person, without secrets.
        message: String,
        /// Whether the same can succeed later without anybody's doing.
        retry: bool,
    },
}

impl What {
    /// A stable word for logs, metrics and the API.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Read { .. } => "read",
            Self::Planned { .. } => "planned",
            Self::Applied { .. } => "applied",
            Self::Unchanged { .. } => "unchanged",
            Self::Held { .. } => "held",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether it is a run's last event.
    #[must_use]
    pub fn is_end(&self) -> bool {
        !matches!(self, Self::Started | Self::Read { .. } | Self::Planned { .. })
    }
}
