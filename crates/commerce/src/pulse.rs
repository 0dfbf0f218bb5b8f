//! Whether something outside has answered when it was last asked. Nobody asks it for the sake of that alone, so that it did not is
//! held against it for a minute only.

use std::sync::atomic::{AtomicI64, Ordering};

use kernel::Timestamp;

const HELD_S: i64 = 60;

/// What was last seen of something outside.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    /// Until when it counts as failing, in microseconds.
    failing_until: AtomicI64,
}

impl Pulse {
    /// It was asked, and answered or did not.
    pub(crate) fn note(&self, answers: bool, now: Timestamp) {
        let until = if answers { 0 } else { now.plus_seconds(HELD_S).micros() };
        self.failing_until.store(until, Ordering::Relaxed);
    }

    /// Whether nothing speaks against its being there.
    pub(crate) fn beats(&self, now: Timestamp) -> bool {
        now.micros() >= self.failing_until.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;

    use super::{HELD_S, Pulse};

    #[test]
    fn silence_counts_until_an_answer_or_for_a_minute() {
        let (pulse, now) = (Pulse::default(), Timestamp::from_micros(1_700_000_000_000_000));
        assert!(pulse.beats(now));
        pulse.note(false, now);
        assert!(!pulse.beats(now) && !pulse.beats(now.plus_seconds(HELD_S - 1)));
        assert!(pulse.beats(now.plus_seconds(HELD_S)));
        pulse.note(true, now);
        assert!(pulse.beats(now));
    }
}
