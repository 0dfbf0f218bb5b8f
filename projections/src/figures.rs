//! What the views say, as figures, for an auditor who compares them with books made from the log: all of it read in one
//! transaction, so that it is of one moment.

use event_store::sql::Db;
use event_store::{Hash, Position};
use futures::stream::BoxStream;
use kernel::{AccountId, Money, ProductId};
use sqlx::{Postgres, Sqlite, Transaction};

use crate::ledger::LedgerKind;
use crate::statements::Sql;
use crate::views::{QueryError, Reader, list_limit, money};

const SQLITE_TABLES: &str = "SELECT name FROM sqlite_master WHERE type = 'table'";
const POSTGRES_TABLES: &str =
    "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()";
const POSTGRES_ONE_MOMENT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
const CHECKPOINTS: &str = "SELECT name, version, position, hash FROM checkpoints ORDER BY name";
const BALANCES: &str =
    "SELECT account, balance FROM account_balances WHERE account > $1 ORDER BY account LIMIT $2";
const COUPONS: &str =
    "SELECT account, coupon FROM account_coupons WHERE account > $1 ORDER BY account LIMIT $2";
const LEDGER: &str = "SELECT account, COUNT(*), CAST(SUM(money) AS BIGINT) FROM ledger
    WHERE kind = $3 AND account > $1 GROUP BY account ORDER BY account LIMIT $2";
const PRODUCTS: &str =
    "SELECT p.id, COALESCE(NULLIF(p.discount, 0), p.price), p.status, COALESCE(s.sold, 0) FROM products p
    LEFT JOIN product_sales s ON s.product = p.id WHERE p.id > $1 ORDER BY p.id LIMIT $2";
const PURCHASES: &str =
    "SELECT COUNT(*), CAST(COALESCE(SUM(total), 0) AS BIGINT) FROM purchases WHERE status = 'paid'";
const RECHARGED: &str = "SELECT CAST(COALESCE(SUM(money), 0) AS BIGINT) FROM recharges WHERE status = 'paid'";

/// Up to where a projection has folded the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// The projection.
    pub projection: String,
    /// The form of its tables.
    pub version: i64,
    /// The last event that it has folded.
    pub position: Position,
    /// That event's hash; `None` if what stands there is no hash.
    pub hash: Option<Hash>,
}

/// What the ledger has of one purse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerFigures {
    /// Whose.
    pub account: AccountId,
    /// Entries.
    pub entries: u64,
    /// What they come to.
    pub sum: Money,
}

/// What the catalogue has of one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogFigures {
    /// Which.
    pub product: ProductId,
    /// What is paid for a piece.
    pub price: Money,
    /// Pieces sold in all.
    pub sold: u64,
    /// Whether it can be bought.
    pub is_on_sale: bool,
}

/// The views at one moment.
pub struct Figures {
    transaction: Moment,
}

enum Moment {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

macro_rules! rows {
    ($figures:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        match &mut $figures.transaction {
            Moment::Sqlite(transaction) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_all(&mut **transaction).await
            }
            Moment::Postgres(transaction) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_all(&mut **transaction).await
            }
        }
    };
}

impl Figures {
    /// Begins to read; `None` if there are no views yet.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn open(db: &Db) -> Result<Option<Self>, QueryError> {
        let (mut figures, sql) = match db {
            Db::Sqlite { read, .. } => {
                (Self { transaction: Moment::Sqlite(read.begin().await?) }, SQLITE_TABLES)
            }
            Db::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                sqlx::query(POSTGRES_ONE_MOMENT).execute(&mut *transaction).await?;
                (Self { transaction: Moment::Postgres(transaction) }, POSTGRES_TABLES)
            }
        };
        let found = rows!(figures, (String,), sql)?;
        let projections = crate::all();
        let own = projections.iter().flat_map(|projection| projection.tables()).map(|schema| schema.name);
        let is_there = own.chain(["checkpoints"]).any(|name| found.iter().any(|(other,)| other == name));
        Ok(is_there.then_some(figures))
    }

    /// The rows of a table, each as a JSON array, in the order of their keys.
    pub(crate) fn rows(&mut self, sql: Sql) -> BoxStream<'_, Result<(String,), sqlx::Error>> {
        match &mut self.transaction {
            Moment::Sqlite(transaction) => sqlx::query_as(sql.sqlite).fetch(&mut **transaction),
            Moment::Postgres(transaction) => sqlx::query_as(sql.postgres).fetch(&mut **transaction),
        }
    }

    /// How far each projection is.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn folded(&mut self) -> Result<Vec<Folded>, QueryError> {
        let rows = rows!(self, (String, i64, i64, String), CHECKPOINTS)?;
        let reader = Reader("checkpoints");
        let read = |(projection, version, position, hash): (String, i64, i64, String)| {
            let position = reader.position(position)?;
            Ok(Folded { projection, version, position, hash: hash.parse().ok() })
        };
        rows.into_iter().map(read).collect()
    }

    /// Up to `limit` purses with accounts after `after`, in the order of accounts, and what each holds.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn holdings(
        &mut self,
        kind: LedgerKind,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<(AccountId, Money)>, QueryError> {
        let (sql, table) = match kind {
            LedgerKind::Balance => (BALANCES, "account_balances"),
            LedgerKind::Coupon => (COUPONS, "account_coupons"),
        };
        let rows = rows!(self, (i64, i64), sql, after.map_or(-1, i64::from), list_limit(limit))?;
        let reader = Reader(table);
        rows.into_iter().map(|(account, held)| Ok((reader.read("account", account)?, money(held)))).collect()
    }

    /// Up to `limit` purses with accounts after `after`, in the order of accounts, and what their entries come to.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn ledger(
        &mut self,
        kind: LedgerKind,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<LedgerFigures>, QueryError> {
        let after = after.map_or(-1, i64::from);
        let rows = rows!(self, (i64, i64, i64), LEDGER, after, list_limit(limit), kind.number())?;
        let reader = Reader("ledger");
        let read = |(account, entries, sum): (i64, i64, i64)| {
            Ok(LedgerFigures {
                account: reader.read("account", account)?,
                entries: entries.unsigned_abs(),
                sum: money(sum),
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Up to `limit` products after `after`, in the order of their ids.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn products(
        &mut self,
        after: Option<ProductId>,
        limit: u32,
    ) -> Result<Vec<CatalogFigures>, QueryError> {
        let after = after.map_or(-1, i64::from);
        let rows = rows!(self, (i64, i64, String, i64), PRODUCTS, after, list_limit(limit))?;
        let reader = Reader("products");
        let read = |(product, price, status, sold): (i64, i64, String, i64)| {
            Ok(CatalogFigures {
                product: reader.read("id", product)?,
                price: money(price),
                sold: reader.read("sold", sold)?,
                is_on_sale: status == "on_sale",
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// How many purchases were paid, and what was paid for them.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn purchases(&mut self) -> Result<(u64, Money), QueryError> {
        let rows = rows!(self, (i64, i64), PURCHASES)?;
        Ok(rows.first().map_or((0, Money::ZERO), |(count, total)| (count.unsigned_abs(), money(*total))))
    }

    /// What paid recharges come to.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn recharged(&mut self) -> Result<Money, QueryError> {
        let rows = rows!(self, (i64,), RECHARGED)?;
        Ok(rows.first().map_or(Money::ZERO, |(sum,)| money(*sum)))
    }
}
