//! A write that the sequencer's own thread drives: between a decision and the store, and between the store and the replies,
//! stands no queue of a runtime's other tasks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};

use crate::sequencer::Message;
use crate::write::Written;

/// A write under way.
pub(crate) enum Driven {
    /// It waits for something.
    Running(Pin<Box<dyn Future<Output = Written> + Send>>),
    /// It is known what came of it.
    Done(Written),
    /// What came of it was taken.
    Taken,
}

impl Driven {
    /// Begins a write. If it is done at once, `waker` is woken all the same.
    pub(crate) fn start(write: impl Future<Output = Written> + Send + 'static, waker: &Waker) -> Self {
        let mut driven = Self::Running(Box::pin(write));
        if let Some(written) = driven.go_on(waker) {
            driven = Self::Done(written);
            waker.wake_by_ref();
        }
        driven
    }

    /// Goes on for as long as it need not wait; then `waker` is woken when it can go on. Gives what came of it, once. A write
    /// that panics is lost.
    pub(crate) fn go_on(&mut self, waker: &Waker) -> Option<Written> {
        match std::mem::replace(self, Self::Taken) {
            Self::Running(mut future) => {
                let mut context = Context::from_waker(waker);
                match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context))) {
                    Ok(Poll::Pending) => {
                        *self = Self::Running(future);
                        None
                    }
                    Ok(Poll::Ready(written)) => Some(written),
                    Err(_) => Some(Written::Lost),
                }
            }
            Self::Done(written) => Some(written),
            Self::Taken => None,
        }
    }
}

/// A waker that tells the sequencer that its write can go on.
pub(crate) fn waker(inbox: mpsc::Sender<Message>) -> Waker {
    Waker::from(Arc::new(Knock(inbox)))
}

struct Knock(mpsc::Sender<Message>);

impl Wake for Knock {
    fn wake(self: Arc<Self>) {
        self.0.send(Message::WriteWoken).ok();
    }
}
