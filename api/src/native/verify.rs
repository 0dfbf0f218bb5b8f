//! `/v1/verify`: the whole log verified, and the views compared with it, while the client looks on.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use audit::{Archive, Breach, KnownHead, Point, Report, ReportError, Verifier, VerifyError};
use axum::extract::State;
use axum::response::Response;
use projections::{Position, Views};
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;

use super::envelope::{Failure, Problem, Reply};
use super::sse::{self, Frames, of_kind};
use super::who;
use crate::comparison::{Compared, ComparisonError, compare_views};
use crate::http::ask::Ask;
use crate::http::fault::Fault;
use crate::state::App;

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(200);
/// The longest text of a head, in characters.
const HEAD_CHARS_MAX: usize = 100;

/// What a verification may be told.
#[derive(ToSchema)]
#[schema(as = native::VerificationWanted)]
#[expect(dead_code, reason = "it describes what is read field by field")]
pub(super) struct VerificationWanted {
    /// A head kept elsewhere, `HASH@POSITION`, which the log must still hold.
    head: Option<String>,
}

/// How far a verification is: the event `progress`.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Progress)]
pub(super) struct Progress {
    /// The last event that was verified.
    position: u64,
    /// The last event there was when it began.
    head: u64,
}

/// A place in the log.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Point)]
struct PointView {
    position: u64,
    hash: String,
    /// In UTC.
    time: String,
}

/// What a verification covered and found well: the event `report`, the last.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Verified)]
pub(super) struct Verified {
    /// The first event; null if the log is empty.
    first: Option<PointView>,
    /// The last event verified.
    last: PointView,
    /// To be kept elsewhere.
    head: String,
    /// The head's epoch.
    epoch: u64,
    /// Events.
    events: u64,
    /// Commits.
    commits: u64,
    /// Streams, by their kind.
    streams: BTreeMap<String, u64>,
    /// Events, by their type.
    event_types: BTreeMap<String, u64>,
    /// Kept answers to idempotency keys.
    answers: u64,
    /// What stands on each class of accounts, in fen: above nothing a debit.
    totals: BTreeMap<String, i64>,
    /// Where the views were compared with the books and agreed, all of them; null if not all were, or not at one position.
    views_position: Option<u64>,
    /// Which views were not compared, and why.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    views_left_out: BTreeMap<&'static str, &'static str>,
    /// Otherwise: where each that was compared agreed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    views_positions: BTreeMap<&'static str, u64>,
}

/// The first thing that is not as it must be: the event `breach`, the last.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Breach)]
pub(super) struct BreachView {
    /// The event's place; null if it is no matter of one event.
    position: Option<u64>,
    /// The event's stream.
    stream: Option<String>,
    /// The rule that is broken.
    rule: String,
    /// What the rule asks for.
    expected: String,
    /// What there is.
    found: String,
}

/// One message of a verification, told by its `event`.
#[derive(ToSchema)]
#[schema(as = native::VerificationMessage)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes what is written message by message")]
pub(super) enum Message {
    /// `progress`
    Progress(Progress),
    /// `report`
    Report(Verified),
    /// `breach`
    Breach(BreachView),
    /// `failed`
    Failed(Problem),
}

impl From<&Point> for PointView {
    fn from(point: &Point) -> Self {
        let time = if point.position.number() == 0 { String::new() } else { point.recorded_at.to_string() };
        Self { position: point.position.number(), hash: point.hash.to_string(), time }
    }
}

impl Verified {
    fn new(report: Report, compared: Compared) -> Self {
        let (mut views_position, mut views_positions, mut views_left_out) =
            (None, BTreeMap::new(), BTreeMap::new());
        match compared {
            Compared::All(position) => views_position = Some(position.number()),
            Compared::Each { agreed, left_out } => {
                views_positions = agreed.into_iter().map(|(view, at)| (view, at.number())).collect();
                views_left_out = left_out;
            }
            Compared::Nothing(why) => {
                views_left_out = projections::all().names().map(|view| (view, why)).collect();
            }
        }
        Self {
            first: report.first.as_ref().map(PointView::from),
            last: (&report.last).into(),
            head: format!("{}@{}", report.last.hash, report.last.position),
            epoch: report.epoch,
            events: report.counts.events,
            commits: report.counts.commits,
            streams: report.counts.streams,
            event_types: report.counts.event_types,
            answers: report.answers,
            totals: report.totals.into_iter().map(|(class, sum)| (class, sum.fen())).collect(),
            views_position,
            views_left_out,
            views_positions,
        }
    }
}

impl From<Breach> for BreachView {
    fn from(breach: Breach) -> Self {
        let Breach { position, stream, rule, expected, found } = breach;
        Self { position, stream, rule: rule.to_owned(), expected, found }
    }
}

/// Verifies the whole log, compares the views with the books that it comes to, and tells how far it is.
///
/// A stream of `progress` and in the end `report`, `breach` or `failed` (a problem). One at a time; it ends when the client
/// closes the connection.
#[utoipa::path(
    post, path = "/v1/verify", tag = "native",
    request_body(content((VerificationWanted = "application/json"))),
    responses((status = 200, description = "A stream", content((Message = "text/event-stream")))),
    security(("bearer" = [])),
)]
pub(super) async fn verify(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    let form = ask.form()?;
    let head: Option<KnownHead> = form
        .text("head", HEAD_CHARS_MAX)?
        .map(str::parse)
        .transpose()
        .map_err(|error| Fault::parameter("head", error))?;
    let none = || Failure::too_many("a verification is under way; try again when it is done");
    let place = app.desk.verifications.take().ok_or_else(none)?;
    let end = app.desk.archive.end().await?.position;
    Ok(start(&app, head, end, place))
}

fn start(app: &App, known: Option<KnownHead>, end: u64, place: OwnedSemaphorePermit) -> Response {
    let (frames, response) = sse::channel(app.config.time_limit);
    frames.offer(of_kind("progress", &Progress { position: 0, head: end }));
    let (archive, views) = (app.desk.archive.clone(), app.views.clone());
    let (stop, runtime) = (app.desk.stop.clone(), Handle::current());
    tokio::task::spawn_blocking(move || {
        runtime.block_on(async {
            let told = tokio::select! {
                biased;
                () = frames.gone() => return,
                () = stop.cancelled() => return,
                told = run(&archive, &views, known, end, &frames) => told,
            };
            drop(place);
            frames.send(told).await.ok();
        });
    });
    response
}

/// Verifies; gives the last word.
async fn run(
    archive: &Archive,
    views: &Views,
    known: Option<KnownHead>,
    end: u64,
    frames: &Frames,
) -> Vec<u8> {
    let mut told_at = Instant::now();
    let mut progress = |reached: Position| {
        if told_at.elapsed() >= TELL_EVERY {
            told_at = Instant::now();
            let position = reached.number();
            frames.offer(of_kind("progress", &Progress { position, head: end.max(position) }));
        }
    };
    match verify_all(archive, views, known, &mut progress).await {
        Ok(verified) => of_kind("report", &verified),
        Err(ComparisonError::Verify(VerifyError::Breach(breach))) => {
            tracing::error!(%breach, "the log or the views are not as they must be");
            of_kind("breach", &BreachView::from(*breach))
        }
        Err(ComparisonError::Verify(error @ VerifyError::Store(_))) => {
            of_kind("failed", Failure::from(ReportError::from(error)).problem())
        }
        Err(ComparisonError::Views(error)) => of_kind("failed", Failure::from(error).problem()),
    }
}

async fn verify_all(
    archive: &Archive,
    views: &Views,
    known: Option<KnownHead>,
    progress: &mut (dyn FnMut(Position) + Send),
) -> Result<Verified, ComparisonError> {
    let mut verifier = Verifier::new(archive.log().clone());
    let compared = compare_views(&mut verifier, async || views.figures().await, progress).await?;
    let report = verifier.finish(known, progress).await?;
    Ok(Verified::new(report, compared))
}
