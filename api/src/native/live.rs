//! `/v1/events/live`: every event as soon as it is durable, from any position on, once and in order.

use std::io;
use std::time::Duration;

use audit::{Follower, StoredEvent};
use axum::extract::State;
use axum::http::HeaderName;

use super::envelope::{Failure, Reply};
use super::moments;
use super::sse::{self, Frames, frame};
use super::stored::Event;
use super::who::{self, Presented};
use crate::http::ask::Ask;
use crate::http::fault::Fault;
use crate::state::App;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How often it is asked whether the listener's session goes on.
const SESSION_ASKED_EVERY: Duration = Duration::from_secs(5);
/// So often in a row nobody can tell, for want of room or a store, before the listener has to come again.
const UNTOLD_MAX: u32 = 12;
/// Events handed to a client at a time.
const EVENTS_MAX: u32 = 64;
/// Bytes handed to a client at a time, but for one event that is longer.
const BYTES_MAX: usize = 64 * 1024;

/// Follows the log.
///
/// Each event is a message whose `id` is its position and whose `data` is the event as `/v1/events` gives it. A client that
/// comes again with `Last-Event-ID` goes on right behind it. Without that and without `after` it begins at the end of the log.
#[utoipa::path(
    get, path = "/v1/events/live", tag = "native",
    params(
        ("after" = Option<u64>, Query, description = "After this position; 0 is the whole log"),
        ("Last-Event-ID" = Option<u64>, Header, description = "After this position; counts before `after`"),
    ),
    responses((status = 200, description = "A stream that ends with the session, or not by itself", body = Event,
        content_type = "text/event-stream")),
    security(("bearer" = [])),
)]
pub(super) async fn live(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    let presented = Presented::with(&ask)?;
    let query = ask.query()?;
    let after = match last_event_id(&ask)? {
        Some(last) => Some(last),
        None => query.text("after", 20)?.map(|_| moments::after(&query)).transpose()?,
    };
    let none = || Failure::too_many("as many follow the log as may; try again soon");
    let place = app.desk.listeners.take().ok_or_else(none)?;
    let follower = app.desk.archive.follow(after).await?;
    let (frames, response) = sse::channel(app.config.time_limit);
    frames.offer(format!("retry: 1000\n: after {}\n\n", follower.position()).into_bytes());
    tokio::spawn(async move {
        tokio::select! {
            () = app.desk.stop.cancelled() => {}
            () = session_over(&app, &presented) => {}
            () = follow(follower, frames) => {}
        }
        drop(place);
    });
    Ok(response)
}

fn last_event_id(ask: &Ask) -> Result<Option<u64>, Fault> {
    let Some(value) = ask.headers.get(LAST_EVENT_ID).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let digits = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let position = digits.and_then(|digits| digits.parse().ok());
    position.map(Some).ok_or_else(|| Fault::parameter("Last-Event-ID", "a position is meant"))
}

/// Ends when the session that the listener came with is over, or nobody could tell for a while.
async fn session_over(app: &App, presented: &Presented) {
    let mut untold = 0;
    while untold < UNTOLD_MAX {
        tokio::time::sleep(SESSION_ASKED_EVERY).await;
        match presented.reading(app).await {
            Ok(_) => untold = 0,
            Err(failure) if failure.status().is_client_error() => return,
            Err(_) => untold += 1,
        }
    }
}

/// Follows until the client is gone or takes nothing, or the log cannot be read.
async fn follow(mut follower: Follower, frames: Frames) {
    loop {
        let events = tokio::select! {
            () = frames.gone() => return,
            events = follower.next(EVENTS_MAX) => events,
        };
        match events {
            Ok(events) => {
                if send(&frames, events).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the log cannot be followed");
                return;
            }
        }
    }
}

/// Sends events in pieces, the next once the client has taken the one before.
async fn send(frames: &Frames, events: Vec<StoredEvent>) -> io::Result<()> {
    let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
    let mut piece = Vec::new();
    for event in events {
        frame(&mut piece, Some(event.position), None, &Event::from(event))?;
        if piece.len() >= BYTES_MAX {
            frames.send(std::mem::take(&mut piece)).await.map_err(gone)?;
        }
    }
    if piece.is_empty() { Ok(()) } else { frames.send(piece).await.map_err(gone) }
}
