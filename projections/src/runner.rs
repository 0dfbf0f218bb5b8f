//! What the projector's task does: wait for the lease, make the tables ready, then fold whatever comes.

use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use event_store::{Head, Position, StoreError};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::asking::{Asking, Listening};
use crate::board::{Board, Mark};
use crate::checkpoint;
use crate::lane::{self, Interrupt, Lane};
use crate::projection::Projections;
use crate::projector::ProjectorOptions;
use crate::source::Source;
use crate::views::Views;
use crate::writer::Writer;

const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(5);
/// After so many transactions that went well one may hold as much as ever.
const RECOVERY: u64 = 64;
/// How often a server that does not fold looks how far the views are, while somebody waits for them.
const STANDBY_POLL: Duration = Duration::from_millis(5);
/// Bytes of events whose rows gather, beside the page that goes beyond it.
const GATHERED_BYTES_MAX: usize = 32 << 20;
/// From one transaction to the next, if no reader waits: what comes meanwhile is folded and gathers, for a transaction of many rows
/// costs little more than one of few.
const GATHER: Duration = Duration::from_secs(1);
/// How often what has come meanwhile is folded.
const FOLD_INTERVAL: Duration = Duration::from_millis(50);
/// Asked to stop, the projector folds what is left of the log as this server knows it, for so long at the most: whoever
/// looks at the views of a stopped server sees all that it has answered.
const LAST_FOLDING: Duration = Duration::from_secs(2);
/// How often a projector that has nothing to do looks at the log and at the checkpoints all the same.
const IDLE_LOOK: Duration = Duration::from_secs(1);

/// Why folding came to an end.
enum End {
    /// It was asked to stop.
    Stop,
    /// The checkpoints must be read again.
    Reload,
}

pub(crate) struct Runner {
    pub(crate) views: Views,
    pub(crate) projections: Projections,
    pub(crate) options: ProjectorOptions,
    board: watch::Sender<Board>,
    stopping: watch::Receiver<bool>,
    /// The most events that a transaction holds: half as many each time that one took too long, some more each time that it did not.
    transaction_max: AtomicU64,
    /// The log was empty when the projector started: that there is no checkpoint is no surprise.
    pub(crate) was_empty: bool,
}

impl Runner {
    pub(crate) fn new(
        views: Views,
        projections: Projections,
        options: ProjectorOptions,
        board: watch::Sender<Board>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let was_empty = views.feed.head().position == Position::START;
        let transaction_max = AtomicU64::new(options.transaction_max.into());
        Self { was_empty, transaction_max, views, projections, options, board, stopping }
    }

    /// Runs until it is asked to stop.
    pub(crate) async fn run(self) {
        let mut backoff = BACKOFF_MIN;
        loop {
            let began = Instant::now();
            let error = match self.session().await {
                Ok(End::Stop) => return,
                Ok(End::Reload) | Err(Interrupt::Moved) => {
                    tracing::info!("the checkpoints are read again");
                    continue;
                }
                Err(Interrupt::Parted) => {
                    self.views.feed.forget();
                    self.tell_unready();
                    StoreError::Damaged(
                        "the log does not go on from what was folded: was it put back?".to_owned(),
                    )
                }
                Err(Interrupt::Store(error)) => error,
            };
            if began.elapsed() > BACKOFF_MAX {
                backoff = BACKOFF_MIN;
            }
            tracing::warn!(%error, retry_ms = backoff.as_millis(), "the projections cannot go on");
            self.tell_trouble(&error);
            tokio::select! {
                () = self.stop_asked() => return,
                () = sleep(backoff) => {}
            }
            backoff = (backoff * 2).min(BACKOFF_MAX);
        }
    }

    /// Returns when the projector is to stop, or is gone.
    async fn stop_asked(&self) {
        self.stopping.clone().wait_for(|stop| *stop).await.ok();
    }

    async fn session(&self) -> Result<End, Interrupt> {
        // Preparing and waiting for the lease may be given up anywhere; folding stops between two transactions.
        let prepared = tokio::select! {
            () = self.stop_asked() => return Ok(End::Stop),
            prepared = self.prepare() => prepared?,
        };
        let (mut writer, lanes) = prepared;
        let end = self.follow(&mut writer, lanes).await?;
        // After an error the connection is only dropped: one that no longer answers would not be closed, either.
        writer.close().await;
        Ok(end)
    }

    /// Waits until this server is the one that folds; until then it tells how far the one that does is.
    pub(crate) async fn lease(&self, writer: &mut Writer) -> Result<(), Interrupt> {
        let mut retry_at = Instant::now();
        let mut asking = Asking::new();
        loop {
            if Instant::now() >= retry_at {
                if writer.take_lease().await? {
                    return Ok(());
                }
                retry_at = Instant::now() + self.options.lease_interval;
            }
            let stored = checkpoint::load_believed(&self.views.db, &self.views.log).await?;
            self.tell(checkpoint::board(&self.projections, &stored, self.views.demand.target()));
            if self.views.demand.is_waiting() {
                asking.ask(&self.views.db).await;
                sleep(STANDBY_POLL).await;
            } else {
                tokio::select! {
                    () = self.views.demand.changed() => {}
                    () = tokio::time::sleep_until(retry_at) => {}
                }
            }
        }
    }

    async fn follow(&self, writer: &mut Writer, mut lanes: Vec<Lane>) -> Result<End, Interrupt> {
        let mut source =
            Source::new(self.views.log.clone(), Some(self.views.feed.clone()), self.options.page_max);
        let mut news = self.views.feed.subscribe();
        let _listening = Listening::start(&self.views.db, &self.views.demand);
        let mut looked = Position::START;
        let mut others_want = Position::START;
        let mut stop_at = None;
        let mut write_at = Instant::now();
        loop {
            if stop_at.is_none() && *self.stopping.borrow() {
                stop_at = Some(Instant::now() + LAST_FOLDING);
            }
            if stop_at.is_none() && self.views.demand.take_reload() {
                return Ok(End::Reload);
            }
            if self.views.demand.take_others() {
                looked = self.views.log.head().await?.position;
                others_want = looked;
            }
            let head = news.borrow_and_update().position.max(looked).max(self.views.demand.target());
            self.tell_lanes(&lanes, head);
            let mut has_all = true;
            if stop_at.is_none_or(|stop_at| Instant::now() < stop_at) {
                (lanes, has_all) = lane::fold_next(lanes, &mut source, head).await?;
            }
            let written = lane::written(&lanes);
            let is_wanted =
                stop_at.is_some() || others_want > written || self.views.demand.is_waiting_beyond(written);
            let is_due = (has_all && is_wanted)
                || self.is_full(&lanes)
                || lane::is_stuck(&lanes)
                || Instant::now() >= write_at;
            let has_gathered = lane::gathered_events(&lanes) > 0;
            if has_gathered && is_due {
                write_at = Instant::now() + GATHER;
                lanes = self.write(writer, lanes, &mut source).await?;
                if stop_at.is_none() && self.was_rebuilt(&lanes).await? {
                    return Ok(End::Reload);
                }
            } else if has_all && has_gathered {
                self.gather(write_at, &mut news, &mut looked).await?;
            } else if has_all && stop_at.is_some() {
                return Ok(End::Stop);
            } else if has_all
                && let ControlFlow::Break(end) = self.idle(writer, &lanes, &mut news, &mut looked).await?
            {
                return Ok(end);
            }
        }
    }

    /// Whether another page could be more than one transaction takes.
    fn is_full(&self, lanes: &[Lane]) -> bool {
        let (gathered, page_max) = (lane::gathered_events(lanes), u64::from(self.options.page_max));
        gathered + page_max > self.transaction_max.load(Ordering::Relaxed)
            || lane::gathered_bytes(lanes) > GATHERED_BYTES_MAX
    }

    /// Writes all that was folded, and folds meanwhile what comes: the feed need not hold it.
    async fn write(
        &self,
        writer: &mut Writer,
        mut lanes: Vec<Lane>,
        source: &mut Source,
    ) -> Result<Vec<Lane>, Interrupt> {
        let steps = lane::take_steps(&mut lanes);
        let mut writing = pin!(timeout(self.options.write_timeout, lane::write(writer, steps)));
        let written = loop {
            tokio::select! {
                biased;
                written = &mut writing => break written,
                () = sleep(FOLD_INTERVAL), if !self.is_full(&lanes) && !*self.stopping.borrow() => {}
            }
            let head = self.views.feed.head().position;
            let mut folding = pin!(lane::fold_next(lanes, source, head));
            tokio::select! {
                folded = &mut folding => (lanes, _) = folded?,
                written = &mut writing => {
                    (lanes, _) = folding.await?;
                    break written;
                }
            }
        };
        let Ok(made) = written else {
            let half = self.transaction_max.load(Ordering::Relaxed) / 2;
            self.transaction_max.store(half.max(self.options.page_max.into()), Ordering::Relaxed);
            return Err(sqlx::Error::Io(ErrorKind::TimedOut.into()).into());
        };
        lane::take_made(&mut lanes, made?);
        // Whatever was slow is over some day: as much as before is tried again, by and by.
        let (now, most) =
            (self.transaction_max.load(Ordering::Relaxed), u64::from(self.options.transaction_max));
        self.transaction_max.store((now + most / RECOVERY).min(most), Ordering::Relaxed);
        Ok(lanes)
    }

    /// Waits until what has come is to be folded or what is folded is to be written.
    async fn gather(
        &self,
        write_at: Instant,
        news: &mut watch::Receiver<Head>,
        looked: &mut Position,
    ) -> Result<(), Interrupt> {
        let until = write_at.min(Instant::now() + FOLD_INTERVAL);
        tokio::select! {
            () = self.stop_asked() => {}
            () = self.views.demand.changed() => {}
            () = moved(news), if self.views.demand.is_waiting() => {}
            () = tokio::time::sleep_until(until) => {
                if self.views.log.is_shared() {
                    *looked = self.views.log.head().await?.position;
                }
            }
        }
        Ok(())
    }

    /// Waits for news of the log, of readers or of the checkpoints.
    async fn idle(
        &self,
        writer: &mut Writer,
        lanes: &[Lane],
        news: &mut watch::Receiver<Head>,
        looked: &mut Position,
    ) -> Result<ControlFlow<End>, Interrupt> {
        writer.keep_alive().await?;
        let look = if self.views.log.is_shared() { self.options.poll_interval } else { IDLE_LOOK };
        tokio::select! {
            () = self.stop_asked() => return Ok(ControlFlow::Continue(())),
            () = moved(news) => return Ok(ControlFlow::Continue(())),
            () = self.views.demand.changed() => return Ok(ControlFlow::Continue(())),
            () = sleep(look) => {}
        }
        let head = self.views.log.head().await?;
        if !lane::fits(lanes, &head) {
            return Err(Interrupt::Parted);
        }
        *looked = head.position;
        if self.was_rebuilt(lanes).await? {
            return Ok(ControlFlow::Break(End::Reload));
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whether a projection that stopped here was rebuilt since, perhaps by another process.
    async fn was_rebuilt(&self, lanes: &[Lane]) -> Result<bool, Interrupt> {
        if lanes.iter().all(|lane| lane.stopped.is_none()) {
            return Ok(false);
        }
        let stored = checkpoint::load(&self.views.db).await?;
        let is_running = |lane: &&Lane| {
            stored.iter().any(|row| row.name == lane.projection.name() && row.stopped.is_empty())
        };
        Ok(lanes.iter().filter(|lane| lane.stopped.is_some()).any(|lane| is_running(&lane)))
    }

    fn tell_lanes(&self, lanes: &[Lane], head: Position) {
        let marks = lanes
            .iter()
            .map(|lane| Mark {
                name: lane.projection.name(),
                position: lane.at.position,
                stopped: lane.stopped.clone(),
            })
            .collect();
        self.tell(Board { ready: true, folding: true, head, marks, trouble: None });
    }

    /// There is nothing to be read until it is known again how far the views are.
    pub(crate) fn tell_unready(&self) {
        let board = self.board.borrow().clone();
        self.tell(Board { ready: false, ..board });
    }

    fn tell_trouble(&self, error: &StoreError) {
        let board = self.board.borrow().clone();
        self.tell(Board { folding: false, trouble: Some(error.to_string()), ..board });
    }

    fn tell(&self, board: Board) {
        board.tell_metrics(self.views.feed.head().position);
        self.board.send_replace(board);
    }
}

/// Returns when the head has moved; never, if nobody is left to move it.
async fn moved(news: &mut watch::Receiver<Head>) {
    if news.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
