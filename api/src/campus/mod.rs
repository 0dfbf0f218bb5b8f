//! The campus API: its document to the letter, and what `docs/api/campus.md` settles beside it.

mod call;
mod captcha;
mod codes;
mod describe;
mod envelope;
mod fields;
mod kinds;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod laws;
#[cfg(test)]
mod mutants_tests;
mod order;
mod pic;
mod pictures;
mod portrait;
mod product;
mod property;
mod property_list;
mod property_search;
mod purchase;
mod purchase_number;
mod shop;
mod skip;
#[cfg(test)]
mod tables_tests;
mod tencent;
mod user;
mod who;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::face::Face;
use crate::state::App;

/// The campus API as the floor sees it.
pub(crate) const FACE: Face = Face { name: who::API, render: envelope::transport };

/// Pictures come in base64, 1,024 KB of them in 1.4 MB; what is a little too large is to be told so in its own words.
const PICTURE_BODY_BYTES_MAX: usize = 2 << 20;

/// Paths whose bodies may be longer than others.
pub(crate) const LONGER_BODIES: &[(&str, usize)] =
    &[("/api/external/portrait", PICTURE_BODY_BYTES_MAX), ("/api/external/pic", PICTURE_BODY_BYTES_MAX)];

/// The routes.
pub(crate) fn router() -> OpenApiRouter<App> {
    let mut router = OpenApiRouter::new()
        .routes(routes!(shop::shop))
        .routes(routes!(shop::get_shop))
        .routes(routes!(product::product))
        .routes(routes!(product::get_product))
        .routes(routes!(purchase::purchase))
        .routes(routes!(captcha::captcha))
        .routes(routes!(portrait::portrait))
        .routes(routes!(pic::pic))
        .routes(routes!(pictures::get_portrait))
        .routes(routes!(pictures::get_pic))
        .routes(routes!(property::property))
        .routes(routes!(property_list::get_property))
        .routes(routes!(user::user));
    describe::complete(router.get_openapi_mut());
    router
}
