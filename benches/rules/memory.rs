//! How much memory this process holds.

use anyhow::{Context as _, Result};

/// In kilobytes: proc(5), /proc/self/status.
pub(crate) fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("memory is read as Linux gives it")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).context("/proc/self/status has no VmRSS")
}
