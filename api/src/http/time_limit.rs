//! No request takes for ever: what is not answered in time is answered as unavailable.

use std::time::Duration;

use super::fault::Transport;

/// The answer, or that it did not come in time. What the use case has begun may still be written: a client that
/// repeats the request with its idempotency key learns what became of it.
pub(crate) async fn within<T>(limit: Duration, answer: impl Future<Output = T>) -> Result<T, Transport> {
    tokio::time::timeout(limit, answer).await.map_err(|_| Transport::Unavailable)
}
