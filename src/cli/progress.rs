//! How far a read is, on a terminal's standard error only.

use super::args::Args;
use super::output::is_captured;
use crate::providers::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Shows progress until dropped.
pub(crate) struct Shown {
    bar: ProgressBar,
    task: JoinHandle<()>,
}

/// Starts to show how far the reads are; `None` where nobody would see it.
pub(crate) fn show(args: &Args, progress: &Arc<Progress>) -> Option<Shown> {
    if args.quiet || is_captured() || !std::io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    let (shown, progress) = (bar.clone(), Arc::clone(progress));
    let task = tokio::spawn(async move {
        loop {
            let (people, groups) = progress.get();
            shown.set_message(format!("{people} people and {groups} groups read"));
            shown.tick();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    Some(Shown { bar, task })
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.task.abort();
        self.bar.finish_and_clear();
    }
}
