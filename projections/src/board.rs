//! What readers know of the projections: how far each is, and whom it keeps waiting.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use event_store::Position;
use tokio::sync::Notify;

/// How a projection fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectionState {
    /// It follows the log.
    Running,
    /// The log or the views are away; it is tried again.
    Retrying {
        /// Why.
        reason: String,
    },
    /// It cannot digest an event, or the database refuses its rows, and goes no further.
    Stopped {
        /// Which event and why, without what the event says.
        reason: String,
    },
}

/// How far a projection is and how it fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionStatus {
    /// Its name.
    pub name: &'static str,
    /// The last event that its rows tell of.
    pub position: Position,
    /// How many events of the log its rows do not tell of yet.
    pub lag: u64,
    /// How it fares.
    pub state: ProjectionState,
}

/// Where one projection is.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) name: &'static str,
    pub(crate) position: Position,
    pub(crate) stopped: Option<String>,
}

/// Where all projections are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    /// Whether the tables are there at all.
    pub(crate) ready: bool,
    /// Whether this process folds.
    pub(crate) folding: bool,
    /// The end of the log when it was last looked at.
    pub(crate) head: Position,
    pub(crate) marks: Vec<Mark>,
    /// Why nothing moves just now.
    pub(crate) trouble: Option<String>,
}

impl Board {
    /// Whether every projection that runs has folded everything up to `target`.
    pub(crate) fn has_reached(&self, target: Position) -> bool {
        self.ready && self.marks.iter().all(|mark| mark.stopped.is_some() || mark.position >= target)
    }

    /// The first of some projections that has stopped.
    pub(crate) fn stopped(&self, projections: &[&str]) -> Option<&'static str> {
        let stopped = self.marks.iter().filter(|mark| mark.stopped.is_some());
        stopped.map(|mark| mark.name).find(|name| projections.contains(name))
    }

    /// A line a projection, given the newest known end of the log.
    pub(crate) fn statuses(&self, head: Position) -> Vec<ProjectionStatus> {
        let head = head.max(self.head);
        let status = |mark: &Mark| ProjectionStatus {
            name: mark.name,
            position: mark.position,
            lag: head.events_since(mark.position),
            state: match (&mark.stopped, &self.trouble) {
                (Some(reason), _) => ProjectionState::Stopped { reason: reason.clone() },
                (None, Some(reason)) => ProjectionState::Retrying { reason: reason.clone() },
                (None, None) => ProjectionState::Running,
            },
        };
        self.marks.iter().map(status).collect()
    }

    /// Tells the metrics, given the newest known end of the log.
    pub(crate) fn tell_metrics(&self, head: Position) {
        for status in self.statuses(head) {
            metrics::gauge!("suanpan_projection_position", "projection" => status.name)
                .set(gauge(status.position.number()));
            metrics::gauge!("suanpan_projection_lag_events", "projection" => status.name)
                .set(gauge(status.lag));
            let is_stopped = matches!(status.state, ProjectionState::Stopped { .. });
            metrics::gauge!("suanpan_projection_stopped", "projection" => status.name)
                .set(gauge(is_stopped.into()));
        }
    }
}

/// Gauges are floats; a count of events stays exact below 2^53.
const fn gauge(number: u64) -> f64 {
    number as f64
}

/// What readers want of the projector: how many wait, and for which position.
#[derive(Debug, Default)]
pub(crate) struct Demand {
    waiting: AtomicUsize,
    target: AtomicU64,
    wake: Notify,
    reload: AtomicBool,
    others: AtomicBool,
}

/// A reader that waits.
pub(crate) struct Waiting<'a>(&'a Demand);

impl Demand {
    /// Asks for everything up to `target`, for as long as the guard lives.
    pub(crate) fn wait_for(&self, target: Position) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.target.fetch_max(target.number(), Ordering::Relaxed);
        self.wake.notify_one();
        Waiting(self)
    }

    /// The furthest position that was ever asked for: the log reaches at least that far.
    pub(crate) fn target(&self) -> Position {
        Position::from_number(self.target.load(Ordering::Relaxed))
    }

    /// Whether anybody waits.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Whether anybody waits for more than what is written up to `written`.
    pub(crate) fn is_waiting_beyond(&self, written: Position) -> bool {
        self.is_waiting() && self.target() > written
    }

    /// Woken when somebody begins to wait, here or elsewhere, or asks for a reload.
    pub(crate) async fn changed(&self) {
        self.wake.notified().await;
    }

    /// Tells the projector that a reader of another server waits.
    pub(crate) fn hear_others(&self) {
        self.others.store(true, Ordering::Relaxed);
        self.wake.notify_one();
    }

    /// Whether a reader of another server has begun to wait since the last call.
    pub(crate) fn take_others(&self) -> bool {
        self.others.swap(false, Ordering::Relaxed)
    }

    /// Asks the projector to read its checkpoints again.
    pub(crate) fn ask_reload(&self) {
        self.reload.store(true, Ordering::Relaxed);
        self.wake.notify_one();
    }

    /// Whether a reload was asked for since the last call.
    pub(crate) fn take_reload(&self) -> bool {
        self.reload.swap(false, Ordering::Relaxed)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
