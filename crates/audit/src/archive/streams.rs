//! One stream, from its beginning or further on, and as it stood at a place of the log.

use event_store::{Hash, Position, RecordedEvent, StreamId};

use super::{Archive, Standing, StoredEvent};
use crate::scan::ReportError;

/// A stretch of one stream.
#[derive(Clone, Debug)]
pub struct StreamSlice {
    /// In the order of their sequence.
    pub events: Vec<StoredEvent>,
    /// The hash of the last event in it, or of the moment if it has none.
    pub hash: Hash,
    /// Whether there are more up to that moment.
    pub has_more: bool,
    /// Whether the stream had begun by then.
    pub is_known: bool,
}

impl Archive {
    /// Up to `limit` events of a stream with a sequence above `after`, as it stood then.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn stream(
        &self,
        stream_type: &str,
        stream_id: &str,
        after: u64,
        limit: u32,
        standing: &Standing,
    ) -> Result<StreamSlice, ReportError> {
        let stream = StreamId::new(stream_type.to_owned(), stream_id);
        let until = Position::from_number(standing.position);
        let is_known = self.of_stream(&stream, 1).await?.is_some_and(|first| first.position <= until);
        let mut found = self.0.short.read_stream(&stream, after, limit.saturating_add(1)).await?;
        found.retain(|event| event.position <= until);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = found.len() > limit;
        found.truncate(limit);
        let hash = found.last().map_or(standing.hash, |event| event.hash);
        let events = found.iter().map(StoredEvent::of).collect::<Result<_, _>>()?;
        Ok(StreamSlice { events, hash, has_more, is_known })
    }

    /// The last event of a stream up to a place of the log, found by doubling and halving: a stream's positions only grow.
    pub(super) async fn last_of_stream(
        &self,
        stream: &StreamId,
        until: Position,
    ) -> Result<Option<RecordedEvent>, ReportError> {
        let (mut low, mut high, mut last) = (0_u64, 1_u64, None);
        while let Some(event) = self.of_stream(stream, high).await?.filter(|event| event.position <= until) {
            (low, high, last) = (high, high.saturating_mul(2), Some(event));
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.of_stream(stream, middle).await?.filter(|event| event.position <= until) {
                Some(event) => (low, last) = (middle, Some(event)),
                None => high = middle,
            }
        }
        Ok(last)
    }

    async fn of_stream(
        &self,
        stream: &StreamId,
        sequence: u64,
    ) -> Result<Option<RecordedEvent>, ReportError> {
        let found = self.0.short.read_stream(stream, sequence.saturating_sub(1), 1).await?;
        Ok(found.into_iter().next())
    }
}
