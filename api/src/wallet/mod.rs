//! The wallet API: its document to the letter, and what `docs/api/wallet.md` settles beside it.

mod account;
mod cart;
mod codes;
mod describe;
mod envelope;
mod ledgers;
mod payment_items;
mod payment_order;
mod products;
mod purchases;
mod user;
mod who;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::face::Face;
use crate::state::App;

pub(crate) use who::COOKIE;

/// The wallet as the floor sees it.
pub(crate) const FACE: Face = Face { name: who::API, render: envelope::transport };

/// The routes.
pub(crate) fn router() -> OpenApiRouter<App> {
    let mut router = OpenApiRouter::new()
        .routes(routes!(account::signin))
        .routes(routes!(account::login))
        .routes(routes!(account::signout))
        .routes(routes!(account::signup))
        .routes(routes!(user::user))
        .routes(routes!(products::products))
        .routes(routes!(products::product))
        .routes(routes!(purchases::with_balance, purchases::post_with_balance))
        .routes(routes!(purchases::with_coupon, purchases::post_with_coupon))
        .routes(routes!(cart::cart, cart::add))
        .routes(routes!(cart::pay_with_balance))
        .routes(routes!(cart::pay_with_coupon))
        .routes(routes!(ledgers::ledgers))
        .routes(routes!(payment_items::payment_items))
        .routes(routes!(payment_items::payment_item))
        .routes(routes!(payment_order::payment_order));
    describe::complete(router.get_openapi_mut());
    router
}
