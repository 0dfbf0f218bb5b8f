//! `suanpan serve`: everything together, from start to a graceful end.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api::{AppState, AuditDesk, HttpConfig};
use audit::Archive;
use event_store::{Location, Position};
use integrations::sandbox::Sandbox;
use kernel::Clock;
use metrics_exporter_prometheus::PrometheusHandle;
use projections::Projector;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::running::{self, Payments, Running};
use crate::settings::ServeSettings;
use crate::{accept, demo, outside, poller, serve_read_only, telemetry};

/// How long the views may take to be current before the server says that it is ready all the same.
const VIEWS_WAIT: Duration = Duration::from_secs(2);
/// How long the views, the log's readers and the stores may take to close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long requests under way may take after SIGTERM.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// Serves until told to stop.
pub(crate) async fn serve(settings: ServeSettings) -> Result<(), Failure> {
    telemetry::start_log(settings.log_format, &settings.log)?;
    let metrics = telemetry::start_metrics()?;
    let stop = stop_signal()?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|error| Failure::Unusable(format!("listen: {}: {error}", settings.listen)))?;
    if settings.is_read_only {
        serve_read_only::serve(settings, listener, metrics, stop).await
    } else {
        serve_all(settings, listener, metrics, stop).await
    }
}

/// Serves reading and writing alike, until told to stop.
async fn serve_all(
    mut settings: ServeSettings,
    listener: TcpListener,
    metrics: PrometheusHandle,
    stop: CancellationToken,
) -> Result<(), Failure> {
    make_folder(&settings)?;
    let address = listener.local_addr().map_err(Failure::unusable)?;
    let clock = Clock::with_offset(settings.clock_offset_s);
    let http = http_config(&settings, address);
    let (wechat, sandbox) = match settings.wechat.take() {
        Some(keys) => (running::production(keys)?, None),
        None => {
            let sandbox = start_sandbox(address, &settings.data, clock).await?;
            (sandbox.wechat_config(&format!("http://{address}/notify/wechat/pay")), Some(sandbox))
        }
    };
    let (sms, pictures) = (settings.sms.take(), settings.pictures.take());
    let outside = outside::open(sms, pictures, sandbox.as_ref(), &settings.data, clock)?;
    let payments = if sandbox.is_some() { Payments::Sandbox } else { Payments::Wechat };
    let running =
        Running::open(&settings.location, clock, settings.engine(), Some((&wechat, payments)), outside)
            .await?;
    // A start that is refused says why and nothing else, so this is told only now.
    sandbox.iter().for_each(tell_sandbox);
    let (views, log) = (running.stores.views.clone(), running.stores.log.clone());
    let projector = Projector::start(views, log, running.engine.feed().clone());
    if settings.is_demo {
        fill_demo(&running, address).await?;
    }
    // Views that must be rebuilt from much take longer; then reads wait, and `/readyz` tells.
    projector.views().caught_up(VIEWS_WAIT).await.ok();

    let archive = open_archive(&settings.location, &running).await?;
    let state = AppState {
        commerce: running.commerce.clone(),
        views: projector.views(),
        desk: AuditDesk::new(archive.clone(), Some(projector.rebuilder()), stop.clone()),
        config: http,
        metrics: Arc::new(move || metrics.render()),
    };
    let mut app = api::router(state);
    if let Some(sandbox) = &sandbox {
        app = app.merge(sandbox.control_router());
    }
    let poll = tokio::spawn(poller::run(
        running.commerce.clone(),
        projector.views(),
        clock,
        Duration::from_secs(settings.poll_s),
        stop.clone(),
    ));
    tell(&format!("listening on http://{address}"));
    drain(accept::serve(listener, app, settings.time_limit(), stop.clone()), &stop).await;
    stop.cancel();
    close(async {
        poll.await.ok();
        if let Some(sandbox) = sandbox {
            sandbox.stop().await;
        }
        projector.stop().await;
        archive.close().await;
        running.close().await;
    })
    .await;
    Ok(())
}

/// Makes the data folder if the stores lie there; it must be no moment of the past.
fn make_folder(settings: &ServeSettings) -> Result<(), Failure> {
    settings.location.refuse_past()?;
    let folder = settings.data.display();
    if settings.data.exists() && !settings.data.is_dir() {
        return Err(Failure::Unusable(format!("data: {folder}: not a folder")));
    }
    match &settings.location {
        Location::Folder(_) => std::fs::create_dir_all(&settings.data)
            .map_err(|error| Failure::Unusable(format!("data: {folder}: {error}"))),
        Location::Postgres(_) => Ok(()),
    }
}

/// Closes everything, within reason: what was acknowledged is durable already.
pub(crate) async fn close(closing: impl Future<Output = ()>) {
    if tokio::time::timeout(CLOSE_TIMEOUT, closing).await.is_err() {
        tracing::error!("the store does not answer; the process ends without it");
    }
}

/// How HTTP is spoken, whether the server writes or only reads.
pub(crate) fn http_config(settings: &ServeSettings, address: SocketAddr) -> HttpConfig {
    HttpConfig {
        body_bytes_max: settings.body_bytes_max,
        time_limit: settings.time_limit(),
        secure_cookies: settings.secure_cookies(address),
        cors_origins: settings.cors_origins.clone(),
        shops_per_account_max: settings.shops_per_account_max,
        proxies: settings.proxies.clone(),
        referer_hosts: settings.referer_hosts.clone(),
        ..HttpConfig::default()
    }
}

/// The log as auditors read it beside the server's own work.
async fn open_archive(location: &Location, running: &Running) -> Result<Archive, Failure> {
    let (feed, is_shared) = (Arc::clone(running.engine.feed()), running.stores.log.is_shared());
    Ok(Archive::open(location, feed, is_shared).await?)
}

/// Serves until the signal, then waits for the requests under way, within reason.
pub(crate) async fn drain(serving: impl Future<Output = ()>, stop: &CancellationToken) {
    let give_up = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN_TIMEOUT).await;
    };
    tokio::select! {
        () = serving => {}
        () = give_up => tracing::warn!("requests that would not end were cut off"),
    }
}

/// Cancelled by SIGTERM or SIGINT.
fn stop_signal() -> Result<CancellationToken, Failure> {
    let token = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::unusable)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::unusable)?;
    let told = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        told.cancel();
    });
    Ok(token)
}

async fn start_sandbox(address: SocketAddr, data: &Path, clock: Clock) -> Result<Sandbox, Failure> {
    if !address.ip().is_loopback() {
        return Err(Failure::Usage(format!(
            "listen: {address} is not on this machine, and without WeChat's keys the sandbox would serve there"
        )));
    }
    let any_port = SocketAddr::new(address.ip(), 0);
    Sandbox::start_at(any_port, &data.join("sandbox"), clock).await.map_err(Failure::unusable)
}

fn tell_sandbox(sandbox: &Sandbox) {
    let at = sandbox.address();
    tell(&format!(
        "no WeChat keys are configured: the sandbox at http://{at} stands in for WeChat and text messages"
    ));
}

async fn fill_demo(running: &Running, address: SocketAddr) -> Result<(), Failure> {
    let is_empty = running.engine.feed().head().position == Position::START;
    if !demo::fill(&running.commerce, is_empty).await? {
        tell("the store is not empty: no demo data was added");
        return Ok(());
    }
    tell("demo accounts:");
    for account in &demo::ACCOUNTS {
        tell(&format!("  {:<9} {:<12} {}", account.role_name, account.login, account.password));
    }
    tell("try:");
    tell(&format!(
        "  curl -c jar -H 'content-type: application/json' -d '{{\"phone\":\"13800000001\",\"password\":\"demo-pass-1\"}}' http://{address}/account/login"
    ));
    tell(&format!("  curl -b jar http://{address}/product/1/with_balance"));
    tell(&format!("  curl -b jar 'http://{address}/ledgers?type=0'"));
    Ok(())
}

/// A line for whoever started the server; it is no failure if nobody reads it.
pub(crate) fn tell(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}
