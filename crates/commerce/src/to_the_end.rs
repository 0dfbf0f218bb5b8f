//! What is done whole, though whoever asked for it may go away in the middle.

use tracing::Instrument as _;

use crate::error::Error;

/// Does `work` on a task of its own: a client that hangs up, or a request that takes too long, does not cut it off.
pub(crate) async fn to_the_end<T, E>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, Error>
where
    T: Send + 'static,
    E: Send + 'static,
    Error: From<E>,
{
    match tokio::spawn(work.in_current_span()).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Error::internal("what was to be done whole was cut off")),
    }
}
