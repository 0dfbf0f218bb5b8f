//! A panic in one request is that request's failure and nobody else's.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;

use super::fault::Transport;

/// The answer, or that making it panicked. The panic hook has told where by then.
pub(crate) async fn caught<T>(answer: impl Future<Output = T>) -> Result<T, Transport> {
    // The request's state is dropped with it; what is shared behind it copes with a task that ends anywhere.
    AssertUnwindSafe(answer).catch_unwind().await.map_err(|_| Transport::Internal)
}
