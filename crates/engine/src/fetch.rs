//! How the sequencer waits for states that are not in memory.

use event_store::StreamId;

use crate::error::{CommitError, LoadError};
use crate::job::Queued;
use crate::load::LoadedState;
use crate::parking::Loading;
use crate::report::Report;
use crate::sequencer::{Message, Sequencer};
use crate::state_table::StateTable;
use crate::tx::Missing;

/// A job that waited so often is given up: it may ask for so many states one after another.
const WAITS_MAX: u32 = 1_000;

/// What came of loading a state.
pub(crate) struct Load {
    stream: StreamId,
    table: &'static StateTable,
    result: Result<LoadedState, LoadError>,
}

impl Sequencer {
    /// Lets a job wait for states that are missing.
    pub(crate) fn park(&mut self, mut queued: Queued, missing: Vec<Missing>) {
        queued.waits += 1;
        if queued.waits > WAITS_MAX {
            self.progress.parking.unpin(&mut queued);
            queued.job.fail(CommitError::Overloaded);
            return;
        }
        for Missing { stream, table } in self.progress.parking.park(queued, missing) {
            self.load(stream, table);
        }
    }

    fn load(&self, stream: StreamId, table: &'static StateTable) {
        metrics::counter!("suanpan_cache_misses_total").increment(1);
        let lost = Load { stream: stream.clone(), table, result: Err(LoadError::Lost) };
        let report = Report::new(self.self_sender.clone(), Message::Loaded(lost));
        let loader = self.loader.clone();
        self.runtime.spawn(async move {
            let result = loader.load(&stream, table).await;
            report.send(Message::Loaded(Load { stream, table, result }));
        });
    }

    pub(crate) fn take_loaded(&mut self, load: Load) {
        let Load { stream, table, result } = load;
        let Some(loading) = self.progress.parking.take(&stream) else { return };
        let error = match result {
            Ok(loaded) => return self.use_loaded(stream, table, loading, loaded),
            Err(LoadError::Store(error)) => {
                tracing::error!(%error, %stream, "a state cannot be loaded");
                CommitError::Unavailable
            }
            Err(LoadError::Decode(error)) => {
                tracing::error!(%error, %stream, "a state cannot be read");
                CommitError::Internal
            }
            Err(LoadError::Lost) => {
                tracing::error!(%stream, "a state was not loaded: its task is gone");
                CommitError::Internal
            }
        };
        for mut queued in self.progress.parking.abandon(loading) {
            self.progress.parking.unpin(&mut queued);
            queued.job.fail(error.clone());
        }
    }

    fn use_loaded(
        &mut self,
        stream: StreamId,
        table: &'static StateTable,
        loading: Loading,
        loaded: LoadedState,
    ) {
        // What is in memory already is newer: it was created while this was loaded.
        if self.cache.get(&stream).is_none() {
            let Some(cached) = loading.complete(loaded, table) else {
                self.progress.parking.load_again(stream.clone(), loading);
                return self.load(stream, table);
            };
            self.cache.put(stream, cached);
        }
        let ready = self.progress.parking.resume(loading);
        self.progress.queue.extend(ready);
    }
}
