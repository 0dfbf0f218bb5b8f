//! `suanpan replay`: rebuilding the views from the log.

use std::io::Write as _;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::ReplayOptions;
use crate::failure::Failure;
use crate::house::open_stores;
use crate::settings::LogFormat;
use crate::telemetry;

/// Rebuilds one projection or all, beside the live tables, and says how far it is.
pub(crate) async fn replay(options: ReplayOptions) -> Result<(), Failure> {
    telemetry::start_log(LogFormat::Text, "warn")?;
    let stores = open_stores(&options.store.existing()?).await?;
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} events, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let rebuilt = projections::rebuild(
        &stores.views,
        &stores.log,
        &projections::all(),
        options.projection.as_deref(),
        |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        },
    )
    .await;
    bar.finish_and_clear();
    stores.close().await;
    for projection in rebuilt? {
        // Whoever closed standard error does not want to know.
        writeln!(std::io::stderr(), "{} rebuilt up to position {}", projection.name, projection.position)
            .ok();
    }
    Ok(())
}
