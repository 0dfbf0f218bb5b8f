//! The ledger: every entry on a balance or a coupon balance, with what was left after it.

use aggregates::AnyEvent;
use aggregates::balance::{BalanceEvent, CreditSource, DebitPurpose};
use aggregates::coupon::{CouponEvent, GrantSource, SpendPurpose};
use event_store::{Position, RecordedEvent, fetch_all};
use kernel::{AccountId, EntryId, Money, Timestamp};

use crate::changes::changes;
use crate::projection::{FoldError, Projection, stream_id};
use crate::table::table;
use crate::views::{QueryError, Reader, Views, list_before, list_limit, money, time};

const PAGE: &str = "SELECT id, name, money, entry_type, item, balance_after, created_at, position
    FROM ledger WHERE account = $1 AND kind = $2 AND position < $3 ORDER BY position DESC LIMIT $4";

table! {
    /// An entry. Its place in the log is part of the key: so an account's entries lie together in the order of the log,
    /// and the table needs no second index.
    EntryRow, EntryPatch, "ledger" append;
    key { account: int, kind: int, position: int }
    id: int, name: text, money: int, entry_type: text, item: int, balance_after: int, created_at: int;
}

changes! {
    /// What events change in the ledger.
    LedgerChanges { ledger: EntryRow }
}

/// Keeps the ledger.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ledger;

/// Which of an account's two purses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LedgerKind {
    /// The balance: real money.
    Balance,
    /// The coupon balance: promotional money.
    Coupon,
}

impl LedgerKind {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Balance => 0,
            Self::Coupon => 1,
        }
    }
}

/// Why money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryType {
    /// A paid recharge.
    Recharge,
    /// What a paid recharge gives on top.
    Cashback,
    /// A purchase.
    Purchase,
    /// A purchase was given back.
    Refund,
    /// An operator's adjustment.
    Adjustment,
}

impl EntryType {
    const ALL: [Self; 5] = [Self::Recharge, Self::Cashback, Self::Purchase, Self::Refund, Self::Adjustment];

    /// Its name, as documented.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recharge => "recharge",
            Self::Cashback => "cashback",
            Self::Purchase => "purchase",
            Self::Refund => "refund",
            Self::Adjustment => "adjustment",
        }
    }
}

/// What an entry says about its reason: type, name, item.
type Reason<'a> = (EntryType, &'a str, i64);

impl Projection for Ledger {
    const NAME: &'static str = "ledger";
    const VERSION: u32 = 1;
    const AGGREGATES: &'static [&'static str] = &["balance", "coupon"];
    type Changes = LedgerChanges;

    fn fold(
        &self,
        event: &AnyEvent,
        recorded: &RecordedEvent,
        changes: &mut LedgerChanges,
    ) -> Result<(), FoldError> {
        let (kind, entry, money, after, (entry_type, name, item)) = if let AnyEvent::Balance(event) = event {
            match event {
                BalanceEvent::BalanceCredited { entry, amount, balance, source } => {
                    (LedgerKind::Balance, *entry, *amount, *balance, credit(source))
                }
                BalanceEvent::BalanceDebited { entry, amount, balance, purpose } => {
                    (LedgerKind::Balance, *entry, taken(*amount)?, *balance, debit(purpose))
                }
            }
        } else if let AnyEvent::Coupon(event) = event {
            match event {
                CouponEvent::CouponGranted { entry, amount, coupon, source } => {
                    (LedgerKind::Coupon, *entry, *amount, *coupon, grant(source))
                }
                CouponEvent::CouponSpent { entry, amount, coupon, purpose } => {
                    (LedgerKind::Coupon, *entry, taken(*amount)?, *coupon, spend(purpose))
                }
            }
        } else {
            return Ok(());
        };
        changes.ledger.put(EntryRow {
            account: stream_id::<AccountId>(recorded)?.into(),
            kind: kind.number(),
            position: recorded.position.number().cast_signed(),
            id: entry.into(),
            name: name.to_owned(),
            money: money.fen(),
            entry_type: entry_type.name().to_owned(),
            item,
            balance_after: after.fen(),
            created_at: recorded.recorded_at.micros(),
        });
        Ok(())
    }
}

/// An amount that went out, with its sign.
fn taken(amount: Money) -> Result<Money, FoldError> {
    amount.negated().map_err(|_| FoldError::Range("amount"))
}

fn credit(source: &CreditSource) -> Reason<'_> {
    match source {
        CreditSource::Recharge { item, name, .. } => (EntryType::Recharge, name, i64::from(*item)),
        CreditSource::Adjustment { reason } => (EntryType::Adjustment, reason, 0),
    }
}

fn debit(purpose: &DebitPurpose) -> Reason<'_> {
    match purpose {
        DebitPurpose::Purchase { product, name, .. } => (EntryType::Purchase, name, i64::from(*product)),
        DebitPurpose::Adjustment { reason } => (EntryType::Adjustment, reason, 0),
    }
}

fn grant(source: &GrantSource) -> Reason<'_> {
    match source {
        GrantSource::Recharge { item, name, .. } => (EntryType::Cashback, name, i64::from(*item)),
        GrantSource::Adjustment { reason } => (EntryType::Adjustment, reason, 0),
    }
}

fn spend(purpose: &SpendPurpose) -> Reason<'_> {
    match purpose {
        SpendPurpose::Purchase { product, name, .. } => (EntryType::Purchase, name, i64::from(*product)),
        SpendPurpose::Adjustment { reason } => (EntryType::Adjustment, reason, 0),
    }
}

/// An entry as readers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Its id.
    pub id: EntryId,
    /// Whose.
    pub account: AccountId,
    /// Of which purse.
    pub kind: LedgerKind,
    /// The name of the product or recharge item, or the reason of an adjustment.
    pub name: String,
    /// What came in, or, below nothing, what went out.
    pub money: Money,
    /// Why.
    pub entry_type: EntryType,
    /// The number of the product or recharge item; 0 for an adjustment.
    pub item_id: u64,
    /// What was left after it.
    pub balance: Money,
    /// When it happened.
    pub created_at: Timestamp,
    /// Its event's place in the log: the cursor that goes on after it.
    pub position: Position,
}

type StoredEntry = (i64, String, i64, String, i64, i64, i64, i64);

impl Views {
    /// Up to `limit` (at most 1,000) entries of one purse, newest first, older than `before` if it is given.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn ledger(
        &self,
        account: AccountId,
        kind: LedgerKind,
        before: Option<Position>,
        limit: u32,
    ) -> Result<Vec<LedgerEntry>, QueryError> {
        let rows = fetch_all!(
            self.rows_of([Ledger::NAME])?,
            StoredEntry,
            PAGE,
            i64::from(account),
            kind.number(),
            list_before(before),
            list_limit(limit)
        )?;
        rows.into_iter().map(|row| read_entry(account, kind, row)).collect()
    }
}

fn read_entry(account: AccountId, kind: LedgerKind, row: StoredEntry) -> Result<LedgerEntry, QueryError> {
    let reader = Reader("ledger");
    let (id, name, amount, entry_type, item, balance_after, created_at, position) = row;
    Ok(LedgerEntry {
        id: reader.read("id", id)?,
        account,
        kind,
        name,
        money: money(amount),
        entry_type: EntryType::ALL
            .into_iter()
            .find(|known| known.name() == entry_type)
            .ok_or_else(|| reader.damaged("entry_type"))?,
        item_id: reader.read("item", item)?,
        balance: money(balance_after),
        created_at: time(created_at),
        position: reader.position(position)?,
    })
}
