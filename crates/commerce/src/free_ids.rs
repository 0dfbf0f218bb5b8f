//! Ids that nobody can guess: drawn before a unit of work, which takes the first that is free.

use std::fmt::Display;
use std::ops::Range;

use engine::{Refusal, Stop, Tx};
use kernel::{Decide, ErrorCode};

use crate::commerce::Commerce;
use crate::error::Error;

impl Commerce {
    /// Draws `count` ids. Within the unit of work a draw would differ each time it runs.
    pub(crate) fn draw_ids<I: TryFrom<u64>>(&self, range: Range<u64>, count: usize) -> Result<Vec<I>, Error> {
        let draw = |_| self.inner.engine.draw(range.clone()).and_then(|number| I::try_from(number).ok());
        (0..count).map(draw).collect::<Option<_>>().ok_or_else(|| Error::internal("no random numbers"))
    }
}

/// The first id of those drawn whose aggregate is free.
///
/// # Errors
/// [`ErrorCode::NoFreeId`]: all are taken, which is to be expected only when nearly all that can be drawn are.
pub(crate) fn first_free<A: Decide, I: Copy + Display>(
    tx: &mut Tx<'_>,
    drawn: &[I],
    is_free: impl Fn(&A) -> bool,
) -> Result<I, Stop> {
    for id in drawn {
        if is_free(&*tx.state::<A>(id)?) {
            return Ok(*id);
        }
    }
    Err(Refusal::new(ErrorCode::NoFreeId, "every id that was drawn is taken").into())
}
