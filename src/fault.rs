//! Named points at which a test can end the process as a crash would.
//!
//! Without the feature `fault-injection` [`point`] is empty. Never anything but a crash here: an
//! error that is returned belongs in the code that it happens to.

/// Every point, in the order in which an apply passes them.
pub const POINTS: &[&str] = &[
    "apply.begin",
    "apply.provider",
    "apply.orgs",
    "apply.users",
    "apply.teams",
    "apply.groups",
    "apply.identities",
    "apply.org_members",
    "apply.team_members",
    "apply.entitlements",
    "apply.suspensions",
    "apply.run",
    "apply.audit",
    "apply.commit",
    "apply.committed",
];

/// The same of an apply of provisioning files.
pub const PROVISION_POINTS: &[&str] = &[
    "provision.begin",
    "provision.made",
    "provision.roles",
    "provision.given",
    "provision.gone",
    "provision.audit",
    "provision.committed",
];

/// Ends the process at once when the environment says `ROSTERD_FAULT=name`, with nothing flushed
/// and no destructor run. Does what the file `ROSTERD_FAULT_FILE` says, once: `abort name` or, as if
/// the machine had been put to sleep, `stop name`.
#[cfg(feature = "fault-injection")]
pub fn point(name: &'static str) {
    debug_assert!(POINTS.contains(&name) || PROVISION_POINTS.contains(&name), "{name} is in no list of points");
    if std::env::var_os("ROSTERD_FAULT").is_some_and(|wanted| wanted == name) {
        std::process::abort();
    }
    let Some(path) = std::env::var_os("ROSTERD_FAULT_FILE") else { return };
    let order = std::fs::read_to_string(&path).unwrap_or_default();
    let Some(("abort" | "stop", _)) = order.split_once(' ').filter(|(_, wanted)| *wanted == name) else { return };
    // Two runs at once: the one that takes the file away follows it.
    if std::fs::remove_file(&path).is_err() {
        return;
    }
    if order.starts_with("abort") {
        std::process::abort();
    }
    let _sent = std::process::Command::new("kill").args(["-STOP", &std::process::id().to_string()]).status();
}

/// Does nothing.
#[cfg(not(feature = "fault-injection"))]
pub fn point(_name: &'static str) {}
