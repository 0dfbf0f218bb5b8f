//! Time: UTC microseconds inside, Asia/Shanghai on the outside, and the clock that everybody asks.

use std::fmt;

use chrono::{DateTime, Duration, FixedOffset, NaiveDateTime, SubsecRound as _, TimeZone, Utc};
use serde::{Deserialize, Serialize};

/// The offset of Asia/Shanghai, which keeps no summer time: 8 hours, in seconds.
const SHANGHAI_OFFSET_S: i32 = 8 * 3600;

/// How clients see a moment.
const SHANGHAI_FORMAT: &str = "%Y-%m-%d %H:%M:%S";
const SHANGHAI_LENGTH: usize = "YYYY-MM-DD HH:MM:SS".len();

/// The wall clock that clients see.
pub const SHANGHAI: FixedOffset = match FixedOffset::east_opt(SHANGHAI_OFFSET_S) {
    Some(offset) => offset,
    None => unreachable!(),
};

/// The first and the last moment that chrono can hold whatever the time zone, in microseconds: a day from its own ends.
const FIRST_MICROS: i64 = DateTime::<Utc>::MIN_UTC.timestamp_micros() + DAY_MICROS;
const LAST_MICROS: i64 = DateTime::<Utc>::MAX_UTC.timestamp_micros() - DAY_MICROS;
const DAY_MICROS: i64 = 86_400 * 1_000_000;

/// A moment: microseconds since 1970-01-01 UTC. In JSON and in the log it is that number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A moment given in microseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The moment so many seconds later (or, if negative, earlier), at the ends of time if there is none.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// `YYYY-MM-DD HH:MM:SS` in Asia/Shanghai, as the five APIs print time.
    #[must_use]
    pub fn shanghai(self) -> String {
        // A date prints itself in this form, without a pattern to be read each time.
        self.utc().with_timezone(&SHANGHAI).naive_local().trunc_subsecs(0).to_string()
    }

    /// Reads `YYYY-MM-DD HH:MM:SS` in Asia/Shanghai; `None` if the text is anything else.
    #[must_use]
    pub fn from_shanghai(text: &str) -> Option<Self> {
        let local = NaiveDateTime::parse_from_str(text, SHANGHAI_FORMAT).ok()?;
        let moment = Self(SHANGHAI.from_local_datetime(&local).single()?.timestamp_micros());
        // chrono also reads `2019-4-22 1:2:3`, blanks around it, a 60th second and the year +12345.
        (text.len() == SHANGHAI_LENGTH && moment.shanghai() == text).then_some(moment)
    }

    /// Reads RFC 3339 (`2026-11-21T08:00:00Z`); `None` if the text is anything else.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|moment| Self(moment.timestamp_micros()))
    }

    /// The moment as a chrono date, clamped to what chrono can hold in every time zone.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.clamp(FIRST_MICROS, LAST_MICROS)).unwrap_or_default()
    }
}

/// Prints RFC 3339 in UTC with microseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
    }
}

/// Where "now" comes from. An offset moves it, so that expiry can be watched without waiting.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    offset_s: i64,
}

impl Clock {
    /// The system's clock moved by `offset_s` seconds.
    #[must_use]
    pub const fn with_offset(offset_s: i64) -> Self {
        Self { offset_s }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let shift = Duration::try_seconds(self.offset_s).unwrap_or_default();
        let moment = Utc::now().checked_add_signed(shift).unwrap_or_else(Utc::now);
        Timestamp(moment.timestamp_micros())
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Timestamp};

    #[test]
    fn prints_shanghai_and_reads_it_back() {
        let moment = Timestamp::from_micros(1_555_921_062_000_000);
        assert_eq!(moment.shanghai(), "2019-04-22 16:17:42");
        assert_eq!(Timestamp::from_shanghai("2019-04-22 16:17:42"), Some(moment));
        for other in [
            "2019-02-30 00:00:00",
            "2019-4-22 16:17:42",
            "2019-04-22 16:17:2",
            "2019-04-22  6:17:42",
            "2019-04-22 16:17:60",
            "2019-04-22 24:00:00",
            " 2019-04-22 16:17:42",
            "2019-04-22 16:17:42 ",
            "2019-04-22T16:17:42",
            "2019-04-22 16:17",
            "+2019-04-22 16:17:42",
            "+12345-04-22 16:17:42",
            "-019-04-22 16:17:42",
            "２019-04-22 16:17:42",
            "",
        ] {
            assert_eq!(Timestamp::from_shanghai(other), None, "{other}");
        }
        assert_eq!(Timestamp::from_rfc3339("2019-04-22T08:17:42Z"), Some(moment));
        assert_eq!(moment.to_string(), "2019-04-22T08:17:42.000000Z");
    }

    #[test]
    fn no_moment_is_beyond_a_calendar() {
        for (micros, day) in [(i64::MAX, "+262142-12-31"), (i64::MIN, "-262143-01-02")] {
            let moment = Timestamp::from_micros(micros);
            assert!(moment.shanghai().starts_with(day), "{}", moment.shanghai());
            assert!(moment.to_string().ends_with('Z'), "{moment}");
        }
    }

    #[test]
    fn the_offset_moves_the_clock() {
        let ahead = Clock::with_offset(3600).now().seconds() - Clock::default().now().seconds();
        assert!((3599..=3601).contains(&ahead), "an hour ahead, not {ahead} s");
    }
}
