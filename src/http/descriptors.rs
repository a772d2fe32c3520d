//! How many connections there is room for. Each takes a file descriptor, and so do the database, the
//! providers and files: whoever connects, however many, must not keep a run from them.

/// Kept for everything else: a quarter of what there is, and within these bounds.
const SHARE: usize = 4;
const LEAST: usize = 32;
const MOST: usize = 256;

/// As many as are wanted, or as many as leave descriptors for everything else; one at least.
pub(super) fn room(wanted: usize) -> usize {
    // Where there is no `/proc`, nobody says.
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let Some(limit) = soft_limit(&limits) else { return wanted };
    let room = beside_others(limit, wanted);
    if room < wanted {
        tracing::info!(
            wanted,
            room,
            descriptors = limit,
            "fewer connections than http.max_connections: see `ulimit -n`"
        );
    }
    room
}

fn beside_others(limit: usize, wanted: usize) -> usize {
    let others = (limit / SHARE).clamp(LEAST, MOST);
    wanted.min(limit.saturating_sub(others)).max(1)
}

/// Nothing where it is unlimited.
fn soft_limit(limits: &str) -> Option<usize> {
    let rest = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r46_connections_leave_descriptors_for_everything_else() {
        let limits = "Max processes             1024                 2048                 processes \n\
                      Max open files            64                   4096                 files     \n";
        assert_eq!(soft_limit(limits), Some(64));
        assert_eq!(soft_limit("Max open files            unlimited            unlimited            files"), None);
        assert_eq!(soft_limit(""), None);
        for (limit, wanted, room) in [
            (64, 1000, 32),
            (64, 10, 10),
            (8, 10, 1),
            (0, 1, 1),
            (1024, 1000, 768),
            (16384, 1000, 1000),
            (16384, 100_000, 16128),
        ] {
            assert_eq!(beside_others(limit, wanted), room, "{limit} {wanted}");
        }
    }
}
