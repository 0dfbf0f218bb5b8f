//! What a projection is: a pure fold of events into changes of rows.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::Arc;

use aggregates::AnyEvent;
use event_store::{Position, RecordedEvent};
use kernel::DecodeError;

use crate::changes::{Changes, Write};
use crate::table::Schema;

/// Folds events into rows. A fold is pure: it reads nothing but the event, which carries what came of it.
pub trait Projection: Send + Sync + 'static {
    /// Its name, as operators say it.
    const NAME: &'static str;
    /// From 1, raised whenever its tables or its fold change: what an older version wrote is rebuilt from nothing.
    const VERSION: u32;
    /// The types of aggregates whose events it folds.
    const AGGREGATES: &'static [&'static str];
    /// The rows it changes.
    type Changes: Changes;

    /// Adds what `event` changes to what the events before it change.
    ///
    /// # Errors
    /// The event cannot be digested; the projection stops before it.
    fn fold(
        &self,
        event: &AnyEvent,
        recorded: &RecordedEvent,
        changes: &mut Self::Changes,
    ) -> Result<(), FoldError>;
}

/// Why an event cannot be digested. It never holds what the event says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The event does not read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The stream's id is not what the aggregate's streams have.
    #[error("the id of its stream is no id")]
    StreamId,
    /// The fold panicked.
    #[error("its fold panicked")]
    Panicked,
    /// A number does not fit a row.
    #[error("{0} does not fit")]
    Range(&'static str),
}

/// The id of the aggregate that the event belongs to.
///
/// # Errors
/// [`FoldError::StreamId`] if the stream has no such id.
pub(crate) fn stream_id<I: FromStr>(recorded: &RecordedEvent) -> Result<I, FoldError> {
    recorded.stream.aggregate_id.parse().map_err(|_| FoldError::StreamId)
}

/// An event beside what it decodes to; `None` if no projection asked for it.
pub(crate) struct Decoded<'a> {
    recorded: &'a RecordedEvent,
    event: Option<Result<AnyEvent, DecodeError>>,
}

impl<'a> Decoded<'a> {
    /// Decodes `recorded` if it is of one of the `wanted` aggregates.
    pub(crate) fn new(recorded: &'a RecordedEvent, wanted: &[&str]) -> Self {
        let aggregate_type = recorded.stream.aggregate_type.as_ref();
        let event = wanted.contains(&aggregate_type).then(|| {
            AnyEvent::decode(aggregate_type, &recorded.event_type, &recorded.event_version, &recorded.payload)
        });
        Self { recorded, event }
    }

    /// The event's place.
    pub(crate) const fn recorded(&self) -> &RecordedEvent {
        self.recorded
    }
}

/// The first event of a batch that cannot be digested, and why.
#[derive(Debug)]
pub(crate) struct Indigestion {
    pub(crate) index: usize,
    pub(crate) error: FoldError,
}

/// A projection of any kind.
pub(crate) trait Fold: Send + Sync {
    /// [`Projection::NAME`].
    fn name(&self) -> &'static str;
    /// [`Projection::VERSION`].
    fn version(&self) -> u32;
    /// [`Projection::AGGREGATES`].
    fn aggregates(&self) -> &'static [&'static str];
    /// Its tables.
    fn tables(&self) -> &'static [&'static Schema];
    /// Begins to gather what events change.
    fn gather(self: Arc<Self>) -> Box<dyn Gather>;
}

/// What events change for one projection, gathered until it is written.
pub(crate) trait Gather: Send + Sync {
    /// Adds what the events of `batch` after `after` change: of all of them, or of none if one cannot be folded.
    ///
    /// # Errors
    /// [`Indigestion`] names the event that cannot be folded.
    fn fold_batch(&mut self, batch: &[Decoded<'_>], after: Position) -> Result<(), Indigestion>;
    /// The statements that make the changes gathered so far, and nothing gathered any more.
    fn take(&mut self) -> Vec<Write>;
}

struct GatheredChanges<P: Projection> {
    projection: Arc<P>,
    changes: P::Changes,
}

impl<P: Projection> Fold for P {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn version(&self) -> u32 {
        P::VERSION
    }

    fn aggregates(&self) -> &'static [&'static str] {
        P::AGGREGATES
    }

    fn tables(&self) -> &'static [&'static Schema] {
        P::Changes::TABLES
    }

    fn gather(self: Arc<Self>) -> Box<dyn Gather> {
        Box::new(GatheredChanges { projection: self, changes: P::Changes::default() })
    }
}

impl<P: Projection> Gather for GatheredChanges<P> {
    fn fold_batch(&mut self, batch: &[Decoded<'_>], after: Position) -> Result<(), Indigestion> {
        let mut changes = P::Changes::default();
        for (index, Decoded { recorded, event }) in batch.iter().enumerate() {
            if recorded.position <= after {
                continue;
            }
            let folded = match event {
                // What is not this projection's, its fold leaves alone.
                Some(Ok(event)) => {
                    let fold = || self.projection.fold(event, recorded, &mut changes);
                    catch_unwind(AssertUnwindSafe(fold)).unwrap_or(Err(FoldError::Panicked))
                }
                Some(Err(error)) if P::AGGREGATES.contains(&recorded.stream.aggregate_type.as_ref()) => {
                    Err(FoldError::Decode(error.clone()))
                }
                Some(Err(_)) | None => Ok(()),
            };
            folded.map_err(|error| Indigestion { index, error })?;
        }
        self.changes.absorb(changes);
        Ok(())
    }

    fn take(&mut self) -> Vec<Write> {
        std::mem::take(&mut self.changes).writes()
    }
}

/// The projections that are kept.
#[derive(Clone, Default)]
pub struct Projections {
    all: Vec<Arc<dyn Fold>>,
}

impl Projections {
    /// None yet.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds one. Its name and its tables must be its own.
    #[must_use]
    pub fn with(mut self, projection: impl Projection) -> Self {
        self.all.push(Arc::new(projection));
        self
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.all.iter().map(|projection| projection.name())
    }

    /// Each one's name and the version that this program keeps.
    pub fn versions(&self) -> impl Iterator<Item = (&'static str, u32)> {
        self.all.iter().map(|projection| (projection.name(), projection.version()))
    }

    /// The tables of the projection with this name; none if there is no such projection.
    #[must_use]
    pub fn tables(&self, name: &str) -> &'static [&'static Schema] {
        self.all.iter().find(|projection| projection.name() == name).map_or(&[], |found| found.tables())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<dyn Fold>> {
        self.all.iter()
    }

    /// Those that `name` means: the one of that name, or all if it is `None`.
    pub(crate) fn named(&self, name: Option<&str>) -> Vec<Arc<dyn Fold>> {
        self.all
            .iter()
            .filter(|projection| name.is_none_or(|name| projection.name() == name))
            .cloned()
            .collect()
    }
}
