//! The health of a service outside, by what became of the last call to it. It is never called for that alone, so a failure counts for a
//! minute.

use std::sync::atomic::{AtomicI64, Ordering};

use kernel::Timestamp;

const HELD_S: i64 = 60;

/// What was last seen of a service outside.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// Until when it counts as failing, in microseconds.
    failing_until: AtomicI64,
}

impl Health {
    /// It was called, and answered or did not.
    pub(crate) fn note(&self, answers: bool, now: Timestamp) {
        let until = if answers { 0 } else { now.plus_seconds(HELD_S).micros() };
        self.failing_until.store(until, Ordering::Relaxed);
    }

    /// Whether it counts as working.
    pub(crate) fn is_up(&self, now: Timestamp) -> bool {
        now.micros() >= self.failing_until.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;

    use super::{HELD_S, Health};

    #[test]
    fn silence_counts_until_an_answer_or_for_a_minute() {
        let (health, now) = (Health::default(), Timestamp::from_micros(1_700_000_000_000_000));
        assert!(health.is_up(now));
        health.note(false, now);
        assert!(!health.is_up(now) && !health.is_up(now.plus_seconds(HELD_S - 1)));
        assert!(health.is_up(now.plus_seconds(HELD_S)));
        health.note(true, now);
        assert!(health.is_up(now));
    }
}
