//! How much memory something takes at most: of this process, so nothing may happen beside it.

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What `doing` gives, and how much more memory than before was in use at once meanwhile.
pub(crate) fn peak<T>(doing: impl FnOnce() -> T) -> (T, usize) {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let done = doing();
    (done, MEMORY.peak_usage().saturating_sub(before))
}

/// What `doing` gives, which must get by with so many bytes.
#[track_caller]
pub(crate) fn within<T>(most: usize, doing: impl FnOnce() -> T) -> T {
    let (done, peak) = peak(doing);
    assert!(peak <= most, "{peak} bytes of memory, where {most} must be enough");
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "must be enough")]
    fn memory_is_counted() {
        within(1 << 20, || drop(vec![1u8; 64 << 20]));
    }
}
