//! Purchases: what accounts have bought, and what they have asked for.

use aggregates::AnyEvent;
use aggregates::purchase::{PaymentMethod, PurchaseEvent};
use event_store::{RecordedEvent, fetch_all};
use kernel::{AccountId, Money, ProductId, PurchaseId, ShopId, Timestamp};

use crate::changes::changes;
use crate::projection::{FoldError, Projection, stream_id};
use crate::table::table;
use crate::views::{QueryError, Reader, Views, list_limit, money, time};

const PAGE: &str = "SELECT id, product, shop, name, unit_price, num, total, status, method, created_at
    FROM purchases WHERE buyer = $1 AND id < $2 ORDER BY id DESC LIMIT $3";

table! {
    /// A purchase. Ids grow with the log: so a buyer's purchases lie together in its order, and the table needs no second
    /// index. The method is empty until it is paid.
    PurchaseRow, PurchasePatch, "purchases" append;
    key { buyer: int, id: int }
    product: int, shop: int, name: text, unit_price: int, num: int, total: int, status: text, method: text,
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
    const VERSION: u32 = 2;
    const AGGREGATES: &'static [&'static str] = &["purchase"];
    type Changes = PurchasesChanges;

    fn fold(
        &self,
        event: &AnyEvent,
        recorded: &RecordedEvent,
        changes: &mut PurchasesChanges,
    ) -> Result<(), FoldError> {
        let AnyEvent::Purchase(event) = event else { return Ok(()) };
        let id = i64::from(stream_id::<PurchaseId>(recorded)?);
        let created_at = recorded.recorded_at.micros();
        let purchases = &mut changes.purchases;
        match event {
            PurchaseEvent::PurchaseMade { buyer, product, shop, name, unit_price, num, total, .. }
            | PurchaseEvent::PurchaseApplied { buyer, product, shop, name, unit_price, num, total } => {
                // One that is made is paid at once.
                let paid_with =
                    if let PurchaseEvent::PurchaseMade { method, .. } = event { Some(*method) } else { None };
                let status = if paid_with.is_some() { PurchaseStatus::Paid } else { PurchaseStatus::Paying };
                purchases.put(PurchaseRow {
                    buyer: (*buyer).into(),
                    id,
                    product: (*product).into(),
                    shop: (*shop).into(),
                    name: name.clone(),
                    unit_price: unit_price.fen(),
                    num: i64::from(*num),
                    total: total.fen(),
                    status: status.name().to_owned(),
                    method: paid_with.map(method_name).unwrap_or_default().to_owned(),
                    created_at,
                });
            }
            PurchaseEvent::PurchasePaid { buyer, method, .. } => {
                purchases.patch(((*buyer).into(), id), |patch| {
                    patch.status = Some(PurchaseStatus::Paid.name().to_owned());
                    patch.method = Some(method_name(*method).to_owned());
                });
            }
            PurchaseEvent::PurchaseCancelled { buyer } => {
                purchases.patch(((*buyer).into(), id), |patch| {
                    patch.status = Some(PurchaseStatus::Cancelled.name().to_owned());
                });
            }
        }
        Ok(())
    }
}

/// Where a purchase is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PurchaseStatus {
    /// It waits to be paid.
    Paying,
    /// It was paid.
    Paid,
    /// It was given up.
    Cancelled,
}

impl PurchaseStatus {
    const ALL: [Self; 3] = [Self::Paying, Self::Paid, Self::Cancelled];

    const fn name(self) -> &'static str {
        match self {
            Self::Paying => "paying",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
        }
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
    /// What it costs in all.
    pub total: Money,
    /// Where it is in its life.
    pub status: PurchaseStatus,
    /// What it was paid with; `None` if it was not.
    pub method: Option<PaymentMethod>,
    /// When it was made or asked for.
    pub created_at: Timestamp,
}

type StoredPurchase = (i64, i64, i64, String, i64, i64, i64, String, String, i64);

impl Views {
    /// Up to `limit` (at most 1,000) purchases of an account, newest first, older than `before` if it is given.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn purchases(
        &self,
        buyer: AccountId,
        before: Option<PurchaseId>,
        limit: u32,
    ) -> Result<Vec<PurchaseView>, QueryError> {
        let rows = fetch_all!(
            self.rows_of([Purchases::NAME])?,
            StoredPurchase,
            PAGE,
            i64::from(buyer),
            before.map_or(i64::MAX, i64::from),
            list_limit(limit)
        )?;
        rows.into_iter().map(|row| read_purchase(buyer, row)).collect()
    }
}

fn read_purchase(buyer: AccountId, row: StoredPurchase) -> Result<PurchaseView, QueryError> {
    let reader = Reader("purchases");
    let (id, product, shop, name, unit_price, num, total, status, method, created_at) = row;
    Ok(PurchaseView {
        id: reader.read("id", id)?,
        buyer,
        product: reader.read("product", product)?,
        shop: reader.read("shop", shop)?,
        name,
        unit_price: money(unit_price),
        num: reader.read("num", num)?,
        total: money(total),
        status: PurchaseStatus::ALL
            .into_iter()
            .find(|known| known.name() == status)
            .ok_or_else(|| reader.damaged("status"))?,
        method: read_method(&method)?,
        created_at: time(created_at),
    })
}

fn read_method(name: &str) -> Result<Option<PaymentMethod>, QueryError> {
    if name.is_empty() {
        return Ok(None);
    }
    let method = METHODS.into_iter().find(|known| method_name(*known) == name);
    method.map(Some).ok_or_else(|| Reader("purchases").damaged("method"))
}
