//! The process's own log and metrics.

use std::io::IsTerminal as _;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;
use crate::settings::LogFormat;

/// Bounds of the histograms of durations, in seconds.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Bounds of the histogram of batch sizes, in commits.
const COMMITS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// It tells the parameters of a database's address that it does not know, with their values: passwords among them.
const SILENT: &str = "sqlx_postgres::options::parse=off";

/// Starts logging to standard error.
pub(crate) fn start_log(format: LogFormat, filter: &str) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(format!("{filter},{SILENT}"))
        .map_err(|error| Failure::Usage(format!("log: {error}")))?;
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal() && !is_plain)
        .with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    started.map_err(Failure::unusable)
}

/// How often samples that nobody came for are added up. Until then each lies in memory by itself.
const UPKEEP: Duration = Duration::from_secs(5);

/// Starts counting; the handle renders the counts for Prometheus. Must be called inside a runtime, which adds the samples up.
pub(crate) fn start_metrics() -> Result<PrometheusHandle, Failure> {
    use metrics_exporter_prometheus::Matcher::{Full, Suffix};
    let metrics = PrometheusBuilder::new()
        .set_buckets_for_metric(Suffix("_seconds".to_owned()), SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(Full("suanpan_batch_commits".to_owned()), COMMITS))
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(Failure::unusable)?;
    let kept = metrics.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            kept.run_upkeep();
        }
    });
    Ok(metrics)
}
