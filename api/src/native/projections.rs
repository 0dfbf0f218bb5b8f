//! `/v1/projections`: how far the views are, and rebuilding them.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::Response;
use kernel::ErrorCode;
use projections::{ProjectionState, ProjectionStatus, Rebuilder};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;

use super::envelope::{Failure, Problem, Reply, found};
use super::sse::{self, of_kind};
use super::who;
use crate::http::ask::Ask;
use crate::state::App;

/// The longest name of a projection, in characters.
const NAME_CHARS_MAX: usize = 64;
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// The views.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Projections)]
pub(super) struct Projections {
    /// Whether it is this server that folds; of servers that share a store one does.
    folding: bool,
    /// Each of them.
    projections: Vec<Projection>,
}

/// How a projection fares.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Projection)]
pub(super) struct Projection {
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

/// How far a rebuild is: the event `progress`.
#[derive(Serialize, ToSchema)]
#[schema(as = native::RebuildProgress)]
pub(super) struct RebuildProgress {
    /// How many events are folded.
    done: u64,
    /// How many there are.
    of: u64,
}

/// What was rebuilt: the event `rebuilt`, the last.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Rebuilt)]
pub(super) struct Rebuilt {
    /// Its name.
    name: &'static str,
    /// The last event in it when it took the place of the one that served.
    position: u64,
}

/// One message of a rebuild, told by its `event`.
#[derive(ToSchema)]
#[schema(as = native::RebuildMessage)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes what is written message by message")]
pub(super) enum Message {
    /// `progress`
    Progress(RebuildProgress),
    /// `rebuilt`
    Rebuilt(Rebuilt),
    /// `failed`
    Failed(Problem),
}

impl From<ProjectionStatus> for Projection {
    fn from(status: ProjectionStatus) -> Self {
        let (state, reason) = match status.state {
            ProjectionState::Running => ("running", None),
            ProjectionState::Retrying { reason } => ("retrying", Some(reason)),
            ProjectionState::Stopped { reason } => ("stopped", Some(reason)),
        };
        Self { name: status.name, position: status.position.number(), lag: status.lag, state, reason }
    }
}

/// How far each projection is.
#[utoipa::path(
    get, path = "/v1/projections", tag = "native",
    responses((status = 200, description = "Each of them", body = Projections)),
    security(("bearer" = [])),
)]
pub(super) async fn projections(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    let projections = app.views.status().into_iter().map(Projection::from).collect();
    Ok(found(&Projections { folding: app.views.is_folding(), projections }))
}

/// Rebuilds a projection beside the one that serves, and puts it in its place.
///
/// A stream of `progress` and in the end `rebuilt` or `failed` (a problem). One at a time; it goes on when the client closes the
/// connection.
#[utoipa::path(
    post, path = "/v1/projections/{name}/rebuild", tag = "native",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "A stream", content((Message = "text/event-stream")))),
    security(("bearer" = [])),
)]
pub(super) async fn rebuild(State(app): State<App>, ask: Ask) -> Reply {
    who::operating(&app, &ask).await?;
    let name = ask.path_text("name", 2, NAME_CHARS_MAX)?;
    if !app.views.status().iter().any(|status| status.name == name) {
        let detail = format!("projection {name}: unknown");
        return Err(Failure::new(ErrorCode::ProjectionUnknown, detail));
    }
    let rebuilder = app.desk.rebuilder.clone();
    let rebuilder = rebuilder.ok_or_else(|| Failure::new(ErrorCode::ReadOnly, "this server only reads"))?;
    let none = || Failure::too_many("a rebuild is under way; try again when it is done");
    let place = app.desk.rebuilds.take().ok_or_else(none)?;
    Ok(start(&app, rebuilder, name, place))
}

fn start(app: &App, rebuilder: Rebuilder, name: String, place: OwnedSemaphorePermit) -> Response {
    let (frames, response) = sse::channel(app.config.time_limit);
    let stop = app.desk.stop.clone();
    tokio::spawn(async move {
        let mut told_at: Option<Instant> = None;
        let told = frames.clone();
        let progress = move |done, of| {
            if told_at.is_none_or(|at| at.elapsed() >= TELL_EVERY) {
                told_at = Some(Instant::now());
                told.offer(of_kind("progress", &RebuildProgress { done, of }));
            }
        };
        let rebuilt = tokio::select! {
            // What was built so far is thrown away; the one that serves stands as it stood.
            () = stop.cancelled() => return,
            rebuilt = rebuilder.rebuild(Some(&name), progress) => rebuilt,
        };
        drop(place);
        let last = match rebuilt {
            Ok(rebuilt) => {
                let rebuilt = rebuilt.into_iter().next();
                let rebuilt = rebuilt.map(|one| Rebuilt { name: one.name, position: one.position.number() });
                of_kind("rebuilt", &rebuilt)
            }
            Err(error) => of_kind("failed", Failure::from(error).problem()),
        };
        frames.send(last).await.ok();
    });
    response
}
