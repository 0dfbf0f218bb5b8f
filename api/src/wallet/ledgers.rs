//! `/ledgers`: what came in and went out.

use axum::extract::State;
use axum::http::header::LINK;
use projections::{EntryType, LedgerEntry, LedgerKind, Position};
use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::{Answer, Refused, Reply, Success};
use super::who;
use crate::http::ask::Ask;
use crate::http::page::Page;
use crate::http::params::need;
use crate::state::App;

/// 消费记录信息
#[derive(Serialize, ToSchema)]
#[schema(as = wallet::Entry)]
pub(super) struct Entry {
    /// The entry's id
    id: u64,
    /// 用户id
    uid: u64,
    /// 商品名: of the product or recharge item, or the reason of an adjustment
    name: String,
    /// 金额, in fen: what came in, or, below 0, what went out
    money: i64,
    /// 记录类型: recharge, cashback, purchase, refund or adjustment
    #[serde(rename = "type")]
    #[schema(example = "purchase")]
    entry_type: &'static str,
    /// 商品id: of the product or recharge item, 0 for an adjustment
    item_id: u64,
    /// What was left after it, in fen
    balance: i64,
    /// 创建时间
    #[schema(example = "2026-01-02 03:04:05")]
    create_at: String,
    /// 更新时间: an entry never changes
    #[schema(example = "2026-01-02 03:04:05")]
    update_at: String,
}

impl From<LedgerEntry> for Entry {
    fn from(entry: LedgerEntry) -> Self {
        let at = entry.created_at.shanghai();
        Self {
            id: entry.id.get(),
            uid: entry.account.get(),
            name: entry.name,
            money: entry.money.fen(),
            entry_type: word(entry.entry_type),
            item_id: entry.item_id,
            balance: entry.balance.fen(),
            create_at: at.clone(),
            update_at: at,
        }
    }
}

const fn word(entry_type: EntryType) -> &'static str {
    match entry_type {
        EntryType::Recharge => "recharge",
        EntryType::Cashback => "cashback",
        EntryType::Purchase => "purchase",
        EntryType::Refund => "refund",
        EntryType::Adjustment => "adjustment",
    }
}

/// 获取消费记录: newest first.
#[utoipa::path(
    get, path = "/ledgers", tag = "wallet",
    params(
        ("type" = u8, Query, description = "类型，0：余额记录，1：优惠券记录"),
        ("before" = Option<u64>, Query, description = "Where to go on, from the Link of the answer before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "1 to 1000, 1000 if left out"),
    ),
    responses(
        (status = 200, description = "0, or 10003 (not signed in) or 10005", body = Answer<Vec<Entry>>,
            headers(("Link" = String, description = "rel=next, if there are more"))),
        (status = 503, description = "The views are not available", body = Refused),
    ),
    security(("session" = [])),
)]
pub(super) async fn ledgers(State(app): State<App>, ask: Ask) -> Reply<Answer<Vec<Entry>>> {
    let account = who::signed_in(&app, &ask).await?.require_account()?;
    let query = ask.query()?;
    let kind = need("type", query.integer("type", 0..=1)?)?;
    let purse = if kind == 0 { LedgerKind::Balance } else { LedgerKind::Coupon };
    let page = Page::read(&query)?;
    let before = page.before.map(Position::from_number);
    let views = app.fresh_views().await?;
    let found = views.ledger(account, purse, before, page.limit).await?;
    let next = match page.last_of(&found) {
        Some(last) if !views.ledger(account, purse, Some(last.position), 1).await?.is_empty() => {
            page.next(ask.path(), &format!("type={kind}&"), last.position.number())
        }
        Some(_) | None => None,
    };
    Ok(Success::of(found.into_iter().map(Entry::from).collect()).with(LINK, next))
}
