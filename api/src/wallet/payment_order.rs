//! `/payment_order`: ordering a recharge at WeChat.

use axum::extract::State;
use commerce::{RechargeOrder, SignedPay};
use kernel::RechargeItemId;
use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::{Answer, Refused, Reply, Success};
use super::who;
use crate::http::ask::Ask;
use crate::http::fault::Fault;
use crate::http::params::need;
use crate::state::App;

/// 订单信息
#[derive(Serialize, ToSchema)]
#[schema(as = wallet::PaymentOrder)]
pub(super) struct PaymentOrder {
    /// The order's id
    id: u64,
    /// 商品名
    name: String,
    /// 金额, in fen
    money: i64,
    /// 描述
    description: String,
    /// 返现金额, in fen
    charge: i64,
    /// 创建时间
    #[schema(example = "2026-01-02 03:04:05")]
    create_at: String,
    /// 更新时间
    #[schema(example = "2026-01-02 03:04:05")]
    update_at: String,
    /// What the app hands to WeChat's SDK.
    pay: Pay,
}

/// What the app hands to WeChat's SDK.
#[derive(Serialize, ToSchema)]
#[schema(as = wallet::Pay)]
struct Pay {
    /// The app
    appid: String,
    /// The merchant
    partnerid: String,
    /// WeChat's id of the order
    prepayid: String,
    /// Always `Sign=WXPay`
    #[schema(example = "Sign=WXPay")]
    package: String,
    /// A random text
    noncestr: String,
    /// Seconds since 1970, as text
    timestamp: String,
    /// RSA-SHA256 over appid, timestamp, noncestr and prepayid, base64
    sign: String,
    /// The order's number at WeChat (out_trade_no)
    payment_id: String,
}

impl From<RechargeOrder> for PaymentOrder {
    fn from(order: RechargeOrder) -> Self {
        let at = order.created_at.shanghai();
        let SignedPay { appid, partnerid, prepayid, package, noncestr, timestamp, sign } = order.pay;
        let payment_id = order.out_trade_no;
        Self {
            id: order.id.get(),
            name: order.item.name,
            money: order.item.money.fen(),
            description: order.item.description,
            charge: order.item.charge.fen(),
            create_at: at.clone(),
            update_at: at,
            pay: Pay { appid, partnerid, prepayid, package, noncestr, timestamp, sign, payment_id },
        }
    }
}

/// What is to be ordered.
#[derive(ToSchema)]
#[schema(as = wallet::Chosen)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct Chosen {
    /// 充值商品ID
    item_id: Option<u64>,
}

/// 获取充值商品的微信订单: the item is named in the body or in the query.
#[utoipa::path(
    post, path = "/payment_order", tag = "wallet",
    params(
        ("item_id" = Option<u64>, Query, description = "充值商品ID, if it is not in the body"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body(content((Chosen = "application/json"), (Chosen = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, body = Answer<PaymentOrder>, description = "0, or 10001 (on offer no longer), \
            10002 (no such item), 10003 (not signed in) or 10005"),
        (status = 503, description = "WeChat or the store is not available", body = Refused),
    ),
    security(("session" = [])),
)]
pub(super) async fn payment_order(State(app): State<App>, ask: Ask) -> Reply<Answer<PaymentOrder>> {
    let caller = who::writing(&app, &ask).await?;
    let item = chosen(&ask)?;
    Ok(Success::of(app.commerce.request_recharge(&caller, item).await?.into()))
}

fn chosen(ask: &Ask) -> Result<RechargeItemId, Fault> {
    let in_body = ask.form()?.id("item_id")?;
    let in_query = ask.query()?.id("item_id")?;
    if in_body.is_some() && in_query.is_some() && in_body != in_query {
        return Err(Fault::parameter("item_id", "body and query name different ones"));
    }
    need("item_id", in_body.or(in_query))
}
