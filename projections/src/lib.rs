//! The views: rows folded from the log, and the queries on them. Each projection has a file with its tables, its fold, its
//! queries and its rows.
//!
//! A projection folds events in the order of their positions and writes its rows and its checkpoint in one transaction, so
//! it counts every event exactly once, whatever crashes. Views can be lost at any time: they are rebuilt from the log.

mod accounts;
mod asking;
mod board;
mod carts;
mod catalog;
mod changes;
mod checkpoint;
mod copied;
mod figures;
mod follower;
mod lane;
mod ledger;
mod notices;
mod order;
mod preparing;
mod product_search;
mod projection;
mod projector;
mod purchases;
mod rebuild;
mod recharge_items;
mod recharges;
mod rows;
mod runner;
mod shops;
mod source;
mod statements;
mod table;
mod views;
mod writer;

pub use accounts::{AccountView, Accounts};
pub use aggregates::account::Role;
pub use aggregates::notice::{NoticeKind, NoticeText};
pub use aggregates::purchase::PaymentMethod;
pub use board::{ProjectionState, ProjectionStatus};
pub use carts::{CartLineView, Carts};
pub use catalog::{Catalog, ProductStatus, ProductView};
pub use event_store::{Hash, Position};
pub use figures::{CatalogFigures, Figures, Folded, LedgerFigures};
pub use follower::{FollowError, Follower};
pub use ledger::{EntryType, Ledger, LedgerEntry, LedgerKind};
pub use notices::{NoticeFilter, NoticePlace, NoticeView, Notices};
pub use order::{Direction, Order, OrderKey};
pub use product_search::{ProductField, ProductSearch};
pub use projection::{FoldError, Projection, Projections};
pub use projector::{Projector, ProjectorOptions, Rebuilder};
pub use purchases::{PurchaseStatus, PurchaseView, Purchases};
pub use rebuild::{RebuildError, Rebuilt, build_at, rebuild};
pub use recharge_items::{RechargeItemStatus, RechargeItemView};
pub use recharges::{RechargeStatus, RechargeView, Recharges};
pub use rows::Difference;
pub use shops::{ShopField, ShopView};
pub use table::Schema;
pub use views::{LIST_MAX, Lagging, Part, QueryError, Views};

/// All projections, in the order in which `suanpan replay` rebuilds them.
#[must_use]
pub fn all() -> Projections {
    Projections::none()
        .with(Accounts)
        .with(Catalog)
        .with(Carts)
        .with(Ledger)
        .with(Purchases)
        .with(Recharges)
        .with(Notices)
}
