//! The newest events, kept in memory for those who follow the log closely: whoever falls behind reads the store.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::event::RecordedEvent;
use crate::position::{Head, Position};

/// Events kept at the most, and what their texts may take: far more than so many of the usual length do.
const EVENTS_MAX: usize = 16_384;
const BYTES_MAX: usize = 32 << 20;

/// A window on the end of the log, filled by whoever appends and read by projectors and live listeners.
#[derive(Debug)]
pub struct Feed {
    window: Mutex<Window>,
    head: watch::Sender<Head>,
}

#[derive(Debug)]
struct Window {
    batches: VecDeque<Arc<[RecordedEvent]>>,
    events: usize,
    /// Of the payloads and metadata.
    bytes: usize,
}

impl Window {
    const EMPTY: Self = Self { batches: VecDeque::new(), events: 0, bytes: 0 };

    fn push(&mut self, batch: &Arc<[RecordedEvent]>) {
        self.events += batch.len();
        self.bytes += bytes(batch);
        self.batches.push_back(Arc::clone(batch));
        while self.events > EVENTS_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.batches.pop_front() else { break };
            self.events -= oldest.len();
            self.bytes -= bytes(&oldest);
        }
    }
}

fn bytes(batch: &[RecordedEvent]) -> usize {
    batch.iter().map(|event| event.payload.len() + event.metadata.len()).sum()
}

impl Feed {
    /// A feed of a log that ends at `head`; it holds what is published from now on.
    #[must_use]
    pub fn new(head: Head) -> Self {
        Self { window: Mutex::new(Window::EMPTY), head: watch::Sender::new(head) }
    }

    /// Adds durable events that stand right after the last ones, and wakes the followers. A gap empties the window.
    pub fn publish(&self, events: &Arc<[RecordedEvent]>, head: Head) {
        if let Some(first) = events.first() {
            let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
            let last = window.batches.back().and_then(|batch| batch.last());
            if last.is_some_and(|last| !first.position.follows(last.position)) {
                *window = Window::EMPTY;
            }
            window.push(events);
        }
        self.head.send_replace(head);
    }

    /// Forgets all events: the log may not hold them any more.
    pub fn forget(&self) {
        *self.window.lock().unwrap_or_else(PoisonError::into_inner) = Window::EMPTY;
    }

    /// The batches that hold the events right after `position` (the first may begin earlier); `None` if the window does
    /// not reach back that far and the store must be read.
    #[must_use]
    pub fn after(&self, position: Position) -> Option<Vec<Arc<[RecordedEvent]>>> {
        let window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let first = window.batches.front()?.first()?;
        if first.position > position && !first.position.follows(position) {
            return None;
        }
        let is_newer =
            |batch: &&Arc<[RecordedEvent]>| batch.last().is_some_and(|last| last.position > position);
        Some(window.batches.iter().filter(is_newer).cloned().collect())
    }

    /// The last durable head that was published.
    #[must_use]
    pub fn head(&self) -> Head {
        *self.head.borrow()
    }

    /// A receiver that is woken whenever the head moves.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }
}
