//! The search among products of shops that have their name to themselves.

use event_store::fetch_all;
use kernel::{AccountId, ShopId};

use crate::catalog::{Catalog, ProductView, StoredProduct, read_product};
use crate::order::Order;
use crate::projection::Projection as _;
use crate::shops::order_keys;
use crate::statements::Sql;
use crate::views::{Part, QueryError, Views, list_limit};

/// What products can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProductField {
    /// The id.
    Id,
    /// The usual price.
    Price,
    /// What is paid instead; products without come first.
    Discount,
    /// Pieces sold in all.
    Sold,
    /// How often it was looked at: nothing counts that, so all are alike.
    Clicks,
    /// How often it was set aside: nothing counts that, so all are alike.
    Collections,
    /// The shop's id.
    Shop,
    /// When it was listed.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// Whether it is on sale: delisted ones come first, then those on sale, then deleted ones.
    Status,
    /// The name.
    Name,
    /// The description.
    Description,
    /// The words that it is searched by.
    Keywords,
    /// The address of its icon.
    Icon,
}

impl ProductField {
    /// Its number in [`product_key`].
    const fn number(self) -> i64 {
        match self {
            Self::Id => 1,
            Self::Price => 2,
            Self::Discount => 3,
            Self::Sold => 4,
            Self::Shop => 5,
            Self::CreatedAt => 6,
            Self::UpdatedAt => 7,
            Self::Status => 8,
            Self::Name => 9,
            Self::Description => 10,
            Self::Keywords => 11,
            Self::Icon => 12,
            Self::Clicks | Self::Collections => NO_KEY,
        }
    }
}

/// Which products are meant. All that is said here must hold of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductSearch<'a> {
    /// What the name must hold; nothing if it may be any.
    pub name: &'a str,
    /// What the key words must hold; nothing if they may be any.
    pub keywords: &'a str,
    /// The shop, if it must be a certain one.
    pub shop: Option<ShopId>,
    /// Whose products are found even if they are not on sale.
    pub viewer: Option<AccountId>,
    /// Whether those on sale are meant.
    pub on_sale: bool,
    /// Whether delisted ones are meant.
    pub delisted: bool,
    /// Whether deleted ones are meant.
    pub deleted: bool,
}

/// The number of a status, by which it is sorted.
macro_rules! status_number {
    () => {
        "CASE p.status WHEN 'delisted' THEN 0 WHEN 'on_sale' THEN 1 ELSE 2 END"
    };
}

/// One key of the order: the field's number, below nothing if the greatest comes first; 0 is no key.
macro_rules! product_key {
    ($key:literal, $collation:literal) => {
        concat!(
            "CASE ",
            $key,
            " WHEN 1 THEN p.id WHEN -1 THEN -p.id WHEN 2 THEN p.price WHEN -2 THEN -p.price",
            " WHEN 3 THEN p.discount WHEN -3 THEN -p.discount",
            " WHEN 4 THEN COALESCE(t.sold, 0) WHEN -4 THEN -COALESCE(t.sold, 0)",
            " WHEN 5 THEN p.shop WHEN -5 THEN -p.shop WHEN 6 THEN p.created_at WHEN -6 THEN -p.created_at",
            " WHEN 7 THEN p.updated_at WHEN -7 THEN -p.updated_at",
            " WHEN 8 THEN ",
            status_number!(),
            " WHEN -8 THEN -",
            status_number!(),
            " END, ",
            "CASE ",
            $key,
            " WHEN 9 THEN p.name WHEN 10 THEN p.description WHEN 11 THEN p.keywords",
            " WHEN 12 THEN p.icon END",
            $collation,
            ", ",
            "CASE ",
            $key,
            " WHEN -9 THEN p.name WHEN -10 THEN p.description WHEN -11 THEN p.keywords",
            " WHEN -12 THEN p.icon END",
            $collation,
            " DESC, "
        )
    };
}

/// All keys, one after another.
macro_rules! product_keys {
    ($collation:literal) => {
        concat!(
            product_key!("$10", $collation),
            product_key!("$11", $collation),
            product_key!("$12", $collation),
            product_key!("$13", $collation),
            product_key!("$14", $collation),
            product_key!("$15", $collation),
            product_key!("$16", $collation),
            product_key!("$17", $collation),
            product_key!("$18", $collation),
            product_key!("$19", $collation),
            product_key!("$20", $collation),
            product_key!("$21", $collation)
        )
    };
}

/// The search, with whatever finds a text in another. What is not on sale is found by its shop's owner alone.
macro_rules! product_search {
    ($find:literal, $keys:expr) => {
        concat!(
            "SELECT p.id, p.shop, p.name, p.description, p.icon, p.price, p.discount, p.keywords, p.status,
            COALESCE(t.sold, 0), p.created_at, p.updated_at, p.position
            FROM products p JOIN shops s ON s.id = p.shop LEFT JOIN product_sales t ON t.product = p.id
            WHERE s.named = 1 AND ($1 = '' OR ",
            $find,
            "(p.name, $1) > 0)
            AND ($2 = '' OR ",
            $find,
            "(p.keywords, $2) > 0) AND ($3 < 0 OR p.shop = $3)
            AND ((p.status = 'on_sale' AND $5 = 1) OR (s.owner = $4
                AND ((p.status = 'delisted' AND $6 = 1) OR (p.status = 'deleted' AND $7 = 1))))
            ORDER BY ",
            $keys,
            "p.position LIMIT $8 OFFSET $9"
        )
    };
}

/// Keys that the sorted search takes: every field once.
const KEYS: usize = 12;
/// In the order of listing, which most searches ask for: it pays no key.
const IN_ORDER: Sql = Sql { sqlite: product_search!("instr", ""), postgres: product_search!("strpos", "") };
const SORTED: Sql = Sql {
    sqlite: product_search!("instr", product_keys!("")),
    postgres: product_search!("strpos", product_keys!(" COLLATE \"C\"")),
};
/// The number of what sorts nothing.
const NO_KEY: i64 = 0;
/// No shop, no account.
const NONE: i64 = -1;

impl Views {
    /// Products that `search` means, from the one after `skip` on, at most `limit` (and 1,000). Without an order they stand
    /// in the order of listing.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn find_products(
        &self,
        search: &ProductSearch<'_>,
        order: &Order<ProductField>,
        skip: u32,
        limit: u32,
    ) -> Result<Part<ProductView>, QueryError> {
        let (shop, viewer) = (search.shop.map_or(NONE, i64::from), search.viewer.map_or(NONE, i64::from));
        let states = [search.on_sale, search.delisted, search.deleted].map(i64::from);
        let [on_sale, delisted, deleted] = states;
        let (rows_max, skip) = (list_limit(limit) + 1, i64::from(skip));
        macro_rules! found {
            ($sql:expr $(, $key:expr)*) => {
                fetch_all!(
                    self.rows_of([Catalog::NAME])?, StoredProduct, self.db.pick($sql.sqlite, $sql.postgres), search.name, search.keywords, shop, viewer,
                    on_sale, delisted, deleted, rows_max, skip $(, $key)*
                )?
            };
        }
        let rows = if order.keys().is_empty() {
            found!(IN_ORDER)
        } else {
            let keys = order_keys::<ProductField, KEYS>(order, ProductField::number);
            let [a, b, c, d, e, f, g, h, i, j, k, l] = keys;
            found!(SORTED, a, b, c, d, e, f, g, h, i, j, k, l)
        };
        Part::of(rows, limit, read_product)
    }
}
