//! `/v1/head`: where the log ends; to be written down elsewhere.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::{Reply, found};
use super::who;
use crate::http::ask::Ask;
use crate::state::App;

/// Where the log ends.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Head)]
pub(super) struct Head {
    /// The last event's position; 0 while there is none.
    position: u64,
    /// The last event's hash; zeros while there is none.
    hash: String,
    /// The last event's time, in UTC.
    time: Option<String>,
    /// Raised by an operator after a restore.
    epoch: u64,
    /// `HASH@POSITION`: kept elsewhere, it tells later whether the log still holds this past.
    head: String,
}

/// Where the log ends.
#[utoipa::path(
    get, path = "/v1/head", tag = "native",
    responses((status = 200, description = "The head", body = Head)),
    security(("bearer" = [])),
)]
pub(super) async fn head(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    let end = app.desk.archive.end().await?;
    let head = format!("{}@{}", end.hash, end.position);
    let time = end.time.map(|time| time.to_string());
    Ok(found(&Head { position: end.position, hash: end.hash, time, epoch: end.epoch, head }))
}
