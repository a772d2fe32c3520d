//! How much memory the daemon and the processes that it has started take at most.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Looks again and again, until it is stopped.
#[derive(Debug)]
pub(crate) struct Watch {
    stop: Arc<AtomicBool>,
    seen: Option<JoinHandle<BTreeMap<u32, u64>>>,
    daemon: u32,
}

impl Watch {
    pub(crate) fn start(daemon: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let seen = std::thread::spawn(move || {
            let mut most: BTreeMap<u32, u64> = BTreeMap::new();
            while !stopped.load(Ordering::Relaxed) {
                for id in std::iter::once(daemon).chain(children(daemon)) {
                    let memory = resident(id).unwrap_or_default();
                    let known = most.entry(id).or_default();
                    *known = memory.max(*known);
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            most
        });
        Self { stop, seen: Some(seen), daemon }
    }

    /// In words: the daemon's most, and the most of any of the others.
    pub(crate) fn stop(mut self) -> String {
        self.stop.store(true, Ordering::Relaxed);
        let seen = self.seen.take().and_then(|seen| seen.join().ok()).unwrap_or_default();
        let own = seen.get(&self.daemon).copied().unwrap_or_default();
        let others = seen.iter().filter(|(id, _)| **id != self.daemon);
        let most = others.clone().map(|(_, memory)| *memory).max().unwrap_or_default();
        format!("rosterd {} MB, the largest of {} verifiers {} MB", own / 1024, others.count(), most / 1024)
    }
}

/// Its peak, in KB.
fn resident(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    status.lines().find(|line| line.starts_with("VmHWM"))?.split_whitespace().nth(1)?.parse().ok()
}

fn children(of: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{of}/task")).into_iter().flatten().flatten();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|text| text.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>())
        .collect()
}
