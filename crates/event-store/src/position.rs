//! Where an event stands in the log, and where the log ends.

use std::fmt;

use crate::hash::{GENESIS, Hash};

/// A place in the log: 0 before the first event, then 1, 2, 3 … in the order of commits, without gaps.
///
/// Above this crate it can be compared and printed, not computed with: one day a log may have several partitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);

    /// The place with this number, as printed before.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The number, to be stored or printed.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// How many events stand after `earlier` up to and including this place; 0 if it is not later.
    #[must_use]
    pub const fn events_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whether this is the place right after `earlier`.
    #[must_use]
    pub fn follows(self, earlier: Self) -> bool {
        earlier.0.checked_add(1).is_some_and(|next| next == self.0)
    }

    /// The place so many events later: what the next event takes once those before it are written.
    #[must_use]
    pub const fn advanced_by(self, events: usize) -> Self {
        Self(self.0.saturating_add(events as u64))
    }

    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number as databases hold it. Beyond what they can hold is beyond every event.
    pub(crate) const fn to_sql(self) -> i64 {
        saturated(self.0)
    }

    pub(crate) const fn from_sql(number: i64) -> Self {
        Self(number.cast_unsigned())
    }
}

/// A number as databases hold it, or the largest they can hold.
pub(crate) const fn saturated(number: u64) -> i64 {
    if number > i64::MAX.cast_unsigned() { i64::MAX } else { number.cast_signed() }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The end of the log: what the next append builds on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last event's position; [`Position::START`] while there is none.
    pub position: Position,
    /// The last event's hash; [`GENESIS`] while there is none.
    pub hash: Hash,
    /// Raised by an operator after a restore, so that no server that knew another past can go on writing.
    pub epoch: u64,
}

impl Head {
    /// The head of an empty log.
    pub const EMPTY: Self = Self { position: Position::START, hash: GENESIS, epoch: 1 };
}
