//! Commits: their events stand together, share time and metadata, and balance.

use std::sync::Arc;

use kernel::{Money, Timestamp};
use uuid::Uuid;

use super::Verifier;
use super::examined::{Examined, Metadata};
use crate::book_account::{AccountClass, BookAccount};
use crate::breach::{Breach, Place, Wrong, ensure, same};
use crate::legal::Together;

const UUID_VERSION: usize = 7;

/// The commit whose events are being read.
pub(super) struct RunningCommit {
    id: Uuid,
    recorded_at: Timestamp,
    metadata: Arc<Metadata>,
    /// Its last event so far.
    place: Place,
    pub(super) sum_fen: i128,
    pub(super) noted: Noted,
}

/// What is noted of a commit's events until it ends.
#[derive(Default)]
pub(super) struct Noted {
    orders: Vec<(BookAccount, Place)>,
    pub(super) together: Together,
}

impl RunningCommit {
    /// Remembers that the commit moves money through an order, which it must not leave there.
    pub(super) fn note_order(&mut self, account: BookAccount, place: Place) {
        let orders = &mut self.noted.orders;
        if account.class() == AccountClass::Orders && !orders.iter().any(|(noted, _)| *noted == account) {
            orders.push((account, place));
        }
    }
}

impl Verifier {
    /// Ends the commit before, if the event is of another, and checks that it fits into its own.
    pub(super) fn enter_commit(&mut self, event: &Examined) -> Result<(), Breach> {
        let place = event.link.place();
        let Some(running) = self.running.as_mut().filter(|running| running.id == event.commit_id) else {
            self.close_commit()?;
            return self.begin_commit(event).map_err(|wrong| wrong.at(place));
        };
        running.place = place;
        let (then, now) = (running.recorded_at, event.link.recorded_at);
        same("a commit has one time", then, now).map_err(|wrong| wrong.at(place))?;
        let is_same =
            Arc::ptr_eq(&running.metadata, &event.metadata) || running.metadata.text == event.metadata.text;
        ensure(is_same, "a commit has one metadata", "the metadata of its first event", "other metadata")
            .map_err(|wrong| wrong.at(place))
    }

    fn begin_commit(&mut self, event: &Examined) -> Result<(), Wrong> {
        let (id, recorded_at) = (event.commit_id, event.link.recorded_at);
        same("a commit's id is a UUID version 7", UUID_VERSION, id.get_version_num())?;
        let is_new = self.recent.note(id, recorded_at);
        ensure(
            is_new,
            "a commit's events stand together",
            "another commit",
            format_args!("commit {id} again"),
        )?;
        let told = event.metadata.told.as_ref().map_err(Wrong::clone)?;
        self.expected.enter(event.link.place(), id, recorded_at, told)?;
        self.counts.commits += 1;
        self.running = Some(RunningCommit {
            id,
            recorded_at,
            metadata: Arc::clone(&event.metadata),
            place: event.link.place(),
            sum_fen: 0,
            noted: std::mem::take(&mut self.spare),
        });
        Ok(())
    }

    /// Checks what can be told of a commit only once all its events were seen.
    pub(super) fn close_commit(&mut self) -> Result<(), Breach> {
        let Some(mut running) = self.running.take() else { return Ok(()) };
        running.noted.together.close()?;
        same("a commit's postings sum to zero", 0, running.sum_fen)
            .map_err(|wrong| wrong.at(running.place))?;
        for (account, place) in &running.noted.orders {
            let left = self.memory.books.balance(*account);
            let (expected, found) = (format_args!("0.00 on {account}"), format_args!("{left} on {account}"));
            ensure(left == Money::ZERO, "a commit leaves no order open", expected, found)
                .map_err(|wrong| wrong.at(*place))?;
        }
        running.noted.orders.clear();
        self.spare = running.noted;
        Ok(())
    }
}
