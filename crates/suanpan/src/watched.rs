//! A stream that remembers when something was last said over it, so that a peer that stays silent, or takes nothing, can be given up.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// A stream whose writes are noted.
pub(crate) struct Watched<S> {
    stream: S,
    last: LastWord,
}

/// When something was last written to a stream, or asked over it; at first when it began. Clones tell of the same stream.
#[derive(Clone)]
pub(crate) struct LastWord {
    begun: Instant,
    after_ms: Arc<AtomicU64>,
}

impl LastWord {
    /// Something was.
    pub(crate) fn note(&self) {
        let after = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.after_ms.store(after, Ordering::Relaxed);
    }

    fn moment(&self) -> Instant {
        self.begun + Duration::from_millis(self.after_ms.load(Ordering::Relaxed))
    }

    /// Ends when nothing has been written or asked for so long.
    pub(crate) async fn is_past(&self, silence_max: Duration) {
        loop {
            let end = self.moment() + silence_max;
            if end <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(end).await;
        }
    }
}

impl<S> Watched<S> {
    /// The stream, and what tells of it.
    pub(crate) fn new(stream: S) -> (Self, LastWord) {
        let last = LastWord { begun: Instant::now(), after_ms: Arc::default() };
        (Self { stream, last: last.clone() }, last)
    }

    fn noted(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(written, Poll::Ready(Ok(bytes)) if bytes > 0) {
            self.last.note();
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.noted(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.noted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::{Instant, sleep, timeout};

    use super::Watched;

    const SILENCE_MAX: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn what_is_written_counts_and_what_is_read_does_not() {
        let (ours, mut theirs) = tokio::io::duplex(4);
        let (mut ours, last) = Watched::new(ours);
        let begun = Instant::now();
        sleep(Duration::from_secs(6)).await;
        ours.write_all(b"word").await.unwrap();
        theirs.read_exact(&mut [0; 4]).await.unwrap();
        sleep(Duration::from_secs(6)).await;
        theirs.write_all(b"word").await.unwrap();
        ours.read_exact(&mut [0; 4]).await.unwrap();
        last.is_past(SILENCE_MAX).await;
        assert_eq!(begun.elapsed().as_secs(), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_as_silent() {
        let (ours, _theirs) = tokio::io::duplex(4);
        let (mut ours, last) = Watched::new(ours);
        let begun = Instant::now();
        let writing = timeout(Duration::from_secs(60), ours.write_all(b"too much"));
        tokio::select! {
            _ = writing => panic!("nobody took it"),
            () = last.is_past(SILENCE_MAX) => {}
        }
        assert_eq!(begun.elapsed().as_secs(), 10);
    }
}
