//! Server-sent events: frames, and an answer that sends them as they come, with a comment when nothing does.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use futures::{StreamExt as _, stream};
use serde::Serialize;
use tokio::sync::mpsc;

/// The media type.
pub(super) const EVENT_STREAM: &str = "text/event-stream";

/// How long a client may take nothing before it is given up.
const STALL_MAX: Duration = Duration::from_secs(10);
/// A comment is sent after so long without anything else, or after the time limit of a request if that is shorter: a connection over
/// which nothing is written is closed.
const COMMENT_AFTER: Duration = Duration::from_secs(10);

/// The client is gone, or takes nothing.
#[derive(Debug)]
pub(super) struct Gone;

/// Where frames go. One waits for the client; no more are kept.
#[derive(Clone)]
pub(super) struct Frames(mpsc::Sender<Bytes>);

impl Frames {
    /// Sends what is there, once the client has taken what was sent before.
    pub(super) async fn send(&self, frames: Vec<u8>) -> Result<(), Gone> {
        self.0.send_timeout(frames.into(), STALL_MAX).await.map_err(|_| Gone)
    }

    /// Sends it if the client is ready for it, and forgets it otherwise.
    pub(super) fn offer(&self, frames: Vec<u8>) {
        self.0.try_send(frames.into()).ok();
    }

    /// Ends when the client is gone.
    pub(super) async fn gone(&self) {
        self.0.closed().await;
    }
}

/// Adds a frame: its id, its kind, its data on one line.
pub(super) fn frame(
    frames: &mut Vec<u8>,
    id: Option<u64>,
    kind: Option<&str>,
    data: &impl Serialize,
) -> io::Result<()> {
    if let Some(id) = id {
        frames.extend_from_slice(format!("id: {id}\n").as_bytes());
    }
    if let Some(kind) = kind {
        frames.extend_from_slice(format!("event: {kind}\n").as_bytes());
    }
    frames.extend_from_slice(b"data: ");
    serde_json::to_writer(&mut *frames, data)?;
    frames.extend_from_slice(b"\n\n");
    Ok(())
}

/// One frame of a kind.
pub(super) fn of_kind(kind: &str, data: &impl Serialize) -> Vec<u8> {
    let mut frames = Vec::new();
    // What cannot be told is left out; the stream then ends without its last word.
    match frame(&mut frames, None, Some(kind), data) {
        Ok(()) => frames,
        Err(_) => Vec::new(),
    }
}

/// Where frames go, and the answer that they become, where requests may take `time_limit`.
pub(super) fn channel(time_limit: Duration) -> (Frames, Response) {
    let (sender, frames) = mpsc::channel::<Bytes>(1);
    let comment_after = COMMENT_AFTER.min(time_limit);
    let bytes = stream::unfold(frames, move |mut frames| async move {
        let next = match tokio::time::timeout(comment_after, frames.recv()).await {
            Ok(next) => next?,
            Err(_) => Bytes::from_static(b":\n\n"),
        };
        Some((io::Result::Ok(next), frames))
    });
    let mut response = Response::new(Body::from_stream(bytes.fuse()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (Frames(sender), response)
}
