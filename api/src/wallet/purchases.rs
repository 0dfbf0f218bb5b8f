//! `/product/{product_id}/with_balance` and `with_coupon`: buying one piece at once.

use axum::extract::State;
use commerce::PaymentMethod;
use kernel::ProductId;

use super::envelope::{Answer, Refused, Reply, Success};
use super::products::Product;
use super::who;
use crate::http::ask::Ask;
use crate::state::App;

/// 使用余额购买单个商品
#[utoipa::path(
    get, path = "/product/{product_id}/with_balance", tag = "wallet",
    params(
        ("product_id" = u64, Path, description = "商品ID"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    responses(
        (status = 200, body = Answer<Product>, description = "0, or 10001 (not on sale; HEAD, prefetch or cross-site), \
            10002 (no such product), 10003 (not signed in), 10005 or 10006 (the balance is too low)"),
        (status = 503, description = "The store is not available", body = Refused),
    ),
    security(("session" = [])),
)]
pub(super) async fn with_balance(State(app): State<App>, ask: Ask) -> Reply<Answer<Product>> {
    buy(&app, &ask, PaymentMethod::Balance).await
}

/// 使用余额购买单个商品: as the GET, for clients that know what a GET is.
#[utoipa::path(
    post, path = "/product/{product_id}/with_balance", tag = "wallet", extensions(("x-extension" = json!(true))),
    params(
        ("product_id" = u64, Path, description = "商品ID"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    responses(
        (status = 200, body = Answer<Product>, description = "0, or 10001 (not on sale; HEAD, prefetch or cross-site), \
            10002 (no such product), 10003 (not signed in), 10005 or 10006 (the balance is too low)"),
        (status = 503, description = "The store is not available", body = Refused),
    ),
    security(("session" = [])),
)]
pub(super) async fn post_with_balance(State(app): State<App>, ask: Ask) -> Reply<Answer<Product>> {
    buy(&app, &ask, PaymentMethod::Balance).await
}

/// 使用优惠券购买单个商品
#[utoipa::path(
    get, path = "/product/{product_id}/with_coupon", tag = "wallet",
    params(
        ("product_id" = u64, Path, description = "商品ID"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    responses(
        (status = 200, body = Answer<Product>, description = "0, or 10001 (not on sale; HEAD, prefetch or cross-site), \
            10002 (no such product), 10003 (not signed in), 10005 or 10006 (the coupon balance is too low)"),
        (status = 503, description = "The store is not available", body = Refused),
    ),
    security(("session" = [])),
)]
pub(super) async fn with_coupon(State(app): State<App>, ask: Ask) -> Reply<Answer<Product>> {
    buy(&app, &ask, PaymentMethod::Coupon).await
}

/// 使用优惠券购买单个商品: as the GET, for clients that know what a GET is.
#[utoipa::path(
    post, path = "/product/{product_id}/with_coupon", tag = "wallet", extensions(("x-extension" = json!(true))),
    params(
        ("product_id" = u64, Path, description = "商品ID"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    responses(
        (status = 200, body = Answer<Product>, description = "0, or 10001 (not on sale; HEAD, prefetch or cross-site), \
            10002 (no such product), 10003 (not signed in), 10005 or 10006 (the coupon balance is too low)"),
        (status = 503, description = "The store is not available", body = Refused),
    ),
    security(("session" = [])),
)]
pub(super) async fn post_with_coupon(State(app): State<App>, ask: Ask) -> Reply<Answer<Product>> {
    buy(&app, &ask, PaymentMethod::Coupon).await
}

async fn buy(app: &App, ask: &Ask, method: PaymentMethod) -> Reply<Answer<Product>> {
    ask.guard()?;
    let caller = who::writing(app, ask).await?;
    // It takes no parameters, but a query or a body that does not read buys nothing.
    ask.query()?;
    ask.form()?;
    let product: ProductId = ask.path_id("product_id", 1)?;
    Ok(Success::of(app.commerce.buy(&caller, product, method).await?.into()))
}
