//! Loading a state from its snapshot and its events, beside the sequencer.

use std::collections::VecDeque;
use std::sync::Arc;

use event_store::{EventStore, RecordedEvent, Snapshot, Snapshots, StreamId, in_time};
use tokio::sync::Semaphore;

use crate::error::LoadError;
use crate::snapshots::{SnapshotKeeper, is_due};
use crate::state_table::{State, StateTable};

/// Events read from the store at a time.
const PAGE: u32 = 1_000;
/// States loaded at the same time.
const LOADS_MAX: usize = 8;

/// A state as the store has it.
pub(crate) struct LoadedState {
    pub(crate) state: State,
    pub(crate) sequence: u64,
}

/// A stretch of a stream.
struct Page {
    events: VecDeque<RecordedEvent>,
    /// Nothing follows.
    is_last: bool,
}

/// Reads states from the store.
#[derive(Clone)]
pub(crate) struct Loader {
    log: Arc<dyn EventStore>,
    snapshots: Snapshots,
    keeper: SnapshotKeeper,
    places: Arc<Semaphore>,
}

impl Loader {
    pub(crate) fn new(log: Arc<dyn EventStore>, snapshots: Snapshots, keeper: SnapshotKeeper) -> Self {
        Self { log, snapshots, keeper, places: Arc::new(Semaphore::new(LOADS_MAX)) }
    }

    /// Loads the state of one stream.
    pub(crate) async fn load(
        &self,
        stream: &StreamId,
        table: &'static StateTable,
    ) -> Result<LoadedState, LoadError> {
        let _place = self.places.acquire().await;
        if let Some(snapshot) = self.snapshot(stream, table).await
            && let Some(loaded) = self.resume(stream, table, snapshot).await?
        {
            return Ok(loaded);
        }
        let page = self.page(stream, 0).await?;
        self.replay(stream, table, (table.empty)(), 0, page).await
    }

    /// Events of a stream after one of its sequences.
    async fn page(&self, stream: &StreamId, after: u64) -> Result<Page, LoadError> {
        let events = in_time(self.log.read_stream(stream, after, PAGE)).await?;
        Ok(Page { is_last: events.len() < PAGE as usize, events: events.into() })
    }

    /// A snapshot that cannot be read is as good as none.
    async fn snapshot(&self, stream: &StreamId, table: &'static StateTable) -> Option<(Snapshot, State)> {
        let found = in_time(self.snapshots.load(stream, table.state_version)).await;
        let snapshot = found.inspect_err(|error| tracing::warn!(%error, %stream, "no snapshot")).ok()??;
        let state = (table.read)(&snapshot.state)?;
        Some((snapshot, state))
    }

    /// Goes on from a snapshot, if the log holds the event it stands on.
    async fn resume(
        &self,
        stream: &StreamId,
        table: &'static StateTable,
        (snapshot, state): (Snapshot, State),
    ) -> Result<Option<LoadedState>, LoadError> {
        let Some(before) = snapshot.sequence.checked_sub(1) else { return Ok(None) };
        // The event it stands on comes with those that follow.
        let mut page = self.page(stream, before).await?;
        if page.events.pop_front().is_none_or(|event| event.hash != snapshot.hash) {
            tracing::warn!(%stream, sequence = snapshot.sequence, "a snapshot does not fit the log; it is not used");
            return Ok(None);
        }
        self.replay(stream, table, state, snapshot.sequence, page).await.map(Some)
    }

    /// Applies `page` and all that follows.
    async fn replay(
        &self,
        stream: &StreamId,
        table: &'static StateTable,
        mut state: State,
        from: u64,
        mut page: Page,
    ) -> Result<LoadedState, LoadError> {
        let mut sequence = from;
        let mut last: Option<RecordedEvent> = None;
        loop {
            for event in page.events {
                (table.apply)(&mut state, &event)?;
                sequence = event.sequence;
                last = Some(event);
            }
            if page.is_last {
                break;
            }
            page = self.page(stream, sequence).await?;
        }
        if let Some(event) = last.filter(|_| is_due(from, sequence)) {
            self.keep(event, table, &state);
        }
        Ok(LoadedState { state, sequence })
    }

    fn keep(&self, last: RecordedEvent, table: &'static StateTable, state: &State) {
        if let Some(state) = (table.write)(state) {
            self.keeper.keep(Snapshot {
                stream: last.stream,
                state_version: table.state_version,
                sequence: last.sequence,
                hash: last.hash,
                recorded_at: last.recorded_at,
                state,
            });
        }
    }
}
