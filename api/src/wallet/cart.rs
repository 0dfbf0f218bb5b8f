//! `/cart`: what is in it, putting things in, and settling it.

use axum::extract::State;
use commerce::{PaymentMethod, Settlement};
use kernel::{ErrorCode, ProductId};
use projections::CartLineView;
use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::{Answer, Done, Failure, Refused, Reply, Success};
use super::products::Product;
use super::who;
use crate::http::ask::Ask;
use crate::http::params::need;
use crate::state::App;

/// 购物车信息
#[derive(Serialize, ToSchema)]
#[schema(as = wallet::CartLine)]
pub(super) struct CartLine {
    /// 购物车ID
    id: u64,
    /// 用户id
    uid: u64,
    /// 商品id
    product: u64,
    /// 商品名称
    product_name: String,
    /// 商品价格，分: today's
    product_price: i64,
    /// 数量
    num: u32,
    /// 创建时间
    #[schema(example = "2026-01-02 03:04:05")]
    create_at: String,
    /// 更新时间
    #[schema(example = "2026-01-02 03:04:05")]
    update_at: String,
}

impl From<CartLineView> for CartLine {
    fn from(line: CartLineView) -> Self {
        Self {
            id: line.id.get(),
            uid: line.account.get(),
            product: line.product.get(),
            product_name: line.product_name,
            product_price: line.product_price.fen(),
            num: line.num,
            create_at: line.created_at.shanghai(),
            update_at: line.updated_at.shanghai(),
        }
    }
}

/// A product to put into the cart.
#[derive(ToSchema)]
#[schema(as = wallet::Wanted)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct Wanted {
    /// 商品ID
    product_id: u64,
}

/// A product and how many pieces of it.
#[derive(Serialize, ToSchema)]
#[schema(as = wallet::Line)]
struct Line {
    #[serde(flatten)]
    product: Product,
    /// 数量
    num: u32,
}

/// What became of a cart.
#[derive(Serialize, ToSchema)]
#[schema(as = wallet::Settled)]
pub(super) struct Settled {
    /// What was bought, in the cart's order; it has left the cart.
    success: Vec<Line>,
    /// What was not, in the cart's order; it stays.
    fail: Vec<Line>,
}

impl From<Settlement> for Settled {
    fn from(settlement: Settlement) -> Self {
        let bought = settlement.bought.into_iter().map(|line| (line.product, line.num));
        let failed = settlement.failed.into_iter().map(|line| (line.product, line.num));
        let line = |(product, num): (commerce::ProductView, u32)| Line { product: product.into(), num };
        Self { success: bought.map(line).collect(), fail: failed.map(line).collect() }
    }
}

/// 查询购物车内物品: in the order of adding.
#[utoipa::path(
    get, path = "/cart", tag = "wallet",
    responses(
        (status = 200, description = "0, or 10003 (not signed in)", body = Answer<Vec<CartLine>>),
        (status = 503, description = "The views are not available", body = Refused),
    ),
    security(("session" = [])),
)]
pub(super) async fn cart(State(app): State<App>, ask: Ask) -> Reply<Answer<Vec<CartLine>>> {
    let account = who::signed_in(&app, &ask).await?.require_account()?;
    let lines = app.fresh_views().await?.cart(account).await?;
    Ok(Success::of(lines.into_iter().map(CartLine::from).collect()))
}

/// 加入购物车: one piece; again for the same product adds one.
#[utoipa::path(
    post, path = "/cart", tag = "wallet",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    request_body(content((Wanted = "application/json"), (Wanted = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, body = Done, description = "0, or 10001 (not on sale, or the cart is full), \
            10002 (no such product), 10003 (not signed in) or 10005"),
        (status = 503, description = "The store is not available", body = Refused),
    ),
    security(("session" = [])),
)]
pub(super) async fn add(State(app): State<App>, ask: Ask) -> Reply<Done> {
    let caller = who::writing(&app, &ask).await?;
    let product: ProductId = need("product_id", ask.form()?.id("product_id")?)?;
    app.commerce.add_to_cart(&caller, product).await?;
    Ok(Success::done())
}

/// 余额结算购物车: line by line in the cart's order, each whole or not at all.
#[utoipa::path(
    post, path = "/cart/pay_with_balance", tag = "wallet",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    responses(
        (status = 200, body = Answer<Settled>, description = "0 if any line was bought, 10006 if none for want of money, \
            10001 or 10002 if none for another reason (all with both lists), 10002 for an empty cart, \
            10003 (not signed in) or 10005"),
        (status = 503, description = "The store is not available", body = Refused),
    ),
    security(("session" = [])),
)]
pub(super) async fn pay_with_balance(State(app): State<App>, ask: Ask) -> Reply<Answer<Settled>> {
    settle(&app, &ask, PaymentMethod::Balance).await
}

/// 优惠券结算购物车: line by line in the cart's order, each whole or not at all.
#[utoipa::path(
    post, path = "/cart/pay_with_coupon", tag = "wallet",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    responses(
        (status = 200, body = Answer<Settled>, description = "0 if any line was bought, 10006 if none for want of coupon \
            money, 10001 or 10002 if none for another reason (all with both lists), 10002 for an empty cart, \
            10003 (not signed in) or 10005"),
        (status = 503, description = "The store is not available", body = Refused),
    ),
    security(("session" = [])),
)]
pub(super) async fn pay_with_coupon(State(app): State<App>, ask: Ask) -> Reply<Answer<Settled>> {
    settle(&app, &ask, PaymentMethod::Coupon).await
}

async fn settle(app: &App, ask: &Ask, method: PaymentMethod) -> Reply<Answer<Settled>> {
    ask.guard()?;
    let caller = who::writing(app, ask).await?;
    // It takes no parameters, but a query or a body that does not read buys nothing.
    ask.query()?;
    ask.form()?;
    let settlement = app.commerce.settle_cart(&caller, method).await?;
    let failure = settlement.failure();
    let settled = Settled::from(settlement);
    match failure {
        None => Ok(Success::of(settled)),
        Some(code) => Err(Failure::new(code, reason(code)).with_data(&settled)),
    }
}

fn reason(code: ErrorCode) -> &'static str {
    if matches!(code, ErrorCode::LowBalance | ErrorCode::LowCoupon) {
        "nothing was bought: there is too little money"
    } else if code == ErrorCode::AmountOutOfRange {
        "nothing was bought: a line comes to more than can be paid"
    } else {
        "nothing was bought: nothing in the cart is on sale"
    }
}
