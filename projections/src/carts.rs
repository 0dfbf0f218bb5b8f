//! Carts: what accounts have set aside, shown with today's names and prices.

use aggregates::AnyEvent;
use aggregates::cart::CartEvent;
use event_store::{RecordedEvent, fetch_all};
use kernel::{AccountId, LineId, Money, ProductId, Timestamp};

use crate::catalog::Catalog;
use crate::changes::changes;
use crate::projection::{FoldError, Projection, stream_id};
use crate::table::table;
use crate::views::{LIST_MAX, QueryError, Reader, Views, list_limit, money, time};

const CART: &str = "SELECT l.id, l.product, p.name, COALESCE(NULLIF(p.discount, 0), p.price), l.num, l.created_at, l.updated_at
    FROM cart_lines l LEFT JOIN products p ON p.id = l.product
    WHERE l.account = $1 ORDER BY l.position LIMIT $2";

table! {
    /// A line of a cart.
    LineRow, LinePatch, "cart_lines";
    key { account: int, id: int }
    product: int, num: int, position: int, created_at: int, updated_at: int;
}

changes! {
    /// What events change in carts.
    CartsChanges { lines: LineRow }
}

/// Keeps carts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Carts;

impl Projection for Carts {
    const NAME: &'static str = "carts";
    const VERSION: u32 = 1;
    const AGGREGATES: &'static [&'static str] = &["cart"];
    type Changes = CartsChanges;

    fn fold(
        &self,
        event: &AnyEvent,
        recorded: &RecordedEvent,
        changes: &mut CartsChanges,
    ) -> Result<(), FoldError> {
        let AnyEvent::Cart(event) = event else { return Ok(()) };
        let account = i64::from(stream_id::<AccountId>(recorded)?);
        let at = recorded.recorded_at.micros();
        match event {
            CartEvent::CartLineAdded { line, product, num } => changes.lines.put(LineRow {
                account,
                id: (*line).into(),
                product: (*product).into(),
                num: i64::from(*num),
                position: recorded.position.number().cast_signed(),
                created_at: at,
                updated_at: at,
            }),
            CartEvent::CartLineIncreased { line, num, .. } => {
                changes.lines.patch((account, (*line).into()), |patch| {
                    patch.num = Some(i64::from(*num));
                    patch.updated_at = Some(at);
                });
            }
            CartEvent::CartLineRemoved { line, .. } => changes.lines.delete((account, (*line).into())),
        }
        Ok(())
    }
}

/// A line of a cart as readers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartLineView {
    /// Its id.
    pub id: LineId,
    /// Whose cart.
    pub account: AccountId,
    /// The product.
    pub product: ProductId,
    /// What the product is called today, or was called last if it is gone.
    pub product_name: String,
    /// What a piece costs today, or cost last if it is gone.
    pub product_price: Money,
    /// How many pieces.
    pub num: u32,
    /// When it was added.
    pub created_at: Timestamp,
    /// When more was last added to it.
    pub updated_at: Timestamp,
}

type StoredLine = (i64, i64, Option<String>, Option<i64>, i64, i64, i64);

impl Views {
    /// The lines of a cart in the order of adding; at most 1,000, and no cart holds as many.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn cart(&self, account: AccountId) -> Result<Vec<CartLineView>, QueryError> {
        let rows = fetch_all!(
            self.rows_of([Carts::NAME, Catalog::NAME])?,
            StoredLine,
            CART,
            i64::from(account),
            list_limit(LIST_MAX)
        )?;
        rows.into_iter().map(|row| read_line(account, row)).collect()
    }
}

fn read_line(account: AccountId, row: StoredLine) -> Result<CartLineView, QueryError> {
    let reader = Reader("cart_lines");
    let (id, product, name, price, num, created_at, updated_at) = row;
    // A product is never removed from the catalogue's table: a line without one is damage, and is not passed over.
    let (Some(product_name), Some(price)) = (name, price) else { return Err(reader.damaged("product")) };
    Ok(CartLineView {
        id: reader.read("id", id)?,
        account,
        product: reader.read("product", product)?,
        product_name,
        product_price: money(price),
        num: reader.read("num", num)?,
        created_at: time(created_at),
        updated_at: time(updated_at),
    })
}
