//! Purchases: what accounts have bought.

use aggregates::AnyEvent;
use aggregates::purchase::{PaymentMethod, PurchaseEvent};
use event_store::{Position, RecordedEvent, fetch_all};
use kernel::{AccountId, Money, ProductId, PurchaseId, ShopId, Timestamp};

use crate::changes::changes;
use crate::projection::{FoldError, Projection, stream_id};
use crate::table::table;
use crate::views::{QueryError, Reader, Views, list_before, list_limit, money, time};

const PAGE: &str = "SELECT id, product, shop, name, unit_price, num, total, method, created_at, position
    FROM purchases WHERE buyer = $1 AND position < $2 ORDER BY position DESC LIMIT $3";

table! {
    /// A purchase. Its place in the log is part of the key: so a buyer's purchases lie together in the order of the log,
    /// and the table needs no second index.
    PurchaseRow, PurchasePatch, "purchases";
    key { buyer: int, position: int }
    id: int, product: int, shop: int, name: text, unit_price: int, num: int, total: int, method: text,
    created_at: int;
}

changes! {
    /// What events change among purchases.
    PurchasesChanges { purchases: PurchaseRow }
}

/// Keeps purchases.
#[derive(Clone, Copy, Debug, Default)]
pub struct Purchases;

impl Projection for Purchases {
    const NAME: &'static str = "purchases";
    const VERSION: u32 = 1;
    const AGGREGATES: &'static [&'static str] = &["purchase"];
    type Changes = PurchasesChanges;

    fn fold(
        &self,
        event: &AnyEvent,
        recorded: &RecordedEvent,
        changes: &mut PurchasesChanges,
    ) -> Result<(), FoldError> {
        let AnyEvent::Purchase(event) = event else { return Ok(()) };
        let PurchaseEvent::PurchaseMade { buyer, product, shop, name, unit_price, num, total, method } =
            event;
        changes.purchases.put(PurchaseRow {
            buyer: (*buyer).into(),
            position: recorded.position.number().cast_signed(),
            id: stream_id::<PurchaseId>(recorded)?.into(),
            product: (*product).into(),
            shop: (*shop).into(),
            name: name.clone(),
            unit_price: unit_price.fen(),
            num: i64::from(*num),
            total: total.fen(),
            method: method_name(*method).to_owned(),
            created_at: recorded.recorded_at.micros(),
        });
        Ok(())
    }
}

const METHODS: [PaymentMethod; 2] = [PaymentMethod::Balance, PaymentMethod::Coupon];

const fn method_name(method: PaymentMethod) -> &'static str {
    match method {
        PaymentMethod::Balance => "balance",
        PaymentMethod::Coupon => "coupon",
    }
}

/// A purchase as readers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseView {
    /// Its id.
    pub id: PurchaseId,
    /// Who bought.
    pub buyer: AccountId,
    /// What was bought.
    pub product: ProductId,
    /// The shop that sold it.
    pub shop: ShopId,
    /// The product's name at that time.
    pub name: String,
    /// What a piece cost at that time.
    pub unit_price: Money,
    /// How many pieces.
    pub num: u32,
    /// What was paid in all.
    pub total: Money,
    /// What it was paid with.
    pub method: PaymentMethod,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its event's place in the log: the cursor that goes on after it.
    pub position: Position,
}

type StoredPurchase = (i64, i64, i64, String, i64, i64, i64, String, i64, i64);

impl Views {
    /// Up to `limit` (at most 1,000) purchases of an account, newest first, older than `before` if it is given.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn purchases(
        &self,
        buyer: AccountId,
        before: Option<Position>,
        limit: u32,
    ) -> Result<Vec<PurchaseView>, QueryError> {
        let rows = fetch_all!(
            &self.db,
            StoredPurchase,
            PAGE,
            i64::from(buyer),
            list_before(before),
            list_limit(limit)
        )?;
        rows.into_iter().map(|row| read_purchase(buyer, row)).collect()
    }
}

fn read_purchase(buyer: AccountId, row: StoredPurchase) -> Result<PurchaseView, QueryError> {
    let reader = Reader("purchases");
    let (id, product, shop, name, unit_price, num, total, method, created_at, position) = row;
    Ok(PurchaseView {
        id: reader.read("id", id)?,
        buyer,
        product: reader.read("product", product)?,
        shop: reader.read("shop", shop)?,
        name,
        unit_price: money(unit_price),
        num: reader.read("num", num)?,
        total: money(total),
        method: METHODS
            .into_iter()
            .find(|known| method_name(*known) == method)
            .ok_or_else(|| reader.damaged("method"))?,
        created_at: time(created_at),
        position: reader.position(position)?,
    })
}
