//! Noticing that the configuration's file is another one.
//!
//! The folder is watched, not the file: editors replace files, and Kubernetes replaces a link
//! beside them. What the operating system tells is only a reason to look; a look every so often
//! finds what nobody told, as on a network file system.

use super::Handle;
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// How long to wait for the rest of what belongs to one change.
const SETTLE: Duration = Duration::from_millis(300);

/// How often to look when nobody tells.
const LOOK: Duration = Duration::from_secs(20);

/// Which file stands there now, behind every link: device, inode, size, times of change.
type Stamp = Option<(u64, u64, u64, i64, i64, i64, i64)>;

/// Asks for a reload whenever the file at `path` has become another. Never ends.
pub async fn watch(path: PathBuf, handle: Handle) {
    let changed = Arc::new(Notify::new());
    let mut last = stamp(path.clone()).await;
    // Kept: it stops watching when it is dropped.
    let _watcher = match watcher(&path, Arc::clone(&changed)) {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(%error, "the configuration's folder cannot be watched; it is looked at now and then");
            None
        }
    };
    loop {
        if timeout(LOOK, changed.notified()).await.is_ok() {
            sleep(SETTLE).await;
        }
        let now = stamp(path.clone()).await;
        // A file that is gone for a moment is being replaced.
        if now.is_some() && now != last {
            last = now;
            handle.reload();
        }
    }
}

fn watcher(path: &Path, changed: Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut watcher = notify::recommended_watcher(move |_: notify::Result<notify::Event>| changed.notify_one())?;
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    Ok(watcher)
}

async fn stamp(path: PathBuf) -> Stamp {
    let work = move || {
        let file = std::fs::metadata(path).ok()?;
        Some((file.dev(), file.ino(), file.size(), file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()))
    };
    tokio::task::spawn_blocking(work).await.ok().flatten()
}
