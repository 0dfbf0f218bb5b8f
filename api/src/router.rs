//! The router: every API, the floor under them, and which envelope each path's failures speak.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse as _;
use axum::routing::get;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::http::face::{Face, Faces};
use crate::http::fault::Transport;
use crate::http::floor::{self, Floor};
use crate::http::measure::Measure;
use crate::http::{compression, cors};
use crate::openapi::described;
use crate::state::AppState;
use crate::{campus, native, notify, wallet};

const OPENAPI: &str = "/openapi.json";

/// What belongs to no API; its failures look like the wallet's, which lies at the root.
const HOUSE: Face = Face { name: "house", render: wallet::FACE.render };

/// Which API a path belongs to.
const FACES: Faces = Faces {
    rows: &[
        ("/account", wallet::FACE),
        ("/user", wallet::FACE),
        ("/products", wallet::FACE),
        ("/product", wallet::FACE),
        ("/cart", wallet::FACE),
        ("/ledgers", wallet::FACE),
        ("/payment_items", wallet::FACE),
        ("/payment_item", wallet::FACE),
        ("/payment_order", wallet::FACE),
        ("/api/external", campus::FACE),
        ("/notify", notify::FACE),
        ("/v1", native::FACE),
    ],
    rest: HOUSE,
};

/// Paths whose bodies may be longer.
const LONGER_BODIES: &[&[(&str, usize)]] = &[campus::LONGER_BODIES, &[native::LONG_BODY]];

/// Everything that is served. A metrics recorder must be installed before, or nothing is counted.
///
/// Routers merged into it afterwards stand beside the floor, not on it.
pub fn router(state: AppState) -> Router {
    let floor = Arc::new(Floor {
        faces: FACES,
        measure: Measure::new(),
        time_limit: state.config.time_limit,
        body_bytes_max: state.config.body_bytes_max,
        longer_bodies: LONGER_BODIES,
    });
    let cors = cors::layer(&state.config.cors_origins);
    let (routes, document) = described().split_for_parts();
    let document = Bytes::from(document.to_json().unwrap_or_default());
    let routes = routes
        .route(OPENAPI, get(async || ([(CONTENT_TYPE, "application/json")], document)))
        .merge(SwaggerUi::new("/docs").config(Config::from(OPENAPI)))
        .fallback(async |uri: Uri| (FACES.of(uri.path()).render)(Transport::UnknownPath))
        .method_not_allowed_fallback(async |uri: Uri| {
            (FACES.of(uri.path()).render)(Transport::MethodNotAllowed).into_response()
        })
        .with_state(Arc::new(state))
        .layer(from_fn_with_state(floor, floor::pass))
        .layer(compression::layer());
    match cors {
        Some(cors) => routes.layer(cors),
        None => routes,
    }
}
