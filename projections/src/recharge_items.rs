//! Recharge items, a part of the catalogue: what a recharge can be chosen from.

use aggregates::recharge_item::RechargeItemEvent;
use event_store::{Position, RecordedEvent, fetch_all, fetch_optional};
use kernel::{Money, RechargeItemId, Timestamp};

use crate::catalog::Catalog;
use crate::changes::Rows;
use crate::projection::{FoldError, Projection as _, stream_id};
use crate::table::table;
use crate::views::{QueryError, Reader, Views, list_before, list_limit, money, time};

const ITEM: &str = "SELECT id, name, description, money, charge, status, created_at, updated_at, position
    FROM recharge_items WHERE id = $1";
const ON_OFFER: &str = "SELECT id, name, description, money, charge, status, created_at, updated_at, position
    FROM recharge_items WHERE status = 'on_offer' AND position < $1 ORDER BY position DESC LIMIT $2";

table! {
    /// A recharge item.
    ItemRow, ItemPatch, "recharge_items";
    key { id: int }
    name: text, description: text, money: int, charge: int, status: text, position: int,
    created_at: int, updated_at: int;
    "CREATE INDEX IF NOT EXISTS recharge_items_on_offer ON recharge_items (position) WHERE status = 'on_offer'"
}

/// Adds what an event changes among recharge items.
pub(crate) fn fold_item(
    event: &RechargeItemEvent,
    recorded: &RecordedEvent,
    items: &mut Rows<ItemRow>,
) -> Result<(), FoldError> {
    let id = i64::from(stream_id::<RechargeItemId>(recorded)?);
    let at = recorded.recorded_at.micros();
    match event {
        RechargeItemEvent::RechargeItemListed { name, description, money, charge } => items.put(ItemRow {
            id,
            name: name.clone(),
            description: description.clone(),
            money: money.fen(),
            charge: charge.fen(),
            status: RechargeItemStatus::OnOffer.name().to_owned(),
            position: recorded.position.number().cast_signed(),
            created_at: at,
            updated_at: at,
        }),
        RechargeItemEvent::RechargeItemChanged { name, description, money, charge } => {
            items.patch((id,), |patch| {
                patch.name = Some(name.clone());
                patch.description = Some(description.clone());
                patch.money = Some(money.fen());
                patch.charge = Some(charge.fen());
                patch.updated_at = Some(at);
            });
        }
        RechargeItemEvent::RechargeItemDelisted {} => items.patch((id,), |patch| {
            patch.status = Some(RechargeItemStatus::Delisted.name().to_owned());
            patch.updated_at = Some(at);
        }),
    }
    Ok(())
}

/// Whether a recharge item can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RechargeItemStatus {
    /// It can be chosen.
    OnOffer,
    /// It cannot be chosen any more.
    Delisted,
}

impl RechargeItemStatus {
    const ALL: [Self; 2] = [Self::OnOffer, Self::Delisted];

    const fn name(self) -> &'static str {
        match self {
            Self::OnOffer => "on_offer",
            Self::Delisted => "delisted",
        }
    }
}

/// A recharge item as readers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RechargeItemView {
    /// Its id.
    pub id: RechargeItemId,
    /// Its name.
    pub name: String,
    /// Its description; may be empty.
    pub description: String,
    /// What it costs and puts on the balance.
    pub money: Money,
    /// What it puts on the coupon balance on top; may be nothing.
    pub charge: Money,
    /// Whether it can be chosen.
    pub status: RechargeItemStatus,
    /// When it was listed.
    pub created_at: Timestamp,
    /// When it was last changed or delisted.
    pub updated_at: Timestamp,
    /// The place in the log where it was listed: the cursor that goes on after it.
    pub position: Position,
}

type StoredItem = (i64, String, String, i64, i64, String, i64, i64, i64);

impl Views {
    /// A recharge item, also one that is on offer no longer; `None` if there never was one of that id.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn recharge_item(&self, id: RechargeItemId) -> Result<Option<RechargeItemView>, QueryError> {
        let row = fetch_optional!(self.rows_of([Catalog::NAME])?, StoredItem, ITEM, i64::from(id))?;
        row.map(read_item).transpose()
    }

    /// Up to `limit` (at most 1,000) recharge items on offer, newest first, older than `before` if it is given.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn recharge_items(
        &self,
        before: Option<Position>,
        limit: u32,
    ) -> Result<Vec<RechargeItemView>, QueryError> {
        let rows = fetch_all!(
            self.rows_of([Catalog::NAME])?,
            StoredItem,
            ON_OFFER,
            list_before(before),
            list_limit(limit)
        )?;
        rows.into_iter().map(read_item).collect()
    }
}

fn read_item(row: StoredItem) -> Result<RechargeItemView, QueryError> {
    let reader = Reader("recharge_items");
    let (id, name, description, costs, charge, status, created_at, updated_at, position) = row;
    Ok(RechargeItemView {
        id: reader.read("id", id)?,
        name,
        description,
        money: money(costs),
        charge: money(charge),
        status: RechargeItemStatus::ALL
            .into_iter()
            .find(|known| known.name() == status)
            .ok_or_else(|| reader.damaged("status"))?,
        created_at: time(created_at),
        updated_at: time(updated_at),
        position: reader.position(position)?,
    })
}
