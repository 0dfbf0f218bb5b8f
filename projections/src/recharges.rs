//! Recharges: orders to put money on a balance, and which of them WeChat has to be asked about.

use aggregates::AnyEvent;
use aggregates::recharge::RechargeEvent;
use event_store::{RecordedEvent, fetch_all, fetch_optional};
use kernel::{AccountId, Money, RechargeId, RechargeItemId, Timestamp};

use crate::changes::changes;
use crate::projection::{FoldError, Projection, stream_id};
use crate::table::table;
use crate::views::{QueryError, Reader, Views, list_limit, money, time};

const RECHARGE: &str = "SELECT id, account, item, name, money, charge, status, prepay_id, transaction_id,
    created_at, updated_at FROM recharges WHERE id = $1";
const OPEN: &str = "SELECT id, account, item, name, money, charge, status, prepay_id, transaction_id,
    created_at, updated_at FROM recharges
    WHERE status IN ('requested', 'prepared') AND (created_at, id) > ($1, $2)
    ORDER BY created_at, id LIMIT $3";

table! {
    /// A recharge.
    RechargeRow, RechargePatch, "recharges";
    key { id: int }
    account: int, item: int, name: text, money: int, charge: int, status: text,
    prepay_id: maybe_text, transaction_id: maybe_text, created_at: int, updated_at: int;
    "CREATE INDEX IF NOT EXISTS recharges_open ON recharges (created_at, id) WHERE status IN ('requested', 'prepared')"
}

changes! {
    /// What events change among recharges.
    RechargesChanges { recharges: RechargeRow }
}

/// Keeps recharges.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recharges;

impl Projection for Recharges {
    const NAME: &'static str = "recharges";
    const VERSION: u32 = 1;
    const AGGREGATES: &'static [&'static str] = &["recharge"];
    type Changes = RechargesChanges;

    fn fold(
        &self,
        event: &AnyEvent,
        recorded: &RecordedEvent,
        changes: &mut RechargesChanges,
    ) -> Result<(), FoldError> {
        let AnyEvent::Recharge(event) = event else { return Ok(()) };
        let id = i64::from(stream_id::<RechargeId>(recorded)?);
        let at = recorded.recorded_at.micros();
        let mut patch = |status: RechargeStatus, describe: &dyn Fn(&mut RechargePatch)| {
            changes.recharges.patch((id,), |patch| {
                describe(patch);
                patch.status = Some(status.name().to_owned());
                patch.updated_at = Some(at);
            });
        };
        match event {
            RechargeEvent::RechargeRequested { account, item, name, money, charge } => {
                changes.recharges.put(RechargeRow {
                    id,
                    account: (*account).into(),
                    item: (*item).into(),
                    name: name.clone(),
                    money: money.fen(),
                    charge: charge.fen(),
                    status: RechargeStatus::Requested.name().to_owned(),
                    prepay_id: None,
                    transaction_id: None,
                    created_at: at,
                    updated_at: at,
                });
            }
            RechargeEvent::RechargePrepared { prepay_id } => {
                patch(RechargeStatus::Prepared, &|patch| patch.prepay_id = Some(prepay_id.clone()));
            }
            RechargeEvent::RechargePaid { transaction_id, .. } => {
                patch(RechargeStatus::Paid, &|patch| patch.transaction_id = Some(transaction_id.clone()));
            }
            RechargeEvent::RechargeClosed {} => patch(RechargeStatus::Closed, &|_| {}),
        }
        Ok(())
    }
}

/// Where a recharge is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RechargeStatus {
    /// It was asked for; WeChat has no order for it yet.
    Requested,
    /// WeChat has an order for it.
    Prepared,
    /// WeChat was paid.
    Paid,
    /// Nobody waits for it any longer.
    Closed,
}

impl RechargeStatus {
    const ALL: [Self; 4] = [Self::Requested, Self::Prepared, Self::Paid, Self::Closed];

    const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Prepared => "prepared",
            Self::Paid => "paid",
            Self::Closed => "closed",
        }
    }
}

/// A recharge as readers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RechargeView {
    /// Its id.
    pub id: RechargeId,
    /// Whose balance the money is for.
    pub account: AccountId,
    /// The item chosen.
    pub item: RechargeItemId,
    /// The item's name at that time.
    pub name: String,
    /// What it costs and puts on the balance.
    pub money: Money,
    /// What it puts on the coupon balance on top; may be nothing.
    pub charge: Money,
    /// Where it is in its life.
    pub status: RechargeStatus,
    /// WeChat's id of its latest order.
    pub prepay_id: Option<String>,
    /// WeChat's id of its payment.
    pub transaction_id: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
}

type StoredRecharge = (i64, i64, i64, String, i64, i64, String, Option<String>, Option<String>, i64, i64);

impl Views {
    /// A recharge; `None` if there is none of that id.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn recharge(&self, id: RechargeId) -> Result<Option<RechargeView>, QueryError> {
        let row = fetch_optional!(self.rows_of([Recharges::NAME])?, StoredRecharge, RECHARGE, i64::from(id))?;
        row.map(read_recharge).transpose()
    }

    /// Up to `limit` (at most 1,000) recharges that are neither paid nor closed,
    /// oldest first. `after` is the last one of the list before this one. Also while the projection has stopped: whoever looks
    /// them up does so for those that are known.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn open_recharges(
        &self,
        after: Option<&RechargeView>,
        limit: u32,
    ) -> Result<Vec<RechargeView>, QueryError> {
        let (after_created_at, after_id) =
            after.map_or((i64::MIN, 0), |last| (last.created_at.micros(), i64::from(last.id)));
        let rows = fetch_all!(&self.db, StoredRecharge, OPEN, after_created_at, after_id, list_limit(limit))?;
        rows.into_iter().map(read_recharge).collect()
    }
}

fn read_recharge(row: StoredRecharge) -> Result<RechargeView, QueryError> {
    let reader = Reader("recharges");
    let (id, account, item, name, costs, charge, status, prepay_id, transaction_id, created_at, updated_at) =
        row;
    Ok(RechargeView {
        id: reader.read("id", id)?,
        account: reader.read("account", account)?,
        item: reader.read("item", item)?,
        name,
        money: money(costs),
        charge: money(charge),
        status: RechargeStatus::ALL
            .into_iter()
            .find(|known| known.name() == status)
            .ok_or_else(|| reader.damaged("status"))?,
        prepay_id,
        transaction_id,
        created_at: time(created_at),
        updated_at: time(updated_at),
    })
}
