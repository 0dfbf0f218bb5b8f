//! That every event is found where its stream is looked up. A look-up an event would cost more than all else, so the places
//! that the index gives are summed up beside, in the index's own order, and the sums are compared; only if they differ is
//! each event looked up.

use std::sync::Arc;

use event_store::{PlaceSum, Position, ReadOnlyLog, StoreError};
use tokio::task::JoinHandle;

use super::VerifyError;
use crate::breach::Wrong;

/// The whole index is gone through if at least one in so many of its events is to be compared.
const WORTHWHILE: u64 = 8;

/// The comparison of a stretch of the log with the index of streams.
pub(super) struct IndexCheck {
    log: Arc<ReadOnlyLog>,
    /// Up to here events were looked up one by one, or there is nothing to look up in.
    after: Position,
    sums: Option<Sums>,
    is_kept_by_database: bool,
}

struct Sums {
    key: PlaceSum,
    until: Position,
    of_events: u64,
    of_index: JoinHandle<Result<u64, StoreError>>,
}

impl IndexCheck {
    /// Begins to sum up the index, if there is one of the store's own, and if that is worth while.
    pub(super) async fn begin(
        log: &Arc<ReadOnlyLog>,
        after: Position,
        until: Position,
    ) -> Result<Self, StoreError> {
        let indexed = log.indexed().await?;
        let until = indexed.unwrap_or_default().min(until);
        let is_worthwhile = until.events_since(after) > until.number() / WORTHWHILE;
        let sums = is_worthwhile.then(|| {
            let key = PlaceSum::default();
            let (beside, own) = (Arc::clone(log), key.clone());
            let of_index = tokio::spawn(async move { beside.index_sum(after, until, own).await });
            Sums { key, until, of_events: 0, of_index }
        });
        Ok(Self { log: Arc::clone(log), after, sums, is_kept_by_database: indexed.is_none() })
    }

    /// How the places of events are summed up, and up to which.
    pub(super) fn compared(&self) -> Option<(PlaceSum, Position)> {
        self.sums.as_ref().map(|sums| (sums.key.clone(), sums.until))
    }

    /// Takes the events after `before` up to `reached`, whose places come to `places` as far as they are summed up.
    pub(super) async fn page(
        &mut self,
        before: Position,
        reached: Position,
        places: u64,
    ) -> Result<(), VerifyError> {
        let mut after = before;
        if let Some(sums) = &mut self.sums {
            sums.of_events = sums.of_events.wrapping_add(places);
            after = after.max(sums.until);
        }
        if after < reached { self.look_up(after, reached).await } else { Ok(()) }
    }

    /// Makes sure that no breach of the index comes before one that was found right after `before`.
    pub(super) async fn before(&self, before: Position) -> Result<(), VerifyError> {
        match &self.sums {
            Some(sums) => self.look_up(self.after, before.min(sums.until)).await,
            None => Ok(()),
        }
    }

    /// Compares the sums.
    pub(super) async fn finish(self) -> Result<(), VerifyError> {
        let Self { log, after, sums: Some(sums), is_kept_by_database } = self else { return Ok(()) };
        let of_index = sums.of_index.await.map_err(|_| StoreError::Closed)??;
        if of_index == sums.of_events {
            return Ok(());
        }
        Self { log, after, sums: None, is_kept_by_database }.look_up(after, sums.until).await
    }

    /// Looks up every event after a position up to another.
    async fn look_up(&self, after: Position, until: Position) -> Result<(), VerifyError> {
        if self.is_kept_by_database || after >= until {
            return Ok(());
        }
        let Some(misplaced) = self.log.misplaced(after, until).await? else { return Ok(()) };
        let before = Position::from_number(misplaced.number().saturating_sub(1));
        let found = self.log.read_all(before, 1).await?;
        let Some(event) = found.first().filter(|event| event.position == misplaced) else { return Ok(()) };
        let rule = "every event is found in its stream";
        let expected = format_args!("sequence {} at position {misplaced}", event.sequence).to_string();
        let wrong = Wrong::new(rule, expected, "another event, or none");
        Err(wrong.at_position(misplaced.number()).in_stream(&event.stream).into())
    }
}
