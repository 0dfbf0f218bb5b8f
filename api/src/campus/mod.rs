//! The campus API: its document to the letter, and what `docs/api/campus.md` settles beside it.

mod call;
mod codes;
mod describe;
mod envelope;
mod fields;
mod kinds;
mod property;
mod property_list;
mod property_search;
mod user;
mod who;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::face::Face;
use crate::state::App;

/// The campus API as the floor sees it.
pub(crate) const FACE: Face = Face { name: who::API, render: envelope::transport };

/// The routes.
pub(crate) fn router() -> OpenApiRouter<App> {
    let mut router = OpenApiRouter::new()
        .routes(routes!(user::user))
        .routes(routes!(property::property))
        .routes(routes!(property_list::get_property));
    describe::complete(router.get_openapi_mut());
    router
}
