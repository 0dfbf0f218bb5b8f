//! The control endpoints: what a person would do in WeChat or read on a phone or in a picture, done by a request.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use kernel::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::SandboxError;
use super::gate::{Proof, json_answer};
use super::journal::Entry;
use super::notify::{Delivery, send};
use super::orders::{Known, Orders, Payment, State as OrderState};
use super::pay::compact;
use super::world::World;

/// An APP order does not say who will pay.
const PAYER: &str = "sandbox-payer";
const TIMES_MAX: u8 = 10;

pub(super) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/sandbox/wechat/pay/{prepay_id}", post(pay))
        .route("/sandbox/wechat/payment/{prepay_id}", get(payment))
        .route("/sandbox/sms/{phone}", get(sms))
        .route("/sandbox/captcha/{rand}", get(captcha))
        .with_state(world)
}

/// How the customer pays.
#[derive(Debug, Deserialize)]
struct Manner {
    /// How often the notice is sent.
    times: Option<u8>,
    /// 1: not paid at all, only a notice with a broken signature.
    #[serde(default)]
    forge: u8,
    /// Not paid at all, only a notice (rightly signed) of another amount, in fen.
    amount: Option<i64>,
    /// 1: paid, but the notice is lost.
    #[serde(default)]
    silent: u8,
}

/// Why nothing was paid.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Unknown,
    Closed,
    Expired,
}

impl Refusal {
    fn answer(&self) -> Response {
        let (status, reason) = match self {
            Self::Unknown => (StatusCode::NOT_FOUND, "unknown prepay_id"),
            Self::Closed => (StatusCode::CONFLICT, "the order was closed"),
            Self::Expired => (StatusCode::CONFLICT, "the order's time to be paid has passed"),
        };
        failure(status, reason)
    }
}

fn failure(status: StatusCode, reason: &str) -> Response {
    json_answer(status, &json!({ "error": reason }))
}

async fn payment(State(world): State<Arc<World>>, Path(prepay_id): Path<String>) -> Response {
    match world.orders(move |orders| (None, orders.by_prepay_id(&prepay_id).cloned())).await {
        Ok(Some(known)) => json_answer(StatusCode::OK, &amounts(&known)),
        Ok(None) => Refusal::Unknown.answer(),
        Err(error) => failure(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn sms(State(world): State<Arc<World>>, Path(phone): Path<String>) -> Response {
    let asked = world.codes(move |codes| (None, codes.sms(&phone).map(str::to_owned))).await;
    code(asked, "this phone got no message")
}

async fn captcha(State(world): State<Arc<World>>, Path(rand): Path<String>) -> Response {
    let asked = world.codes(move |codes| (None, codes.captcha(&rand).map(str::to_owned))).await;
    code(asked, "no picture was drawn under this rand")
}

fn code(asked: Result<Option<String>, SandboxError>, unknown: &str) -> Response {
    match asked {
        Ok(Some(code)) => json_answer(StatusCode::OK, &json!({ "code": code })),
        Ok(None) => failure(StatusCode::NOT_FOUND, unknown),
        Err(error) => failure(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn amounts(known: &Known) -> Value {
    let paid = match known.state {
        OrderState::Paid(_) => known.order.total,
        OrderState::Unpaid | OrderState::Closed => 0,
    };
    json!({ "amount": known.order.total, "paid": paid, "refunded": 0 })
}

async fn pay(
    State(world): State<Arc<World>>,
    Path(prepay_id): Path<String>,
    manner: Result<Query<Manner>, QueryRejection>,
) -> Response {
    let Ok(Query(manner)) = manner else {
        return failure(StatusCode::BAD_REQUEST, "times, forge, amount (fen) and silent are whole numbers");
    };
    let times = manner.times.unwrap_or(1);
    if !(1..=TIMES_MAX).contains(&times) {
        return failure(StatusCode::BAD_REQUEST, "times is 1 to 10");
    }
    let now = world.now();
    let pretended = manner.forge == 1 || manner.amount.is_some();
    let decided = world.orders(move |orders| decide(orders, &prepay_id, now, pretended)).await;
    let (truth, mut told) = match decided {
        Ok(Ok(known)) => known,
        Ok(Err(refusal)) => return refusal.answer(),
        Err(error) => return failure(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    };
    told.order.total = manner.amount.unwrap_or(told.order.total);
    let kind = if manner.forge == 1 { Proof::Forged } else { Proof::Genuine };
    let mut deliveries = Vec::new();
    if manner.silent != 1 {
        for _ in 0..times {
            deliveries.push(send(&world, &told, kind).await);
        }
    }
    answer(&truth, &deliveries, pretended)
}

/// Pays the order, unless it is only pretended. Gives the order as it is, and as the notice will tell of it.
fn decide(
    orders: &Orders,
    prepay_id: &str,
    now: Timestamp,
    pretended: bool,
) -> (Option<Entry>, Result<(Known, Known), Refusal>) {
    let Some(known) = orders.by_prepay_id(prepay_id) else { return (None, Err(Refusal::Unknown)) };
    let mut told = known.clone();
    match known.state {
        OrderState::Paid(_) => return (None, Ok((known.clone(), told))),
        OrderState::Closed if !pretended => return (None, Err(Refusal::Closed)),
        OrderState::Unpaid if !pretended && known.order.payable_until <= now => {
            return (None, Err(Refusal::Expired));
        }
        OrderState::Unpaid | OrderState::Closed => {}
    }
    let payment = Payment { transaction_id: transaction_id(now), openid: PAYER.to_owned(), paid_at: now };
    told.state = OrderState::Paid(payment.clone());
    if pretended {
        (None, Ok((known.clone(), told)))
    } else {
        let entry = Entry::Paid { out_trade_no: known.order.out_trade_no.clone(), payment };
        (Some(entry), Ok((told.clone(), told)))
    }
}

/// 28 digits, as WeChat Pay numbers payments.
fn transaction_id(now: Timestamp) -> String {
    let random = Uuid::new_v4().as_u128() % 10_000_000_000;
    format!("4200000000{}{random:010}", compact(now, 8))
}

fn answer(truth: &Known, deliveries: &[Delivery], pretended: bool) -> Response {
    let mut body = amounts(truth);
    body["out_trade_no"] = json!(truth.order.out_trade_no);
    body["notices"] = deliveries.iter().map(|delivery| delivery.told()).collect();
    if pretended || deliveries.iter().all(|delivery| delivery.accepted()) {
        return json_answer(StatusCode::OK, &body);
    }
    body["error"] = json!("the product did not accept the notice");
    json_answer(StatusCode::BAD_GATEWAY, &body)
}
