//! The task that keeps the views: it takes the lease, follows the log and lets nothing but a full stop end it.

use std::sync::Arc;
use std::time::Duration;

use event_store::sql::Db;
use event_store::{EventStore, Feed};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::board::{Board, Demand, Mark};
use crate::projection::Projections;
use crate::rebuild::{RebuildError, Rebuilt, rebuild};
use crate::runner::Runner;
use crate::views::Views;

/// The most events folded at a time, and in one transaction when views are made anew.
pub(crate) const PAGE_MAX: u32 = 6_000;
/// The most events of a live log written in one transaction, unless said otherwise: the more rows come together, the more of
/// them share a page.
const TRANSACTION_MAX: u32 = 60_000;

/// How a projector goes about its work.
#[derive(Clone, Copy, Debug)]
pub struct ProjectorOptions {
    /// The most events folded at a time.
    pub page_max: u32,
    /// The most events whose rows are written in one transaction; at least those of a page.
    pub transaction_max: u32,
    /// A transaction that takes longer is given up together with its connection, and those after it hold half as much,
    /// until so many went well that they hold as much again.
    pub write_timeout: Duration,
    /// How often a log that others write is asked for its end.
    pub poll_interval: Duration,
    /// How often a server that does not fold tries to become the one that does.
    pub lease_interval: Duration,
}

impl Default for ProjectorOptions {
    fn default() -> Self {
        Self {
            page_max: PAGE_MAX,
            transaction_max: TRANSACTION_MAX,
            write_timeout: Duration::from_secs(30),
            poll_interval: Duration::from_millis(50),
            lease_interval: Duration::from_secs(1),
        }
    }
}

/// Rebuilds views beside those that serve; clones share everything.
#[derive(Clone)]
pub struct Rebuilder {
    views: Views,
    projections: Projections,
}

impl Rebuilder {
    /// Rebuilds one projection, or all, beside the live tables and then puts the new ones in their place, while reading and
    /// folding go on. `progress` is told how many events are done and how many there are.
    ///
    /// # Errors
    /// As [`RebuildError`] says; the live tables then stand as they stood.
    pub async fn rebuild(
        &self,
        name: Option<&str>,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Vec<Rebuilt>, RebuildError> {
        let rebuilt = rebuild(&self.views.db, &self.views.log, &self.projections, name, progress).await;
        self.views.demand.ask_reload();
        rebuilt
    }
}

/// Keeps the views up to date in a task of its own. Dropped, it ends at once, wherever it is; nothing is lost by that.
pub struct Projector {
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
    views: Views,
    projections: Projections,
}

impl Projector {
    /// Starts keeping all views of [`crate::all`].
    #[must_use]
    pub fn start(db: Db, log: Arc<dyn EventStore>, feed: Arc<Feed>) -> Self {
        Self::start_with(crate::all(), ProjectorOptions::default(), db, log, feed)
    }

    /// Starts keeping the given views.
    #[must_use]
    pub fn start_with(
        projections: Projections,
        options: ProjectorOptions,
        db: Db,
        log: Arc<dyn EventStore>,
        feed: Arc<Feed>,
    ) -> Self {
        let marks = projections
            .names()
            .map(|name| Mark { name, position: event_store::Position::START, stopped: None })
            .collect();
        let (board, seen) = watch::channel(Board { marks, ..Board::default() });
        let (stop, stopping) = watch::channel(false);
        let demand = Arc::new(Demand::default());
        let views = Views { db, log, feed, board: seen, demand };
        let runner = Runner::new(views.clone(), projections.clone(), options, board, stopping);
        Self { task: tokio::spawn(runner.run()), stop, views, projections }
    }

    /// The views, for readers.
    #[must_use]
    pub fn views(&self) -> Views {
        self.views.clone()
    }

    /// As [`Rebuilder::rebuild`].
    ///
    /// # Errors
    /// As [`RebuildError`] says; the live tables then stand as they stood.
    pub async fn rebuild(
        &self,
        name: Option<&str>,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Vec<Rebuilt>, RebuildError> {
        self.rebuilder().rebuild(name, progress).await
    }

    /// What rebuilds the views, for others to keep.
    #[must_use]
    pub fn rebuilder(&self) -> Rebuilder {
        Rebuilder { views: self.views.clone(), projections: self.projections.clone() }
    }

    /// Folds what is left, within reason, ends the task and gives the lease back.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "the projector did not end well");
        }
    }
}

impl Drop for Projector {
    fn drop(&mut self) {
        self.task.abort();
    }
}
