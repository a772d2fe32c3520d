//! How long what a login said holds: for some time, and not for ever.

use super::Report;
use crate::config::login::LONGEST_LEASE;
use crate::config::tree::Node;
use crate::config::{Code, Duration};

/// `section`: the table that has the key.
pub(super) fn check(section: &Node, report: &mut Report<'_>) {
    report.not_zero(section, "lease", "what a login said would never hold");
    let longer = |node: &&Node| node.text().and_then(Duration::parse).is_some_and(|lease| lease > LONGEST_LEASE);
    if let Some(lease) = section.get("lease").filter(longer) {
        let help = "a leaver who cannot be listed keeps everything for so long";
        report.say(&lease.origin, Code::LongLease, format!("`lease` must be at most {LONGEST_LEASE}"), help);
    }
}
