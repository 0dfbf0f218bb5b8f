//! `/payment_items` and `/payment_item/{item_id}`: what a recharge can be chosen from.

use axum::extract::State;
use axum::http::header::LINK;
use kernel::{ErrorCode, RechargeItemId};
use projections::{Position, RechargeItemView};
use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::{Answer, Failure, Refused, Reply, Success};
use crate::http::ask::Ask;
use crate::http::page::Page;
use crate::state::App;

/// 充值商品信息
#[derive(Serialize, ToSchema)]
#[schema(as = wallet::PaymentItem)]
pub(super) struct PaymentItem {
    /// The item's id
    id: u64,
    /// 商品名
    name: String,
    /// 金额, in fen: what it costs and puts on the balance
    money: i64,
    /// 描述
    description: String,
    /// 返现金额, in fen: what it puts on the coupon balance on top
    charge: i64,
    /// 创建时间
    #[schema(example = "2026-01-02 03:04:05")]
    create_at: String,
    /// 更新时间
    #[schema(example = "2026-01-02 03:04:05")]
    update_at: String,
}

impl From<RechargeItemView> for PaymentItem {
    fn from(item: RechargeItemView) -> Self {
        Self {
            id: item.id.get(),
            name: item.name,
            money: item.money.fen(),
            description: item.description,
            charge: item.charge.fen(),
            create_at: item.created_at.shanghai(),
            update_at: item.updated_at.shanghai(),
        }
    }
}

/// 获取充值商品信息: all on offer, newest first.
#[utoipa::path(
    get, path = "/payment_items", tag = "wallet",
    params(
        ("before" = Option<u64>, Query, description = "Where to go on, from the Link of the answer before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "1 to 1000, 1000 if left out"),
    ),
    responses(
        (status = 200, description = "0, or 10005", body = Answer<Vec<PaymentItem>>,
            headers(("Link" = String, description = "rel=next, if there are more"))),
        (status = 503, description = "The views are not available", body = Refused),
    ),
)]
pub(super) async fn payment_items(State(app): State<App>, ask: Ask) -> Reply<Answer<Vec<PaymentItem>>> {
    let page = Page::read(&ask.query()?)?;
    let before = page.before.map(Position::from_number);
    let views = app.fresh_views().await?;
    let found = views.recharge_items(before, page.limit).await?;
    let next = match page.last_of(&found) {
        Some(last) if !views.recharge_items(Some(last.position), 1).await?.is_empty() => {
            page.next(ask.path(), "", last.position.number())
        }
        Some(_) | None => None,
    };
    Ok(Success::of(found.into_iter().map(PaymentItem::from).collect()).with(LINK, next))
}

/// 获取充值商品信息: one, also one that is on offer no longer.
#[utoipa::path(
    post, path = "/payment_item/{item_id}", tag = "wallet",
    params(("item_id" = u64, Path, description = "充值商品ID")),
    responses(
        (status = 200, description = "0, or 10002 (there is none) or 10005", body = Answer<PaymentItem>),
        (status = 503, description = "The views are not available", body = Refused),
    ),
)]
pub(super) async fn payment_item(State(app): State<App>, ask: Ask) -> Reply<Answer<PaymentItem>> {
    ask.form()?;
    let id: RechargeItemId = ask.path_id("item_id", 1)?;
    match app.fresh_views().await?.recharge_item(id).await? {
        Some(item) => Ok(Success::of(item.into())),
        None => Err(Failure::new(ErrorCode::RechargeItemUnknown, "item_id: there is no such recharge item")),
    }
}
