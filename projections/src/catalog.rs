//! The catalogue: products. Shops and recharge items, which belong to it, have files of their own, and so has the search.

use aggregates::AnyEvent;
use aggregates::product::ProductEvent;
use event_store::{Position, RecordedEvent, fetch_all, fetch_optional};
use kernel::{Money, ProductId, ShopId, Timestamp};

use crate::changes::changes;
use crate::projection::{FoldError, Projection, stream_id};
use crate::recharge_items::{ItemRow, fold_item};
use crate::shops::{ShopRow, fold_shop, fold_shop_name};
use crate::table::table;
use crate::views::{QueryError, Reader, Views, list_before, list_limit, money, time};

const PRODUCT: &str =
    "SELECT p.id, p.shop, p.name, p.description, p.icon, p.price, p.discount, p.keywords, p.status,
    COALESCE(s.sold, 0), p.created_at, p.updated_at, p.position
    FROM products p LEFT JOIN product_sales s ON s.product = p.id WHERE p.id = $1";
const ON_SALE: &str =
    "SELECT p.id, p.shop, p.name, p.description, p.icon, p.price, p.discount, p.keywords, p.status,
    COALESCE(s.sold, 0), p.created_at, p.updated_at, p.position
    FROM products p LEFT JOIN product_sales s ON s.product = p.id
    WHERE p.shop = $1 AND p.status = 'on_sale' AND p.position < $2 ORDER BY p.position DESC LIMIT $3";
/// What stands in the column of the discount when there is none.
const NO_DISCOUNT: i64 = 0;

table! {
    /// A product. It stays after it was deleted: carts show its last name and price. A discount of 0 is none.
    ProductRow, ProductPatch, "products";
    key { id: int }
    shop: int, name: text, keywords: text, price: int, discount: int, status: text, position: int,
    created_at: int, updated_at: int, icon: text, description: text;
    "CREATE INDEX IF NOT EXISTS products_on_sale ON products (shop, position) WHERE status = 'on_sale'"
}

table! {
    /// How much of a product was sold. A table of its own, since it changes all the time and the product hardly ever.
    SalesRow, SalesPatch, "product_sales" hot;
    key { product: int }
    sold: int;
}

changes! {
    /// What events change in the catalogue.
    CatalogChanges {
        products: ProductRow,
        sales: SalesRow,
        shops: ShopRow,
        items: ItemRow,
    }
}

/// Keeps the catalogue.
#[derive(Clone, Copy, Debug, Default)]
pub struct Catalog;

impl Projection for Catalog {
    const NAME: &'static str = "catalog";
    const VERSION: u32 = 2;
    const AGGREGATES: &'static [&'static str] = &["product", "shop", "shop_name", "recharge_item"];
    type Changes = CatalogChanges;

    fn fold(
        &self,
        event: &AnyEvent,
        recorded: &RecordedEvent,
        changes: &mut CatalogChanges,
    ) -> Result<(), FoldError> {
        if let AnyEvent::Product(event) = event {
            return fold_product(event, recorded, changes);
        }
        if let AnyEvent::Shop(event) = event {
            return fold_shop(event, recorded, &mut changes.shops);
        }
        if let AnyEvent::ShopName(event) = event {
            fold_shop_name(event, &mut changes.shops);
        }
        if let AnyEvent::RechargeItem(event) = event {
            return fold_item(event, recorded, &mut changes.items);
        }
        Ok(())
    }
}

fn fold_product(
    event: &ProductEvent,
    recorded: &RecordedEvent,
    changes: &mut CatalogChanges,
) -> Result<(), FoldError> {
    let id = i64::from(stream_id::<ProductId>(recorded)?);
    let at = recorded.recorded_at.micros();
    let mut patch = |describe: &dyn Fn(&mut ProductPatch)| {
        changes.products.patch((id,), |patch| {
            describe(patch);
            patch.updated_at = Some(at);
        });
    };
    match event {
        ProductEvent::ProductListed { shop, name, description, icon, price } => {
            changes.products.put(ProductRow {
                id,
                shop: (*shop).into(),
                name: name.clone(),
                description: description.clone(),
                icon: icon.clone(),
                keywords: String::new(),
                price: price.fen(),
                discount: NO_DISCOUNT,
                status: ProductStatus::OnSale.name().to_owned(),
                position: recorded.position.number().cast_signed(),
                created_at: at,
                updated_at: at,
            });
        }
        ProductEvent::ProductChanged { name, description, icon } => patch(&|patch| {
            patch.name = Some(name.clone());
            patch.description = Some(description.clone());
            patch.icon = Some(icon.clone());
        }),
        ProductEvent::ProductPriced { price } => patch(&|patch| patch.price = Some(price.fen())),
        ProductEvent::ProductKeywordsChanged { keywords } => {
            patch(&|patch| patch.keywords = Some(keywords.clone()));
        }
        ProductEvent::ProductDiscounted { discount } => {
            patch(&|patch| patch.discount = Some(discount.map_or(NO_DISCOUNT, Money::fen)));
        }
        ProductEvent::ProductDelisted {} => patch(&|patch| become_status(patch, ProductStatus::Delisted)),
        ProductEvent::ProductRelisted {} => patch(&|patch| become_status(patch, ProductStatus::OnSale)),
        ProductEvent::ProductDeleted {} => patch(&|patch| become_status(patch, ProductStatus::Deleted)),
        ProductEvent::ProductSold { sold, .. } => {
            let sold = i64::try_from(*sold).map_err(|_| FoldError::Range("sold"))?;
            changes.sales.put(SalesRow { product: id, sold });
        }
    }
    Ok(())
}

fn become_status(patch: &mut ProductPatch, status: ProductStatus) {
    patch.status = Some(status.name().to_owned());
}

/// Whether a product can be bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProductStatus {
    /// It can be bought.
    OnSale,
    /// It can be read and not bought.
    Delisted,
    /// It is gone for ever.
    Deleted,
}

impl ProductStatus {
    const ALL: [Self; 3] = [Self::OnSale, Self::Delisted, Self::Deleted];

    const fn name(self) -> &'static str {
        match self {
            Self::OnSale => "on_sale",
            Self::Delisted => "delisted",
            Self::Deleted => "deleted",
        }
    }
}

/// A product as readers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductView {
    /// Its id.
    pub id: ProductId,
    /// The shop that sells it.
    pub shop: ShopId,
    /// Its name.
    pub name: String,
    /// Its description; may be empty.
    pub description: String,
    /// The address of its icon; may be empty.
    pub icon: String,
    /// What a piece costs usually.
    pub price: Money,
    /// What is paid for a piece instead, if anything.
    pub discount: Option<Money>,
    /// The words that it is searched by; may be empty.
    pub keywords: String,
    /// Whether it can be bought.
    pub status: ProductStatus,
    /// How many pieces were sold in all.
    pub sold: u64,
    /// When it was listed.
    pub created_at: Timestamp,
    /// When anything but its sales last changed.
    pub updated_at: Timestamp,
    /// The place in the log where it was listed: the cursor that goes on after it.
    pub position: Position,
}

impl ProductView {
    /// What is paid for a piece.
    #[must_use]
    pub fn price_paid(&self) -> Money {
        self.discount.unwrap_or(self.price)
    }
}

pub(crate) type StoredProduct =
    (i64, i64, String, String, String, i64, i64, String, String, i64, i64, i64, i64);

impl Views {
    /// A product, also one that is not on sale or was deleted; `None` if there never was one of that id.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn product(&self, id: ProductId) -> Result<Option<ProductView>, QueryError> {
        let row = fetch_optional!(self.rows_of([Catalog::NAME])?, StoredProduct, PRODUCT, i64::from(id))?;
        row.map(read_product).transpose()
    }

    /// Up to `limit` (at most 1,000) products that a shop has on sale, newest first, older than `before` if it is given.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn products(
        &self,
        shop: ShopId,
        before: Option<Position>,
        limit: u32,
    ) -> Result<Vec<ProductView>, QueryError> {
        let rows = fetch_all!(
            self.rows_of([Catalog::NAME])?,
            StoredProduct,
            ON_SALE,
            i64::from(shop),
            list_before(before),
            list_limit(limit)
        )?;
        rows.into_iter().map(read_product).collect()
    }
}

pub(crate) fn read_product(row: StoredProduct) -> Result<ProductView, QueryError> {
    let reader = Reader("products");
    let (
        id,
        shop,
        name,
        description,
        icon,
        price,
        discount,
        keywords,
        status,
        sold,
        created_at,
        updated_at,
        position,
    ) = row;
    Ok(ProductView {
        id: reader.read("id", id)?,
        shop: reader.read("shop", shop)?,
        name,
        description,
        icon,
        price: money(price),
        discount: (discount != NO_DISCOUNT).then(|| money(discount)),
        keywords,
        status: ProductStatus::ALL
            .into_iter()
            .find(|known| known.name() == status)
            .ok_or_else(|| reader.damaged("status"))?,
        sold: reader.read("sold", sold)?,
        created_at: time(created_at),
        updated_at: time(updated_at),
        position: reader.position(position)?,
    })
}
