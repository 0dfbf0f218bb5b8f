//! A write that the sequencer drives itself: between a decision and the store, and between the store and the replies,
//! stands no queue of a runtime's other tasks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::write::Written;

/// A write under way.
pub(crate) struct Driven(Option<Pin<Box<dyn Future<Output = Written> + Send>>>);

impl Driven {
    /// A write that begins when it is driven.
    pub(crate) fn new(write: impl Future<Output = Written> + Send + 'static) -> Self {
        Self(Some(Box::pin(write)))
    }

    /// Goes on for as long as it need not wait; then the context's waker is woken when it can go on. Gives what came of it,
    /// once. A write that panics is lost.
    pub(crate) fn go_on(&mut self, context: &mut Context<'_>) -> Option<Written> {
        let future = self.0.as_mut()?;
        let written = match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => return None,
            Ok(Poll::Ready(written)) => written,
            Err(_) => Written::Lost,
        };
        self.0 = None;
        Some(written)
    }
}
