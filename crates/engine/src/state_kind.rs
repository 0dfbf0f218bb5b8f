//! States as their events make them, for those who compare kept ones with them.

use event_store::{EventStore, StreamId};
use kernel::{Decide, DecodeError};

use crate::state_table::{StateTable, table_of};

/// Events read from the store at a time.
const PAGE: u32 = 1_000;

/// A kind of state, its type forgotten.
#[derive(Clone, Copy)]
pub struct StateKind {
    aggregate_type: &'static str,
    table: &'static StateTable,
}

/// Why a state was not made again.
#[derive(Debug, thiserror::Error)]
pub enum RefoldError {
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] event_store::StoreError),
    /// An event does not read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl StateKind {
    /// The kind of `A`'s states.
    #[must_use]
    pub const fn of<A: Decide>() -> Self {
        Self { aggregate_type: A::TYPE, table: table_of::<A>() }
    }

    /// The kind of stream that has such states.
    #[must_use]
    pub const fn aggregate_type(&self) -> &'static str {
        self.aggregate_type
    }

    /// The form in which such states are kept; others are not read.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.table.state_version
    }

    /// The state of a stream after its event with that sequence, as it is kept; `None` if it cannot be written.
    ///
    /// # Errors
    /// [`RefoldError`].
    pub async fn refold(
        &self,
        log: &dyn EventStore,
        stream: &StreamId,
        until: u64,
    ) -> Result<Option<String>, RefoldError> {
        let (mut state, mut sequence) = ((self.table.empty)(), 0);
        while sequence < until {
            let events = log.read_stream(stream, sequence, PAGE).await?;
            let Some(last) = events.last() else { break };
            let reached = last.sequence;
            for event in events.iter().filter(|event| event.sequence <= until) {
                (self.table.apply)(&mut state, event)?;
            }
            sequence = reached;
        }
        Ok((self.table.write)(&state))
    }
}
