//! `suanpan replay`: rebuilding the views from the log, or making those of a moment of the past.

use std::io::Write as _;

use crate::audit::progress_bar;
use crate::cli::ReplayOptions;
use crate::failure::Failure;
use crate::past;
use crate::running::open_stores;
use crate::settings::LogFormat;
use crate::telemetry;

/// Rebuilds one projection or all, beside the live tables, and says how far it is.
pub(crate) async fn replay(options: ReplayOptions) -> Result<(), Failure> {
    telemetry::start_log(LogFormat::Text, "warn")?;
    if let (Some(until), Some(target)) = (&options.until, &options.output) {
        let written = past::write(&options.store.location()?, until, target).await?;
        writeln!(std::io::stderr(), "{} written up to position {written}", target.display()).ok();
        return Ok(());
    }
    let stores = open_stores(&options.store.existing().await?).await?;
    let bar = progress_bar();
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
