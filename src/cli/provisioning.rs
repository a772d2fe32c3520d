//! What `rosterd sync` and `rosterd plan` say of provisioning files.

use super::exit::Exit;
use super::output::in_short;
use crate::clock::Stopwatch;
use crate::sync::{Provisioned, ProvisioningError, provisioning_notices};
use rosterd_core::provision::PROVISIONING;
use serde_json::{Value, json};

/// What is printed of one plan for files that was to be carried out.
pub(super) struct Report {
    pub(super) line: String,
    pub(super) value: Value,
    pub(super) notices: Vec<String>,
    pub(super) exit: Exit,
    /// Something was written.
    pub(super) applied: bool,
}

impl Report {
    pub(super) fn of(outcome: Result<Provisioned, ProvisioningError>, watch: Stopwatch) -> Self {
        let elapsed = watch.elapsed().as_secs_f64();
        match outcome {
            Ok(Provisioned::Unchanged { plan }) => Self {
                line: format!("{PROVISIONING}: files={} changes=0 elapsed={elapsed:.2}s", plan.files),
                value: json!({ "outcome": "unchanged", "files": plan.files, "elapsed_seconds": elapsed }),
                notices: provisioning_notices(&plan),
                exit: Exit::Done,
                applied: false,
            },
            Ok(Provisioned::Applied { summary: s, notices, rows }) => Self {
                line: format!(
                    "{PROVISIONING}: added={} changed={} removed={} withheld={} rows={rows} elapsed={elapsed:.2}s",
                    s.added, s.changed, s.removed, s.withheld
                ),
                value: json!({ "outcome": "applied", "added": s.added, "changed": s.changed, "removed": s.removed,
                    "withheld": s.withheld, "rows": rows, "elapsed_seconds": elapsed }),
                notices,
                exit: Exit::Done,
                applied: true,
            },
            Ok(Provisioned::Held { hold, plan }) => {
                let state = hold.state.name();
                Self {
                    line: format!(
                        "{PROVISIONING}: files={} changes=0 elapsed={elapsed:.2}s\n{PROVISIONING}: HELD ({state}): {}\n\
                         {PROVISIONING}: nothing was applied; see `rosterd holds show {}`",
                        plan.files,
                        in_short(&hold.reasons),
                        hold.id
                    ),
                    value: json!({ "outcome": "held", "hold": hold.id, "state": state, "plan_hash": hold.plan_hash,
                        "reasons": hold.reasons, "elapsed_seconds": elapsed }),
                    notices: provisioning_notices(&plan),
                    exit: Exit::Held,
                    applied: false,
                }
            }
            Err(error) => Self {
                line: format!(
                    "{PROVISIONING}: FAILED: {error}\n{PROVISIONING}: nothing that files declare was changed"
                ),
                value: json!({ "outcome": "failed", "error": error.to_string(), "retry": error.retry(),
                    "elapsed_seconds": elapsed }),
                notices: Vec::new(),
                exit: exit(&error),
                applied: false,
            },
        }
    }
}

pub(super) fn exit(error: &ProvisioningError) -> Exit {
    match error {
        ProvisioningError::Files(_) => Exit::Configuration,
        ProvisioningError::Unexpected(_) | ProvisioningError::Store(_) => Exit::Failed,
    }
}
