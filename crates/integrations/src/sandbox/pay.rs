//! The payment gateway's side of WeChat Pay v3: APP orders, queries and closing.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kernel::Timestamp;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::SandboxError;
use super::gate::{bad_field, gate, json_answer, refusal};
use super::journal::Entry;
use super::keys::{APP_ID, MCH_ID};
use super::orders::{Known, Order, State as OrderState};
use super::world::World;
use crate::http::is_loopback;
use crate::wechat::pay::is_trade_no;

/// An order can be paid for two hours if nothing else is said.
const PAYABLE_S: i64 = 2 * 3600;
/// WeChat Pay leaves the customer at least a minute.
const PAYABLE_S_MIN: i64 = 60;

pub(super) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/v3/pay/transactions/app", post(order_app))
        .route("/v3/pay/transactions/out-trade-no/{out_trade_no}", get(query))
        .route("/v3/pay/transactions/out-trade-no/{out_trade_no}/close", post(close))
        .route_layer(from_fn_with_state(Arc::clone(&world), gate))
        .with_state(world)
}

#[derive(Deserialize)]
struct OrderRequest {
    appid: String,
    mchid: String,
    description: String,
    out_trade_no: String,
    time_expire: Option<String>,
    attach: Option<String>,
    notify_url: String,
    amount: Amount,
}

#[derive(Deserialize)]
struct Amount {
    total: i64,
    currency: Option<String>,
}

impl OrderRequest {
    /// The order, or the answer that refuses it.
    fn check(self, now: Timestamp) -> Result<Order, Box<Response>> {
        if self.mchid != MCH_ID {
            return Err(Box::new(refusal(StatusCode::BAD_REQUEST, "MCH_NOT_EXISTS", "商户号不存在")));
        }
        if self.appid != APP_ID {
            let reason = "AppID和mch_id不匹配";
            return Err(Box::new(refusal(StatusCode::BAD_REQUEST, "APPID_MCHID_NOT_MATCH", reason)));
        }
        let bad = |field, issue| Err(Box::new(bad_field(field, issue)));
        if !(1..=127).contains(&self.description.chars().count()) {
            return bad("/description", "长度应为1到127");
        }
        if !is_trade_no(&self.out_trade_no) {
            return bad("/out_trade_no", "应为6到32个数字、字母或_-|*");
        }
        if self.amount.total < 1 {
            return bad("/amount/total", "应大于0");
        }
        if self.amount.currency.is_some_and(|currency| currency != "CNY") {
            return bad("/amount/currency", "应为CNY");
        }
        if self.attach.as_ref().is_some_and(|attach| attach.chars().count() > 128) {
            return bad("/attach", "长度应不超过128");
        }
        if !is_notify_url(&self.notify_url) {
            return bad("/notify_url", "沙箱只通知本机地址，且不带参数");
        }
        let expires = match self.time_expire.as_deref().map(Timestamp::from_rfc3339) {
            None => now.plus_seconds(PAYABLE_S),
            Some(Some(moment)) => moment.max(now.plus_seconds(PAYABLE_S_MIN)),
            Some(None) => return bad("/time_expire", "应为RFC 3339时间"),
        };
        Ok(Order {
            prepay_id: format!("wx{}{}", compact(now, 14), random_hex(20)),
            out_trade_no: self.out_trade_no,
            description: self.description,
            total: self.amount.total,
            attach: self.attach,
            time_expire: self.time_expire,
            payable_until: expires,
            notify_url: self.notify_url,
        })
    }
}

/// The keys of the sandbox are public, so its notices never leave this machine.
fn is_notify_url(text: &str) -> bool {
    text.len() <= 255
        && Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && is_loopback(&url) && url.query().is_none()
        })
}

/// The first `digits` of `YYYYMMDDHHMMSS` in Shanghai.
pub(super) fn compact(moment: Timestamp, digits: usize) -> String {
    moment.shanghai().chars().filter(char::is_ascii_digit).take(digits).collect()
}

pub(super) fn random_hex(digits: usize) -> String {
    Uuid::new_v4().simple().to_string().chars().take(digits).collect()
}

async fn order_app(State(world): State<Arc<World>>, body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<OrderRequest>(&body) else {
        return bad_field("/", "不是要求的JSON");
    };
    let now = world.now();
    let order = match request.check(now) {
        Ok(order) => order,
        Err(answer) => return *answer,
    };
    let decided = world.orders(move |orders| match orders.by_number(&order.out_trade_no) {
        None => {
            let prepay_id = order.prepay_id.clone();
            (Some(Entry::Ordered(order)), Ok(prepay_id))
        }
        Some(known) => (None, again(known, &order, now)),
    });
    match decided.await {
        Ok(Ok(prepay_id)) => json_answer(StatusCode::OK, &json!({ "prepay_id": prepay_id })),
        Ok(Err((status, code, reason))) => refusal(status, code, reason),
        Err(error) => broken(&error),
    }
}

/// The same order asked for again.
fn again(
    known: &Known,
    order: &Order,
    now: Timestamp,
) -> Result<String, (StatusCode, &'static str, &'static str)> {
    let Known { order: first, state } = known;
    let same = first.total == order.total
        && first.description == order.description
        && first.attach == order.attach
        && first.time_expire == order.time_expire;
    match state {
        OrderState::Paid(_) => Err((StatusCode::BAD_REQUEST, "ORDERPAID", "该订单已支付")),
        OrderState::Closed => Err((StatusCode::BAD_REQUEST, "ORDER_CLOSED", "该订单已关闭")),
        OrderState::Unpaid if !same => Err((StatusCode::FORBIDDEN, "OUT_TRADE_NO_USED", "商户订单号重复")),
        OrderState::Unpaid if first.payable_until <= now => {
            Err((StatusCode::BAD_REQUEST, "INVALID_REQUEST", "已超过支付结束时间，请更换商户订单号"))
        }
        OrderState::Unpaid => Ok(first.prepay_id.clone()),
    }
}

#[derive(Deserialize)]
struct Merchant {
    mchid: String,
}

async fn query(
    State(world): State<Arc<World>>,
    Path(out_trade_no): Path<String>,
    merchant: Result<Query<Merchant>, QueryRejection>,
) -> Response {
    if !merchant.is_ok_and(|Query(merchant)| merchant.mchid == MCH_ID) {
        return refusal(StatusCode::BAD_REQUEST, "MCH_NOT_EXISTS", "商户号不存在");
    }
    match world.orders(move |orders| (None, orders.by_number(&out_trade_no).cloned())).await {
        Ok(Some(known)) => json_answer(StatusCode::OK, &transaction(&known)),
        Ok(None) => refusal(StatusCode::NOT_FOUND, "ORDER_NOT_EXIST", "订单不存在"),
        Err(error) => broken(&error),
    }
}

/// The order as WeChat Pay tells of it.
pub(super) fn transaction(known: &Known) -> Value {
    let Known { order, state } = known;
    let mut told = json!({
        "appid": APP_ID,
        "mchid": MCH_ID,
        "out_trade_no": order.out_trade_no,
        "attach": order.attach.as_deref().unwrap_or(""),
        "amount": { "total": order.total, "currency": "CNY" },
        "payer": {},
    });
    let details = match state {
        OrderState::Unpaid => json!({ "trade_state": "NOTPAY", "trade_state_desc": "订单未支付" }),
        OrderState::Closed => json!({ "trade_state": "CLOSED", "trade_state_desc": "订单已关闭" }),
        OrderState::Paid(payment) => json!({
            "trade_state": "SUCCESS",
            "trade_state_desc": "支付成功",
            "trade_type": "APP",
            "bank_type": "OTHERS",
            "transaction_id": payment.transaction_id,
            "success_time": payment.paid_at.utc().with_timezone(&kernel::SHANGHAI)
                .format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            "payer": { "openid": payment.openid },
            "amount": {
                "total": order.total, "payer_total": order.total, "currency": "CNY", "payer_currency": "CNY",
            },
        }),
    };
    if let (Value::Object(told), Value::Object(details)) = (&mut told, details) {
        told.extend(details);
    }
    told
}

async fn close(State(world): State<Arc<World>>, Path(out_trade_no): Path<String>, body: Bytes) -> Response {
    if !serde_json::from_slice::<Merchant>(&body).is_ok_and(|merchant| merchant.mchid == MCH_ID) {
        return refusal(StatusCode::BAD_REQUEST, "MCH_NOT_EXISTS", "商户号不存在");
    }
    let decided =
        world.orders(move |orders| match orders.by_number(&out_trade_no).map(|known| &known.state) {
            None => (None, Err((StatusCode::NOT_FOUND, "ORDER_NOT_EXIST", "订单不存在"))),
            Some(OrderState::Paid(_)) => (None, Err((StatusCode::BAD_REQUEST, "ORDERPAID", "该订单已支付"))),
            Some(OrderState::Closed) => {
                (None, Err((StatusCode::BAD_REQUEST, "ORDER_CLOSED", "该订单已关闭")))
            }
            Some(OrderState::Unpaid) => (Some(Entry::Closed { out_trade_no }), Ok(())),
        });
    match decided.await {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err((status, code, reason))) => refusal(status, code, reason),
        Err(error) => broken(&error),
    }
}

/// The sandbox's own failure, as WeChat Pay tells of its own.
fn broken(error: &SandboxError) -> Response {
    tracing::error!(%error, "the sandbox cannot keep its orders");
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "SYSTEM_ERROR", "系统异常，请稍后重试")
}
