//! The end of a verification: the head, what nobody would read, the books as a whole, and a head kept elsewhere.

use std::str::FromStr;

use event_store::{GENESIS, Hash, Position, StoreError};
use kernel::{AccountId, Money};

use super::soundness::told;
use super::{Purse, Report, Verifier, VerifyError};
use crate::book_account::{AccountClass, BookAccount};
use crate::breach::{Breach, Wrong, ensure, same};
use crate::legal::FundsState;

/// A head that the auditor wrote down elsewhere, `HASH@POSITION`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownHead {
    /// The hash of the event at that position.
    pub hash: Hash,
    /// Where the log ended then.
    pub position: Position,
}

/// The text is no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a head: HASH@POSITION is meant, 64 hexadecimal digits and a number")]
pub struct KnownHeadError;

impl FromStr for KnownHead {
    type Err = KnownHeadError;

    fn from_str(text: &str) -> Result<Self, KnownHeadError> {
        let (hash, position) = text.split_once('@').ok_or(KnownHeadError)?;
        Ok(Self {
            hash: hash.parse().map_err(|_| KnownHeadError)?,
            position: position.parse().map(Position::from_number).map_err(|_| KnownHeadError)?,
        })
    }
}

impl Verifier {
    /// Verifies what is left up to the log's present head, and then the log as a whole.
    ///
    /// # Errors
    /// The first breach, or the store cannot be read.
    pub async fn finish(
        &mut self,
        known: Option<KnownHead>,
        progress: &mut (dyn FnMut(Position) + Send),
    ) -> Result<Report, VerifyError> {
        let head = self.log.head().await?;
        if let Some(known) = known {
            let rule = "the log holds the head kept elsewhere";
            let expected = || format!("an event at position {}", known.position);
            let found = || format!("the log ends at {}", head.position);
            ensure(known.position <= head.position, rule, expected(), found())
                .map_err(|wrong| wrong.at_position(known.position.number()))?;
        }
        if self.at.position > head.position {
            let rule = "the head is the last event's";
            let wrong = Wrong::new(rule, format!("{} or later", self.at.position), head.position);
            return Err(wrong.of_log().into());
        }
        let around = self.begin_soundness();
        self.advance(head.position, progress).await?;
        if let Err(breach) = self.close_commit() {
            return Err(breach.located(&self.log).await.into());
        }
        let rule = "the head's hash is the last event's";
        same(rule, self.at.hash, head.hash).map_err(|wrong| wrong.at_position(head.position.number()))?;
        if let Some(known) = known {
            self.compare_known(known).await?;
        }
        self.check_surplus().await?;
        self.check_books()?;
        let (began, end) = (self.began.position, self.at.position);
        let log = std::sync::Arc::clone(&self.log);
        self.expected.finish(&log, began, end).await?;
        let report = self.report(head.epoch);
        told(around.await.map_err(|_| StoreError::Closed)??)?;
        report.map_err(|wrong| wrong.of_log().into())
    }

    async fn compare_known(&self, known: KnownHead) -> Result<(), VerifyError> {
        let found = match known.position.number().checked_sub(1) {
            None => GENESIS,
            Some(before) => {
                let events = self.log.read_all(Position::from_number(before), 1).await?;
                events.first().map_or(GENESIS, |event| event.hash)
            }
        };
        let rule = "the log holds the head kept elsewhere";
        Ok(same(rule, known.hash, found).map_err(|wrong| wrong.at_position(known.position.number()))?)
    }

    /// Rows that no reader would ever come to: beyond the head, before the first position, twice at one.
    async fn check_surplus(&self) -> Result<(), VerifyError> {
        let surplus = self.log.surplus(self.at.position).await?;
        let rule = "every event is between the first and the head";
        Ok(same(rule, 0, surplus).map_err(Wrong::of_log)?)
    }

    /// What holds for the books as a whole.
    fn check_books(&self) -> Result<(), Breach> {
        let books = &self.memory.books;
        same("all postings sum to zero", 0, books.sum_fen()).map_err(Wrong::of_log)?;
        let wechat = books.balance(BookAccount::Wechat);
        let rule = "money in WeChat is what recharges paid in";
        same(rule, self.memory.recharged, wechat).map_err(Wrong::of_log)?;
        for purse in [Purse::Balance, Purse::Coupon] {
            self.check_purses(purse)?;
        }
        let open = books.iter().find(|(account, _)| account.class() == AccountClass::Orders);
        open.map_or(Ok(()), |(account, left)| {
            Err(Wrong::new("no order is left open", "0.00", format!("{left} on {account}")).of_log())
        })
    }

    /// Each purse's last event states what was posted to it.
    fn check_purses(&self, purse: Purse) -> Result<(), Breach> {
        let streams = &self.memory.streams;
        let (kind, states, account_of): (_, _, fn(AccountId) -> BookAccount) = match purse {
            Purse::Balance => ("balance", &streams.balances, BookAccount::Wallet),
            Purse::Coupon => ("coupon", &streams.coupons, BookAccount::Coupon),
        };
        for (account, _, FundsState { held }) in states.iter() {
            let posted = self.memory.books.balance(account_of(*account));
            let owed = posted.negated().unwrap_or(Money::from_fen(i64::MAX));
            same("what is posted to an account is what it holds", *held, owed)
                .map_err(|wrong| Breach { stream: Some(format!("{kind}/{account}")), ..wrong.of_log() })?;
        }
        Ok(())
    }
}
