//! A moment of the books: by position, by time, or now.

use event_store::Position;
use kernel::Timestamp;

/// Up to where, or from where on, the log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// By the place of an event, which it includes.
    Position(Position),
    /// By the time of events, which it includes.
    Time(Timestamp),
}

/// The text is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a moment: a position, 2026-01-31, 2026-01-31 15:04:05 (both in Asia/Shanghai) or 2026-01-31T07:04:05Z is meant"
)]
pub struct MomentError;

impl Moment {
    /// A moment up to which something is meant: a date is its last microsecond, in Shanghai.
    ///
    /// # Errors
    /// [`MomentError`].
    pub fn until(text: &str) -> Result<Self, MomentError> {
        Self::read(text, "23:59:59", 999_999)
    }

    /// A moment from which something is meant: a date is its first microsecond, in Shanghai.
    ///
    /// # Errors
    /// [`MomentError`].
    pub fn since(text: &str) -> Result<Self, MomentError> {
        Self::read(text, "00:00:00", 0)
    }

    fn read(text: &str, time_of_day: &str, micros: i64) -> Result<Self, MomentError> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Position::from_number).map(Self::Position).map_err(|_| MomentError);
        }
        let of_day = || {
            let moment = Timestamp::from_shanghai(&format!("{text} {time_of_day}"))?;
            Some(Timestamp::from_micros(moment.micros().saturating_add(micros)))
        };
        let moment = Timestamp::from_rfc3339(text).or_else(|| Timestamp::from_shanghai(text)).or_else(of_day);
        moment.map(Self::Time).ok_or(MomentError)
    }

    /// Whether an event at that place and time is not before it.
    pub(crate) fn is_reached_by(self, position: Position, at: Timestamp) -> bool {
        match self {
            Self::Position(from) => position >= from,
            Self::Time(from) => at >= from,
        }
    }
}

/// The day of a moment in Shanghai, `YYYY-MM-DD`.
pub(crate) fn day_of(at: Timestamp) -> String {
    at.shanghai().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use event_store::Position;
    use kernel::Timestamp;

    use super::{Moment, day_of};

    #[test]
    fn a_moment_is_told_in_four_ways() {
        assert_eq!(Moment::until("12"), Ok(Moment::Position(Position::from_number(12))));
        let midnight = Timestamp::from_shanghai("2026-01-31 00:00:00").unwrap();
        assert_eq!(Moment::since("2026-01-31"), Ok(Moment::Time(midnight)));
        assert_eq!(Moment::since("2026-01-30T16:00:00Z"), Ok(Moment::Time(midnight)));
        assert_eq!(Moment::since("2026-01-31 00:00:00"), Ok(Moment::Time(midnight)));
        let next = Timestamp::from_shanghai("2026-02-01 00:00:00").unwrap().micros();
        assert_eq!(Moment::until("2026-01-31"), Ok(Moment::Time(Timestamp::from_micros(next - 1))));
        for wrong in
            ["", "-1", "2026-02-30", "2026-1-31", "2026-01-31 1:2:3", "yesterday", "99999999999999999999999"]
        {
            assert!(Moment::until(wrong).is_err(), "{wrong}");
        }
        assert_eq!(day_of(midnight), "2026-01-31");
    }
}
