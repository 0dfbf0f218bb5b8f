//! How writing fares, as readiness tells it.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use kernel::Timestamp;

/// A batch that could not be written counts for so long, in seconds, unless another is written. While it counts, nobody may come and
/// try: so it is no longer than a database that was away for a moment deserves.
const FAILURE_COUNTS_S: i64 = 10;
/// No batch failed since the last that was written.
const NEVER: i64 = i64::MIN;

/// What became of the last batches.
#[derive(Debug)]
pub(crate) struct Writes {
    has_ended: AtomicBool,
    /// When the last batch was not written, in microseconds.
    failed_at: AtomicI64,
}

impl Writes {
    pub(crate) const fn new() -> Self {
        Self { has_ended: AtomicBool::new(false), failed_at: AtomicI64::new(NEVER) }
    }

    /// Nothing can be written any more.
    pub(crate) fn end(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Relaxed)
    }

    /// A batch could not be written.
    pub(crate) fn note_failure(&self, now: Timestamp) {
        self.failed_at.store(now.micros(), Ordering::Relaxed);
    }

    /// A batch was written.
    pub(crate) fn note_success(&self) {
        self.failed_at.store(NEVER, Ordering::Relaxed);
    }

    /// Whether the last batch could not be written, and that was a moment ago.
    pub(crate) fn has_failed_lately(&self, now: Timestamp) -> bool {
        let failed_at = self.failed_at.load(Ordering::Relaxed);
        failed_at != NEVER && Timestamp::from_micros(failed_at).plus_seconds(FAILURE_COUNTS_S) > now
    }
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;

    use super::Writes;

    #[test]
    fn a_failure_counts_until_something_is_written_or_for_ten_seconds() {
        let at = |second| Timestamp::from_micros(0).plus_seconds(second);
        let writes = Writes::new();
        assert!(!writes.has_failed_lately(at(0)));
        writes.note_failure(at(0));
        assert!(writes.has_failed_lately(at(0)) && writes.has_failed_lately(at(9)));
        assert!(!writes.has_failed_lately(at(10)));
        writes.note_failure(at(70));
        writes.note_success();
        assert!(!writes.has_failed_lately(at(70)));
    }
}
