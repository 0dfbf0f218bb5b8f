//! Reports over the whole log: made on a thread of their own, sent as they are made, with no more in memory than a few pieces.
//!
//! What is done in time is an ordinary answer or an ordinary problem. What takes longer begins with 200, and goes on with
//! blanks, which JSON allows, until there is something to say. An answer that ends with neither a summary nor a problem was
//! cut off.

use std::io;
use std::time::Duration;

use audit::{Archive, ReportError};
use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use futures::executor::block_on;
use futures::{StreamExt as _, stream};
use kernel::ErrorCode;
use serde::Serialize;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::unconstrained;

use super::envelope::{Failure, Reply};
use super::validator::Validator;
use crate::state::App;

/// A piece of an answer, in bytes.
const PIECE_BYTES: usize = 32 * 1024;
/// Pieces that wait for the client.
const PIECES_MAX: usize = 4;
/// How long a client may take nothing before the report is given up.
const STALL_MAX: Duration = Duration::from_secs(30);
/// A client that waits is sent a blank so often.
const BLANK_EVERY: Duration = Duration::from_secs(5);

/// What comes from the thread.
enum Piece {
    More(Bytes),
    Last(Bytes),
    Failed(Failure),
}

/// A report on its way out.
pub(super) struct Output {
    name: &'static str,
    pieces: mpsc::Sender<Piece>,
    buffer: Vec<u8>,
    rows: u64,
    is_begun: bool,
}

impl Output {
    /// Adds a row.
    pub(super) fn row(&mut self, row: &impl Serialize) -> io::Result<()> {
        self.begin();
        self.buffer.extend_from_slice(if self.rows == 0 { b"\n" } else { b",\n" });
        self.rows += 1;
        serde_json::to_writer(&mut self.buffer, row)?;
        if self.buffer.len() >= PIECE_BYTES { self.send(Piece::More) } else { Ok(()) }
    }

    fn begin(&mut self) {
        if !self.is_begun {
            self.is_begun = true;
            let head = format!("{{\"report\":\"{}\",\"rows\":[", self.name);
            self.buffer.extend_from_slice(head.as_bytes());
        }
    }

    /// Hands over what is there.
    fn send(&mut self, piece: fn(Bytes) -> Piece) -> io::Result<()> {
        let bytes = Bytes::from(std::mem::take(&mut self.buffer));
        self.hand_over(piece(bytes))
    }

    /// Waits if the client is slow. The thread is a report's own, and the report is polled once for all its pieces: a budget of
    /// sends a poll, as tasks have it, would never be filled up again.
    fn hand_over(&self, piece: Piece) -> io::Result<()> {
        block_on(unconstrained(self.pieces.send_timeout(piece, STALL_MAX)))
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }

    fn finish(mut self, made: Result<Value, ReportError>) {
        // Whoever is gone does not want to know.
        match made {
            Ok(summary) => {
                self.begin();
                self.buffer.extend_from_slice(format!("\n],\"summary\":{summary}}}\n").as_bytes());
                self.send(Piece::Last).ok();
            }
            Err(error) => {
                self.hand_over(Piece::Failed(Failure::from(error))).ok();
            }
        }
    }
}

/// Makes a report and answers with it: an object of `report`, `rows` and `summary`, which `work` gives in the end.
pub(super) async fn report<W>(app: &App, name: &'static str, validator: &Validator, work: W) -> Reply
where
    W: AsyncFnOnce(&Archive, &mut Output) -> Result<Value, ReportError> + Send + 'static,
{
    let place = place(app)?;
    report_in(app, name, Some(validator), place, work).await
}

/// A place among those who read the whole log.
pub(super) fn place(app: &App) -> Result<OwnedSemaphorePermit, Failure> {
    let none = || Failure::too_many("as many reports are being made as may be; try again soon");
    app.desk.reports.take().ok_or_else(none)
}

/// As [`report`], in a place taken before.
pub(super) async fn report_in<W>(
    app: &App,
    name: &'static str,
    validator: Option<&Validator>,
    place: OwnedSemaphorePermit,
    work: W,
) -> Reply
where
    W: AsyncFnOnce(&Archive, &mut Output) -> Result<Value, ReportError> + Send + 'static,
{
    let (sender, mut pieces) = mpsc::channel(PIECES_MAX);
    let (archive, stop, gone) = (app.desk.archive.clone(), app.desk.stop.clone(), sender.clone());
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let mut output = Output { name, pieces: sender, buffer: Vec::new(), rows: 0, is_begun: false };
        let made = runtime.block_on(async {
            tokio::select! {
                biased;
                () = gone.closed() => None,
                () = stop.cancelled() => None,
                made = work(&archive, &mut output) => Some(made),
            }
        });
        drop(place);
        if let Some(made) = made {
            output.finish(made);
        }
    });
    let first = match tokio::time::timeout(app.config.time_limit / 2, pieces.recv()).await {
        Ok(Some(Piece::Failed(failure))) => return Err(failure),
        Ok(Some(first)) => Some(first),
        Ok(None) => return Err(Failure::new(ErrorCode::StoreUnavailable, "the server is ending")),
        Err(_) => None,
    };
    let mut response = Response::new(body(first, pieces, app.config.time_limit));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(match validator {
        Some(validator) => validator.mark(response),
        None => response,
    })
}

/// What a body goes on with.
struct Rest {
    first: Option<Piece>,
    pieces: mpsc::Receiver<Piece>,
    blank_after: Duration,
    is_begun: bool,
    is_done: bool,
}

fn body(first: Option<Piece>, pieces: mpsc::Receiver<Piece>, time_limit: Duration) -> Body {
    let blank_after = BLANK_EVERY.min(time_limit);
    let rest = Rest { first, pieces, blank_after, is_begun: false, is_done: false };
    let bytes = stream::unfold(rest, |mut rest| async move {
        let bytes = rest.next().await?;
        Some((bytes, rest))
    });
    // Compression asks again after the end.
    Body::from_stream(bytes.fuse())
}

impl Rest {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.is_done {
            return None;
        }
        let piece = match self.first.take() {
            Some(first) => Some(first),
            None => match tokio::time::timeout(self.blank_after, self.pieces.recv()).await {
                Ok(piece) => piece,
                Err(_) => return Some(Ok(Bytes::from_static(b"\n"))),
            },
        };
        let (bytes, is_done) = match piece {
            Some(Piece::More(bytes)) => (Ok(bytes), false),
            Some(Piece::Last(bytes)) => (Ok(bytes), true),
            Some(Piece::Failed(failure)) => (Ok(self.problem(&failure)), true),
            None => (Err(io::ErrorKind::UnexpectedEof.into()), true),
        };
        self.is_begun = true;
        self.is_done = is_done;
        Some(bytes)
    }

    /// A problem found after the answer had begun.
    fn problem(&self, failure: &Failure) -> Bytes {
        let problem = serde_json::to_string(failure.problem()).unwrap_or_default();
        let text = if self.is_begun {
            format!("\n],\"problem\":{problem}}}\n")
        } else {
            format!("{{\"problem\":{problem}}}\n")
        };
        text.into()
    }
}
