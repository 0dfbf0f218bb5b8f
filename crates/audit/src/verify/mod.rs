//! Verification: the whole log once, event by event, with nothing remembered but what the next events are judged by.

mod answers;
mod checkpoint;
mod commit;
mod ending;
mod examined;
mod index;
mod metadata;
mod missing;
mod recall;
mod recent;
mod report;
mod soundness;

use std::sync::Arc;

use aggregates::AnyEvent;
use event_store::{EventRef, Position, ReadOnlyLog, RecordedEvent, StoreError};
use kernel::{AccountId, DecodeError, Money, MoneyError, ProductId};
use serde::{Deserialize, Serialize};

use crate::books::Books;
use crate::breach::{Breach, Place, Wrong};
use crate::chain::Point;
use crate::legal::{Purse, Step, StreamStates};
use crate::pages::{Lent, Pages, Room};
use crate::postings::Posting;

use answers::Expected;
use commit::{Noted, RunningCommit};
use examined::{Examination, Examined};
use index::IndexCheck;
use recent::RecentCommits;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use ending::KnownHead;
pub use report::{Counts, Report};

/// Why a verification ended early.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The log is not as it must be.
    #[error("{0}")]
    Breach(Box<Breach>),
    /// The store cannot be read.
    #[error(transparent)]
    Store(StoreError),
}

impl From<Breach> for VerifyError {
    fn from(breach: Breach) -> Self {
        Self::Breach(Box::new(breach))
    }
}

/// A row that does not read is a breach like any other.
impl From<StoreError> for VerifyError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(what) => {
                Wrong::new("rows can be read", "a value of the column's kind", what).of_log().into()
            }
            other @ (StoreError::Database(_)
            | StoreError::Sqlite(_)
            | StoreError::Closed
            | StoreError::WriterEnded
            | StoreError::Unwritten
            | StoreError::Replaced
            | StoreError::TimedOut
            | StoreError::ReadOnly) => Self::Store(other),
        }
    }
}

/// What must be remembered between events; all of it goes into a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Memory {
    pub(crate) streams: StreamStates,
    pub(crate) books: Books,
    /// What all payments at WeChat come to, by the recharges alone.
    pub(crate) recharged: Money,
}

/// A verification under way.
pub struct Verifier {
    log: Arc<ReadOnlyLog>,
    began: Point,
    first: Option<Point>,
    at: Point,
    running: Option<RunningCommit>,
    /// Of the commit before, for its room.
    spare: Noted,
    recent: RecentCommits,
    expected: Expected,
    memory: Memory,
    counts: Counts,
}

impl Verifier {
    /// Begins at the first event.
    #[must_use]
    pub fn new(log: Arc<ReadOnlyLog>) -> Self {
        Self {
            log,
            began: Point::GENESIS,
            first: None,
            at: Point::GENESIS,
            running: None,
            spare: Noted::default(),
            recent: RecentCommits::default(),
            expected: Expected::default(),
            memory: Memory::default(),
            counts: Counts::default(),
        }
    }

    /// Holds so many kept answers in memory at a time, about: where there are more, the log is gone through again for each
    /// further lot.
    #[must_use]
    pub const fn with_answers_max(mut self, answers: usize) -> Self {
        self.expected.lot_max = answers;
        self
    }

    /// The last position that was verified.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.at.position
    }

    /// The last event that was verified.
    #[must_use]
    pub const fn reached(&self) -> Point {
        self.at
    }

    /// Verifies the events up to and including `until`, calling `progress` with the position reached now and then.
    ///
    /// # Errors
    /// The first breach, or the store cannot be read.
    pub async fn advance(
        &mut self,
        until: Position,
        progress: &mut (dyn FnMut(Position) + Send),
    ) -> Result<(), VerifyError> {
        if self.expected.is_unread() {
            self.check_tables().await?;
            self.expected.read(&self.log).await?;
        }
        let mut index = IndexCheck::begin(&self.log, self.at.position, until).await?;
        match self.advance_beside(&mut index, until, progress).await {
            Ok(()) => index.finish().await,
            Err((before, VerifyError::Breach(breach))) => {
                // What is wrong with the index further in front comes first.
                index.before(before).await?;
                Err(VerifyError::Breach(breach))
            }
            Err((_, error @ VerifyError::Store(_))) => Err(error),
        }
    }

    /// Verifies page by page; an error comes with the last position of the page before.
    async fn advance_beside(
        &mut self,
        index: &mut IndexCheck,
        until: Position,
        progress: &mut (dyn FnMut(Position) + Send),
    ) -> Result<(), (Position, VerifyError)> {
        let compared = index.compared();
        let room = Room::default();
        let spare = room.clone();
        let begin = move || Examination::new(compared.clone(), spare.take());
        let mut pages = Pages::new(&self.log, self.at.position, until, begin);
        loop {
            let before = self.at.position;
            let page = pages.next().await.map_err(|error| (before, self.unread(error)))?;
            let Some(page) = page else { break };
            let places = page.places;
            room.give_back(self.take_page(page).await.map_err(|error| (before, error))?);
            index.page(before, self.at.position, places).await.map_err(|error| (before, error))?;
            self.memory.streams.forget_done();
            progress(self.at.position);
        }
        if self.at.position < until {
            let next = self.at.position.number() + 1;
            let missing = Wrong::new("positions are dense", format_args!("an event at {next}"), "none");
            return Err((self.at.position, missing.at_position(next).into()));
        }
        Ok(())
    }

    /// Takes a page; gives back its room.
    async fn take_page(&mut self, page: Examination) -> Result<Lent<Examined>, VerifyError> {
        for event in &page.page.events {
            if let Some(lookup) = self.lookup(event) {
                self.recall(lookup, event).await?;
            }
            if let Err(breach) = self.take(event) {
                return Err(breach.located(&self.log).await.into());
            }
        }
        self.counts.add(page.page.events.len(), page.tally);
        Ok(page.page)
    }

    /// A row that does not read stands right after the last that did.
    fn unread(&self, error: StoreError) -> VerifyError {
        match VerifyError::from(error) {
            VerifyError::Breach(mut breach) => {
                breach.position = Some(self.at.position.number() + 1);
                VerifyError::Breach(breach)
            }
            store @ VerifyError::Store(_) => store,
        }
    }

    fn take(&mut self, event: &Examined) -> Result<(), Breach> {
        self.at.step(&event.link)?;
        self.first.get_or_insert(self.at);
        let place = event.link.place();
        self.enter_commit(event)?;
        let decoded = event.event.as_ref().map_err(|wrong| wrong.clone().at(place))?;
        let posted = event.posted.as_ref().map_err(|wrong| wrong.clone().at(place))?;
        self.post(posted.as_ref(), decoded, place)?;
        let step = Step { place, stream: &event.stream, sequence: event.sequence, event: decoded };
        match &mut self.running {
            Some(running) => self.memory.streams.take(&step, &mut running.noted.together),
            None => Ok(()),
        }
    }

    /// Books the event's postings.
    fn post(
        &mut self,
        posted: Option<&[Posting; 2]>,
        decoded: &AnyEvent,
        place: Place,
    ) -> Result<(), Breach> {
        let unfit = |why: MoneyError| Wrong::new("events can be posted", "postings", why).at(place);
        for posting in posted.into_iter().flatten() {
            self.memory.books.post(posting).map_err(unfit)?;
            if let Some(running) = &mut self.running {
                running.sum_fen += i128::from(posting.amount.fen());
                running.note_order(posting.account, place);
            }
        }
        if let AnyEvent::Recharge(aggregates::recharge::RechargeEvent::RechargePaid { amount, .. }) = decoded
        {
            self.memory.recharged = self.memory.recharged.plus(*amount).map_err(unfit)?;
        }
        Ok(())
    }

    /// What a customer's balance and coupon balance come to, and after how many events, by the log.
    pub fn holdings(&self) -> impl Iterator<Item = Holding> {
        let streams = &self.memory.streams;
        let of = |is_coupon| {
            move |(account, entries, state): (&AccountId, u64, &crate::legal::FundsState)| Holding {
                account: *account,
                is_coupon,
                held: state.held,
                entries,
            }
        };
        streams.balances.iter().map(of(false)).chain(streams.coupons.iter().map(of(true)))
    }

    /// How many pieces of each product were sold, and whether it can be bought, by the log.
    pub fn products(&self) -> impl Iterator<Item = ProductFigures> {
        self.memory.streams.products.iter().map(|(product, _, state)| ProductFigures {
            product: *product,
            price: state.price_paid(),
            sold: state.sold,
            is_on_sale: state.status == crate::legal::ProductStatus::OnSale,
        })
    }

    /// How many purchases were made, and what was paid for them, by the log.
    #[must_use]
    pub const fn purchases(&self) -> (u64, Money) {
        (self.memory.streams.purchases.count, self.memory.streams.purchases.total)
    }

    /// What recharges have paid in, by the log.
    #[must_use]
    pub const fn recharged(&self) -> Money {
        self.memory.recharged
    }

    /// About how many entries are remembered: what the memory grows with.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.memory.streams.remembered() + self.memory.books.len()
    }
}

/// What an account holds in one of its two purses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Whose.
    pub account: AccountId,
    /// The coupon balance, or the balance.
    pub is_coupon: bool,
    /// How much.
    pub held: Money,
    /// How many events made it so.
    pub entries: u64,
}

/// What is known of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductFigures {
    /// Which.
    pub product: ProductId,
    /// What is paid for a piece.
    pub price: Money,
    /// Pieces sold in all.
    pub sold: u64,
    /// Whether it can be bought.
    pub is_on_sale: bool,
}

/// Reads the event, if it is one that this program knows.
pub(crate) fn decode(event: &EventRef<'_>) -> Result<AnyEvent, Wrong> {
    AnyEvent::decode(event.aggregate_type, event.event_type, event.event_version, event.payload).map_err(
        |error| match error {
            DecodeError::Unknown { .. } => {
                Wrong::new("event types are known", "a type and version of docs/events.md", error)
            }
            DecodeError::Malformed { .. } => Wrong::new("payloads read", "the payload of its type", error),
        },
    )
}

/// Reads a stored event, as [`decode`]; a breach names it.
pub(crate) fn decode_recorded(event: &RecordedEvent) -> Result<AnyEvent, Breach> {
    decode(&event.into()).map_err(|wrong| wrong.at_position(event.position.number()).in_stream(&event.stream))
}
