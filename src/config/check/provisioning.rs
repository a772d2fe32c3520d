//! Names of provisioning files.

use super::Report;
use crate::config::Code;
use crate::config::tree::Node;
use std::path::Path;

pub(super) fn check(section: &Node, report: &mut Report<'_>) {
    for (node, text) in section.get("files").into_iter().flat_map(Node::items).flat_map(Node::texts) {
        let path = Path::new(text);
        let folders = path.parent().is_some_and(|folder| folder.to_string_lossy().contains(['*', '?']));
        if path.file_name().is_none() || folders {
            let message = format!("{} cannot name provisioning files", crate::config::words::quoted(text));
            let help = "only the last part may have `*` and `?`, such as `roles/*.toml`";
            report.say(&node.origin, Code::MalformedValue, message, help);
        }
    }
}
