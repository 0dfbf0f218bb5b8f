//! Commit ids seen lately, so that one that comes again is told.

use std::collections::VecDeque;

use foldhash::HashSet;
use kernel::Timestamp;
use uuid::Uuid;

/// Ids remembered beside those of the present moment. One that comes again later than that would still have to pass the
/// rules of what belongs together.
const IDS_MAX: usize = 16_384;

/// The ids of the present moment, and the last ones before.
#[derive(Default)]
pub(super) struct RecentCommits {
    known: HashSet<Uuid>,
    order: VecDeque<(Uuid, Timestamp)>,
}

impl RecentCommits {
    /// Remembers the id; `false` if it was there.
    pub(super) fn note(&mut self, id: Uuid, at: Timestamp) -> bool {
        if !self.known.insert(id) {
            return false;
        }
        self.order.push_back((id, at));
        while self.order.len() > IDS_MAX {
            match self.order.front() {
                // Time does not go back: an id of an earlier moment cannot come again with its time.
                Some((oldest, then)) if *then < at => self.known.remove(oldest),
                Some(_) | None => break,
            };
            self.order.pop_front();
        }
        true
    }
}
