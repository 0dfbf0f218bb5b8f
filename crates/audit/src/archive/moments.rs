//! Moments as places in the log: found by halving, since time in the log never goes back.

use event_store::{GENESIS, Hash, Position, RecordedEvent};
use kernel::Timestamp;

use super::Archive;
use crate::moment::Moment;
use crate::scan::{ReportError, bounds};

/// A moment as a place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The last event in it; 0 if the log is empty.
    pub position: u64,
    /// That event's hash: whatever is said of this moment rests on it.
    pub hash: Hash,
    /// That event's time.
    pub time: Timestamp,
    /// Whether nothing can be added to it any more.
    pub is_past: bool,
}

impl Standing {
    /// The same as a moment by position; `None` of an empty log.
    #[must_use]
    pub const fn moment(&self) -> Option<Moment> {
        match self.position {
            0 => None,
            position => Some(Moment::Position(Position::from_number(position))),
        }
    }
}

/// A stretch of the log: the events after one place up to and including another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub(super) after: Position,
    pub(super) until: Standing,
}

impl Archive {
    /// Where the log stood at a moment; now, if that is `None`.
    ///
    /// # Errors
    /// [`ReportError::BeforeFirst`], [`ReportError::AfterHead`], or the store cannot be read.
    pub async fn stand(&self, moment: Option<Moment>) -> Result<Standing, ReportError> {
        let head = self.0.short.head().await?.position;
        let (until, time) = bounds(&self.0.short, moment, head).await?;
        let position = match time {
            Some(time) => self.count_while(head, |event| event.recorded_at <= time).await?,
            None => until,
        };
        let is_past = match moment {
            Some(Moment::Position(_)) => true,
            Some(Moment::Time(_)) => position < head,
            None => false,
        };
        let event = self.event_at(position).await?;
        Ok(Standing {
            position: position.number(),
            hash: event.as_ref().map_or(GENESIS, |event| event.hash),
            time: event.map(|event| event.recorded_at).unwrap_or_default(),
            is_past,
        })
    }

    /// The events after the place `after` that are not before `since`, up to `until`.
    ///
    /// # Errors
    /// As [`Archive::stand`] of `until`; [`ReportError::AfterHead`] for a place that the log has not reached, `since` too.
    pub async fn span(
        &self,
        after: u64,
        since: Option<Moment>,
        until: Option<Moment>,
    ) -> Result<Span, ReportError> {
        let until = self.stand(until).await?;
        let after = self.reached(Position::from_number(after), until.position).await?;
        let before = match since {
            None => Position::START,
            // The next place is one to wait at, as behind the last event.
            Some(Moment::Position(first)) => {
                let before = Position::from_number(first.number().saturating_sub(1));
                self.reached(before, until.position).await?
            }
            Some(Moment::Time(time)) => {
                let end = Position::from_number(until.position);
                self.count_while(end, |event| event.recorded_at < time).await?
            }
        };
        Ok(Span { after: before.max(after), until })
    }

    /// The place, if the log has reached it; up to `known` it has.
    async fn reached(&self, place: Position, known: u64) -> Result<Position, ReportError> {
        if place.number() > known {
            let head = self.0.short.head().await?.position;
            if place > head {
                return Err(ReportError::AfterHead { asked: place, head });
            }
        }
        Ok(place)
    }

    /// The event at a place; `None` at 0.
    pub(super) async fn event_at(&self, position: Position) -> Result<Option<RecordedEvent>, ReportError> {
        let Some(before) = position.number().checked_sub(1) else { return Ok(None) };
        let found = self.0.short.read_all(Position::from_number(before), 1).await?;
        Ok(found.into_iter().next().filter(|event| event.position == position))
    }

    /// The last of the places 1 to `end` up to which `holds`; 0 if it holds nowhere.
    async fn count_while(
        &self,
        end: Position,
        holds: impl Fn(&RecordedEvent) -> bool,
    ) -> Result<Position, ReportError> {
        let (mut low, mut high) = (0, end.number().saturating_add(1));
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let event = self.event_at(Position::from_number(middle)).await?;
            if event.is_some_and(|event| holds(&event)) {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(Position::from_number(low))
    }
}
