//! Commits: their events stand together, share time and metadata, and balance.

use std::sync::Arc;

use event_store::RecordedEvent;
use kernel::Timestamp;
use uuid::Uuid;

use super::Verifier;
use super::metadata::check_metadata;
use crate::book_account::{AccountClass, BookAccount};
use crate::breach::{Breach, Place, Wrong, ensure, same};
use crate::legal::Together;

const UUID_VERSION: usize = 7;

/// The commit whose events are being read.
pub(super) struct RunningCommit {
    id: Uuid,
    recorded_at: Timestamp,
    metadata: Arc<str>,
    /// Its last event so far.
    place: Place,
    pub(super) sum_fen: i128,
    orders: Vec<(BookAccount, Place)>,
    pub(super) together: Together,
}

impl RunningCommit {
    /// Remembers that the commit moves money through an order, which it must not leave there.
    pub(super) fn note_order(&mut self, account: BookAccount, place: &Place) {
        if account.class() == AccountClass::Orders && !self.orders.iter().any(|(noted, _)| *noted == account)
        {
            self.orders.push((account, place.clone()));
        }
    }
}

impl Verifier {
    /// Ends the commit before, if the event is of another, and checks that it fits into its own.
    pub(super) fn enter_commit(&mut self, event: &RecordedEvent, place: &Place) -> Result<(), Breach> {
        if self.running.as_ref().is_none_or(|running| running.id != event.commit_id) {
            self.close_commit()?;
            return self.begin_commit(event, place).map_err(|wrong| wrong.at(place));
        }
        if let Some(running) = &mut self.running {
            running.place = place.clone();
            let (then, now) = (running.recorded_at, event.recorded_at);
            same("a commit has one time", then, now).map_err(|wrong| wrong.at(place))?;
            let is_same = running.metadata == event.metadata;
            ensure(is_same, "a commit has one metadata", "the metadata of its first event", "other metadata")
                .map_err(|wrong| wrong.at(place))?;
        }
        Ok(())
    }

    fn begin_commit(&mut self, event: &RecordedEvent, place: &Place) -> Result<(), Wrong> {
        let id = event.commit_id;
        same("a commit's id is a UUID version 7", UUID_VERSION, id.get_version_num())?;
        let is_new = self.recent.note(id, event.recorded_at);
        ensure(
            is_new,
            "a commit's events stand together",
            "another commit",
            format_args!("commit {id} again"),
        )?;
        let told = check_metadata(&event.metadata)?;
        self.expected.enter(event, &told)?;
        self.counts.commits += 1;
        self.running = Some(RunningCommit {
            id,
            recorded_at: event.recorded_at,
            metadata: Arc::clone(&event.metadata),
            place: place.clone(),
            sum_fen: 0,
            orders: Vec::new(),
            together: Together::default(),
        });
        Ok(())
    }

    /// Checks what can be told of a commit only once all its events were seen.
    pub(super) fn close_commit(&mut self) -> Result<(), Breach> {
        let Some(mut running) = self.running.take() else { return Ok(()) };
        running.together.close()?;
        same("a commit's postings sum to zero", 0, running.sum_fen)
            .map_err(|wrong| wrong.at(&running.place))?;
        for (account, place) in &running.orders {
            let left = self.memory.books.balance(*account);
            same(
                "a commit leaves no order open",
                format!("0.00 on {account}"),
                format!("{left} on {account}"),
            )
            .map_err(|wrong| wrong.at(place))?;
        }
        Ok(())
    }
}
