//! Shops: who sells, and the search among those that have their name to themselves.

use aggregates::shop::ShopEvent;
use aggregates::shop_name::ShopNameEvent;
use event_store::{RecordedEvent, fetch_all, fetch_optional};
use kernel::{AccountId, Sealed, ShopId, Timestamp};

use crate::catalog::Catalog;
use crate::changes::Rows;
use crate::order::{Direction, Order, OrderKey};
use crate::projection::{FoldError, Projection as _, stream_id};
use crate::statements::Sql;
use crate::table::table;
use crate::views::{Part, QueryError, Reader, Views, list_limit, time};

table! {
    /// A shop. `named` is 1 if nobody else can have its name.
    ShopRow, ShopPatch, "shops";
    key { id: int }
    owner: maybe_int, name: text, content: text, picture: text, named: int, position: int, created_at: int,
    updated_at: int;
    "CREATE INDEX IF NOT EXISTS shops_by_name ON shops (name) WHERE named = 1"
}

pub(crate) fn fold_shop(
    event: &ShopEvent,
    recorded: &RecordedEvent,
    shops: &mut Rows<ShopRow>,
) -> Result<(), FoldError> {
    let id = i64::from(stream_id::<ShopId>(recorded)?);
    let at = recorded.recorded_at.micros();
    match event {
        ShopEvent::ShopOpened { owner, name } => shops.put(ShopRow {
            id,
            owner: owner.map(i64::from),
            name: name.clone(),
            content: String::new(),
            picture: String::new(),
            named: 0,
            position: recorded.position.number().cast_signed(),
            created_at: at,
            updated_at: at,
        }),
        ShopEvent::ShopRenamed { name } => shops.patch((id,), |patch| {
            patch.name = Some(name.clone());
            patch.updated_at = Some(at);
        }),
        ShopEvent::ShopDescribed { content, picture } => shops.patch((id,), |patch| {
            patch.content = Some(content.clone());
            patch.picture = Some(picture.clone());
            patch.updated_at = Some(at);
        }),
    }
    Ok(())
}

pub(crate) fn fold_shop_name(event: &ShopNameEvent, shops: &mut Rows<ShopRow>) {
    let ShopNameEvent::ShopNameClaimed { shop } = event;
    shops.patch(((*shop).into(),), |patch| patch.named = Some(1));
}

/// A shop as readers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopView {
    /// Its id; 0 is the house's own.
    pub id: ShopId,
    /// The account that owns it; `None` is the house.
    pub owner: Option<AccountId>,
    /// Who its owner is, sealed; `None` is the house, or somebody who is gone.
    pub owner_profile: Option<Sealed>,
    /// Its name.
    pub name: String,
    /// What it says of itself; may be empty.
    pub content: String,
    /// The address of its picture; may be empty.
    pub picture: String,
    /// Whether nobody else can have its name.
    pub is_named: bool,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last renamed or described.
    pub updated_at: Timestamp,
}

/// What shops can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShopField {
    /// The id.
    Id,
    /// The owner's id.
    Owner,
    /// When it was opened.
    CreatedAt,
    /// The name.
    Name,
    /// What it says of itself.
    Content,
    /// The address of its picture.
    Picture,
}

impl ShopField {
    /// Its number in [`shop_key`].
    const fn number(self) -> i64 {
        match self {
            Self::Id => 1,
            Self::Owner => 2,
            Self::CreatedAt => 3,
            Self::Name => 4,
            Self::Content => 5,
            Self::Picture => 6,
        }
    }
}

/// One key of the order: the field's number, below nothing if the greatest comes first; 0 is no key.
macro_rules! shop_key {
    ($key:literal, $collation:literal) => {
        concat!(
            "CASE ",
            $key,
            " WHEN 1 THEN s.id WHEN -1 THEN -s.id WHEN 2 THEN s.owner WHEN -2 THEN -s.owner",
            " WHEN 3 THEN s.created_at WHEN -3 THEN -s.created_at END, ",
            "CASE ",
            $key,
            " WHEN 4 THEN s.name WHEN 5 THEN s.content WHEN 6 THEN s.picture END",
            $collation,
            ", ",
            "CASE ",
            $key,
            " WHEN -4 THEN s.name WHEN -5 THEN s.content WHEN -6 THEN s.picture END",
            $collation,
            " DESC, "
        )
    };
}

macro_rules! shop_columns {
    () => {
        "SELECT s.id, s.owner, a.profile, s.name, s.content, s.picture, s.named, s.created_at, s.updated_at
        FROM shops s LEFT JOIN accounts a ON a.id = s.owner "
    };
}

/// The search, with whatever finds a text in another and compares texts by their bytes.
macro_rules! shop_search {
    ($find:literal, $collation:literal) => {
        concat!(
            shop_columns!(),
            "WHERE s.named = 1 AND ($1 = '' OR ",
            $find,
            "(s.name, $1) > 0) ORDER BY ",
            shop_key!("$4", $collation),
            shop_key!("$5", $collation),
            shop_key!("$6", $collation),
            shop_key!("$7", $collation),
            shop_key!("$8", $collation),
            shop_key!("$9", $collation),
            "s.position LIMIT $2 OFFSET $3"
        )
    };
}

/// Keys that the search takes: every field once.
const KEYS: usize = 6;
const SEARCH: Sql =
    Sql { sqlite: shop_search!("instr", ""), postgres: shop_search!("strpos", " COLLATE \"C\"") };
const SHOP: &str = concat!(shop_columns!(), "WHERE s.id = $1");
const NAMED: &str = concat!(shop_columns!(), "WHERE s.name = $1 AND s.named = 1");

type StoredShop = (i64, Option<i64>, Option<String>, String, String, String, i64, i64, i64);

impl Views {
    /// A shop; `None` if there is none of that id.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn shop(&self, id: ShopId) -> Result<Option<ShopView>, QueryError> {
        fetch_optional!(self.rows_of([Catalog::NAME])?, StoredShop, SHOP, i64::from(id))?
            .map(read_shop)
            .transpose()
    }

    /// The shop that has a name to itself; `None` if there is none.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn shop_named(&self, name: &str) -> Result<Option<ShopView>, QueryError> {
        fetch_optional!(self.rows_of([Catalog::NAME])?, StoredShop, NAMED, name)?.map(read_shop).transpose()
    }

    /// Shops that have a name of their own with `name` in it, from the one after `skip` on, at most `limit` (and 1,000).
    /// Without an order they stand in the order of opening.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn find_shops(
        &self,
        name: &str,
        order: &Order<ShopField>,
        skip: u32,
        limit: u32,
    ) -> Result<Part<ShopView>, QueryError> {
        let [a, b, c, d, e, f] = order_keys::<ShopField, KEYS>(order, ShopField::number);
        let rows = fetch_all!(
            self.rows_of([Catalog::NAME])?,
            StoredShop,
            self.db.pick(SEARCH.sqlite, SEARCH.postgres),
            name,
            list_limit(limit) + 1,
            i64::from(skip),
            a,
            b,
            c,
            d,
            e,
            f
        )?;
        Part::of(rows, limit, read_shop)
    }
}

/// An order as numbers that a statement takes: each key's field, below nothing if the greatest comes first, and 0 for no key.
pub(crate) fn order_keys<F: Copy + PartialEq, const N: usize>(
    order: &Order<F>,
    number: impl Fn(F) -> i64,
) -> [i64; N] {
    let signed = |key: &OrderKey<F>| match key.direction {
        Direction::Ascending => number(key.field),
        Direction::Descending => -number(key.field),
    };
    let mut keys = [0; N];
    keys.iter_mut().zip(order.keys()).for_each(|(to, key)| *to = signed(key));
    keys
}

fn read_shop(row: StoredShop) -> Result<ShopView, QueryError> {
    let reader = Reader("shops");
    let (id, owner, profile, name, content, picture, named, created_at, updated_at) = row;
    Ok(ShopView {
        id: reader.read("id", id)?,
        owner: owner.map(|owner| reader.read("owner", owner)).transpose()?,
        owner_profile: profile.filter(|sealed| !sealed.is_empty()).map(Sealed::from_base64),
        name,
        content,
        picture,
        is_named: named == 1,
        created_at: time(created_at),
        updated_at: time(updated_at),
    })
}
