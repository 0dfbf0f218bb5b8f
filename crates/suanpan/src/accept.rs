//! Letting connections in: so many at most, and none that takes for ever to say what it wants.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Extension};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::Layer as _;

/// Connections at the same time; whoever comes later waits to be let in.
const CONNECTIONS_MAX: usize = 16_384;
/// A connection may be silent for so many times as long as a request may take.
const SILENCE_FACTOR: u32 = 4;
/// After an error that is not one connection's own (no file handles left, say) it is not tried at once again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until told to stop, then lets every request under way be answered. A connection over which no whole head of a
/// request comes for a multiple of `time_limit` is closed.
pub(crate) async fn serve(listener: TcpListener, app: Router, time_limit: Duration, stop: CancellationToken) {
    let silence_max = time_limit.saturating_mul(SILENCE_FACTOR);
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(silence_max);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(silence_max).keep_alive_timeout(silence_max);
    let builder = Arc::new(builder);
    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    while let Some(accepted) = stop.run_until_cancelled(accept(&listener, &places)).await {
        let Some((stream, peer, place)) = accepted else { break };
        let (app, builder, watcher) = (app.clone(), Arc::clone(&builder), connections.watcher());
        tokio::spawn(async move {
            converse(stream, peer, app, &builder, watcher).await;
            drop(place);
        });
    }
    drop(listener);
    connections.shutdown().await;
}

type Accepted = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return Some((stream, peer, place)),
            Err(error) => {
                tracing::warn!(%error, "a connection was not let in");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    builder: &Builder<TokioExecutor>,
    watcher: Watcher,
) {
    // An answer is written whole; to wait for more to send with it is to wait for nothing.
    stream.set_nodelay(true).ok();
    let service = TowerToHyperService::new(Extension(ConnectInfo(peer)).layer(app));
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection.into_owned()).await {
        tracing::debug!(error, "a connection broke off");
    }
}
