//! Letting connections in: so many at most, and none that stays without being told anything.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Extension};
use axum::middleware::from_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::Layer as _;
use tower::util::MapRequestLayer;

use crate::handles::connections_max;
use crate::host;
use crate::watched::Watched;

/// A connection may be silent for so many times as long as a request may take.
const SILENCE_FACTOR: u32 = 4;
/// After an error that is not one connection's own (no file handles left, say) it is not tried at once again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves HTTP/1.1 until told to stop, then lets every request under way be answered. A connection over which no request began and
/// nothing was written for a multiple of `time_limit` is closed: its client asks nothing, or takes no answer. A request is
/// answered, and whatever streams an answer writes something, within `time_limit`.
pub(crate) async fn serve(listener: TcpListener, app: Router, time_limit: Duration, stop: CancellationToken) {
    let silence_max = time_limit.saturating_mul(SILENCE_FACTOR);
    let app = app.layer(from_fn(host::check));
    let builder = Arc::new(Builder::new(TokioExecutor::new()).http1_only());
    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(connections_max()));
    while let Some(accepted) = stop.run_until_cancelled(accept(&listener, &places)).await {
        let Some((stream, peer, place)) = accepted else { break };
        let (app, builder, watcher) = (app.clone(), Arc::clone(&builder), connections.watcher());
        tokio::spawn(async move {
            converse(stream, peer, app, &builder, watcher, silence_max).await;
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
    silence_max: Duration,
) {
    // An answer is written whole; to wait for more to send with it is to wait for nothing.
    stream.set_nodelay(true).ok();
    let (stream, last) = Watched::new(stream);
    let asked = last.clone();
    let noting = MapRequestLayer::new(move |request| {
        asked.note();
        request
    });
    let service = TowerToHyperService::new(noting.layer(Extension(ConnectInfo(peer)).layer(app)));
    let connection = watcher.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned());
    tokio::select! {
        ended = connection => if let Err(error) = ended {
            tracing::debug!(error, "a connection broke off");
        },
        () = last.is_past(silence_max) => tracing::debug!("a silent connection was closed"),
    }
}
