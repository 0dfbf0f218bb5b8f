//! Reading a body: whole, and never more than may be.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use futures::{StreamExt as _, stream};

use super::fault::{Fault, Transport};

/// The longest body that the path of a request takes, in bytes; the floor puts it there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimit(pub(crate) usize);

/// Whether the client says beforehand that its body is longer than `bytes_max`.
pub(crate) fn is_announced_too_large(headers: &HeaderMap, bytes_max: usize) -> bool {
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    announced
        .and_then(|length| length.parse::<u64>().ok())
        .is_some_and(|length| usize::try_from(length).map_or(true, |length| length > bytes_max))
}

/// Whether a body was read to its end.
#[derive(Clone, Debug)]
pub(crate) struct IsRead(Arc<AtomicBool>);

impl IsRead {
    pub(crate) fn is_to_the_end(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The request, and what tells whether its body was read.
pub(crate) fn watched(request: Request) -> (Request, IsRead) {
    let is_read = IsRead(Arc::new(AtomicBool::new(request.body().is_end_stream())));
    if is_read.is_to_the_end() {
        return (request, is_read);
    }
    let (end, told) = (is_read.clone(), stream::once(async { None }));
    let chunks = |body: Body| {
        let chunks = body.into_data_stream().map(Some).chain(told);
        Body::from_stream(chunks.filter_map(move |chunk| {
            if chunk.is_none() {
                end.0.store(true, Ordering::Relaxed);
            }
            ready(chunk)
        }))
    };
    (request.map(chunks), is_read)
}

/// Of a body that is refused so much is read and forgotten. To close on a client that is still sending would take the
/// answer from it; to read on without end would be a gift.
const FORGOTTEN_BYTES_MAX: usize = 1 << 20;
/// Where longer bodies are taken, one that is a little too long is read to its end, up to so much.
const FORGOTTEN_LONG_BYTES_MAX: usize = 4 << 20;
/// A little.
const FORGOTTEN_BEYOND_BYTES: usize = 64 << 10;
/// Whoever pauses for so long is waiting for the answer.
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// Reads what a client sends although it is refused, within reason, where bodies of `bytes_max` are taken.
pub(crate) async fn forget(request: Request, bytes_max: usize) {
    // Whoever asks before sending has nothing under way.
    if !request.headers().contains_key(EXPECT) {
        forget_body(request.into_body(), bytes_max).await;
    }
}

/// As [`forget`], of a body alone.
pub(crate) async fn forget_body(body: Body, bytes_max: usize) {
    forget_chunks(body.into_data_stream(), 0, bytes_max).await;
}

async fn forget_chunks(mut chunks: BodyDataStream, mut read: usize, bytes_max: usize) {
    let long = bytes_max.saturating_add(FORGOTTEN_BEYOND_BYTES);
    let forgotten_max = long.clamp(FORGOTTEN_BYTES_MAX, FORGOTTEN_LONG_BYTES_MAX);
    while let Ok(Some(Ok(chunk))) = tokio::time::timeout(PAUSE_MAX, chunks.next()).await {
        read += chunk.len();
        if read > forgotten_max {
            return;
        }
    }
}

/// The whole body.
///
/// # Errors
/// [`Transport::BodyTooLarge`]; or the client broke off, which nobody will read.
pub(crate) async fn read(body: Body, bytes_max: usize) -> Result<Bytes, Fault> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let mut chunks = body.into_data_stream();
    let mut whole = Bytes::new();
    let mut joined = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Fault::parameter("body", "it breaks off"))?;
        let read = whole.len() + joined.len() + chunk.len();
        if read > bytes_max {
            forget_chunks(chunks, read, bytes_max).await;
            return Err(Transport::BodyTooLarge.into());
        }
        if whole.is_empty() && joined.is_empty() {
            whole = chunk;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut whole));
            joined.extend_from_slice(&chunk);
        }
    }
    Ok(if joined.is_empty() { whole } else { joined.into() })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::body::{Body, Bytes};
    use futures::stream;

    use super::super::fault::{Fault, Transport};
    use super::{forget_body, read};

    fn body(chunks: &[&'static str]) -> Body {
        let chunks: Vec<Result<_, std::io::Error>> =
            chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk.as_bytes()))).collect();
        Body::from_stream(stream::iter(chunks))
    }

    #[tokio::test]
    async fn joins_chunks_up_to_the_bound() {
        assert_eq!(read(Body::empty(), 5).await, Ok(Bytes::new()));
        assert_eq!(read(body(&["abcde"]), 5).await, Ok(Bytes::from_static(b"abcde")));
        assert_eq!(read(body(&["ab", "", "c", "de"]), 5).await, Ok(Bytes::from_static(b"abcde")));
        let too_large = Err(Fault::Transport(Transport::BodyTooLarge));
        assert_eq!(read(body(&["ab", "cd", "ef"]), 5).await, too_large);
        assert_eq!(read(body(&["abcdef"]), 5).await, too_large);
    }

    /// How many KiB of an endless body are read where bodies of so many KiB are taken.
    async fn forgotten(taken_kib: usize) -> usize {
        let read = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&read);
        let chunks = std::iter::repeat_with(move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(&[0; 1024]))
        });
        forget_body(Body::from_stream(stream::iter(chunks)), taken_kib << 10).await;
        read.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn a_refused_body_is_heard_out_within_reason() {
        assert_eq!(forgotten(64).await, 1_025);
        assert_eq!(forgotten(2_048).await, 2_048 + 65, "one that is a little too long is read to its end");
        assert_eq!(forgotten(8_192).await, 4_097);
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_no_body() {
        let chunks = [Ok(Bytes::from_static(b"ab")), Err(std::io::Error::other("gone"))];
        let read = read(Body::from_stream(stream::iter(chunks)), 5).await;
        assert!(matches!(read, Err(Fault::Refused { .. })));
    }
}
