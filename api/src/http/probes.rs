//! For whoever runs the server: does it live, can it work, what does it count.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use projections::{ProjectionState, ProjectionStatus};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::json;
use crate::state::App;

/// How long the store may take to answer before it counts as away.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// What is said of a gateway that is not there.
const OFF: &str = "off";

/// The routes.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz)).routes(routes!(metrics))
}

/// That the process lives.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    status: &'static str,
}

/// Whether the server can work.
#[derive(Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// `ok` or `failing`.
    status: &'static str,
    /// Whether this server only reads.
    read_only: bool,
    /// The log and the vault: `ok` or `failing`.
    store: &'static str,
    /// The views.
    projections: Projections,
    /// What is outside.
    gateways: Gateways,
}

/// The views.
#[derive(Serialize, ToSchema)]
pub(crate) struct Projections {
    /// `ok`, or `failing` if one stopped or cannot go on.
    status: &'static str,
    /// Whether it is this server that folds; of servers that share a store one does.
    folding: bool,
    /// Each of them.
    each: Vec<Progress>,
}

/// How a projection fares.
#[derive(Serialize, ToSchema)]
pub(crate) struct Progress {
    /// Its name.
    name: &'static str,
    /// The last event it has folded.
    position: u64,
    /// How many events it has yet to fold.
    lag: u64,
    /// `running`, `retrying` or `stopped`.
    state: &'static str,
    /// Why it does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// What is outside.
#[derive(Serialize, ToSchema)]
pub(crate) struct Gateways {
    /// WeChat Pay: `ok`, `failing` if it did not answer when it was last asked, or `off` on a server that only reads.
    wechat_pay: &'static str,
    /// Text messages: `ok`, `failing` if the gateway did not answer when it was last asked, within the last minute, or `off`.
    sms: &'static str,
    /// The store of pictures: likewise.
    pictures: &'static str,
}

/// The process lives.
#[utoipa::path(
    get, path = "/healthz", tag = "operations", extensions(("x-extension" = json!(true))),
    responses((status = 200, description = "It lives", body = Health)),
)]
pub(crate) async fn healthz() -> Response {
    json::answer(StatusCode::OK, &Health { status: "ok" })
}

/// Store, projections and gateways work.
#[utoipa::path(
    get, path = "/readyz", tag = "operations", extensions(("x-extension" = json!(true))),
    responses(
        (status = 200, description = "All of them work", body = Readiness),
        (status = 503, description = "One of them does not", body = Readiness),
    ),
)]
pub(crate) async fn readyz(State(app): State<App>) -> Response {
    let store = tokio::time::timeout(STORE_TIMEOUT, app.commerce.check_store()).await;
    let store = matches!(store, Ok(Ok(())));
    let each: Vec<_> = app.views.status().iter().map(progress).collect();
    let views = each.iter().all(|one| one.state == "running");
    let gateway = app.commerce.gateway_answers();
    let (sms, pictures) = (app.commerce.messages_answer(), app.commerce.pictures_answer());
    let all = store && views && gateway && sms.unwrap_or(true) && pictures.unwrap_or(true);
    let projections = Projections { status: word(views), folding: app.views.is_folding(), each };
    let read_only = app.commerce.is_read_only();
    let gateways = Gateways {
        wechat_pay: if read_only { OFF } else { word(gateway) },
        sms: sms.map_or(OFF, word),
        pictures: pictures.map_or(OFF, word),
    };
    let status = if all { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let (status_word, store) = (word(all), word(store));
    json::answer(status, &Readiness { status: status_word, read_only, store, projections, gateways })
}

/// Metrics in Prometheus's text format.
#[utoipa::path(
    get, path = "/metrics", tag = "operations", extensions(("x-extension" = json!(true))),
    responses((status = 200, description = "Metrics", body = String, content_type = "text/plain")),
)]
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (app.metrics)()).into_response()
}

const fn word(works: bool) -> &'static str {
    if works { "ok" } else { "failing" }
}

fn progress(status: &ProjectionStatus) -> Progress {
    let (state, reason) = match &status.state {
        ProjectionState::Running => ("running", None),
        ProjectionState::Retrying { reason } => ("retrying", Some(reason.clone())),
        ProjectionState::Stopped { reason } => ("stopped", Some(reason.clone())),
    };
    Progress { name: status.name, position: status.position.number(), lag: status.lag, state, reason }
}
