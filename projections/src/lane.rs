//! One projection on its way through the log: events are folded page by page, and the step that moves it over all of
//! them is written in one transaction with those of the others.

use std::sync::Arc;

use event_store::{Head, Position, StoreError};

use crate::changes::Write;
use crate::checkpoint::{self, Checkpoint};
use crate::projection::{Decoded, Fold, Gather, Indigestion};
use crate::source::{Page, Source};
use crate::writer::{Tx, Writer, refusal};

/// Events folded without leaving the thread.
const FOLDED_HERE_MAX: usize = 100;

/// A projection and how far it has come.
pub(crate) struct Lane {
    pub(crate) projection: Arc<dyn Fold>,
    /// Up to where its rows are written.
    pub(crate) at: Checkpoint,
    /// Why it goes no further.
    pub(crate) stopped: Option<String>,
    gathered: Gathered,
}

/// What was folded and is not being written yet.
struct Gathered {
    changes: Box<dyn Gather>,
    /// Up to where what was folded before is written, or being written.
    from: Checkpoint,
    to: Checkpoint,
    /// What the pages of events say, in bytes.
    bytes: usize,
    /// Why the next event cannot be folded.
    stopped: Option<String>,
}

impl Lane {
    /// A projection that has come as far as `at`.
    pub(crate) fn new(projection: Arc<dyn Fold>, at: Checkpoint) -> Self {
        let gathered =
            Gathered { changes: Arc::clone(&projection).gather(), from: at, to: at, bytes: 0, stopped: None };
        Self { projection, at, stopped: None, gathered }
    }

    /// Whether it goes on when what is gathered is written.
    const fn goes_on(&self) -> bool {
        self.stopped.is_none() && self.gathered.stopped.is_none()
    }

    /// Whether there is something to be written.
    fn has_gathered(&self) -> bool {
        self.stopped.is_none()
            && (self.gathered.stopped.is_some() || self.gathered.to.position > self.gathered.from.position)
    }
}

/// Why a step was not made, though no projection is to blame.
#[derive(Debug)]
pub(crate) enum Interrupt {
    /// The views or the log are away.
    Store(StoreError),
    /// Somebody else moved a checkpoint.
    Moved,
    /// The log does not go on from what was folded: it was put back to an earlier state, or is another one.
    Parted,
}

impl From<StoreError> for Interrupt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<sqlx::Error> for Interrupt {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Why a transaction was given up.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// The database refuses rows, as it would every time.
    Refused(String),
    /// No projection is to blame.
    Interrupt(Interrupt),
}

impl From<sqlx::Error> for WriteError {
    fn from(error: sqlx::Error) -> Self {
        match refusal(&error) {
            Some(reason) => Self::Refused(reason),
            None => Self::Interrupt(error.into()),
        }
    }
}

/// What all that was folded comes to for one lane.
pub(crate) struct Step {
    lane: usize,
    projection: Arc<dyn Fold>,
    from: Checkpoint,
    to: Checkpoint,
    stopped: Option<String>,
    writes: Vec<Write>,
}

/// A step that was made.
pub(crate) struct Made {
    lane: usize,
    to: Checkpoint,
    stopped: Option<String>,
}

impl Step {
    fn made(self) -> Made {
        Made { lane: self.lane, to: self.to, stopped: self.stopped }
    }
}

/// Up to where every lane that goes on has folded; `None` if none does.
pub(crate) fn folded(lanes: &[Lane]) -> Option<Checkpoint> {
    let folded = lanes.iter().filter(|lane| lane.goes_on()).map(|lane| lane.gathered.to);
    folded.min_by_key(|checkpoint| checkpoint.position)
}

/// Whether a log that ends at `head` can be the one that was folded.
pub(crate) fn fits(lanes: &[Lane], head: &Head) -> bool {
    lanes.iter().map(|lane| lane.gathered.to).all(|folded| {
        folded.position < head.position || (folded.position == head.position && folded.hash == head.hash)
    })
}

/// Up to where the rows of every lane that has not stopped are written.
pub(crate) fn written(lanes: &[Lane]) -> Position {
    let running = lanes.iter().filter(|lane| lane.stopped.is_none());
    running.map(|lane| lane.at.position).min().unwrap_or_default()
}

/// Bytes of the events that were folded and whose rows are not being written yet.
pub(crate) fn gathered_bytes(lanes: &[Lane]) -> usize {
    lanes.iter().map(|lane| lane.gathered.bytes).max().unwrap_or_default()
}

/// Events that were folded and whose rows are not being written yet, of the lane with the most; 0 if nothing is to be written.
pub(crate) fn gathered_events(lanes: &[Lane]) -> u64 {
    let events = |lane: &Lane| {
        let gathered = &lane.gathered;
        gathered.to.position.events_since(gathered.from.position).max(1)
    };
    lanes.iter().filter(|lane| lane.has_gathered()).map(events).max().unwrap_or_default()
}

/// Whether a lane has met an event that it cannot fold, which is yet to be written down.
pub(crate) fn is_stuck(lanes: &[Lane]) -> bool {
    lanes.iter().any(|lane| lane.stopped.is_none() && lane.gathered.stopped.is_some())
}

/// Folds a page for every lane that has not seen all of it. Each event is decoded once, if anybody wants it.
///
/// # Errors
/// [`Interrupt::Parted`]; then nothing was folded.
pub(crate) fn fold(lanes: &mut [Lane], page: &Page) -> Result<(), Interrupt> {
    if lanes.iter().any(|lane| lane.goes_on() && !page.follows(&lane.gathered.to)) {
        return Err(Interrupt::Parted);
    }
    let mut wanted: Vec<&str> = Vec::new();
    for lane in lanes.iter().filter(|lane| lane.goes_on()) {
        wanted.extend(lane.projection.aggregates());
    }
    wanted.sort_unstable();
    wanted.dedup();
    let batch: Vec<_> = page.events().map(|recorded| Decoded::new(recorded, &wanted)).collect();
    let bytes: usize = page.events().map(|event| event.payload.len()).sum();
    for lane in lanes.iter_mut().filter(|lane| lane.goes_on()) {
        lane.gathered.fold(&batch);
        lane.gathered.bytes += bytes;
    }
    Ok(())
}

/// Folds the next page, if the log goes on before `head`; says whether that was all. A long one is folded on a thread that may
/// take its time, for requests share this one.
pub(crate) async fn fold_next(
    mut lanes: Vec<Lane>,
    source: &mut Source,
    head: Position,
) -> Result<(Vec<Lane>, bool), Interrupt> {
    let Some(behind) = folded(&lanes).filter(|folded| folded.position < head) else {
        return Ok((lanes, true));
    };
    let Some(page) = source.page(behind).await? else { return Ok((lanes, true)) };
    if page.events().nth(FOLDED_HERE_MAX).is_none() {
        fold(&mut lanes, &page)?;
    } else {
        let folded = tokio::task::spawn_blocking(move || fold(&mut lanes, &page).map(|()| lanes));
        lanes = folded.await.map_err(|_| StoreError::Closed)??;
    }
    let has_all = folded(&lanes).is_none_or(|folded| folded.position >= head);
    Ok((lanes, has_all))
}

impl Gathered {
    fn fold(&mut self, batch: &[Decoded<'_>]) {
        let Err(failed) = self.fold_all(batch) else { return };
        // Everything before the event that cannot be digested still counts. A fold is pure, so it can be done again.
        self.fold_all(batch.get(..failed.index).unwrap_or_default()).ok();
        self.stopped = batch.get(failed.index).map(|bad| {
            format!("event {} ({}): {}", bad.recorded().position, bad.recorded().event_type, failed.error)
        });
    }

    fn fold_all(&mut self, batch: &[Decoded<'_>]) -> Result<(), Indigestion> {
        self.changes.fold_batch(batch, self.to.position)?;
        if let Some(last) = batch.last().map(Decoded::recorded)
            && last.position > self.to.position
        {
            self.to = Checkpoint { position: last.position, hash: last.hash };
        }
        Ok(())
    }
}

/// What is to be written of all that was folded.
pub(crate) fn take_steps(lanes: &mut [Lane]) -> Vec<Step> {
    let step = |(index, lane): (usize, &mut Lane)| {
        lane.gathered.bytes = 0;
        Step {
            lane: index,
            projection: Arc::clone(&lane.projection),
            from: std::mem::replace(&mut lane.gathered.from, lane.gathered.to),
            to: lane.gathered.to,
            stopped: lane.gathered.stopped.clone(),
            writes: lane.gathered.changes.take(),
        }
    };
    lanes.iter_mut().enumerate().filter(|(_, lane)| lane.has_gathered()).map(step).collect()
}

/// Writes steps; a lane whose rows the database refuses stops, the others go on. Gives the steps that were made.
pub(crate) async fn write(writer: &mut Writer, steps: Vec<Step>) -> Result<Vec<Made>, Interrupt> {
    match write_together(writer, &steps).await {
        Ok(()) => Ok(steps.into_iter().map(Step::made).collect()),
        Err(WriteError::Interrupt(interrupt)) => Err(interrupt),
        Err(WriteError::Refused(_)) => {
            let mut made = Vec::new();
            for step in steps {
                made.push(write_alone(writer, step).await?);
            }
            Ok(made)
        }
    }
}

/// Writes steps into tables that are thrown away if anything fails: all of them or an error, and nothing is tried again. An
/// error names the lane whose rows the database refuses.
pub(crate) async fn write_new(
    writer: &mut Writer,
    steps: Vec<Step>,
) -> Result<Vec<Made>, (&'static str, WriteError)> {
    let nobody = |error: sqlx::Error| ("", WriteError::Interrupt(error.into()));
    let mut tx = writer.begin().await.map_err(nobody)?;
    for step in &steps {
        let name = step.projection.name();
        write_in(&mut tx, std::slice::from_ref(step)).await.map_err(|error| (name, error))?;
    }
    tx.commit().await.map_err(nobody)?;
    Ok(steps.into_iter().map(Step::made).collect())
}

async fn write_alone(writer: &mut Writer, step: Step) -> Result<Made, Interrupt> {
    let reason = match write_together(writer, std::slice::from_ref(&step)).await {
        Ok(()) => return Ok(step.made()),
        Err(WriteError::Interrupt(interrupt)) => return Err(interrupt),
        Err(WriteError::Refused(reason)) => reason,
    };
    let stop = Step { to: step.from, stopped: Some(reason), writes: Vec::new(), ..step };
    match write_together(writer, std::slice::from_ref(&stop)).await {
        Ok(()) => {}
        Err(WriteError::Interrupt(interrupt)) => return Err(interrupt),
        // The checkpoint's own table is refused: nothing can be kept, so the stop is kept in memory alone.
        Err(WriteError::Refused(reason)) => tracing::error!(reason, "a checkpoint cannot be written"),
    }
    Ok(stop.made())
}

async fn write_together(writer: &mut Writer, steps: &[Step]) -> Result<(), WriteError> {
    // Only statements on rows can be a projection's fault: beginning and committing cannot.
    let blameless = |error: sqlx::Error| WriteError::Interrupt(error.into());
    let mut tx = writer.begin().await.map_err(blameless)?;
    write_in(&mut tx, steps).await?;
    tx.commit().await.map_err(blameless)
}

/// Writes steps within a transaction, the checkpoints first: whoever holds them holds the tables.
async fn write_in(tx: &mut Tx<'_>, steps: &[Step]) -> Result<(), WriteError> {
    let moves: Vec<_> = steps
        .iter()
        .map(|step| checkpoint::Step {
            projection: step.projection.as_ref(),
            from: step.from,
            to: step.to,
            stopped: step.stopped.as_deref().unwrap_or_default(),
        })
        .collect();
    if !checkpoint::advance(tx, &moves).await? {
        return Err(WriteError::Interrupt(Interrupt::Moved));
    }
    for write in steps.iter().flat_map(|step| &step.writes) {
        tx.write(write).await?;
    }
    Ok(())
}

/// Writes within a transaction all that was folded.
pub(crate) async fn write_all_in(tx: &mut Tx<'_>, lanes: &mut [Lane]) -> Result<(), WriteError> {
    let steps = take_steps(lanes);
    write_in(tx, &steps).await?;
    take_made(lanes, steps.into_iter().map(Step::made));
    Ok(())
}

/// Notes that steps were made.
pub(crate) fn take_made(lanes: &mut [Lane], made: impl IntoIterator<Item = Made>) {
    for made in made {
        let Some(lane) = lanes.get_mut(made.lane) else { continue };
        lane.at = made.to;
        if let Some(reason) = made.stopped {
            let projection = lane.projection.name();
            let position = lane.at.position.number();
            tracing::error!(projection, position, reason, "a projection has stopped");
            lane.stopped = Some(reason);
            // What was folded after it is worth nothing.
            lane.gathered.changes.take();
            lane.gathered.bytes = 0;
        }
    }
}
